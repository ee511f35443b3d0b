"""A language model continued by OpenVINO alone, with a request that notes what it is given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from pytest_ovperf.engines.plain_generation import PlainGenerator, inputs_of
from tests.unit.engines.openvino_fakes import FakePort, FakeTensor, FakeType
from tests.unit.request_examples import request_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

IDS = np.array([[5, 6, 7], [0, 8, 9]])
MASK = np.array([[1, 1, 1], [0, 1, 1]])


class CountingUp:
    """A compiled language model and its request: the token after ``n`` is ``n + 1``, as its state goes on."""

    def __init__(self, *names: str) -> None:
        self.inputs = [FakePort({name}, FakeType("int64")) for name in names]
        self.given: list[Mapping[str, NDArray[Any]]] = []
        self.resets = 0

    def create_infer_request(self) -> CountingUp:
        return self

    def reset_state(self) -> None:
        self.resets += 1

    def get_tensor(self, name: str) -> FakeTensor:
        assert name == "logits"
        return FakeTensor(np.eye(20)[self.given[-1]["input_ids"] + 1])

    def infer(self, given: Mapping[str, NDArray[Any]]) -> int:
        self.given.append(given)
        return len(self.given)


@pytest.fixture
def prompts(tmp_path: Path) -> Path:
    np.savez(tmp_path / "prompts.npz", input_ids=IDS, attention_mask=MASK)
    return tmp_path / "prompts.npz"


def test_the_prompts_go_in_first_and_then_a_token_of_each_at_a_time(prompts: Path) -> None:
    model = CountingUp("input_ids", "attention_mask", "position_ids", "beam_idx")
    generator = PlainGenerator(model, request_of("openvino-fp32", inputs=prompts))
    assert list(generator.steps(3, model.infer)) == [1, 2, 3]
    assert [each["input_ids"].tolist() for each in model.given] == [IDS.tolist(), [[8], [10]], [[9], [11]]]
    assert [each["attention_mask"].shape for each in model.given] == [(2, 3), (2, 4), (2, 5)]
    assert [each["position_ids"].tolist() for each in model.given[1:]] == [[[3], [2]], [[4], [3]]]
    assert model.given[2]["beam_idx"].tolist() == [0, 1]


def test_each_generation_begins_without_the_last_ones_state(prompts: Path) -> None:
    model = CountingUp("input_ids")
    generator = PlainGenerator(model, request_of("openvino-fp32", inputs=prompts))
    for _ in range(2):
        list(generator.steps(1, model.infer))
    assert model.resets == 2
    assert model.given[0]["input_ids"].tolist() == model.given[1]["input_ids"].tolist() == IDS.tolist()


def test_a_model_is_given_the_inputs_that_it_has(prompts: Path) -> None:
    model = CountingUp("input_ids", "attention_mask")
    list(PlainGenerator(model, request_of("openvino-fp32", inputs=prompts)).steps(1, model.infer))
    assert set(model.given[0]) == {"input_ids", "attention_mask"}


def test_padding_has_no_position_of_its_own() -> None:
    assert inputs_of(IDS, MASK)["position_ids"].tolist() == [[0, 1, 2], [0, 0, 1]]
