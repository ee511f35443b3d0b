"""The longest common subsequence, against the textbook's table."""

from __future__ import annotations

from itertools import pairwise, product

from hypothesis import given
from hypothesis import strategies as st

from pytest_ovperf.graphs.subsequence import common_pairs

words = st.text("abc", max_size=12)


def longest(first: str, second: str) -> int:
    lengths = {(0, 0): 0}
    for i, j in product(range(len(first) + 1), range(len(second) + 1)):
        if not (i and j):
            lengths[i, j] = 0
        elif first[i - 1] == second[j - 1]:
            lengths[i, j] = lengths[i - 1, j - 1] + 1
        else:
            lengths[i, j] = max(lengths[i - 1, j], lengths[i, j - 1])
    return lengths[len(first), len(second)]


@given(words, words)
def test_it_is_common_in_order_and_as_long_as_can_be(first: str, second: str) -> None:
    pairs = common_pairs(first, second)
    assert all(first[i] == second[j] for i, j in pairs)
    assert all(i < later_i and j < later_j for (i, j), (later_i, later_j) in pairwise(pairs))
    assert len(pairs) == longest(first, second)


@given(words)
def test_of_a_sequence_with_itself_it_is_all(word: str) -> None:
    assert common_pairs(word, word) == [(at, at) for at in range(len(word))]
