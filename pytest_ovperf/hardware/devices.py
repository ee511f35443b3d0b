"""Device expressions, and what they mean on a machine.

The grammar of ``--ov-device``, in any case of letters::

    expressions = expression {"," expression}
    expression  = plain | "AUTO" | "AUTO:" list | "HETERO:" list | "all"
    list        = plain {"," plain}
    plain       = "CPU" | "GPU" | "NPU", each with an optional number: "GPU.1"

A list takes every plain device that follows it, up to the next ``AUTO``, ``HETERO``, ``all`` or the end, since that is
how OpenVINO itself reads ``AUTO:GPU,CPU``. So plain devices meant on their own come first: ``CPU,AUTO:GPU,CPU`` is two
expressions, ``CPU`` and ``AUTO:GPU,CPU``.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_ovperf.errors import DeviceAbsentError, DeviceError

from .device import DeviceInfo

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

#: The kinds of devices that OpenVINO runs on, in the order in which they are asked for.
FAMILIES = ("CPU", "GPU", "NPU")

#: The expression that stands for every device that is there.
ALL = "all"

_PLAIN = re.compile(r"(?:CPU|GPU|NPU)(?:\.(?:0|[1-9][0-9]*))?")
_LISTS = ("AUTO", "HETERO")
_EXAMPLES = "CPU, GPU, GPU.1, NPU, AUTO, AUTO:GPU,CPU, HETERO:GPU,CPU, all"

_INSTALL: Mapping[str, str] = {
    "CPU": 'pip install "pytest-ovperf[openvino]", and see: ovperf devices',
    "GPU": "Install Intel's GPU driver with its OpenCL runtime (package intel-opencl-icd on Debian and Ubuntu), make"
    " sure that this user may open /dev/dri/render*, or leave GPU out of --ov-device.",
    "NPU": "Install Intel's NPU driver with its compiler (intel-driver-compiler-npu and intel-level-zero-npu), make"
    " sure that this user may open /dev/accel/accel*, or leave NPU out of --ov-device.",
}


def parse_devices(text: str) -> tuple[str, ...]:
    """Return the device expressions in ``text``, in OpenVINO's spelling and order of first mention, each once.

    ``all`` is kept as `ALL`, for `expand` to replace once the machine is known. The grammar is this module's.
    Raises `DeviceError` for anything else.
    """
    expressions: list[str] = []
    open_list = False  # whether a plain name belongs to the AUTO: or HETERO: before it
    for token in text.split(","):
        word = token.strip().upper()
        head, colon, first = (part.strip() for part in word.partition(":"))
        if head in _LISTS and (colon or head == "AUTO"):
            expressions.append(f"{head}:{_plain(first, text)}" if colon else head)
            open_list = bool(colon)
        elif word == ALL.upper():
            expressions.append(ALL)
            open_list = False
        elif open_list:
            expressions[-1] = _with_member(expressions[-1], _plain(word, text))
        else:
            expressions.append(_plain(word, text))
    return tuple(dict.fromkeys(expressions))


def base_devices(expression: str) -> tuple[str, ...]:
    """Return the plain devices that one ``expression`` names: ``("GPU", "CPU")`` for ``AUTO:GPU,CPU``.

    Empty for ``AUTO`` and ``all``, which leave the choice open. Raises `DeviceError` for anything but one expression.
    """
    parsed = parse_devices(expression)
    if len(parsed) != 1:
        raise DeviceError(
            f"One device expression was expected, {expression!r} is {len(parsed)}.",
            remedy=f"Give one of: {_EXAMPLES}.",
        )
    head, colon, members = parsed[0].partition(":")
    if colon:
        return tuple(members.split(","))
    return () if head in {"AUTO", ALL} else (head,)


def chooser_of(expression: str) -> str:
    """Return ``AUTO`` or ``HETERO`` for an ``expression`` that leaves a choice among devices, else nothing."""
    head = expression.partition(":")[0].strip().upper()
    return head if head in _LISTS else ""


def one_is_enough(expression: str) -> bool:
    """Tell whether one device of those that ``expression`` names serves it: ``HETERO`` needs all of them."""
    return chooser_of(expression) == "AUTO"


def matches(asked: str, wanted: str) -> bool:
    """Tell whether the expression that a run was ``asked`` for is one that a marker ``wanted``.

    A kind takes in its numbered devices (wanted ``GPU``, asked ``GPU.1``) and its lists (wanted ``AUTO``, asked
    ``AUTO:GPU,CPU``); a full expression means itself only. Wanted ``all`` takes anything.
    """
    asked, wanted = asked.strip().upper(), wanted.strip().upper()
    if asked == wanted or wanted == ALL.upper():
        return True
    return ":" not in wanted and asked.startswith((f"{wanted}.", f"{wanted}:"))


def expand(expressions: Sequence[str], devices: Sequence[DeviceInfo]) -> tuple[str, ...]:
    """Return ``expressions`` with `ALL` replaced by the names of the available ``devices``, each once.

    Raises `DeviceAbsentError` if `ALL` was asked and nothing is available.
    """
    available = [device.name for device in devices if device.available]
    if ALL in expressions and not available:
        raise DeviceAbsentError(f"No device is available. {_reasons(devices)}".rstrip(), remedy=_INSTALL["CPU"])
    named = (name for each in expressions for name in (available if each == ALL else [each]))
    return tuple(dict.fromkeys(named))


def require(expression: str, devices: Sequence[DeviceInfo]) -> None:
    """Raise `DeviceAbsentError` with the reason unless ``expression`` can run on ``devices``.

    ``HETERO`` needs every device that it names; ``AUTO`` needs one of those that it names, or any at all.
    """
    seen = hindrance(expression, devices)
    if seen is None:
        return
    absent = next((device for device in _asked(expression, devices) if not device.available), None)
    raise DeviceAbsentError(seen, remedy=_remedy(absent))


def hindrance(expression: str, devices: Sequence[DeviceInfo]) -> str | None:
    """Return why ``expression`` cannot run on ``devices``, or ``None`` if it can; see `require`."""
    asked = _asked(expression, devices)
    enough = any if one_is_enough(expression) else all
    if asked and enough(device.available for device in asked):
        return None
    return f"{expression} cannot be used on this machine. {_reasons(asked)}".rstrip()


def _asked(expression: str, devices: Sequence[DeviceInfo]) -> list[DeviceInfo]:
    return [find(name, devices) for name in base_devices(expression)] or list(devices)


def find(name: str, devices: Sequence[DeviceInfo]) -> DeviceInfo:
    """Return the device that OpenVINO takes for the plain ``name``: ``GPU`` is ``GPU.0`` where there are several.

    A device that is nowhere in ``devices`` comes back as one that is not available, with what is there instead.
    """
    wanted = name.upper()
    for spelling in (wanted, f"{wanted}.0", wanted.removesuffix(".0")):
        for device in devices:
            if device.name == spelling:
                return device
    kin = [device for device in devices if _family(device.name) == _family(wanted)]
    absent = next((device for device in kin if not device.available), None)
    if absent is not None:
        return replace(absent, name=wanted)
    there = ", ".join(device.name for device in devices if device.available) or "no device"
    return DeviceInfo.absent(wanted, f"OpenVINO finds {there} here, and no {wanted}.")


def _remedy(absent: DeviceInfo | None) -> str:
    """Return what mends the deciding obstacle, or what the device needs in general where that is not known."""
    if absent is not None and absent.obstacles:
        return absent.obstacles[0].remedy
    return _INSTALL["CPU" if absent is None else _family(absent.name)]


def _family(name: str) -> str:
    return name.partition(".")[0]


def _reasons(devices: Sequence[DeviceInfo]) -> str:
    return " ".join(f"{device.name}: {'is available' if device.available else device.reason}" for device in devices)


def _with_member(expression: str, member: str) -> str:
    head, _, members = expression.partition(":")
    return expression if member in members.split(",") else f"{head}:{members},{member}"


def _plain(word: str, text: str) -> str:
    if _PLAIN.fullmatch(word):
        return word
    seen = f"{word!r} in {text!r} is no device." if word else f"{text!r} has an empty place where a device belongs."
    if word in _LISTS:
        seen = f"{word} in {text!r} needs a list of devices: {word}:GPU,CPU."
    near = difflib.get_close_matches(word.partition(":")[0], [*FAMILIES, *_LISTS, ALL.upper()], n=1, cutoff=0.5)
    suggestion = f"Did you mean {ALL if near[0] == ALL.upper() else near[0]}? " if near and word not in _LISTS else ""
    raise DeviceError(seen, remedy=f"{suggestion}--ov-device takes, separated by commas: {_EXAMPLES}.")
