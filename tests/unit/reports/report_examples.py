"""Records to report on: a realistic run, and a maker of variations."""

from __future__ import annotations

import math
from dataclasses import replace

from pytest_ovperf.arms import Comparison, parse_arm
from pytest_ovperf.metrics import Metric, Workload, WorkloadKind
from pytest_ovperf.records import (
    ArmFacts,
    Block,
    ComparisonRecord,
    Fidelity,
    Launch,
    Round,
    Speedup,
    StoredBaseline,
    Verdict,
    VerdictKind,
)

BLOCK = Block((1_000_000,))
LAUNCH = Launch(
    candidate=ArmFacts("f32", ("CPU",), 2, 0, {"openvino": "2026.4.1"}),
    reference=ArmFacts("f32", ("CPU",), 2, 0, {"torch": "2.13.0"}),
    rounds=(Round(BLOCK, BLOCK, candidate_first=True),) * 20,
    started_unix=0.0,
    seconds=4.0,
)


def comparison(model: str, candidate: str, reference: str, device: str = "CPU") -> Comparison:
    workload = Workload(WorkloadKind.INFER, {"input_ids": (1, 128)})
    return Comparison(model, parse_arm(candidate, device), parse_arm(reference, device), Metric.LATENCY, workload)


def estimate(ratio: float, low: float, high: float, *, candidate_cost: float = 4.1e6) -> Speedup:
    log_ratios = tuple(math.log(ratio * factor) for factor in (0.99, 1.0, 1.01))
    return Speedup(ratio, low, high, 0.95, log_ratios, 60, candidate_cost, candidate_cost * ratio)


def stored(ratio: float) -> StoredBaseline:
    return StoredBaseline(
        log_ratios=tuple(math.log(ratio * factor) for factor in (0.99, 1.0, 1.01)),
        tolerance=0.05,
        candidate_cost=4.1e6,
        reference_cost=11.9e6,
        fidelity=Fidelity(cosine=0.9991, top1=0.99, max_abs_error=0.02),
        provenance={
            "commit": "1a2b3c4d5e6f7a8b9c",
            "date": "2026-07-01T10:00:00+00:00",
            "openvino": "2026.3.0",
            "torch": "2.13.0",
        },
    )


def judged(kind: VerdictKind, expected: float | None = None, change: float | None = None) -> Verdict:
    return Verdict(
        kind=kind,
        expected=expected,
        change=change,
        change_low=None if change is None else change - 0.02,
        change_high=None if change is None else change + 0.03,
        tolerance=0.05,
        error_rate=0.001,
        seconds_to_settle=42.0 if kind is VerdictKind.INCONCLUSIVE else None,
    )


REGRESSED = ComparisonRecord(
    test="suites/test_speed.py::test_int8_pays[minilm-CPU]",
    comparison=comparison("minilm", "openvino-int8", "openvino-fp32"),
    speedup=estimate(1.92, 1.88, 1.96, candidate_cost=6.2e6),
    verdict=judged(VerdictKind.REGRESSED, 2.90, -0.338),
    baseline=stored(2.90),
    fidelity=Fidelity(cosine=0.9981, top1=0.982, max_abs_error=0.03),
    launches=(LAUNCH,) * 3,
    seconds=31.2,
)
OK = replace(
    REGRESSED,
    test="suites/test_speed.py::test_openvino_beats_pytorch[mobilenet_v2-CPU]",
    comparison=comparison("mobilenet_v2", "openvino-fp32", "pytorch-fp32"),
    speedup=estimate(2.71, 2.65, 2.78),
    verdict=judged(VerdictKind.OK, 2.74, -0.012),
    baseline=stored(2.74),
    seconds=14.2,
)
IMPROVED = replace(
    REGRESSED,
    test="suites/test_speed.py::test_int8_pays[resnet50-CPU]",
    comparison=comparison("resnet50", "openvino-int8", "openvino-fp32"),
    speedup=estimate(3.3, 3.24, 3.37),
    verdict=judged(VerdictKind.IMPROVED, 2.90, 0.138),
    seconds=9.4,
)
INCONCLUSIVE = replace(
    REGRESSED,
    test="suites/test_speed.py::test_int8_pays[gpt2-CPU]",
    comparison=comparison("gpt2", "openvino-int8", "openvino-fp32"),
    speedup=estimate(1.9, 1.71, 2.13),
    verdict=replace(judged(VerdictKind.INCONCLUSIVE, 1.98, -0.04), change_low=-0.13, change_high=0.06),
    baseline=stored(1.98),
    seconds=60.0,
)
MISSING = replace(
    REGRESSED,
    test="suites/test_speed.py::test_bf16_pays[minilm-CPU]",
    comparison=comparison("minilm", "openvino-bf16", "openvino-fp32"),
    speedup=estimate(1.78, 1.75, 1.81),
    verdict=judged(VerdictKind.NO_BASELINE),
    baseline=None,
    seconds=8.8,
)
TARGET_MET = replace(
    REGRESSED,
    test="suites/test_targets.py::test_at_least[distilbert-CPU]",
    comparison=comparison("distilbert", "openvino-int8", "pytorch-fp32"),
    speedup=estimate(4.1, 3.95, 4.3),
    verdict=replace(judged(VerdictKind.OK, 1.5, 1.73), tolerance=0.0),
    baseline=None,
    target=1.5,
    seconds=8.8,
)
TARGET_MISSED = replace(
    TARGET_MET,
    speedup=estimate(1.31, 1.27, 1.35),
    verdict=replace(judged(VerdictKind.REGRESSED, 1.5, -0.127), tolerance=0.0),
)
RUN = (OK, REGRESSED, IMPROVED, INCONCLUSIVE, MISSING, TARGET_MET)
