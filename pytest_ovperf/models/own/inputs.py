"""The user's own data, held against what a model takes: in the process that describes jobs, and in workers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

from pytest_ovperf.errors import ModelError
from pytest_ovperf.models.spec import ONLY_INPUT, Task

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pytest_ovperf.models.spec import ModelSpec

Value = TypeVar("Value")

#: The name of a call's only array until the model's inputs are known.
LONE: Final = ONLY_INPUT

#: Inputs that follow from the token ids where nobody gives them: ones, zeros, and positions in order.
FOLLOWING: Final = ("attention_mask", "token_type_ids", "position_ids")
IDS: Final = "input_ids"


def own_shapes(found: Mapping[str, tuple[int, ...]], names: Sequence[str], told: str) -> dict[str, tuple[int, ...]]:
    """Return the shape of each of the model's inputs ``names`` in the user's own call, whose shapes are ``found``.

    ``told`` is what made the call. Raises `ModelError` as `by_input` does.
    """
    return by_input(found, names, lambda _, ids: ids, told)


def by_input(
    given: Mapping[str, Value], names: Sequence[str], follow: Callable[[str, Value], Value], told: str
) -> dict[str, Value]:
    """Return what was given for each of the model's inputs ``names``, in their order.

    A value without a name is for the only input. What follows from the token ids is made by ``follow`` where it was not
    given. Raises `ModelError`, which begins with ``told``, for an input that is missing and for one that there is not.
    """
    if tuple(given) == (LONE,):
        given = {_lone(names, told): given[LONE]}
    unknown = [name for name in given if name not in names]
    if unknown:
        raise ModelError(
            f"{told} has {_listed(unknown)}, which the model does not take; it takes {', '.join(names)}.",
            remedy="Name the arrays after the model's inputs, and leave out what it does not take.",
        )
    missing = [name for name in names if name not in given and not (name in FOLLOWING and IDS in given)]
    if missing:
        raise ModelError(
            f"{told} lacks {_listed(missing)}; there is {', '.join(given)}.",
            remedy=f"Give one array for each input of the model: {', '.join(names)}.",
        )
    return {name: given[name] if name in given else follow(name, given[IDS]) for name in names}


def _lone(names: Sequence[str], told: str) -> str:
    """Return the only input that does not follow from another."""
    wanted = [name for name in names if name not in FOLLOWING]
    if len(wanted) == 1:
        return wanted[0]
    raise ModelError(
        f"{told} is a single array, and the model has the inputs {', '.join(names)}.",
        remedy="Give a mapping: one array for each of them, by its name.",
    )


def require_of_use(spec: ModelSpec) -> None:
    """Raise `ModelError` for data that nothing would ever use; ``spec`` is settled."""
    if spec.data.calibration and spec.task is Task.TEXT_GENERATION:
        raise ModelError(
            f"calibration={spec.data.calibration!r} would not be used: {spec.name!r} is a language model, of which "
            "INT8 has the weights alone, and that takes no data.",
            remedy="Leave calibration= away.",
        )


def require_drawn_prompts(spec: ModelSpec) -> None:
    """Raise `ModelError` where the text that ``spec`` generates would not continue what the user gives as inputs."""
    if spec.data.inputs:
        raise ModelError(
            f"inputs={spec.data.inputs!r} would not be used: text is generated from prompts that are drawn, and "
            f"{spec.name!r} is asked to generate.",
            remedy="Name the model without inputs= where it generates, and give the length of the prompt: prompt=64. "
            "For a registered model with inputs=, name its source, or register it once more without.",
        )


def _listed(names: Sequence[str]) -> str:
    return ", ".join(map(repr, names))
