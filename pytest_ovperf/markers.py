"""What the markers say, checked: `model`, `device` and `ovperf`, with every unknown word refused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .errors import SettingsError
from .options import fraction, positive

if TYPE_CHECKING:
    import pytest

_KEYWORDS = {"model": ("shape", "precision"), "device": (), "ovperf": ("budget", "tolerance")}
#: The precisions that `compiled_model` can be asked for.
PRECISIONS = ("fp32", "bf16", "int8", "native")


@dataclass(frozen=True, slots=True)
class ModelMark:
    """What ``@pytest.mark.model`` says."""

    name: str
    shape: tuple[int, ...] | None = None
    precision: str = "fp32"


@dataclass(frozen=True, slots=True)
class OvperfMark:
    """What ``@pytest.mark.ovperf`` says: seconds, and a fraction; ``None`` where it says nothing."""

    budget_s: float | None = None
    tolerance: float | None = None


def read_model(item: pytest.Item) -> ModelMark | None:
    """Return the model of the closest marker, or ``None``. Raises `SettingsError`."""
    mark = item.get_closest_marker("model")
    if mark is None:
        return None
    _check_keywords(mark)
    if len(mark.args) != 1 or not isinstance(mark.args[0], str):
        raise SettingsError(f"{_shown(mark)} does not name one model.", remedy='Write @pytest.mark.model("minilm").')
    precision = mark.kwargs.get("precision", "fp32")
    if precision not in PRECISIONS:
        raise SettingsError(f"{_shown(mark)} has an unknown precision.", remedy=f"Choose: {', '.join(PRECISIONS)}.")
    return ModelMark(mark.args[0], _shape(mark), precision)


def read_devices(item: pytest.Item) -> tuple[str, ...] | None:
    """Return the devices of the closest marker, or ``None``. Raises `SettingsError` and `DeviceError`."""
    mark = item.get_closest_marker("device")
    return None if mark is None else devices_of(mark)


def devices_of(mark: pytest.Mark) -> tuple[str, ...]:
    """Return the devices that ``mark`` names. Raises `SettingsError` and `DeviceError`."""
    from .hardware.devices import parse_devices  # noqa: PLC0415  (paid only by tests that carry the marker)

    _check_keywords(mark)
    if not mark.args or not all(isinstance(name, str) for name in mark.args):
        raise SettingsError(f"{_shown(mark)} names no device.", remedy='Write @pytest.mark.device("CPU", "GPU").')
    return tuple(device for name in mark.args for device in parse_devices(name))


def read_ovperf(item: pytest.Item) -> OvperfMark:
    """Return what the closest ``ovperf`` marker sets. Raises `SettingsError`."""
    mark = item.get_closest_marker("ovperf")
    if mark is None:
        return OvperfMark()
    _check_keywords(mark)
    if mark.args:
        raise SettingsError(f"{_shown(mark)} has words without a keyword.", remedy="Write budget=… or tolerance=….")
    budget, tolerance = mark.kwargs.get("budget"), mark.kwargs.get("tolerance")
    return OvperfMark(
        None if budget is None else positive(budget, "the marker's budget", "seconds"),
        None
        if tolerance is None
        else fraction(positive(tolerance, "the marker's tolerance", "percent"), "the marker's tolerance"),
    )


def _check_keywords(mark: pytest.Mark) -> None:
    known = _KEYWORDS[mark.name]
    for word in mark.kwargs:
        if word not in known:
            import difflib  # noqa: PLC0415  (only a mistake needs it)

            near = difflib.get_close_matches(word, known, n=1)
            hint = f"Did you mean {near[0]}=?" if near else f"It takes {' and '.join(known) or 'no keywords'}."
            raise SettingsError(f"{_shown(mark)} has an unknown keyword {word!r}.", remedy=hint)


def _shape(mark: pytest.Mark) -> tuple[int, ...] | None:
    shape = mark.kwargs.get("shape")
    if shape is None:
        return None
    if not isinstance(shape, (tuple, list)) or not all(type(dim) is int for dim in shape):
        raise SettingsError(f"{_shown(mark)} has a shape that is no list of whole numbers.", remedy="shape=(1, 128)")
    return tuple(shape)


def _shown(mark: pytest.Mark) -> str:
    words = [repr(word) for word in mark.args] + [f"{name}={value!r}" for name, value in mark.kwargs.items()]
    return f"@pytest.mark.{mark.name}({', '.join(words)})"
