# ruff: noqa: ANN401  (GenAI has no types)
"""Whether our times of a generation are those that OpenVINO GenAI tells of the very same call in ``perf_metrics``.

One prompt goes through ``LLMPipeline`` as in an arm; beside each call's own times stand those that the pipeline kept of
it. A batch, which an arm reads token by token, takes turns with ``LLMPipeline.generate`` on the same prompts: these are
two calls, so that their times differ by the machine's noise too. Run it alone, on a quiet machine.
"""

from __future__ import annotations

import argparse
import statistics
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.prepared import arms_in
from pytest_ovperf.arms import parse_arm
from pytest_ovperf.engines import genai as engine
from pytest_ovperf.engines.feeding import read_inputs
from pytest_ovperf.engines.openvino_generate import require_ir
from pytest_ovperf.engines.properties import compile_properties
from pytest_ovperf.metrics import WorkloadKind
from pytest_ovperf.models.sources import resolve

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_ovperf.engines.protocol import Generated, LoadRequest

_NS_PER_MS = 1e6
_WARM_UPS = 2

#: Time to the first token, time per further token, both in milliseconds, and tokens a second.
Figures = tuple[float, float, float]


def main() -> None:
    """Measure and print one line for each arm and figure."""
    asked = _arguments()
    for name in asked.arms:
        request = _request(asked, name)
        model: Any = engine.load(request)
        pairs = _one_prompt(model, request, asked.calls) if hasattr(model, "results") else _batch(model, asked.calls)
        _print(name, pairs)


def _one_prompt(model: Any, request: LoadRequest, calls: int) -> list[tuple[Figures, Figures]]:
    pairs = []
    for number in range(calls + _WARM_UPS):
        ours = _figures(model.generate(), request.new_tokens, 1)
        if number >= _WARM_UPS:
            pairs.append((ours, _told(model.results.perf_metrics, request.new_tokens, 1)))
    return pairs


def _batch(model: Any, calls: int) -> list[tuple[Figures, Figures]]:
    request, prompts = model._request, len(model._prompts)  # noqa: SLF001  (the engine is what is looked into)
    other = _pipeline_for_the_same(request)
    pairs = []
    for number in range(calls + _WARM_UPS):
        turns = (lambda: _figures(model.generate(), request.new_tokens, prompts), lambda: other(model))
        found = [turn() for turn in (turns if number % 2 else turns[::-1])]
        if number >= _WARM_UPS:
            pairs.append((found[0], found[1]) if number % 2 else (found[1], found[0]))
    return pairs


def _pipeline_for_the_same(request: LoadRequest) -> Any:
    import openvino  # noqa: PLC0415
    import openvino_genai as genai  # noqa: PLC0415

    arrays = read_inputs(request)
    ids, mask = arrays["input_ids"], arrays["attention_mask"]
    tokens = genai.TokenizedInputs(openvino.Tensor(ids), openvino.Tensor(mask))
    schedule = genai.SchedulerConfig()
    schedule.enable_prefix_caching = False
    schedule.max_num_batched_tokens = max(int(ids.size), 256)
    properties = compile_properties(request)
    pipeline = genai.LLMPipeline(require_ir(request).parent, request.device, scheduler_config=schedule, **properties)

    def call(model: Any) -> Figures:
        results = pipeline.generate(tokens, model._whole)  # noqa: SLF001
        return _told(results.perf_metrics, request.new_tokens, len(ids))

    return call


def _figures(times: Generated, new_tokens: int, prompts: int) -> Figures:
    rest_ns = times.latency_ns - times.first_ns
    return (
        times.first_ns / _NS_PER_MS,
        rest_ns / (new_tokens - 1) / _NS_PER_MS,
        prompts * new_tokens / (times.latency_ns / 1e9),
    )


def _told(metrics: Any, new_tokens: int, prompts: int) -> Figures:
    """Return GenAI's own figures; its TPOT of a batch is by token, ours by step: one token of every prompt."""
    whole_ms = metrics.get_generate_duration().mean
    return metrics.get_ttft().mean, metrics.get_tpot().mean * prompts, prompts * new_tokens / (whole_ms / 1e3)


def _print(name: str, pairs: Sequence[tuple[Figures, Figures]]) -> None:
    for place, what in enumerate(("ttft, ms", "tpot, ms", "tokens/s")):
        ratios = [ours[place] / theirs[place] for ours, theirs in pairs]
        ours, theirs = (statistics.median(pair[side][place] for pair in pairs) for side in (0, 1))
        print(f"{name:24} {what:9} ours {ours:9.2f}  perf_metrics {theirs:9.2f}  ratio {statistics.median(ratios):.4f}")


def _request(asked: argparse.Namespace, name: str) -> LoadRequest:
    arm = parse_arm(name, "CPU")
    spec = resolve(asked.model, shape=None, base=Path())
    prepared = arms_in(asked.cache, 0).prepare(spec, arm, kind=WorkloadKind.GENERATE, prompt=(64, 64), new_tokens=32)
    return prepared[1][arm]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="gpt2")
    parser.add_argument("--arms", nargs="+", default=["genai-fp32", "genai-int8", "genai-int8[batch=8]"])
    parser.add_argument("--calls", type=int, default=15)
    parser.add_argument("--cache", type=Path, required=True, help="folder of artefacts, as --ov-cache-dir")
    return parser.parse_args()


if __name__ == "__main__":
    main()
