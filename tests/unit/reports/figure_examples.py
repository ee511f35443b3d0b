"""Absolute figures, a ladder and compilations to report on: as they might come out, and figures of every unit."""

from __future__ import annotations

from dataclasses import replace

from pytest_ovperf.arms import parse_arm
from pytest_ovperf.figure import Factor, FigureRecord, LadderRecord, Rung
from pytest_ovperf.metrics import Metric, Workload, WorkloadKind
from pytest_ovperf.records import Fidelity
from pytest_ovperf.runs.view import CompiledView

TEST = "suites/test_generation.py::test_ladder[gpt2-CPU]"
WORKLOAD = Workload(WorkloadKind.GENERATE, {"input_ids": (1, 64)}, new_tokens=32)
TOKENS = FigureRecord(
    test="suites/test_targets.py::test_tokens_per_second[gpt2-CPU]",
    model="gpt2",
    arm=parse_arm("genai-int8", "CPU"),
    workload=WORKLOAD,
    metric=Metric.TOKENS_PER_SECOND,
    value=126.4,
    low=121.0,
    high=132.1,
    percentiles={50: 0.2531, 90: 0.2712},
    samples=120,
    launches=3,
    seconds=42.0,
    target=150.0,
    held=False,
)
TTFT = replace(
    TOKENS, metric=Metric.TTFT, value=0.0883, low=0.0851, high=0.0922, percentiles={50: 0.0881}, target=0.2, held=True
)
MEMORY = replace(
    TOKENS, metric=Metric.PEAK_MEMORY, value=2.91e8, low=2.88e8, high=2.94e8, percentiles={}, target=None, held=None
)
FIGURES = (TOKENS, TTFT, MEMORY)


def rung(
    name: str,
    tokens: float,
    ttft_ms: float,
    megabytes: float,
    same: float | None,
    single: float | None,
    cosine: float | None,
) -> Rung:
    arm = parse_arm(name, "CPU")
    batch = arm.tuning.batch or 1
    values = {
        Metric.TTFT: ttft_ms / 1e3,
        Metric.TOKENS_PER_SECOND: tokens,
        Metric.REQUESTS_PER_SECOND: tokens / 32,
        Metric.PEAK_MEMORY: megabytes * 1e6,
    }
    return Rung(
        arm=arm,
        batch=batch,
        figures={
            metric: replace(TOKENS, arm=arm, metric=metric, value=value, low=0.95 * value, high=1.05 * value)
            for metric, value in values.items()
        },
        over_same_batch=None if same is None else Factor(same, 0.95 * same, 1.05 * same),
        over_single=None if single is None else Factor(single, 0.95 * single, 1.05 * single),
        fidelity=None if cosine is None else Fidelity(cosine, 0.969, 0.4),
    )


LADDER = LadderRecord(
    test=TEST,
    model="gpt2",
    workload=WORKLOAD,
    metric=Metric.TOKENS_PER_SECOND,
    reference=parse_arm("pytorch-fp32", "CPU"),
    rungs=(
        rung("pytorch-fp32", 26.1, 61.2, 912, None, None, None),
        rung("openvino-fp32", 47.3, 48.0, 780, 1.81, 1.81, 0.9999),
        rung("openvino", 72.4, 31.5, 781, 2.77, 2.77, 0.9991),
        rung("openvino-int8", 108.2, 29.4, 402, 4.15, 4.15, 0.9984),
        rung("genai-int8", 126.4, 28.8, 391, 4.84, 4.84, 0.9984),
        rung("genai-int8[batch=8]", 617.2, 151.0, 455, 5.12, 23.6, 0.9984),
        Rung(parse_arm("openvino-int4", "CPU"), absent="the device takes no INT4 weights"),
    ),
    launches=3,
    seconds=312.0,
    notes=("Memory is that of a pass of its own.",),
)
_COMPILES = CompiledView(
    model="minilm fixed to 1x128",
    precision="fp32",
    platform="4000",
    compiles=True,
    outcome="compiles, 44.27 MiB",
    change="as recorded",
    by="the compiler of OpenVINO 2026.4.1 for Windows, under Wine",
)
COMPILED = (
    _COMPILES,
    replace(_COMPILES, model="gpt2", compiles=False, outcome="refused: dynamic_shape", change="not recorded"),
)
