"""What is to be said where fidelity was taken on data that were drawn at random: that it says little of real ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_ovperf.arms import Engine, Precision
from pytest_ovperf.models.spec import CallsSource, CatalogueSource, Task

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pytest_ovperf.arms import Arm
    from pytest_ovperf.models.spec import ModelSpec


def drawn_note(spec: ModelSpec, arms: Sequence[Arm], *, generates: bool) -> str:
    """Return the note on the fidelity of ``arms`` of a model, empty where nobody's own data are missing from it.

    ``spec`` is settled, ``generates`` tells that texts were compared. Of the catalogue there is nothing to say: its
    weights are drawn as well. Where arms have a score, that is taken on the user's own samples, and functions of theirs
    have their own data; neither texts nor functions have a score.
    """
    if isinstance(spec.source, CatalogueSource | CallsSource) or all(arm.engine is Engine.CALL for arm in arms):
        return ""
    if generates:
        return "fidelity after prompts drawn at random says little of real ones"
    is_scored = bool(spec.data.score) and all(arm.engine is not Engine.CALL for arm in arms)
    inputs = not spec.data.inputs and not is_scored
    samples = _is_calibrated(spec, arms) and not spec.data.calibration
    if inputs and samples:
        return (
            "fidelity and the calibration of INT8 on inputs drawn at random say little of real ones: give yours with "
            "inputs= and calibration="
        )
    if inputs:
        return "fidelity on inputs drawn at random says little of real ones: give yours with inputs="
    if samples:
        return "INT8 calibrated on inputs drawn at random may lose more than with yours: give them with calibration="
    return ""


def by_model(notes: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """Return one line a model from pairs of its name and a note: the note that says most of it."""
    longest: dict[str, str] = {}
    for model, note in notes:
        if len(note) > len(longest.get(model, "")):
            longest[model] = note
    return tuple(f"{model}: {note}" for model, note in longest.items())


def _is_calibrated(spec: ModelSpec, arms: Sequence[Arm]) -> bool:
    """Tell whether samples decided on one of the arms: on INT8, of which language models keep the weights alone."""
    return spec.task is not Task.TEXT_GENERATION and any(arm.precision is Precision.INT8 for arm in arms)
