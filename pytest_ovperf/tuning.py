"""What is tuned on an arm beside its engine, precision and device: hint, streams, threads, batch, cache and more.

An arm carries its tuning in brackets: ``openvino-int8[hint=throughput,streams=2]``. Whether a device supports a
property is the device's to say, before anything is measured; what is checked here is what no device could take.
"""

from __future__ import annotations

import re
from collections.abc import Mapping  # noqa: TC003  (dataclass annotations stay resolvable)
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import Any, Final, Self

from .errors import ArmError


class Hint(StrEnum):
    """OpenVINO's performance hint; ``NONE`` sets none at all."""

    LATENCY = "latency"
    THROUGHPUT = "throughput"
    CUMULATIVE_THROUGHPUT = "cumulative_throughput"
    NONE = "none"


class Mode(StrEnum):
    """How a stream of requests is fed: one after the other, or by a queue that is kept full."""

    SYNC = "sync"
    ASYNC = "async"


class ExecutionMode(StrEnum):
    """OpenVINO's execution mode."""

    PERFORMANCE = "performance"
    ACCURACY = "accuracy"


class CoreType(StrEnum):
    """Which cores of a hybrid processor may be used."""

    ANY = "any"
    PERFORMANCE = "pcore"
    EFFICIENT = "ecore"


class CacheUse(StrEnum):
    """What a compiled model's cache (``CACHE_DIR``) holds when loading begins: nothing, or this very model."""

    COLD = "cold"
    WARM = "warm"


#: Streams that OpenVINO chooses by itself, by its hint.
AUTO: Final = "auto"
#: The shape that the model was exported with, and the shape of the workload, fixed.
DYNAMIC: Final = "dynamic"
STATIC: Final = "static"

_PROPERTY = re.compile(r"[A-Z][A-Z0-9_]*")
_DIMENSION = re.compile(r"\?|[1-9]\d*(?:\.\.[1-9]\d*)?")
_MOST = 100_000

#: What ends a value, or the brackets, in the name of an arm.
_UNWRITABLE = frozenset(",[]\r\n")


@dataclass(frozen=True, slots=True)
class Tuning:
    """An arm's configuration; ``None`` everywhere is what the workload brings along by itself.

    ``streams`` is a number or `AUTO`, ``requests`` how many are in flight at once, ``batch`` how many samples one
    request holds. ``shape`` is `STATIC`, `DYNAMIC`, or dimensions such as ``?x128`` and ``1..8x128``. ``properties``
    are further OpenVINO properties by their own names, sorted.
    """

    hint: Hint | None = None
    streams: int | str | None = None
    threads: int | None = None
    requests: int | None = None
    mode: Mode | None = None
    execution_mode: ExecutionMode | None = None
    core_type: CoreType | None = None
    pinning: bool | None = None
    hyper_threading: bool | None = None
    batch: int | None = None
    shape: str | None = None
    cache: CacheUse | None = None
    properties: tuple[tuple[str, str], ...] = ()

    @property
    def settings(self) -> dict[str, str]:
        """What is set, as text, in the order of the fields and then of the properties' names."""
        own = {field.name: getattr(self, field.name) for field in fields(self) if field.name != "properties"}
        return {name: _written(value) for name, value in own.items() if value is not None} | dict(self.properties)

    def __str__(self) -> str:
        return ",".join(f"{name}={value}" for name, value in self.settings.items())

    def __bool__(self) -> bool:
        return self != UNTUNED

    @classmethod
    def of(cls, settings: Mapping[str, object]) -> Self:
        """Return the tuning of settings by name, as text or as Python's numbers and truths.

        Raises `ArmError` for a name that is not known, a value that the name does not take, and a property's value that
        could not be written in the name of an arm.
        """
        tuning, properties = cls(), dict[str, str]()
        for name, value in settings.items():
            if value is None:
                continue
            if _PROPERTY.fullmatch(name):
                properties[name] = _property(name, _written(value))
            elif name in _READERS:
                tuning = replace(tuning, **{name: _read(name, _written(value))})
            else:
                raise ArmError(
                    f"There is no setting {name!r} of an arm.",
                    remedy=f"Choose one of: {', '.join(_READERS)}; or an OpenVINO property by its own name, such as "
                    "KV_CACHE_PRECISION.",
                )
        return replace(tuning, properties=tuple(sorted(properties.items())))

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the tuning that ``text`` writes, such as ``hint=throughput,streams=2``. Raises `ArmError`."""
        settings: dict[str, str] = {}
        for part in filter(None, (part.strip() for part in text.split(","))):
            name, equals, value = (piece.strip() for piece in part.partition("="))
            if not equals or not value:
                raise ArmError(f"{part!r} is no setting of an arm.", remedy="Write name=value, such as streams=2.")
            if name in settings:
                raise ArmError(f"The setting {name} is given twice in {text!r}.", remedy="Give it once.")
            settings[name] = value
        return cls.of(settings)

    def over(self, general: Tuning) -> Tuning:
        """Return this tuning with what it leaves open taken from ``general``."""
        return type(self).of({**general.settings, **self.settings})


#: What is not tuned at all.
UNTUNED: Final = Tuning()


def _written(value: object) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, (tuple, list)):
        return "x".join(map(str, value))
    return str(value)


def _property(name: str, text: str) -> str:
    """Return the value of a property, which nothing is known about but that it has to stand in an arm's name."""
    if not text or text != text.strip() or not _UNWRITABLE.isdisjoint(text):
        raise ArmError(
            f"{name}={text!r} cannot stand in the name of an arm, by which baselines know it.",
            remedy="Give a value that is not empty, does not begin or end with a space, and has no comma and no square "
            "bracket. What AUTO and HETERO choose among is said by the device: openvino-fp32@AUTO:GPU,CPU.",
        )
    return text


def _read(name: str, text: str) -> Any:  # noqa: ANN401  (each setting has a type of its own)
    try:
        return _READERS[name](text)
    except ValueError:
        raise ArmError(f"{name}={text} is not possible.", remedy=f"Write {_WRITE[name]}.") from None


def _number(text: str) -> int:
    number = int(text)
    if not 1 <= number <= _MOST:
        raise ValueError(text)
    return number


def _switch(text: str) -> bool:
    if text.lower() not in ("on", "off"):
        raise ValueError(text)
    return text.lower() == "on"


def _streams(text: str) -> int | str:
    return AUTO if text.lower() == AUTO else _number(text)


def _shape(text: str) -> str:
    if text.lower() in (STATIC, DYNAMIC):
        return text.lower()
    for dimension in text.split("x"):
        least, _, most = dimension.partition("..")
        if not _DIMENSION.fullmatch(dimension) or (most and int(least) > int(most)):
            raise ValueError(text)
    return text


_READERS: Mapping[str, Any] = {
    "hint": lambda text: Hint(text.lower()),
    "streams": _streams,
    "threads": _number,
    "requests": _number,
    "mode": lambda text: Mode(text.lower()),
    "execution_mode": lambda text: ExecutionMode(text.lower()),
    "core_type": lambda text: CoreType(text.lower()),
    "pinning": _switch,
    "hyper_threading": _switch,
    "batch": _number,
    "shape": _shape,
    "cache": lambda text: CacheUse(text.lower()),
}

_WHOLE = "a whole number from 1 on"
_WRITE: Mapping[str, str] = {
    "hint": f"hint={'|'.join(Hint)}",
    "streams": "streams=auto or a whole number from 1 on",
    "threads": _WHOLE,
    "requests": _WHOLE,
    "mode": "mode=sync or mode=async",
    "execution_mode": "execution_mode=performance or execution_mode=accuracy",
    "core_type": f"core_type={'|'.join(CoreType)}",
    "pinning": "pinning=on or pinning=off",
    "hyper_threading": "hyper_threading=on or hyper_threading=off",
    "batch": _WHOLE,
    "shape": "shape=static, shape=dynamic, or dimensions such as 1x128, ?x128, 1..8x128",
    "cache": "cache=cold or cache=warm",
}
