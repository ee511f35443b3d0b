"""The longest common subsequence of two sequences."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence


def common_pairs(first: Sequence[Hashable], second: Sequence[Hashable]) -> list[tuple[int, int]]:
    """Return the positions of a longest common subsequence of both, in order.

    Each row of the usual table of lengths is one large integer, whose bit ``j`` is clear where the length grows by one
    between the first ``j`` and ``j + 1`` elements of ``second`` (Hyyrö, "Bit-parallel LCS-length computation
    revisited", 2004); graphs of thousands of layers are compared in milliseconds.
    """
    rows = _rows(first, second)

    def length(i: int, j: int) -> int:
        return (~rows[i] & ((1 << j) - 1)).bit_count()

    pairs = []
    i, j = len(first), len(second)
    while i and j:
        if first[i - 1] == second[j - 1]:
            i, j = i - 1, j - 1
            pairs.append((i, j))
        elif length(i - 1, j) >= length(i, j - 1):
            i -= 1
        else:
            j -= 1
    return pairs[::-1]


def _rows(first: Sequence[Hashable], second: Sequence[Hashable]) -> list[int]:
    places: defaultdict[Hashable, int] = defaultdict(int)
    for j, element in enumerate(second):
        places[element] |= 1 << j
    everywhere = (1 << len(second)) - 1
    rows = [everywhere]
    for element in first:
        row = rows[-1]
        kept = row & places.get(element, 0)
        rows.append(((row + kept) | (row - kept)) & everywhere)
    return rows
