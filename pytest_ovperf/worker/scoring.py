"""A user's function that tells by a number how well an arm does its task, called where the arm's model is loaded."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from pytest_ovperf.engines.protocol import Predictor
from pytest_ovperf.errors import ArmError, ModelError
from pytest_ovperf.models.own.code import calling_own, find_own

if TYPE_CHECKING:
    from pytest_ovperf.engines.protocol import LoadedModel


def predictor_of(model: LoadedModel) -> Predictor:
    """Return the model as one that can be given inputs. Raises `ArmError` for one that cannot."""
    if not isinstance(model, Predictor):
        raise ArmError(
            f"{type(model).__name__} cannot be given other inputs than its own.",
            remedy="Ask arms of a model that takes arrays: a function of your own and text generation do not.",
        )
    return model


def score(function: str, model: LoadedModel) -> float:
    """Call the user's ``function``, an import path, with the model's ``predict`` and return its number.

    Raises `ModelError` where it is not found, is no function, fails, or returns no finite number.
    """
    predictor = predictor_of(model)
    found = find_own(function)
    if not callable(found):
        raise ModelError(
            f"{function} is no function but {type(found).__name__}.",
            remedy="Name a function that takes predict and returns a number: score(predict) -> float.",
        )
    with calling_own(function, "when it was called with predict"):
        answer = found(predictor.predict)
    number = _number(answer)
    if number is None or not math.isfinite(number):
        raise ModelError(
            f"{function} returned {answer!r:.80}, and a score is a finite number.",
            remedy="Let it return a float: the higher, the better the arm does.",
        )
    return number


def _number(answer: object) -> float | None:
    """Return a number as a float, be it Python's, numpy's or a tensor of one element; ``None`` for anything else."""
    if isinstance(answer, (str, bytes)):
        return None
    try:
        return float(answer)  # type: ignore[arg-type]  # whatever it is
    except (TypeError, ValueError, RuntimeError):
        return None
