"""Runs of any content with the raw times behind them, and the documents that pytest-benchmark makes of them."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st
from pytest_benchmark.plugin import pytest_benchmark_generate_json
from pytest_benchmark.utils import safe_dumps

from pytest_ovperf.records import Fidelity, VerdictKind
from pytest_ovperf.runs.benchmark_entries import entries
from pytest_ovperf.runs.benchmark_json import BLOCK, machine_block, run_block
from pytest_ovperf.runs.of_records import statistics_of
from pytest_ovperf.runs.view import (
    ArmView,
    BaselineView,
    ComparisonView,
    CompiledView,
    FactorView,
    FigureView,
    LadderView,
    LayerGroupView,
    LayersView,
    LayerTimesView,
    RungView,
    RunView,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

COMMIT = {"id": "0123456789abcdef", "time": None, "author_time": None, "dirty": False, "project": "p", "branch": "main"}


@dataclass(frozen=True)
class Measured:
    """A run with the raw times in nanoseconds of each comparison's candidate and reference."""

    run: RunView
    calls_ns: tuple[tuple[tuple[int, ...], tuple[int, ...]], ...]


def document_of(
    measured: Measured, *, data: bool = False, params: Mapping[str, Mapping[str, object]] | None = None
) -> dict[str, Any]:
    """Return what pytest-benchmark writes of a run, as it is read again."""
    run = measured.run
    made = entries(run.comparisons, measured.calls_ns, params or {}, shown=False)
    machine = {"system": "Linux", BLOCK: machine_block(run.machine, run.devices)}
    document = pytest_benchmark_generate_json(
        config=None, benchmarks=made, include_data=data, machine_info=machine, commit_info=COMMIT
    )
    document[BLOCK] = run_block(run)
    read: dict[str, Any] = json.loads(safe_dumps(document, ensure_ascii=True, indent=4))
    return read


def arm(name: str = "openvino-int8", calls_ns: Sequence[int] = (10, 12, 11), *, device: str = "CPU") -> ArmView:
    blocks = ((10.0, 11.0), (12.0,))
    return ArmView(name, device, "f32", (device,), 2, statistics_of(calls_ns), blocks)


def comparison(
    test: str = "test_speed.py::test_it[CPU]", label: str = "m · a over b · latency · infer 1x3"
) -> ComparisonView:
    return ComparisonView(
        key=f"{test} · {label}",
        test=test,
        model="m",
        workload="infer 1x3",
        metric="latency",
        device="CPU",
        candidate=arm(),
        reference=arm("openvino-fp32", (20, 24, 22)),
        ratio=2.0,
        low=1.9,
        high=2.1,
        confidence=0.95,
        log_ratios=(0.69, 0.7),
        kind=VerdictKind.OK,
        said="ok",
        expected=2.05,
        change=-0.02,
        change_low=-0.05,
        change_high=0.01,
        tolerance=0.05,
        baseline=BaselineView(2.05, 2.0, 2.1, 6, {"openvino": "2026.3.0"}),
        target=None,
        fidelity=Fidelity(0.999, 1.0, 0.01),
        seconds=12.5,
        evidence=("The candidate stayed.",),
        versions={"openvino": "2026.4.1"},
    )


def measured(*views: ComparisonView) -> Measured:
    run = RunView(
        name="this run",
        started="2026-11-22T00:00:00+00:00",
        commit="0123",
        machine={"cpu": "Imagined CPU"},
        versions={"openvino": "2026.4.1"},
        devices={"CPU": "Imagined CPU"},
        comparisons=views or (comparison(),),
    )
    return Measured(run, (((10, 12, 11), (20, 24, 22)),) * len(run.comparisons))


TEXT = st.text(max_size=8)
FACTS = st.dictionaries(TEXT, TEXT, max_size=3)
NUMBERS = st.floats(allow_nan=False)
MAYBE = st.none() | NUMBERS
CALLS = st.lists(st.integers(1, 10**13), min_size=1, max_size=9).map(tuple)
BLOCKS = st.lists(st.lists(st.integers(0, 2**53).map(float), max_size=4).map(tuple), max_size=3).map(tuple)
BARE_ARMS = st.builds(
    ArmView,
    name=TEXT,
    device=TEXT,
    precision=TEXT,
    devices=st.lists(TEXT, max_size=2).map(tuple),
    threads=st.integers(0, 512),
    statistics=st.just(statistics_of((1,))),
    blocks_ns=BLOCKS,
    cost=MAYBE,
    percentiles=st.dictionaries(TEXT, NUMBERS, max_size=2),
    streams=st.integers(0, 8),
    requests=st.integers(0, 8),
    settings=FACTS,
)
BASELINES = st.builds(BaselineView, NUMBERS, NUMBERS, NUMBERS, st.integers(0, 100), FACTS)
FIDELITIES = st.builds(Fidelity, NUMBERS, NUMBERS, NUMBERS)


FIGURES = st.builds(
    FigureView,
    key=TEXT,
    test=TEXT,
    model=TEXT,
    arm=TEXT,
    device=TEXT,
    workload=TEXT,
    metric=TEXT,
    unit=TEXT,
    value=NUMBERS,
    low=NUMBERS,
    high=NUMBERS,
    percentiles=st.dictionaries(TEXT, NUMBERS, max_size=2),
    samples=st.integers(0, 100),
    launches=st.integers(0, 100),
    seconds=NUMBERS,
    target=MAYBE,
    held=st.none() | st.booleans(),
    notes=st.lists(TEXT, max_size=2).map(tuple),
)
FACTORS = st.none() | st.builds(FactorView, NUMBERS, NUMBERS, NUMBERS)
RUNGS = st.builds(
    RungView,
    arm=TEXT,
    batch=st.integers(1, 8),
    figures=st.dictionaries(TEXT, FIGURES, max_size=2),
    over_same_batch=FACTORS,
    over_single=FACTORS,
    fidelity=st.none() | FIDELITIES,
    absent=TEXT,
)
LADDERS = st.builds(
    LadderView,
    key=TEXT,
    test=TEXT,
    model=TEXT,
    device=TEXT,
    workload=TEXT,
    metric=TEXT,
    reference=TEXT,
    rungs=st.lists(RUNGS, max_size=2).map(tuple),
    launches=st.integers(0, 100),
    seconds=NUMBERS,
)
COMPILED = st.builds(CompiledView, TEXT, TEXT, TEXT, st.booleans(), TEXT, TEXT, TEXT)
GROUPS = st.builds(LayerGroupView, TEXT, st.integers(0, 9), TEXT, st.booleans(), MAYBE, MAYBE, MAYBE)
LAYERS = st.builds(
    LayersView,
    arm=TEXT,
    old=TEXT,
    digest=TEXT,
    layers=st.integers(0, 9),
    changes=st.none() | st.integers(0, 9),
    heaviest=TEXT,
    sentences=st.lists(TEXT, max_size=2).map(tuple),
    notes=st.lists(TEXT, max_size=2).map(tuple),
    times=st.none() | st.builds(LayerTimesView, NUMBERS, NUMBERS, NUMBERS, NUMBERS, MAYBE, st.booleans()),
    groups=st.lists(GROUPS, max_size=2).map(tuple),
    others=st.none() | GROUPS,
)


@st.composite
def _comparisons(draw: st.DrawFn) -> tuple[ComparisonView, tuple[tuple[int, ...], tuple[int, ...]]]:
    calls = draw(CALLS), draw(CALLS)
    arms = [replace(draw(BARE_ARMS), statistics=statistics_of(times)) for times in calls]
    test, label = draw(TEXT), draw(TEXT)
    view = draw(
        st.builds(
            ComparisonView,
            key=st.just(f"{test} · {label}"),
            test=st.just(test),
            model=TEXT,
            workload=TEXT,
            metric=TEXT,
            device=TEXT,
            candidate=st.just(arms[0]),
            reference=st.just(arms[1]),
            ratio=NUMBERS,
            low=NUMBERS,
            high=NUMBERS,
            confidence=NUMBERS,
            log_ratios=st.lists(NUMBERS, max_size=3).map(tuple),
            kind=st.sampled_from(VerdictKind),
            said=TEXT,
            expected=MAYBE,
            change=MAYBE,
            change_low=MAYBE,
            change_high=MAYBE,
            tolerance=NUMBERS,
            baseline=st.none() | BASELINES,
            target=MAYBE,
            fidelity=st.none() | FIDELITIES,
            seconds=NUMBERS,
            evidence=st.lists(TEXT, max_size=2).map(tuple),
            versions=FACTS,
            layers=st.lists(LAYERS, max_size=2).map(tuple),
        )
    )
    return view, calls


@st.composite
def runs(draw: st.DrawFn) -> Measured:
    """Return any run at all, its keys distinct."""
    made = draw(st.lists(_comparisons(), max_size=3, unique_by=lambda each: each[0].key))
    run = draw(
        st.builds(
            RunView,
            name=TEXT,
            started=TEXT,
            commit=TEXT,
            machine=FACTS,
            versions=FACTS,
            devices=FACTS,
            comparisons=st.just(tuple(view for view, _ in made)),
            notes=st.lists(TEXT, max_size=2).map(tuple),
            figures=st.lists(FIGURES, max_size=2).map(tuple),
            ladders=st.lists(LADDERS, max_size=1).map(tuple),
            compiled=st.lists(COMPILED, max_size=1).map(tuple),
        )
    )
    return Measured(run, tuple(calls for _, calls in made))
