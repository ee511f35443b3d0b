"""What a test asks of its arms, put together and checked: every mistake is found here, before any long work."""

from __future__ import annotations

from dataclasses import dataclass, replace
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final

from pytest_ovperf.arms import Arm, Comparison, Engine, Precision
from pytest_ovperf.engines.protocol import packages_of
from pytest_ovperf.errors import ArmError, ExtraMissingError, ModelError
from pytest_ovperf.metrics import Metric, Workload, WorkloadKind, parse_metric
from pytest_ovperf.models.own.importable import require_function
from pytest_ovperf.models.sources import configuration_of
from pytest_ovperf.tuning import UNTUNED, CacheUse, Tuning

from .arms import require_runnable
from .fitting import check_model, check_question

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pytest_ovperf.engines.protocol import LoadRequest
    from pytest_ovperf.models.spec import ModelSpec

    from .arms import Arms

#: What a request generates where nobody says otherwise.
NEW_TOKENS: Final = 32

#: Tokens between two of which there is a time.
_TOKENS_OF_TPOT: Final = 2

_LEAST_PROMPT: Final = 1


@dataclass(frozen=True, slots=True)
class Generation:
    """What a request of a language model holds and generates: tokens of the shortest and the longest prompt."""

    shortest: int
    longest: int
    new_tokens: int

    @property
    def prompt(self) -> tuple[int, int]:
        """The shortest and the longest prompt, in tokens."""
        return self.shortest, self.longest


@dataclass(frozen=True, slots=True)
class Question:
    """What is to be measured: ``metric`` of ``arms`` on ``spec``, whose source is settled.

    ``arms`` are as they are to be measured, in the order of the asking. ``generation`` is ``None`` for a model that
    does not generate.
    """

    spec: ModelSpec
    arms: tuple[Arm, ...]
    metric: Metric
    generation: Generation | None

    @property
    def model(self) -> str:
        """The model's name, and its shape where that is not any."""
        return model_label(self.spec)

    @property
    def workload(self) -> Workload:
        """What one request does: of batch 1, or of the batch that the model is fixed to."""
        kind, generation = self.metric.workload, self.generation
        if generation is None:
            return Workload(kind, self.spec.shapes)
        shapes = dict.fromkeys(("input_ids", "attention_mask"), (1, generation.longest))
        uneven = generation.shortest if generation.shortest != generation.longest else 0
        return Workload(kind, shapes, generation.new_tokens, uneven)

    @property
    def has_outputs(self) -> bool:
        """Whether there is something to compare beside the metric: an arm that stays loaded, with outputs."""
        return self.metric.workload in (WorkloadKind.INFER, WorkloadKind.STREAM, WorkloadKind.GENERATE)

    def prepared(self, arms: Arms) -> dict[Arm, LoadRequest]:
        """Build whatever the arms need, and return how each is loaded."""
        generation = self.generation
        _, requests = arms.prepare(
            self.spec,
            *self.arms,
            kind=self.metric.workload,
            prompt=None if generation is None else generation.prompt,
            new_tokens=0 if generation is None else generation.new_tokens,
        )
        return requests


def compared(question: Question) -> Comparison:
    """Return the comparison that a question of two arms is."""
    candidate, reference = question.arms
    return Comparison(question.model, candidate, reference, question.metric, question.workload)


def output_arm(arm: Arm) -> Arm:
    """Return the arm without what makes it faster or slower and leaves its outputs as they are."""
    tuning = arm.tuning
    return replace(
        arm,
        tuning=Tuning(
            execution_mode=tuning.execution_mode, batch=tuning.batch, shape=tuning.shape, properties=tuning.properties
        ),
    )


def metric_of_outputs(arms: Sequence[Arm], *, told: bool) -> Metric:
    """Return a metric by which arms are loaded as their outputs are to be compared; ``told`` of a generation or not."""
    return Metric.TOKENS_PER_SECOND if told or any(map(_only_generates, arms)) else Metric.LATENCY


def model_label(spec: ModelSpec) -> str:
    """Name the model as it is measured: one compiled for a fixed shape is not the one that takes any."""
    if not spec.static:
        return spec.name
    return f"{spec.name} {'fixed' if spec.bounds is None else 'bounded'} to {spec.shape_text}"


def ask(  # noqa: PLR0913  (all that a test may say)
    spec: ModelSpec,
    arms: Sequence[Arm],
    metric: str,
    *,
    prompt: object = None,
    new_tokens: object = None,
    tunable: Callable[[Arm, WorkloadKind], None],
) -> Question:
    """Return the question, or raise the error that says what is wrong with it.

    ``prompt`` and ``new_tokens`` are as users write them: a number of tokens, the prompt's also as the shortest and
    the longest. ``spec`` is settled. ``tunable`` raises where an arm's engine or device does not take its tuning.
    Raises `ArmError`, `ArmUnavailableError`, `ModelError` and `ExtraMissingError`.
    """
    known = parse_metric(metric)
    generates = _generates(known, arms, told=prompt is not None or new_tokens is not None)
    for arm in arms:
        tunable(arm, known.workload)
        check_question(arm, known, generates=generates)
        check_model(arm, spec, known, generates=generates)
        require_packages(arm, known, generates=generates)
    measured = tuple(_as_measured(arm, known) for arm in arms)
    for arm in measured:
        require_runnable(spec, arm, generates=generates)
    generation = _generation(spec, known, prompt, new_tokens) if generates else None
    return Question(spec, measured, known, generation)


def require_packages(arm: Arm, metric: Metric, *, generates: bool) -> None:
    """Raise `ExtraMissingError` where a package that the arm's engine imports is not installed.

    `ModelError` where a function of the user's is nowhere to be found.
    """
    if arm.function:
        require_function(arm.function, "The arm")
    for package, extra in packages_of(arm.engine, metric.workload, generates=generates).items():
        if find_spec(package) is None:
            raise ExtraMissingError.of(package, extra, f"The arm {arm.name}")


def require_different(candidate: Arm, reference: Arm) -> None:
    """Raise `ArmError` for an arm that is compared with itself."""
    if candidate == reference:
        raise ArmError(
            f"{candidate.name!r} is compared with itself.",
            remedy="Name two different arms, or one on two devices or tuned in two ways: openvino-fp32 over "
            "openvino-fp32@CPU, openvino-fp32[streams=2] over openvino-fp32[streams=1].",
        )


def _generates(metric: Metric, arms: Sequence[Arm], *, told: bool) -> bool:
    """Tell whether a model that generates is measured: by the metric, the arms, or since a prompt was given."""
    if metric.workload is WorkloadKind.GENERATE:
        return True
    if metric.workload in (WorkloadKind.INFER, WorkloadKind.STREAM):
        if told:
            raise ArmError(
                f"prompt= and new_tokens= were given, and {metric} is not about text that is generated.",
                remedy="Ask for ttft, tpot, tokens_per_second or requests_per_second; or leave them out, and give the "
                'shape of one call: @pytest.mark.model("gpt2", shape=(1, 64)).',
            )
        return False
    return told or any(map(_only_generates, arms))


def _only_generates(arm: Arm) -> bool:
    return arm.engine is Engine.GENAI or arm.precision is Precision.INT4


def _as_measured(arm: Arm, metric: Metric) -> Arm:
    """Return the arm as it is measured: files are what they are, however they are run; a cached load has a cache."""
    if metric.workload in (WorkloadKind.FILES, WorkloadKind.EXPORT):
        return replace(arm, tuning=UNTUNED)
    if metric is Metric.CACHED_LOAD_TIME and arm.engine.is_openvino:
        return replace(arm, tuning=replace(arm.tuning, cache=CacheUse.WARM))
    return arm


def _generation(spec: ModelSpec, metric: Metric, prompt: object, new_tokens: object) -> Generation:
    new = NEW_TOKENS if new_tokens is None else _tokens(new_tokens, "new_tokens")
    if metric is Metric.TPOT and new < _TOKENS_OF_TPOT:
        raise ArmError(
            "With one new token there is no time between two, which tpot is.", remedy="Ask for new_tokens=2 or more."
        )
    context = configuration_of(spec).max_positions
    shortest, longest = _default_prompt(spec, new, context) if prompt is None else _prompt(prompt)
    if context and longest + new > context:
        raise ModelError(
            f"{spec.name} holds {context} tokens, and a prompt of {longest} with {new} new ones takes {longest + new}.",
            remedy=f"Give prompt= and new_tokens= that add up to {context} at most.",
        )
    return Generation(shortest, longest, new)


def _default_prompt(spec: ModelSpec, new_tokens: int, context: int) -> tuple[int, int]:
    """Return the length of the model's own workload, shorter where the context would not hold it."""
    usual = next(iter(spec.shapes.values()))[-1]
    length = max(_LEAST_PROMPT, min(usual, context - new_tokens)) if context else usual
    return length, length


def _prompt(prompt: object) -> tuple[int, int]:
    if not isinstance(prompt, (tuple, list)):
        length = _tokens(prompt, "prompt")
        return length, length
    lengths = [_tokens(each, "prompt") for each in prompt]
    if len(lengths) != 2 or lengths[0] > lengths[1]:  # noqa: PLR2004  (the shortest and the longest)
        raise ArmError(f"prompt={prompt!r} is no range.", remedy="Write the shortest and the longest: prompt=(16, 64).")
    return lengths[0], lengths[1]


def _tokens(number: object, what: str) -> int:
    if type(number) is not int or number < 1:
        raise ArmError(
            f"{what}={number!r} is no number of tokens.", remedy=f"Write a whole number from 1 on: {what}=32."
        )
    return number
