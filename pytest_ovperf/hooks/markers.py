"""What the markers say, checked: `model`, `device` and `ovperf`, with every unknown word refused."""

from __future__ import annotations

from dataclasses import dataclass
from os import PathLike
from typing import TYPE_CHECKING

from pytest_ovperf.errors import SettingsError

from .options import fraction, positive, read_set

if TYPE_CHECKING:
    import pytest

    from pytest_ovperf.hardware.needs import DeviceMark
    from pytest_ovperf.models.described import Description
    from pytest_ovperf.settings import RunSet

_KEYWORDS = {
    "model": ("shape", "precision", "inputs", "calibration", "score"),
    "device": ("precision", "min_memory", "fallback", "dynamic"),
    "ovperf": ("budget", "tolerance", "set"),
}
#: The precisions that `compiled_model` can be asked for.
PRECISIONS = ("fp32", "bf16", "int8", "native")


@dataclass(frozen=True, slots=True)
class ModelMark:
    """What ``@pytest.mark.model`` says: of the model itself, and what ``compiled_model`` compiles."""

    said: Description
    precision: str = "fp32"


@dataclass(frozen=True, slots=True)
class OvperfMark:
    """What ``@pytest.mark.ovperf`` says: seconds, a fraction, a set of tests; ``None`` where it says nothing."""

    budget_s: float | None = None
    tolerance: float | None = None
    tests: RunSet | None = None


def read_model(item: pytest.Item) -> ModelMark | None:
    """Return the model of the closest marker, or ``None``. Raises `SettingsError`."""
    mark = item.get_closest_marker("model")
    if mark is None:
        return None
    _check_keywords(mark)
    if len(mark.args) != 1 or not isinstance(mark.args[0], (str, PathLike)):
        raise SettingsError(f"{_shown(mark)} does not name one model.", remedy='Write @pytest.mark.model("minilm").')
    words = dict(mark.kwargs)
    precision = words.pop("precision", "fp32")
    if precision not in PRECISIONS:
        raise SettingsError(f"{_shown(mark)} has an unknown precision.", remedy=f"Choose: {', '.join(PRECISIONS)}.")
    from pytest_ovperf.models.described import Model, describe  # noqa: PLC0415  (paid only by tests that carry the marker)

    return ModelMark(describe(Model(mark.args[0], **words), said=_shown(mark)), precision)


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
    from pytest_ovperf.hardware.devices import parse_devices  # noqa: PLC0415  (paid only by tests that carry the marker)
    from pytest_ovperf.hardware.needs import DeviceMark  # noqa: PLC0415

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
    from pytest_ovperf.hardware.needs import PRECISIONS as NEEDED  # noqa: PLC0415  (see device_mark)

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
    from pytest_ovperf.hardware.devices import ALL  # noqa: PLC0415  (see device_mark)

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
    """Return what the ``ovperf`` markers of a test set, each keyword by the closest one. Raises `SettingsError`."""
    said: dict[str, object] = {}
    for mark in item.iter_markers("ovperf"):
        _check_keywords(mark)
        if mark.args:
            raise SettingsError(
                f"{_shown(mark)} has words without a keyword.", remedy="Write budget=…, tolerance=… or set=…."
            )
        said = {**mark.kwargs, **said}
    budget, tolerance, tests = (said.get(word) for word in _KEYWORDS["ovperf"])
    return OvperfMark(
        None if budget is None else positive(budget, "the marker's budget", "seconds"),
        None
        if tolerance is None
        else fraction(positive(tolerance, "the marker's tolerance", "percent"), "the marker's tolerance"),
        None if tests is None else read_set(tests, "the marker's set"),
    )


def _check_keywords(mark: pytest.Mark) -> None:
    known = _KEYWORDS[mark.name]
    for word in mark.kwargs:
        if word not in known:
            import difflib  # noqa: PLC0415  (only a mistake needs it)

            near = difflib.get_close_matches(word, known, n=1)
            hint = f"Did you mean {near[0]}=?" if near else f"It takes {' and '.join(known) or 'no keywords'}."
            raise SettingsError(f"{_shown(mark)} has an unknown keyword {word!r}.", remedy=hint)


def _shown(mark: pytest.Mark) -> str:
    words = [_word(word) for word in mark.args] + [f"{name}={_word(value)}" for name, value in mark.kwargs.items()]
    return f"@pytest.mark.{mark.name}({', '.join(words)})"


def _word(value: object) -> str:
    """Return ``value`` as it may have been written: of a function its name."""
    return getattr(value, "__qualname__", None) or repr(value)
