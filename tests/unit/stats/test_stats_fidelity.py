from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_ovperf.errors import MeasurementError
from pytest_ovperf.stats.fidelity import compare


def outputs(*values: object, name: str = "logits") -> dict[str, np.ndarray]:
    return {name: np.array(values, dtype=np.float32)}


def test_the_same_outputs_are_identical() -> None:
    fidelity = compare(outputs([1, 2, 3]), outputs([1, 2, 3]))
    assert (fidelity.cosine, fidelity.top1, fidelity.max_abs_error) == pytest.approx((1.0, 1.0, 0.0))


def test_cosine_is_that_of_the_worst_sample() -> None:
    fidelity = compare(outputs([1, 0], [0, 1]), outputs([1, 0], [1, 0]))
    assert fidelity.cosine == pytest.approx(0)


def test_cosine_is_that_of_the_worst_output() -> None:
    ours = {"a": np.array([[1.0, 0.0]]), "b": np.array([[1.0, 0.0]])}
    theirs = {"a": np.array([[1.0, 0.0]]), "b": np.array([[-1.0, 0.0]])}
    assert compare(ours, theirs).cosine == pytest.approx(-1)


def test_top1_is_the_share_of_positions_with_the_largest_value_at_the_same_place() -> None:
    ours = {"logits": np.array([[[1, 2, 3], [3, 2, 1]], [[1, 3, 2], [1, 2, 3]]], dtype=np.float32)}
    theirs = {"logits": np.array([[[1, 2, 9], [9, 2, 1]], [[1, 9, 2], [9, 2, 3]]], dtype=np.float32)}
    assert compare(ours, theirs).top1 == 0.75


def test_the_largest_difference_counts() -> None:
    assert compare(outputs([1, 2], [3, 4.5]), outputs([1, 2.25], [3, 4])).max_abs_error == 0.5


def test_one_dimension_is_one_sample() -> None:
    assert compare(outputs(3.0, -0.1), outputs(3.0, 0.1)).cosine > 0.99


def test_two_zero_vectors_are_identical() -> None:
    assert compare(outputs([0, 0], [1, 1]), outputs([0, 0], [1, 1])).cosine == pytest.approx(1)


def test_one_zero_vector_is_not_alike_at_all() -> None:
    assert compare(outputs([0, 0]), outputs([1, 1])).cosine == 0.0


def test_outputs_of_one_side_only_are_left_out() -> None:
    extra = outputs([1, 2]) | outputs([9, 9], name="cache")
    assert compare(extra, outputs([1, 2])).max_abs_error == 0.0


def test_huge_and_tiny_values_keep_their_direction() -> None:
    for scale in (1e300, 1e-300):
        values = {"x": np.array([[3.0, 4.0]]) * scale}
        assert compare(values, values).cosine == pytest.approx(1)


def test_half_precision_is_compared_at_full_precision() -> None:
    ours = {"x": np.full((1, 4096), 200.0, dtype=np.float16)}
    assert compare(ours, ours).cosine == pytest.approx(1)


def test_no_output_in_common_is_an_error() -> None:
    with pytest.raises(MeasurementError, match="no output in common: logits against pooled"):
        compare(outputs([1]), outputs([1], name="pooled"))


def test_shapes_that_differ_are_an_error() -> None:
    with pytest.raises(MeasurementError, match=r"'logits' has shape \(1, 2\) in the candidate and \(1, 3\)"):
        compare(outputs([1, 2]), outputs([1, 2, 3]))


def test_of_batches_of_different_sizes_the_first_samples_are_compared() -> None:
    one = {"logits": np.array([[1.0, 0.0]]), "score": np.array([0.5])}
    three = {"logits": np.array([[1.0, 0.0], [0.0, 1.0], [9.0, 9.0]]), "score": np.array([0.5, 7.0, 8.0])}
    for pair in ((one, three), (three, one)):
        fidelity = compare(*pair)
        assert (fidelity.cosine, fidelity.top1, fidelity.max_abs_error) == (1.0, 1.0, 0.0)


def test_a_larger_batch_does_not_hide_an_error_in_the_samples_that_both_have() -> None:
    assert compare(outputs([0, 1], [5, 5]), outputs([1, 0])).cosine == pytest.approx(0)


def test_a_sample_that_only_one_side_has_must_be_sound_all_the_same() -> None:
    with pytest.raises(MeasurementError, match="'logits' of the candidate holds 1 values of 4"):
        compare(outputs([1, 2], [3, np.nan]), outputs([1, 2]))


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_values_that_are_not_finite_are_an_error_that_names_the_side(bad: float) -> None:
    with pytest.raises(MeasurementError, match="'logits' of the candidate holds 1 values of 2"):
        compare(outputs([1, bad]), outputs([1, 2]))
    with pytest.raises(MeasurementError, match="of the reference"):
        compare(outputs([1, 2]), outputs([1, bad]))


@pytest.mark.parametrize("nothing", [np.zeros((0, 3)), np.array([["a"]]), np.array([[1j]])])
def test_arrays_that_hold_nothing_to_compare_are_an_error(nothing: np.ndarray) -> None:
    with pytest.raises(MeasurementError, match="nothing to compare"):
        compare({"x": nothing}, {"x": nothing})


@settings(deadline=None)
@given(
    st.lists(st.integers(-1000, 1000).map(lambda value: value / 10), min_size=2, max_size=8),
    st.floats(min_value=0.01, max_value=100),
)
def test_cosine_ignores_scale_and_stays_within_its_bounds(values: list[float], scale: float) -> None:
    vector = np.array([values])
    fidelity = compare({"x": vector * scale}, {"x": vector})
    assert fidelity.cosine <= 1.0
    assert fidelity.cosine == pytest.approx(1.0)


def test_generated_tokens_are_compared_one_by_one() -> None:
    logits = np.array([[1.0, 2.0]])
    ours = {"logits": logits, "tokens": np.array([[5, 6, 7, 8]])}
    theirs = {"logits": logits, "tokens": np.array([[5, 6, 9, 9]])}
    found = compare(ours, theirs)
    assert (found.top1, found.cosine, found.max_abs_error) == pytest.approx((0.5, 1.0, 0.0))


def test_tokens_of_the_prompts_that_both_have_are_compared() -> None:
    logits = np.array([[1.0, 2.0]])
    ours = {"logits": logits, "tokens": np.array([[5, 6], [1, 1]])}
    theirs = {"logits": logits, "tokens": np.array([[5, 6]])}
    assert compare(ours, theirs).top1 == 1.0
