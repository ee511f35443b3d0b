# ruff: noqa: ANN401  (OpenVINO ships no types; its objects are Any here)
"""Text generation by OpenVINO GenAI, from token ids to token ids: no tokenizer is needed, and none is loaded.

One prompt goes through ``LLMPipeline`` with a streamer. ``LLMPipeline`` streams no batch, so several prompts go, each
as a request of its own, through ``ContinuousBatchingPipeline``, which is what ``LLMPipeline`` itself puts them through
on a CPU or GPU; the tokens are read as they come. Padding is left out of the prompts: the pipeline needs none.

The cache of prompts seen before (``enable_prefix_caching``), which ``LLMPipeline`` switches on by itself, is off: every
call has the same prompts, and would find them computed already. docs/decisions/0007 tells what that comes to.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, Final

from pytest_ovperf.errors import ModelError
from pytest_ovperf.hiding import hidden

from .capability import check_capability
from .feeding import read_inputs
from .genai_facts import read_printed, reporting
from .openvino_generate import require_ir
from .plain_graph import plain_layers
from .plain_logits import first_logits
from .properties import check_properties, compile_properties
from .protocol import Generated
from .pytorch_generate import check_count
from .refusals import REFUSALS, Subject, output_bytes, printed_since

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pytest_ovperf.records import ArmFacts

    from .protocol import LoadRequest

#: Requests that a pipeline takes at once by itself.
_USUAL_REQUESTS: Final = 256
_TOUCH_TOKENS: Final = 2


class GenAiModel(ABC):
    """A pipeline with the prompts that it continues. What one generation is, subclasses say."""

    def __init__(self, genai: Any, request: LoadRequest, facts: ArmFacts) -> None:
        self._request = request
        self._facts = facts
        self._subject = Subject(request.device)
        self._whole = _configuration(genai, request.new_tokens)
        self._short = _configuration(genai, min(_TOUCH_TOKENS, request.new_tokens))

    def facts(self) -> ArmFacts:
        """Return what GenAI printed about the model that it compiled."""
        return self._facts

    def call(self) -> None:
        """Continue the prompts once."""
        self.generate()

    def generate(self) -> Generated:
        """Continue the prompts and return the times of it.

        Raises `DeviceFailureError` with the cause, and `MeasurementError` if tokens are missing.
        """
        return self._checked(self._whole)[0]

    def touch(self) -> None:
        """Take the prompts in and hand out two tokens."""
        self._checked(self._short)

    def tokens(self) -> NDArray[Any]:
        """Return the new ids of one generation: (batch, new tokens)."""
        import numpy as np  # noqa: PLC0415

        return np.array(self._checked(self._whole)[1], dtype=np.int64)

    def outputs(self) -> dict[str, NDArray[Any]]:
        """Return the logits that the first new token of each prompt is chosen by, as float32, and the new tokens.

        GenAI keeps its logits to itself; these come from the same IR, compiled once more with the same properties.
        """
        logits = first_logits(self._request, compile_properties(self._request))
        return {"logits": logits, "tokens": self.tokens()}

    def layers(self) -> list[dict[str, Any]]:
        """Return the layers that OpenVINO makes of the same IR, compiled once more with the same properties.

        GenAI keeps its compiled model to itself, whose attention may be another: the pipeline pages its cache.
        """
        return plain_layers(self._request)

    def _checked(self, configuration: Any) -> tuple[Generated, list[list[int]]]:
        try:
            times, ids = self._run(configuration)
        except REFUSALS as error:
            raise self._subject.failure(error, f"generate on {self._subject.device}") from error
        for each in ids:
            check_count(len(each), configuration.max_new_tokens)
        return times, ids

    @abstractmethod
    def _run(self, configuration: Any) -> tuple[Generated, list[list[int]]]:
        """Continue the prompts; return the times, and the new ids of each prompt."""


class OnePrompt(GenAiModel):
    """One prompt through ``LLMPipeline``, its first token noted by a streamer."""

    def __init__(self, genai: Any, pipeline: Any, prompt: Any, request: LoadRequest, facts: ArmFacts) -> None:
        super().__init__(genai, request, facts)
        self._pipeline = pipeline
        self._prompt = prompt
        self._streamer = _first_token(genai)
        self.results: Any = None  # of the last call: `benchmarks.agreement` reads the pipeline's own figures from it

    def _run(self, configuration: Any) -> tuple[Generated, list[list[int]]]:
        streamer = self._streamer
        streamer.at_ns = None
        start_ns = time.perf_counter_ns()
        self.results = self._pipeline.generate(self._prompt, configuration, streamer=streamer)
        end_ns = time.perf_counter_ns()
        return Generated((streamer.at_ns or end_ns) - start_ns, end_ns - start_ns), self.results.tokens


class Batch(GenAiModel):
    """Several prompts through ``ContinuousBatchingPipeline``, their tokens read after each of its steps."""

    def __init__(self, genai: Any, pipeline: Any, prompts: list[Any], request: LoadRequest, facts: ArmFacts) -> None:
        super().__init__(genai, request, facts)
        self._pipeline = pipeline
        self._prompts = prompts

    def _run(self, configuration: Any) -> tuple[Generated, list[list[int]]]:
        ids: list[list[int]] = [[] for _ in self._prompts]
        first_ns = None
        start_ns = time.perf_counter_ns()
        requests = [self._pipeline.add_request(n, each, configuration) for n, each in enumerate(self._prompts)]
        while self._pipeline.has_non_finished_requests():
            self._pipeline.step()
            for own, request in zip(ids, requests, strict=True):
                if request.can_read():
                    for output in request.read().values():
                        own.extend(output.generated_ids)
            if first_ns is None and all(ids):  # one step takes in all prompts, so their first tokens come together
                first_ns = time.perf_counter_ns()
        end_ns = time.perf_counter_ns()
        return Generated((first_ns or end_ns) - start_ns, end_ns - start_ns), ids


def load(request: LoadRequest) -> GenAiModel:
    """Build the pipeline for the stateful IR of ``request``, with its prompts.

    Raises `DeviceAbsentError`, `ArmUnavailableError`, `ModelError` and `DeviceFailureError` as `openvino.load` does.
    """
    import numpy as np  # noqa: PLC0415  (a worker imports what its arm needs, when it needs it)

    with hidden("openvino_telemetry"):  # as the other engines do
        import openvino  # noqa: PLC0415
        import openvino_genai as genai  # noqa: PLC0415

    core = openvino.Core()
    check_capability(core, request)
    check_properties(core, request)
    arrays = read_inputs(request)
    ids, mask = arrays["input_ids"], arrays["attention_mask"]
    prompts = [openvino.Tensor(np.ascontiguousarray(row[kept == 1][None])) for row, kept in zip(ids, mask, strict=True)]
    printed = output_bytes()
    start_ns = time.perf_counter_ns()
    with reporting():
        pipeline = _pipeline(genai, request, len(prompts), int(ids.size))
    load_ns = time.perf_counter_ns() - start_ns
    facts = read_printed(printed_since(printed), request, load_ns, (openvino, genai))
    if len(prompts) == 1:
        whole = genai.TokenizedInputs(openvino.Tensor(ids), openvino.Tensor(mask))
        return OnePrompt(genai, pipeline, whole, request, facts)
    return Batch(genai, pipeline, prompts, request, facts)


def _pipeline(genai: Any, request: LoadRequest, prompts: int, tokens: int) -> Any:
    ir = require_ir(request)
    properties = compile_properties(request)
    schedule = genai.SchedulerConfig()
    schedule.enable_prefix_caching = False
    schedule.max_num_batched_tokens = max(tokens, _USUAL_REQUESTS)  # all prompts in one step, as LLMPipeline does
    schedule.max_num_seqs = max(prompts, _USUAL_REQUESTS)
    # An NPU has neither pages nor that cache.
    paged = not request.device.startswith("NPU")
    if prompts > 1 and not paged:
        raise ModelError(
            f"{request.device} continues one prompt at a time.", remedy="Leave batch= out for this device, or batch=1."
        )
    with Subject(request.device).trying(f"build a pipeline on {request.device} for {ir}"):
        if prompts > 1:
            return genai.ContinuousBatchingPipeline(ir.parent, schedule, request.device, properties)
        own = {"scheduler_config": schedule} if paged else {}
        return genai.LLMPipeline(ir.parent, request.device, **properties, **own)


def _configuration(genai: Any, new_tokens: int) -> Any:
    """Return the ``GenerationConfig`` of a greedy generation of so many tokens, whatever they are."""
    configuration = genai.GenerationConfig()
    configuration.max_new_tokens = new_tokens
    configuration.ignore_eos = True
    configuration.do_sample = False
    return configuration


def _first_token(genai: Any) -> Any:
    """Return a streamer that notes in ``at_ns`` when the first token came; the class it must have is GenAI's own."""

    class FirstToken(genai.StreamerBase):  # type: ignore[misc]  # (genai is Any)
        at_ns: int | None = None

        def write(self, _tokens: Any) -> Any:
            if self.at_ns is None:
                self.at_ns = time.perf_counter_ns()
            return genai.StreamingStatus.RUNNING

        def end(self) -> None:
            """Be told that there are no more."""

    return FirstToken()
