# ruff: noqa: ANN401  (stand-ins for packages without types)
"""When a token counts as handed over, with stand-ins for torch, transformers and GenAI."""

from __future__ import annotations

import contextlib
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from pytest_ovperf.engines import genai as genai_engine
from pytest_ovperf.engines import pytorch_generate
from pytest_ovperf.engines.genai import Batch, OnePrompt
from pytest_ovperf.engines.protocol import Generator, Touchable
from pytest_ovperf.engines.pytorch_generate import TransformersGenerator
from pytest_ovperf.errors import DeviceFailureError, MeasurementError
from pytest_ovperf.metrics import WorkloadKind
from pytest_ovperf.records import ArmFacts
from tests.unit.request_examples import request_of

if TYPE_CHECKING:
    from pytest_ovperf.engines.protocol import LoadRequest

FACTS = ArmFacts("f32", ("CPU",), 2, 1, {})
PROMPT_TOKENS = 4


class Clock:
    """Advances by hand, in nanoseconds."""

    def __init__(self) -> None:
        self.now_ns = 1000

    def perf_counter_ns(self) -> int:
        return self.now_ns


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(pytorch_generate, "time", clock)
    monkeypatch.setattr(genai_engine, "time", clock)
    return clock


class FakeTensor:
    """So much of a tensor as ids need."""

    def __init__(self, array: np.ndarray[Any, Any]) -> None:
        self.array = array
        self.shape = array.shape

    def __getitem__(self, place: Any) -> FakeTensor:
        return FakeTensor(self.array[place])

    def cpu(self) -> FakeTensor:
        return self

    def numpy(self) -> np.ndarray[Any, Any]:
        return self.array


class FakeModel:
    """Takes 50 ns for the prompts, 7 ns for each further token, and 3 ns at the end."""

    def __init__(self, clock: Clock, missing: int = 0) -> None:
        self.clock, self.missing = clock, missing

    def generate(self, input_ids: FakeTensor, attention_mask: object, max_new_tokens: int, streamer: Any) -> FakeTensor:
        assert attention_mask is not None
        streamer.put(input_ids)
        for number in range(max_new_tokens - self.missing):
            self.clock.now_ns += 7 if number else 50
            streamer.put(number)
        streamer.end()
        self.clock.now_ns += 3
        shape = (input_ids.shape[0], PROMPT_TOKENS + max_new_tokens - self.missing)
        return FakeTensor(np.arange(shape[0] * shape[1]).reshape(shape))


def generator(clock: Clock, *, new_tokens: int = 5, batch: int = 2, missing: int = 0) -> TransformersGenerator:
    torch = SimpleNamespace(inference_mode=contextlib.nullcontext)
    ids = FakeTensor(np.zeros((batch, PROMPT_TOKENS), np.int64))
    inputs = {"input_ids": ids, "attention_mask": ids}
    return TransformersGenerator(torch, FakeModel(clock, missing), inputs, new_tokens, FACTS)


def test_transformers_hand_the_prompts_first_and_they_are_no_token(clock: Clock) -> None:
    assert generator(clock).generate().first_ns == 50


def test_the_rest_of_a_call_follows_its_first_token(clock: Clock) -> None:
    times = generator(clock).generate()
    assert times.latency_ns == times.first_ns + 4 * 7 + 3


def test_tokens_are_what_follows_the_prompts(clock: Clock) -> None:
    assert generator(clock, new_tokens=2).tokens().tolist() == [[4, 5], [10, 11]]


def test_a_call_that_ends_early_is_no_measurement(clock: Clock) -> None:
    with pytest.raises(MeasurementError, match="generated 4 tokens for a prompt, not the 5"):
        generator(clock, missing=1).generate()


def test_a_generator_can_be_brought_back_to_the_caches_by_two_tokens(clock: Clock) -> None:
    model = generator(clock)
    assert isinstance(model, Generator)
    assert isinstance(model, Touchable)
    before_ns = clock.now_ns
    model.touch()
    assert clock.now_ns - before_ns == 50 + 7 + 3


class FakeStreamer:
    """What GenAI's own streamers derive from."""


GENAI = SimpleNamespace(
    GenerationConfig=SimpleNamespace,
    StreamerBase=FakeStreamer,
    StreamingStatus=SimpleNamespace(RUNNING="running"),
)


class FakePipeline:
    """One prompt: 40 ns for it, then 9 ns a token."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock

    def generate(self, _prompt: object, configuration: Any, streamer: Any) -> SimpleNamespace:
        for number in range(configuration.max_new_tokens):
            self.clock.now_ns += 9 if number else 40
            assert streamer.write([number]) == "running"
        return SimpleNamespace(tokens=[list(range(configuration.max_new_tokens))])


class FakeRequest:
    """A request of a batch, whose tokens wait to be read."""

    def __init__(self, tokens: int) -> None:
        self.left, self.waiting = tokens, list[int]()

    def can_read(self) -> bool:
        return bool(self.waiting)

    def read(self) -> dict[int, SimpleNamespace]:
        ids, self.waiting = self.waiting, []
        return {0: SimpleNamespace(generated_ids=ids)}


class FakeBatching:
    """Several prompts: 60 ns for them together, then 11 ns a step; each step hands a token to each."""

    def __init__(self, clock: Clock, late: int = 0) -> None:
        self.clock, self.late, self.steps = clock, late, 0
        self.requests: list[FakeRequest] = []

    def add_request(self, number: int, _prompt: object, configuration: Any) -> FakeRequest:
        if number == 0:
            self.requests, self.steps = [], 0
        self.requests.append(FakeRequest(configuration.max_new_tokens))
        return self.requests[-1]

    def has_non_finished_requests(self) -> bool:
        return any(request.left for request in self.requests)

    def step(self) -> None:
        self.clock.now_ns += 11 if self.steps else 60
        for number, request in enumerate(self.requests):
            if request.left and not (self.steps < self.late and number == 0):
                request.left -= 1
                request.waiting.append(request.left)
        self.steps += 1


@pytest.fixture
def request_of_five() -> LoadRequest:
    return request_of("genai-int8", kind=WorkloadKind.GENERATE, new_tokens=5)


def test_a_streamer_notes_the_first_token_of_one_prompt(clock: Clock, request_of_five: LoadRequest) -> None:
    times = OnePrompt(GENAI, FakePipeline(clock), None, request_of_five, FACTS).generate()
    assert (times.first_ns, times.latency_ns) == (40, 40 + 4 * 9)


def test_a_pipeline_that_hands_out_no_token_is_no_measurement(clock: Clock, request_of_five: LoadRequest) -> None:
    class Silent(FakePipeline):
        def generate(self, _prompt: object, configuration: Any, streamer: Any) -> SimpleNamespace:
            del configuration, streamer
            return SimpleNamespace(tokens=[[]])

    with pytest.raises(MeasurementError, match="generated 0 tokens for a prompt, not the 5"):
        OnePrompt(GENAI, Silent(clock), None, request_of_five, FACTS).generate()


def test_every_call_has_a_first_token_of_its_own(clock: Clock, request_of_five: LoadRequest) -> None:
    model = OnePrompt(GENAI, FakePipeline(clock), None, request_of_five, FACTS)
    assert [model.generate().first_ns for _ in range(3)] == [40, 40, 40]


def test_a_batch_is_read_after_each_step(clock: Clock, request_of_five: LoadRequest) -> None:
    times = Batch(GENAI, FakeBatching(clock), [1, 2, 3], request_of_five, FACTS).generate()
    assert (times.first_ns, times.latency_ns) == (60, 60 + 4 * 11)


def test_a_batch_has_its_first_token_when_every_prompt_has_one(clock: Clock, request_of_five: LoadRequest) -> None:
    times = Batch(GENAI, FakeBatching(clock, late=2), [1, 2, 3], request_of_five, FACTS).generate()
    assert times.first_ns == 60 + 2 * 11


def test_the_tokens_of_a_batch_are_one_row_a_prompt(clock: Clock, request_of_five: LoadRequest) -> None:
    tokens = Batch(GENAI, FakeBatching(clock), [1, 2], request_of_five, FACTS).tokens()
    assert tokens.tolist() == [[4, 3, 2, 1, 0]] * 2


def test_eos_ends_nothing_and_the_choice_is_greedy(clock: Clock, request_of_five: LoadRequest) -> None:
    whole = OnePrompt(GENAI, FakePipeline(clock), None, request_of_five, FACTS)._whole
    assert (whole.max_new_tokens, whole.ignore_eos, whole.do_sample) == (5, True, False)


def test_what_the_pipeline_refuses_has_a_cause(clock: Clock, request_of_five: LoadRequest) -> None:
    class Refusing(FakeBatching):
        def step(self) -> None:
            raise RuntimeError("bad allocation: out of memory")

    with pytest.raises(DeviceFailureError, match="generate on CPU"):
        Batch(GENAI, Refusing(clock), [1], request_of_five, FACTS).generate()
