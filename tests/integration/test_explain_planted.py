"""Slowdowns whose causes were planted are explained by them and by nothing else: real models on a real CPU.

What is asserted follows from the execution graphs wherever these differ. Where they do not, the effect is large: one
layer takes a hundred times as long, or every layer takes nearly twice as long. What depends on other work not being in
the way is skipped where it is.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NamedTuple

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

np = pytest.importorskip("numpy")
psutil = pytest.importorskip("psutil")
pytest.importorskip("openvino")

from benchmarks.explain_planted import TINY, Found, Planted, found  # noqa: E402  (imports openvino)
from benchmarks.planted_models import BLOCKS  # noqa: E402

#: A machine without other work has less than this share of its processors at work while nothing is measured.
CALM = 0.2


class Told(NamedTuple):
    """What is said of a cause, and how busy the machine was with other work around that."""

    found: Found
    busy: float

    @property
    def is_disturbed(self) -> bool:
        return self.busy > CALM

    def lines_about(self, what: str) -> list[str]:
        return [line for line in self.found.of_times if what in line]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Told]:
    """Return what explains a planted cause, by its name; each is profiled once."""
    causes, known = Planted(tmp_path_factory.mktemp("planted")).causes, dict[str, Told]()

    def explain(name: str) -> Told:
        if name not in known:
            states, before = causes[name](), busy_after_waiting()
            known[name] = Told(found(states, calls=30, times=2), max(before, busy()))
        return known[name]

    return explain


def test_fp32_forced_on_a_quantised_model(told: Callable[[str], Told]) -> None:
    pytest.importorskip("nncf")
    cause, _ = told("fp32")
    (move,) = cause.changes.moves
    assert (move.old, move.new) == ("int8", "f32")
    assert move.layers == move.of >= 6 * BLOCKS  # four products around each attention, and two
    everything, *single = cause.of_graphs
    assert everything == cause.of_times[1] == f"all {move.of} layers that computed in int8 compute in f32 now"
    assert "FullyConnected int8 → f32" in single[0]
    assert "FullyConnected int8 → f32" in cause.of_times[2]


def test_one_operation_excluded_from_quantisation(told: Callable[[str], Told]) -> None:
    pytest.importorskip("nncf")
    cause, _ = told("one-operation")
    left_out, *others = cause.of_graphs
    assert left_out.startswith("encoder.layer.1.intermediate.dense/Add (FullyConnected int8 → f32")
    assert all("(Reorder" in line and "layer.1.intermediate" in line for line in others)  # it quantises what comes out
    assert not cause.changes.moves
    (slower,) = (each for each in cause.attribution.groups if each.chief.name in left_out)
    assert slower.new_ns > 1.2 * slower.old_ns


def test_a_model_exported_anew_with_another_layout(told: Callable[[str], Told]) -> None:
    cause, _ = told("layout")
    assert sum(number for _, number in cause.changes.conversions) >= 2 * BLOCKS
    assert "conversions more than before" in cause.of_graphs[0]
    assert any("(Reorder" in line or "(Transpose" in line for line in cause.of_times)


def test_a_model_exported_anew_with_other_names(told: Callable[[str], Told]) -> None:
    cause, _ = told("new-names")
    assert not cause.changes
    assert cause.changes.renamed >= 4 * BLOCKS  # two products, the depthwise convolution and the normalisation
    (line,) = cause.of_graphs
    assert line.endswith("do the same as before under another name")


def test_denormal_inputs(told: Callable[[str], Told]) -> None:
    if denormal_penalty() < 10:
        pytest.skip("this processor computes with denormal numbers about as fast as with others")
    cause, _ = told("denormals")
    assert cause.of_graphs == []
    assert cause.of_times[1].startswith("stages.0.blocks.stem/Conv (Convolution")
    assert "denormal" in cause.of_times[1]
    assert "same kernel" not in " ".join(cause.of_times[2:])


@pytest.mark.skipif(psutil.cpu_count() < 2, reason="there is one processor")
def test_one_thread_less(told: Callable[[str], Told]) -> None:
    cause = told("one-thread")
    assert cause.found.of_graphs == []
    if cause.found.attribution.everywhere is None and cause.is_disturbed:
        pytest.skip(f"other work has {cause.busy:.0%} of the processors: a second thread gains little there")
    assert cause.found.of_times[1].startswith("nearly every layer is slower by about the same factor")
    assert "the graph is the same" in cause.found.of_times[1]
    blamed = cause.lines_about("same kernel")
    if blamed and cause.is_disturbed:
        pytest.skip(f"other work has {cause.busy:.0%} of the processors, and moves layers about")
    assert not blamed


@pytest.mark.parametrize("name", ["fp32", "layout"])
def test_no_layer_is_blamed_that_is_as_it_was(told: Callable[[str], Told], name: str) -> None:
    if name == "fp32":
        pytest.importorskip("nncf")
    cause = told(name)
    blamed = [line for word in ("same kernel", "same factor", "denormal") for line in cause.lines_about(word)]
    if blamed and cause.is_disturbed:
        pytest.skip(f"other work has {cause.busy:.0%} of the processors, and moves layers about")
    assert not blamed


def denormal_penalty() -> float:
    """Return by what factor denormal numbers are slower to multiply than others."""

    def took(value: float) -> float:
        numbers, times = np.full(20_000, value, np.float32), []
        for _ in range(20):
            start = time.perf_counter()
            np.multiply(numbers, np.float32(0.75))
            times.append(time.perf_counter() - start)
        return min(times)

    return took(TINY) / took(1.0)


def busy() -> float:
    """Return which share of all processors is at work while this process waits."""
    return float(psutil.cpu_percent(interval=0.3)) / 100


def busy_after_waiting(most_s: float = 1.0) -> float:
    """Wait a while for other work to end."""
    end = time.monotonic() + most_s
    while (share := busy()) > CALM and time.monotonic() < end:
        pass
    return share
