"""Compared runs to report on, with verdicts given: no judge is at work here."""

from __future__ import annotations

from dataclasses import replace
from math import log
from typing import TYPE_CHECKING

from pytest_ovperf.records import VerdictKind
from pytest_ovperf.runs.compared import Basis, Compared, ComparedRow, EnvironmentDifference
from pytest_ovperf.runs.view import ArmView, BenchmarkView, ComparisonView, RunView, Statistics

if TYPE_CHECKING:
    from collections.abc import Sequence

OK, IMPROVED, REGRESSED, INCONCLUSIVE, NO_BASELINE = (
    VerdictKind.OK,
    VerdictKind.IMPROVED,
    VerdictKind.REGRESSED,
    VerdictKind.INCONCLUSIVE,
    VerdictKind.NO_BASELINE,
)
NASTY = "tests/<b>/test_日本語.py::test_<script>alert(1)</script>[a|b`c`\x1b[31m]"


def statistics(median_s: float) -> Statistics:
    return Statistics(
        median_s * 0.9, median_s * 0.98, median_s, median_s * 1.03, median_s * 1.5, median_s, median_s / 20, 60
    )


def view(
    test: str, model: str, ratio: float, *, reference: str = "openvino-fp32", device: str = "CPU"
) -> ComparisonView:
    candidate = "openvino-int8" if reference.startswith("openvino") else "openvino-fp32"
    return ComparisonView(
        key=f"{test} · {model} · {candidate} over {reference} on {device} · latency · infer 1x128",
        test=test,
        model=model,
        workload="infer 1x128",
        metric="latency",
        device=device,
        candidate=ArmView(candidate, device, "f32", (device,), 2, statistics(0.02 / ratio)),
        reference=ArmView(reference, "CPU", "f32", ("CPU",), 2, statistics(0.02)),
        ratio=ratio,
        low=ratio * 0.95,
        high=ratio * 1.05,
        confidence=0.95,
        log_ratios=(log(ratio), log(ratio) + 0.01),
        kind=OK,
        said="ok",
        expected=ratio * 1.01,
        change=-0.01,
        change_low=-0.03,
        change_high=0.01,
        tolerance=0.05,
        baseline=None,
        target=None,
        fidelity=None,
        seconds=8.0,
    )


def row(
    *ratios: float | None, kind: VerdictKind = OK, reasons: Sequence[str] = (), like: ComparisonView | None = None
) -> ComparedRow[ComparisonView]:
    """Return a row with these speed-ups over the runs, judged to be ``kind``."""
    like = like or view("suites/test_text.py::test_int8_pays[CPU-minilm]", "minilm", 2.0)
    *earlier, now = [
        ratio
        if ratio is None
        else replace(view(like.test, like.model, ratio, reference=like.reference.name), key=like.key)
        for ratio in ratios
    ]
    assert now is not None
    judged = bool(earlier) and earlier[0] is not None and kind is not NO_BASELINE
    then = earlier[0].ratio if judged and earlier[0] else None
    change = None if then is None else now.ratio / then - 1
    return ComparedRow(
        now=now,
        earlier=tuple(earlier),
        basis=Basis.LAUNCHES if judged else Basis.NOTHING,
        kind=kind,
        said=str(kind),
        expected=then,
        change=change,
        change_low=None if change is None else change - 0.04,
        change_high=None if change is None else change + 0.03,
        tolerance=0.05,
        reasons=tuple(reasons),
    )


def plain_row(
    *medians_s: float | None,
    kind: VerdictKind = OK,
    reasons: Sequence[str] = (),
    key: str = "tests/test_io.py::test_read[1 MiB]",
) -> ComparedRow[BenchmarkView]:
    """Return a row of a plain benchmark with these medians over the runs."""
    *earlier, now = [each if each is None else BenchmarkView(key, "io", {}, statistics(each)) for each in medians_s]
    assert now is not None
    then = earlier[0].statistics.median_s if earlier and earlier[0] else None
    change = None if then is None else now.statistics.median_s / then - 1
    return ComparedRow(
        now=now,
        earlier=tuple(earlier),
        basis=Basis.QUARTILES if then else Basis.NOTHING,
        kind=kind,
        said=str(kind) if earlier else "not judged",
        expected=then,
        change=change,
        change_low=None if change is None else change - 0.04,
        change_high=None if change is None else change + 0.05,
        tolerance=0.10,
        reasons=tuple(reasons),
    )


def run(number: int, *, name: str = "") -> RunView:
    return RunView(
        name or f"{number:04}_nightly", f"2026-{number:02}-01T09:30:00+00:00", f"{number:02}" * 20, {}, {}, {}, ()
    )


def compared(
    comparisons: Sequence[ComparedRow[ComparisonView]],
    benchmarks: Sequence[ComparedRow[BenchmarkView]] = (),
    *,
    names: Sequence[str] = (),
    **more: object,
) -> Compared:
    """Put rows beside as many runs as they go over."""
    lengths = [len(each.over_runs) for each in comparisons] + [len(each.over_runs) for each in benchmarks]
    count = max(lengths)
    runs = [run(number + 1, name=names[number] if names else "") for number in range(count)]
    facts = {"missing": (), "differences": (), "error_rate": 0.001, **more}
    return Compared(runs=tuple(runs), comparisons=tuple(comparisons), benchmarks=tuple(benchmarks), **facts)  # type: ignore[arg-type]


def mixed() -> Compared:
    """Return three runs with every verdict there is."""
    return compared(
        [
            row(2.57, 2.6, 1.92, kind=REGRESSED, reasons=["The candidate's precision changed: f32 → bf16."]),
            row(2.99, None, 2.97, like=view("suites/test_text.py::test_int8_pays[CPU-distilbert]", "distilbert", 2)),
            row(
                6.69,
                6.9,
                7.41,
                kind=IMPROVED,
                like=view(
                    "suites/test_vision.py::test_openvino_beats_pytorch[CPU-mobilenet_v2]",
                    "mobilenet_v2",
                    2,
                    reference="pytorch-fp32",
                ),
            ),
            row(
                0.99,
                1.0,
                0.93,
                kind=INCONCLUSIVE,
                reasons=["The launches differ too much from each other to tell."],
                like=view("suites/test_text.py::test_gpt2_int8_weights_pay[CPU]", "gpt2 fixed to 1x64", 2),
            ),
            row(
                None,
                2.1,
                2.2,
                kind=NO_BASELINE,
                reasons=["The first run did not measure it."],
                like=view("suites/test_vision.py::test_int8_pays[CPU-resnet50]", "resnet50", 2),
            ),
        ],
        [
            plain_row(1.2e-3, 1.21e-3, 1.6e-3, kind=REGRESSED),
            plain_row(3.1e-7, 3.0e-7, 3.05e-7, key="tests/test_io.py::test_sum"),
        ],
        missing=("suites/test_text.py::test_gone · minilm · openvino-int8 over openvino-fp32 on CPU",),
        differences=(
            EnvironmentDifference("versions", "openvino", ("2026.3.0", "2026.3.0", "2026.4.1")),
            EnvironmentDifference("devices", "NPU", ("", "Intel AI Boost", "Intel AI Boost")),
            EnvironmentDifference("machine", "node", ("a", "", "b")),
        ),
        notes=("Plain benchmarks come from one process a run, which proves less than launches do.",),
        warnings=("b.json is damaged: it breaks off.",),
    )
