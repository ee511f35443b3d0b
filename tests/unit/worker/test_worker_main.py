from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pytest

from pytest_ovperf.errors import ModelError
from pytest_ovperf.worker.commands import Commands, _LoadedArm
from pytest_ovperf.worker.main import serve
from pytest_ovperf.worker.protocol import Failure, Progress, Request, Success
from tests.unit.request_examples import request_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from pytest_ovperf.engines.protocol import LoadedModel
    from pytest_ovperf.worker.protocol import Answer


class ScriptedCommands(Commands):
    """Knows commands that do what their names say."""

    def run(self, do: str, arguments: Mapping[str, Any], say: Callable[[str], None]) -> Mapping[str, Any]:
        match do:
            case "echo":
                return arguments
            case "report":
                say("half way")
                return {}
            case "fail":
                raise ModelError("no such layer", remedy="Choose another one.")
            case "quit":
                raise SystemExit("a library lost its patience")
        raise ZeroDivisionError(do)


def answers_to(*requests: Request) -> list[Answer]:
    given: list[Answer] = []
    serve(iter(requests).__next__, given.append, ScriptedCommands())
    return given


STOP = Request(99, "stop", {})


def test_a_command_is_answered_with_its_value_under_its_number() -> None:
    assert answers_to(Request(4, "echo", {"a": 1}), STOP) == [Success(4, {"a": 1}), Success(99, {})]


def test_news_comes_before_the_answer() -> None:
    assert answers_to(Request(1, "report", {}), STOP)[:2] == [Progress(1, "half way"), Success(1, {})]


def test_our_own_error_keeps_its_remedy() -> None:
    failure = answers_to(Request(1, "fail", {}), STOP)[0]
    assert isinstance(failure, Failure)
    assert (failure.kind, failure.message, failure.remedy) == ("ModelError", "no such layer", "Choose another one.")


@pytest.mark.parametrize(("do", "kind"), [("divide", "ZeroDivisionError"), ("quit", "SystemExit")])
def test_any_other_failure_is_told_with_its_trace_and_the_worker_goes_on(do: str, kind: str) -> None:
    failure, success, _ = answers_to(Request(1, do, {}), Request(2, "echo", {}), STOP)
    assert isinstance(failure, Failure)
    assert (failure.kind, failure.remedy) == (kind, "")
    assert "in run" in failure.trace
    assert success == Success(2, {})


@pytest.mark.parametrize(
    ("do", "arguments"), [("block", {"min_ns": 1, "min_calls": 1}), ("outputs", {"path": "x.npz"}), ("graph", {})]
)
def test_a_worker_without_a_model_says_so(do: str, arguments: dict[str, Any]) -> None:
    failures: list[Answer] = []
    serve(iter([Request(1, do, arguments), STOP]).__next__, failures.append, Commands())
    assert isinstance(failures[0], Failure)
    assert "No model is loaded" in failures[0].message


class NamedByItsUser:
    """A model whose outputs have names that numpy has another use for."""

    def outputs(self) -> dict[str, NDArray[np.float32]]:
        return {"file": np.ones(2, np.float32), "allow_pickle": np.zeros(3, np.float32)}


def test_outputs_arrive_whatever_their_names(tmp_path: Path) -> None:
    commands = Commands()
    answers: list[Answer] = []
    commands._arm = _LoadedArm(cast("LoadedModel", NamedByItsUser()), request_of("openvino-fp32", inputs=None), 1)
    path = tmp_path / "outputs.npz"
    serve(iter([Request(1, "outputs", {"path": str(path)}), STOP]).__next__, answers.append, commands)
    assert answers[0] == Success(1, {"names": ["file", "allow_pickle"]})
    with np.load(path) as outputs:
        assert {name: outputs[name].tolist() for name in outputs.files} == {"file": [1, 1], "allow_pickle": [0, 0, 0]}


class OtherModel:
    """A model of an engine that has no execution graph."""


def test_a_model_of_another_engine_has_no_graph() -> None:
    commands = Commands()
    failures: list[Answer] = []
    commands._arm = _LoadedArm(cast("LoadedModel", OtherModel()), request_of("pytorch-fp32"), 1)
    serve(iter([Request(1, "graph", {}), STOP]).__next__, failures.append, commands)
    assert isinstance(failures[0], Failure)
    assert failures[0].message == "pytorch has no execution graph of OpenVINO's."
