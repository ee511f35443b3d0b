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
    from collections.abc import Callable, Iterator

np = pytest.importorskip("numpy")
psutil = pytest.importorskip("psutil")
pytest.importorskip("openvino")

from benchmarks.explain_planted import TINY, Found, Planted, found  # noqa: E402  (imports openvino)
from benchmarks.planted_models import BLOCKS  # noqa: E402

#: A machine without other work has less than this share of its processors at work while nothing is measured.
CALM = 0.2
#: What follows from times is measured so often at most, until it is seen.
MEASURED = 3


class Told(NamedTuple):
    """What is said of a cause, and how busy the machine was with other work around that."""

    found: Found
    busy: float

    @property
    def is_disturbed(self) -> bool:
        return self.busy > CALM

    @property
    def is_everywhere(self) -> bool:
        return self.found.attribution.everywhere is not None

    def lines_about(self, what: str) -> list[str]:
        return [line for line in self.found.of_times if what in line]


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Iterator[Told]]:
    """Return explanations of a planted cause, by its name. Each is profiled when it is first asked for."""
    causes, known = Planted(tmp_path_factory.mktemp("planted")).causes, dict[str, list[Told]]()

    def explain(name: str) -> Iterator[Told]:
        """Yield explanations of the same cause, each measured by itself."""
        kept = known.setdefault(name, [])
        for number in range(MEASURED):
            if number == len(kept):
                states, before = causes[name](), busy_after_waiting()
                kept.append(Told(found(states, calls=30, times=2), max(before, busy())))
            yield kept[number]

    return explain


@pytest.fixture(scope="module")
def told(measured: Callable[[str], Iterator[Told]]) -> Callable[[str], Told]:
    """Return one explanation of a planted cause: enough for what follows from its graphs."""
    return lambda name: next(measured(name))


@pytest.fixture(scope="module")
def told_where(measured: Callable[[str], Iterator[Told]]) -> Callable[[str, Callable[[Told], bool]], Told]:
    """Return an explanation of which something holds: of what follows from times, which other work moves."""

    def explain(name: str, holds: Callable[[Told], bool]) -> Told:
        all_told = []
        for cause in measured(name):
            all_told.append(cause)
            if holds(cause):
                return cause
        if any(cause.is_disturbed for cause in all_told):
            pytest.skip(f"other work has {max(cause.busy for cause in all_told):.0%} of the processors")
        pytest.fail("\n\n".join("\n".join(cause.found.of_times) for cause in all_told))

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


def test_denormal_inputs(told_where: Callable[[str, Callable[[Told], bool]], Told]) -> None:
    if denormal_penalty() < 10:
        pytest.skip("this processor computes with denormal numbers about as fast as with others")
    cause = told_where("denormals", lambda cause: len(cause.lines_about("same kernel")) == 1)
    assert cause.found.of_graphs == []
    assert cause.found.of_times[1].startswith("stages.0.blocks.stem/Conv (Convolution")
    assert "denormal" in cause.found.of_times[1]


@pytest.mark.skipif(psutil.cpu_count() < 2, reason="there is one processor")
def test_one_thread_less(told_where: Callable[[str, Callable[[Told], bool]], Told]) -> None:
    cause = told_where("one-thread", lambda cause: cause.is_everywhere and not cause.lines_about("same kernel"))
    assert cause.found.of_graphs == []
    assert cause.found.of_times[1].startswith("nearly every layer is slower by about the same factor")
    assert "the graph is the same" in cause.found.of_times[1]


@pytest.mark.parametrize("name", ["fp32", "layout"])
def test_no_layer_is_blamed_that_is_as_it_was(
    told_where: Callable[[str, Callable[[Told], bool]], Told], name: str
) -> None:
    if name == "fp32":
        pytest.importorskip("nncf")
    blames = ("same kernel", "same factor", "denormal")
    cause = told_where(name, lambda cause: not any(map(cause.lines_about, blames)))
    assert cause.found.of_graphs


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
