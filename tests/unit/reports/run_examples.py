"""Runs to report on, as plain data: the reference suite as it might come out, and a maker of runs of any size."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from random import Random
from statistics import fmean, median, quantiles, stdev
from typing import TYPE_CHECKING

from pytest_ovperf.records import Fidelity, VerdictKind
from pytest_ovperf.runs.compared import Basis, Compared, ComparedRow, EnvironmentDifference
from pytest_ovperf.runs.view import ArmView, BaselineView, BenchmarkView, ComparisonView, RunView, Statistics

if TYPE_CHECKING:
    from collections.abc import Sequence

MACHINE = {
    "hardware profile": "intel-xeon-2c-avx512-vnni-bf16-vm-38fca0",
    "cpu": "Intel(R) Xeon(R) Processor",
    "cpu count": "2",
    "physical cores": "2",
    "instruction sets": "avx2, avx512f, avx512_vnni, avx512_bf16",
    "memory": "24 GiB",
    "virtual machine": "yes",
    "machine": "x86_64",
    "system": "Linux",
}
VERSIONS = {
    "pytest-ovperf": "0.1.0",
    "openvino": "2026.4.1",
    "torch": "2.13.0+cpu",
    "transformers": "5.5.4",
    "nncf": "3.4.0",
    "optimum-intel": "2.1.0",
    "Python": "3.11.9",
}
DEVICES = {"CPU": "Intel(R) Xeon(R) Processor"}


@dataclass(frozen=True)
class Case:
    """A comparison of the reference suite: what is asked, how it came out and what it is held against."""

    test: str
    model: str
    shape: str
    candidate: str
    reference: str
    ratio: float
    baseline: float | None
    reference_ms: float
    kind: VerdictKind
    half_width: float = 0.06
    cosine: float = 0.9999

    @property
    def openvino_only(self) -> bool:
        return self.reference.startswith("openvino")


OK, IMPROVED, REGRESSED, INCONCLUSIVE, NO_BASELINE = (
    VerdictKind.OK,
    VerdictKind.IMPROVED,
    VerdictKind.REGRESSED,
    VerdictKind.INCONCLUSIVE,
    VerdictKind.NO_BASELINE,
)
IMAGE = "1x3x224x224"
#: Test, model, shape, arms, speed-up, baseline, the reference's milliseconds, verdict, half an interval, fidelity.
_TABLE = """
text.test_openvino_beats_pytorch[CPU-minilm]         minilm       1x128 fp32 pytorch 1.22 1.24 20.9 ok           0.11
text.test_openvino_beats_pytorch[CPU-distilbert]     distilbert   1x128 fp32 pytorch 1.21 1.18 66.2 ok           0.14
text.test_int8_pays[CPU-minilm]                      minilm       1x128 int8 fp32    1.92 2.57 17.1 regressed    0.05
text.test_int8_pays[CPU-distilbert]                  distilbert   1x128 int8 fp32    2.97 2.99 54.3 ok           0.066
text.test_bf16_over_fp32[CPU-minilm]                 minilm       1x128 bf16 fp32    0.72 0.70 17.0 ok           0.07
text.test_bf16_over_fp32[CPU-distilbert]             distilbert   1x128 bf16 fp32    0.68 0.67 54.1 ok           0.08
text.test_gpt2_openvino_beats_pytorch[CPU]           gpt2         1x64  fp32 pytorch 1.24 1.24 98.0 ok           0.12
text.test_gpt2_int8_weights_pay[CPU]                 gpt2         1x64  int8 fp32    0.99 1.00 79.0 ok           0.06
text.test_gpt2_bf16_over_fp32[CPU]                   gpt2         1x64  bf16 fp32    0.68 -    79.4 no-baseline  0.06
vision.test_openvino_beats_pytorch[CPU-mobilenet_v2] mobilenet_v2 image fp32 pytorch 7.41 6.69 32.5 improved     0.04
vision.test_openvino_beats_pytorch[CPU-resnet50]     resnet50     image fp32 pytorch 1.95 1.88 77.1 ok           0.138
vision.test_int8_pays[CPU-mobilenet_v2]              mobilenet_v2 image int8 fp32    1.95 1.96 4.30 ok           0.08
vision.test_int8_pays[CPU-resnet50]                  resnet50     image int8 fp32    3.62 3.67 39.6 ok           0.06
vision.test_bf16_over_fp32[CPU-mobilenet_v2]         mobilenet_v2 image bf16 fp32    0.67 0.71 4.30 ok           0.05
vision.test_bf16_over_fp32[CPU-resnet50]             resnet50     image bf16 fp32    0.61 0.66 39.2 inconclusive 0.045
"""
_ARMS = {"pytorch": "pytorch-fp32", "fp32": "openvino-fp32", "bf16": "openvino-bf16", "int8": "openvino-int8"}
_COSINES = {"pytorch": 0.9999, "fp32": 0.999998, "bf16": 0.99996, "int8": 0.9967}


def _case(line: str) -> Case:
    test, model, shape, candidate, reference, ratio, baseline, reference_ms, kind, half_width = line.split()
    module, _, name = test.partition(".")
    return Case(
        test=f"suites/test_{module}.py::{name}",
        model="gpt2 fixed to 1x64" if model == "gpt2" else model,
        shape=IMAGE if shape == "image" else shape,
        candidate=_ARMS[candidate],
        reference=_ARMS[reference],
        ratio=float(ratio),
        baseline=None if baseline == "-" else float(baseline),
        reference_ms=float(reference_ms),
        kind=VerdictKind(kind),
        half_width=float(half_width),
        cosine=_COSINES[candidate],
    )


CASES = tuple(map(_case, _TABLE.strip().splitlines()))


def statistics(times_s: Sequence[float], calls: int) -> Statistics:
    q1, _, q3 = quantiles(times_s, n=4)
    return Statistics(min(times_s), q1, median(times_s), q3, max(times_s), fmean(times_s), stdev(times_s), calls)


def arm(name: str, typical_ns: float, rng: Random, launches: int, *, noise: float) -> ArmView:
    blocks = tuple(
        tuple(typical_ns * math.exp(shift + abs(rng.gauss(0, noise))) for _ in range(10))
        for shift in (rng.gauss(0, noise) for _ in range(launches))
    )
    flat = [value / 1e9 for launch in blocks for value in launch]
    calls = round(launches * 10 * max(3, 120e6 / typical_ns))
    precision = "bf16" if name.endswith("bf16") else "f32"
    return ArmView(name, "CPU", precision, ("CPU",), 2, statistics(flat, calls), blocks)


def evidence(case: Case, view: ComparisonView) -> tuple[str, ...]:
    again = f'pytest "{case.test}" --ov-device=CPU'
    if view.change is None or view.baseline is None:
        return (
            f"There is no baseline on this hardware for {case.candidate} over {case.reference}.",
            f"Record one, and commit its file:  {again} --update-baselines=new",
        )
    now = f"{case.candidate} is now {view.ratio:.2f}x as fast as {case.reference}"
    direction = "lower" if view.change < 0 else "higher"
    return (
        f"{now}; the baseline says {view.baseline.ratio:.2f}x: {abs(view.change) * 100:.0f} % {direction}.",
        "The candidate slowed from 6.65 ms to 8.91 ms (+34 %); the reference stayed near 17.1 ms (+0.3 %).",
        f"Measured: {view.ratio:.2f}x ({view.low:.2f} to {view.high:.2f} at 95 % confidence) from 2 launches.",
        "Changed since then: openvino 2026.3.0 → 2026.4.1.",
        f"Measure again:  {again}",
        f"Accept as the new baseline:  {again} --update-baselines=all",
    )


def comparison(
    case: Case, seed: int = 0, *, launches: int = 2, samples: bool = True, openvino: str = "2026.4.1"
) -> ComparisonView:
    rng = Random(f"{case.test}{seed}")  # noqa: S311  (an example, the same every time)
    reference_ns = case.reference_ms * 1e6
    change = None if case.baseline is None else case.ratio / case.baseline - 1
    tolerance = 0.05 if case.openvino_only else 0.10
    reach = {REGRESSED: 0.03, IMPROVED: 0.005}.get(case.kind, case.half_width)
    candidate = arm(case.candidate, reference_ns / case.ratio, rng, launches, noise=case.half_width / 4)
    reference = arm(case.reference, reference_ns, rng, launches, noise=case.half_width / 4)
    by_launch = [
        median(math.log(there / here) for here, there in zip(*blocks, strict=True))
        for blocks in zip(candidate.blocks_ns, reference.blocks_ns, strict=True)
    ]
    off = fmean(by_launch) - math.log(case.ratio)
    log_ratios = tuple(value - off for value in by_launch)
    shifted = tuple(tuple(value * math.exp(off) for value in launch) for launch in candidate.blocks_ns)
    candidate = replace(candidate, blocks_ns=shifted)
    if not samples:
        candidate, reference = replace(candidate, blocks_ns=()), replace(reference, blocks_ns=())
    arms = f"{case.candidate} over {case.reference}"
    view = ComparisonView(
        key=f"{case.test} · {case.model} · {arms} on CPU · latency · infer {case.shape}",
        test=case.test,
        model=case.model,
        workload=f"infer {case.shape}",
        metric="latency",
        device="CPU",
        candidate=candidate,
        reference=reference,
        ratio=case.ratio,
        low=case.ratio * (1 - case.half_width),
        high=case.ratio * (1 + case.half_width),
        confidence=0.95,
        log_ratios=log_ratios,
        kind=case.kind,
        said=str(case.kind),
        expected=case.baseline,
        change=change,
        change_low=None if change is None else (1 + change) * math.exp(-reach) - 1,
        change_high=None if change is None else (1 + change) * math.exp(reach) - 1,
        tolerance=tolerance,
        baseline=None
        if case.baseline is None
        else BaselineView(
            case.baseline,
            case.baseline * (1 - case.half_width / 2),
            case.baseline * (1 + case.half_width / 2),
            5,
            {
                "openvino": "2026.3.0",
                "torch": "2.13.0+cpu",
                "nncf": "3.4.0",
                "candidate inference precision": "f32",
                "executed on": "CPU",
                "threads": "2",
                "device": DEVICES["CPU"],
                "date": "2026-09-02",
                "commit": "be8abd1ac97a4f7d61fe8466405a0ed2eb6a5539",
            },
        ),
        target=None,
        fidelity=Fidelity(case.cosine, 1.0, 0.0249),
        seconds=7.8 + 3 * launches,
        versions={"openvino": openvino, "torch": "2.13.0+cpu"},
    )
    return replace(view, evidence=evidence(case, view))


def targeted(view: ComparisonView, target: float) -> ComparisonView:
    """Return the same measurement held against a number."""
    change = view.ratio / target - 1
    return replace(
        view,
        key=f"target {view.key}",
        test=view.test.replace("::test_", "::test_target_"),
        kind=OK if change > 0 else REGRESSED,
        said=str(OK if change > 0 else REGRESSED),
        expected=target,
        change=change,
        change_low=change - 0.05,
        change_high=change + 0.05,
        tolerance=0.0,
        baseline=None,
        target=target,
    )


def benchmark(name: str, median_ms: float, seed: int = 0) -> BenchmarkView:
    rng = Random(f"{name}{seed}")  # noqa: S311  (an example, the same every time)
    times = [median_ms / 1e3 * math.exp(abs(rng.gauss(0, 0.04))) for _ in range(50)]
    return BenchmarkView(f"tests/test_tokenizer.py::{name}", "tokenizer", {"size": "small"}, statistics(times, 50))


def run(
    comparisons: Sequence[ComparisonView],
    *,
    name: str = "this run",
    started: str = "2026-11-21T20:55:21+00:00",
    benchmarks: Sequence[BenchmarkView] = (),
    notes: Sequence[str] = (),
    openvino: str = "2026.4.1",
) -> RunView:
    return RunView(
        name,
        started,
        "2932dec5f0a1b2c3d4e5f60718293a4b5c6d7e8f",
        MACHINE,
        {**VERSIONS, "openvino": openvino},
        DEVICES,
        tuple(comparisons),
        tuple(benchmarks),
        tuple(notes),
    )


def suite_run() -> RunView:
    """Return a run of the reference suite: one regression, one improvement, one open question, one target."""
    views = [comparison(case, launches=3 if case.half_width > 0.1 else 2) for case in CASES]
    views.append(targeted(comparison(CASES[3], seed=1), 1.5))
    return run(views, notes=("Another run waited for this one for 4 s.",))


def compared(runs: int = 6, cases: Sequence[Case] = CASES, *, benchmarks: int = 3) -> Compared:
    """Return that many runs over half a year, in which OpenVINO changed in the middle and the last is judged."""
    made = []
    for index in range(runs):
        rng = Random(index)  # noqa: S311  (an example, the same every time)
        last = index == runs - 1
        openvino = "2026.3.0" if index < runs // 2 else "2026.4.1"
        views = []
        for case in cases:
            before = case.baseline or case.ratio
            ratio = case.ratio if last else before * math.exp(rng.gauss(0, case.half_width / 3))
            kind = case.kind if last or case.kind is NO_BASELINE else OK
            views.append(comparison(replace(case, ratio=ratio, kind=kind), seed=index, samples=last, openvino=openvino))
        if index == 1:
            del views[3:5]
        plain = [
            benchmark(f"test_encode[{each}]", 1.2 + each / 3 + (0.4 if last and not each else 0), index)
            for each in range(benchmarks)
        ]
        month = 1 + index * 10 // max(1, runs - 1)
        made.append(
            run(
                views,
                name=f"{index + 1:04}_release",
                started=f"2026-{month:02}-02T09:30:00+00:00",
                benchmarks=plain,
                openvino=openvino,
            )
        )
    return judged(made)


def judged(runs: Sequence[RunView]) -> Compared:
    """Put runs beside each other, with verdicts as the examples have them: no judge is at work here."""
    last, before = runs[-1], runs[:-1]
    known = [{view.key: view for view in each.comparisons} for each in before]
    plain = [{view.key: view for view in each.benchmarks} for each in before]
    rows = []
    for view in last.comparisons:
        earlier = tuple(each.get(view.key) for each in known)
        then = earlier[0] if earlier else None
        expected = then.ratio if then else None
        change = None if expected is None else view.ratio / expected - 1
        rows.append(
            ComparedRow(
                now=view,
                earlier=earlier,
                basis=Basis.LAUNCHES,
                kind=view.kind if then else NO_BASELINE,
                said=view.said if then else str(NO_BASELINE),
                expected=expected,
                change=change,
                change_low=None if change is None else change - 0.04,
                change_high=None if change is None else change + 0.04,
                tolerance=view.tolerance,
                reasons=(f"The speed-up was {expected:.2f}x and is {view.ratio:.2f}x now.",) if expected else (),
            )
        )
    benchmarks = []
    for plainly in last.benchmarks:
        past = tuple(each.get(plainly.key) for each in plain)
        median_s = past[0].statistics.median_s if past and past[0] else None
        change = None if median_s is None else plainly.statistics.median_s / median_s - 1
        kind = NO_BASELINE if change is None else REGRESSED if change > 0.1 else OK
        benchmarks.append(
            ComparedRow(
                now=plainly,
                earlier=past,
                basis=Basis.QUARTILES,
                kind=kind,
                said=str(kind),
                expected=median_s,
                change=change,
                change_low=None if change is None else change - 0.03,
                change_high=None if change is None else change + 0.03,
                tolerance=0.1,
            )
        )
    versions = tuple(each.versions["openvino"] for each in runs)
    differences = (EnvironmentDifference("versions", "openvino", versions),) if len(set(versions)) > 1 else ()
    missing = tuple(set(known[0]) - {view.key for view in last.comparisons}) if known else ()
    return Compared(
        tuple(runs), tuple(rows), tuple(benchmarks), missing, differences, 0.01, ("The last run is judged.",)
    )


def many(runs: int, comparisons: int) -> Compared:
    """Return a comparison of that many runs of that many comparisons, each as large as one of the suite's."""
    cases = [
        replace(CASES[number % len(CASES)], test=f"suites/test_module_{number // 20}.py::test_case[CPU-{number}]")
        for number in range(comparisons)
    ]
    last = [comparison(case, launches=3) for case in cases]
    made = []
    for index in range(runs):
        rng = Random(index)  # noqa: S311  (an example, the same every time)
        shifts = [rng.gauss(1, 0.02) for _ in last]
        views = [
            replace(view, ratio=view.ratio * shift, low=view.low * shift, high=view.high * shift)
            for view, shift in zip(last, shifts, strict=True)
        ]
        day = f"2026-{1 + index // 28:02}-{1 + index % 28:02}T02:00:00+00:00"
        made.append(run(last if index == runs - 1 else views, name=f"{index + 1:04}_nightly", started=day))
    return judged(made)
