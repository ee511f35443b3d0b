"""What the markers say, checked: `model`, `device` and `ovperf`, with every unknown word refused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .errors import SettingsError
from .options import fraction, positive

if TYPE_CHECKING:
    import pytest

    from .hardware.needs import DeviceMark
    from .planning import PlannedTest

_KEYWORDS = {
    "model": ("shape", "precision"),
    "device": ("precision", "min_memory", "fallback", "dynamic"),
    "ovperf": ("budget", "tolerance"),
}
#: The precisions that `compiled_model` can be asked for.
PRECISIONS = ("fp32", "bf16", "int8", "native")


@dataclass(frozen=True, slots=True)
class ModelMark:
    """What ``@pytest.mark.model`` says. A dimension of the shape is a size or sizes, such as ``"1..128"``."""

    name: str
    shape: tuple[int | str, ...] | None = None
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
    return device_mark(mark).names


def read_device(item: pytest.Item) -> DeviceMark | None:
    """Return what the closest ``device`` marker says, or ``None``. Raises `SettingsError` and `DeviceError`."""
    mark = item.get_closest_marker("device")
    return None if mark is None else device_mark(mark)


def device_mark(mark: pytest.Mark) -> DeviceMark:
    """Return what ``mark``, a ``device`` marker, says. Raises `SettingsError` and `DeviceError`."""
    from .hardware.devices import parse_devices  # noqa: PLC0415  (paid only by tests that carry the marker)
    from .hardware.needs import DeviceMark  # noqa: PLC0415

    _check_keywords(mark)
    if not mark.args or not all(isinstance(name, str) for name in mark.args):
        raise SettingsError(f"{_shown(mark)} names no device.", remedy='Write @pytest.mark.device("CPU", "GPU").')
    names = tuple(dict.fromkeys(device for name in mark.args for device in parse_devices(name)))
    memory = mark.kwargs.get("min_memory")
    return DeviceMark(
        names,
        _needed_precision(mark),
        None if memory is None else positive(memory, f"min_memory in {_shown(mark)}", "GiB"),
        _falls_back(mark, names),
        _takes_dynamic_shapes(mark),
    )


def _needed_precision(mark: pytest.Mark) -> str | None:
    from .hardware.needs import PRECISIONS as NEEDED  # noqa: PLC0415  (see device_mark)

    word = mark.kwargs.get("precision")
    if word is None:
        return None
    if not isinstance(word, str) or word.lower() not in NEEDED:
        raise SettingsError(f"{_shown(mark)} has an unknown precision.", remedy=f"Choose: {', '.join(NEEDED)}.")
    return word.lower()


def _takes_dynamic_shapes(mark: pytest.Mark) -> bool:
    dynamic = mark.kwargs.get("dynamic", False)
    if not isinstance(dynamic, bool):
        raise SettingsError(f"{_shown(mark)} has a dynamic that is neither True nor False.", remedy="dynamic=True")
    return dynamic


def _falls_back(mark: pytest.Mark, names: tuple[str, ...]) -> bool:
    from .hardware.devices import ALL  # noqa: PLC0415  (see device_mark)

    fallback = mark.kwargs.get("fallback", False)
    if not isinstance(fallback, bool):
        raise SettingsError(f"{_shown(mark)} has a fallback that is neither True nor False.", remedy="fallback=True")
    if fallback and (len(names) == 1 or ALL in names):
        raise SettingsError(
            f"{_shown(mark)} has no order of preference to fall back along.",
            remedy='Name the devices one by one: @pytest.mark.device("GPU", "CPU", fallback=True).',
        )
    return fallback


def dynamic_marker(item: pytest.Item, device: str) -> str:
    """Return the marker to write once ``device`` takes dimensions without an upper bound: the test's own and more."""
    mark = item.get_closest_marker("device")
    words = [repr(word) for word in mark.args] if mark else [repr(device)]
    words += [f"{name}={value!r}" for name, value in mark.kwargs.items() if name != "dynamic"] if mark else []
    return f"@pytest.mark.device({', '.join([*words, 'dynamic=True'])})".replace("'", '"')


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


def planned_test(item: pytest.Item) -> PlannedTest:
    """Return what is known of a test that measures before it runs. Raises `SettingsError`."""
    from .planning import PlannedTest  # noqa: PLC0415  (paid only where it is asked for)

    mark = read_ovperf(item)
    return PlannedTest(item.nodeid, mark.budget_s, mark.tolerance)


def _check_keywords(mark: pytest.Mark) -> None:
    known = _KEYWORDS[mark.name]
    for word in mark.kwargs:
        if word not in known:
            import difflib  # noqa: PLC0415  (only a mistake needs it)

            near = difflib.get_close_matches(word, known, n=1)
            hint = f"Did you mean {near[0]}=?" if near else f"It takes {' and '.join(known) or 'no keywords'}."
            raise SettingsError(f"{_shown(mark)} has an unknown keyword {word!r}.", remedy=hint)


def _shape(mark: pytest.Mark) -> tuple[int | str, ...] | None:
    shape = mark.kwargs.get("shape")
    if shape is None:
        return None
    if not isinstance(shape, (tuple, list)) or not all(type(dim) in (int, str) for dim in shape):
        raise SettingsError(
            f"{_shown(mark)} has a shape that is no list of whole numbers.", remedy='shape=(1, 128) or (1, "1..128")'
        )
    return tuple(shape)


def _shown(mark: pytest.Mark) -> str:
    words = [repr(word) for word in mark.args] + [f"{name}={value!r}" for name, value in mark.kwargs.items()]
    return f"@pytest.mark.{mark.name}({', '.join(words)})"
