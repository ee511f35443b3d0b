"""A function of the user's as an arm: what its setup is given, what it may make, and what is read of its outputs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from pytest_ovperf.engines import call, call_stream
from pytest_ovperf.engines.call import named_arrays
from pytest_ovperf.engines.protocol import Predictor, Streamer, open_engine
from pytest_ovperf.errors import ModelError
from pytest_ovperf.metrics import WorkloadKind
from pytest_ovperf.tuning import Mode, Tuning
from tests.unit.request_examples import request_of

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from pytest_ovperf.engines.protocol import LoadRequest

OWN = "tests.unit.engines.own_functions"


def asked(name: str, **changes: Any) -> LoadRequest:  # noqa: ANN401  (each field has a type of its own)
    without = {"ir": None, "inputs": None, "function": f"{OWN}:{name}"}
    return request_of(f"{OWN}:{name}", **{**without, **changes})


def test_a_call_is_made_by_its_setup_and_returns_named_outputs() -> None:
    model = open_engine(asked("plain"))
    model.call()
    (name,), (scores,) = zip(*model.outputs().items(), strict=True)
    assert (name, scores.dtype, scores.tolist()) == ("scores", np.float32, [[1, 1, 1], [1, 1, 1]])


def test_its_facts_are_what_was_asked_for_since_nobody_can_read_them_back() -> None:
    facts = call.load(asked("plain", device="AUTO:GPU,CPU")).facts()
    assert (facts.devices, facts.precision, facts.threads, facts.streams) == (("AUTO:GPU,CPU",), "", 0, 0)
    assert facts.settings == {"mode": "sync"}
    assert facts.load_ns > 0


def test_a_setup_is_given_what_it_declares(tmp_path: Path) -> None:
    np.savez(tmp_path / "inputs.npz", x=np.zeros(1), y=np.zeros(2))
    request = asked("telling", device="GPU.1", threads=3, weights=tmp_path / "model", inputs=tmp_path / "inputs.npz")
    assert call.load(request).outputs()["output_0"].tolist() == [1, 3, 5, 2]


def test_without_a_model_there_are_neither_files_nor_inputs() -> None:
    assert call.load(asked("telling", device="CPU")).outputs()["output_0"].tolist() == [0, 2, 0, -1]


def test_whatever_takes_any_keyword_is_given_what_it_names() -> None:
    assert call.load(asked("with_keywords", device="CPU")).outputs()["output_0"].tolist() == [3]


def test_a_class_whose_instances_can_be_called_is_a_setup() -> None:
    assert call.load(asked("Searcher")).outputs()["output_0"].tolist() == [0.5, 0.25]


@pytest.mark.parametrize(
    ("name", "said", "remedy"),
    [
        ("not_a_function", "is no function but int", "Name the function that makes the call"),
        ("nowhere", "has no 'nowhere'", "Mend the import path"),
        ("making_nothing", "making_nothing returned None", "return lambda: model"),
        ("NoCall", "NoCall returned NoCall <", "return lambda: model"),
        ("wanting", "wants the argument 'index', and a setup may be given device, threads, model, inputs", "default"),
        ("wanting_a_text", "made wants the arguments text", "return lambda: work"),
        ("coroutine", "is a coroutine function", "asyncio.run"),
        ("generator", "is a generator function", "list(work())"),
    ],
)
def test_what_makes_no_call_is_refused_with_what_to_write(name: str, said: str, remedy: str) -> None:
    with pytest.raises(ModelError, match=re.escape(said)) as refused:
        call.load(asked(name))
    assert remedy in refused.value.remedy


@pytest.mark.parametrize(("name", "raised"), [("failing", "LookupError: no index here"), ("exiting", "SystemExit: 2")])
def test_a_setup_that_fails_is_shown_with_the_users_own_lines_alone(name: str, raised: str) -> None:
    with pytest.raises(ModelError, match=f"own_functions:{name} failed when it was called with no arguments") as told:
        call.load(asked(name))
    assert told.value.seen.endswith(raised)
    assert f"in {name}" in told.value.seen
    assert "engines/call.py" not in told.value.seen.replace("\\", "/")


def test_a_call_that_fails_later_is_named_with_its_lines() -> None:
    model = call.load(asked("failing_later"))
    for _ in range(3):
        model.call()
    with pytest.raises(ModelError, match="failed when the call that it made was called") as told:
        model.call()
    assert 'raise KeyError("row 3")' in told.value.seen
    assert "pytest_ovperf" not in told.value.seen


class OfOpenVino:
    """A key as OpenVINO's results have them."""

    def get_names(self) -> set[str]:
        return {"logits", "42"}


class Converted:
    def to_dict(self) -> dict[str, Any]:
        return {"a": np.ones(1)}


@pytest.mark.parametrize(
    ("returned", "names"),
    [
        (np.ones((2, 2)), ["output_0"]),
        (0.5, ["output_0"]),
        ([0.5, 1], ["output_0"]),
        ((np.ones(2), np.ones(2, int), np.ones(3)), ["output_0", "output_2"]),
        ({"a": np.ones(1), "b": "text", "c": None}, ["a"]),
        ({OfOpenVino(): np.ones(1)}, ["42", "logits"]),
        (Converted(), ["a"]),
        (np.arange(3), []),
        ("text", []),
        (None, []),
        ([], []),
    ],
)
def test_floating_point_arrays_are_found_in_what_a_call_returns(returned: object, names: list[str]) -> None:
    assert [name for name, _ in named_arrays(returned)] == names


class FakeTensor:
    """So much of a tensor of torch's in bfloat16, on a device, as has to be undone before numpy takes it."""

    def __init__(self, way: str = "") -> None:
        self.way = way

    def detach(self) -> FakeTensor:
        return FakeTensor("detached")

    def cpu(self) -> FakeTensor:
        return FakeTensor(f"{self.way}, on the cpu")

    def is_floating_point(self) -> bool:
        return True

    def float(self) -> FakeTensor:
        return FakeTensor(f"{self.way}, float")

    def __array__(self, dtype: object = None, copy: object = None) -> NDArray[Any]:
        assert self.way == "detached, on the cpu, float"
        return np.ones(2, np.float32)


def test_tensors_are_taken_as_arrays_wherever_and_whatever_they_are() -> None:
    assert [(name, array.tolist()) for name, array in named_arrays([FakeTensor()])] == [("output_0", [1, 1])]


def test_a_stream_of_calls_goes_one_after_the_other_or_by_threads() -> None:
    one = call_stream.load(asked("plain", kind=WorkloadKind.STREAM))
    several = call_stream.load(asked("plain", kind=WorkloadKind.STREAM, tuning=Tuning(mode=Mode.ASYNC, requests=3)))
    assert (one.facts().requests, several.facts().requests) == (1, 3)
    for model in (one, several):
        assert isinstance(model, Streamer)
        assert len(model.stream(1, 6).latency_ns) >= 6
    with pytest.raises(ModelError, match="row 3"):
        call_stream.load(asked("failing_later", tuning=Tuning(mode=Mode.ASYNC, requests=2))).stream(1, 10)


def test_a_call_takes_no_inputs_of_others() -> None:
    assert not isinstance(call.load(asked("plain")), Predictor)
