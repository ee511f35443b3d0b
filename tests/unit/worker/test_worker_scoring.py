"""A user's function that tells how well an arm does its task: it is given ``predict``, and returns a finite number."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from pytest_ovperf.engines import call
from pytest_ovperf.engines.feeding import Wanted, fitted
from pytest_ovperf.errors import ArmError, ModelError
from pytest_ovperf.records import ArmFacts
from pytest_ovperf.worker.scoring import predictor_of, score
from tests.unit.request_examples import request_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

OWN = "tests.unit.engines.own_functions"


class Adding:
    """A model that adds up its input of two numbers a row."""

    def facts(self) -> ArmFacts:
        return ArmFacts("f32", ("CPU",), 1, 1, {})

    def call(self) -> None:
        pass

    def outputs(self) -> dict[str, NDArray[Any]]:
        return {}

    def predict(self, arrays: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        (given,) = fitted(arrays, [Wanted(("x",), "float32", ((1, None), (2, 2)))])
        return {"sum": np.sum(given, axis=1)}


def test_a_score_is_what_the_function_makes_of_predictions() -> None:
    assert score(f"{OWN}:mean_of_sums", Adding()) == 3.0


@pytest.mark.parametrize(
    ("name", "said", "remedy"),
    [
        ("infinite", "returned inf, and a score is a finite number", "Let it return a float"),
        ("speechless", "returned None, and a score", "Let it return a float"),
        ("wordy", "returned '0.5', and a score", "Let it return a float"),
        ("not_a_function", "is no function but int", "score(predict) -> float"),
        ("failing_score", "KeyError: 'mean'", "whose lines are shown above"),
        ("asking_too_much", "is 1x3, and the model was compiled for ?x2", "Give arrays of that shape"),
    ],
)
def test_what_is_no_score_is_refused_and_shown_with_the_users_lines(name: str, said: str, remedy: str) -> None:
    with pytest.raises(ModelError) as refused:
        score(f"{OWN}:{name}", Adding())
    assert said in refused.value.seen
    assert f"{OWN}:{name}" in refused.value.seen
    assert "worker/scoring.py" not in refused.value.seen.replace("\\", "/")
    assert remedy in refused.value.remedy


def test_a_call_of_the_users_cannot_be_given_inputs() -> None:
    made = call.load(request_of(f"{OWN}:plain", ir=None, inputs=None, function=f"{OWN}:plain"))
    with pytest.raises(ArmError, match="cannot be given other inputs"):
        predictor_of(made)
