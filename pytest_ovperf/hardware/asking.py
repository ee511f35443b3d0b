"""The probe's inside: ask OpenVINO, in a process of its own, what it can use.

Drivers crash, hang and print. So that process writes one line of JSON for each thing it learns, in this order, and
announces a device before it touches it::

    {"profile": {…}}   {"cores": {…}}   {"versions": {…}}   {"asking": "CPU"}   {"device": {…}}   {"asking": "GPU"}   …

Whatever ends that process early, the parent keeps the lines before and knows which device was to blame. It then starts
another for the families that were not asked yet, named as arguments. A device that is told of twice is as told last.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
import re
import sys
from typing import TYPE_CHECKING, Any, TextIO

from pytest_ovperf.errors import ExtraMissingError
from pytest_ovperf.hiding import hidden

from .cores import usable_memory_bytes
from .cpu import read_profile
from .device import DeviceInfo, Obstacle, ObstacleKind
from .devices import FAMILIES
from .diagnosis import diagnose
from .kinds import read_core_kinds
from .surroundings import look_around

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

#: The distributions whose versions are worth recording beside a measurement.
DISTRIBUTIONS = (
    "openvino",
    "openvino-genai",
    "onnxruntime",
    "torch",
    "transformers",
    "nncf",
    "optimum-intel",
    "numpy",
    "pytest-ovperf",
)

_MAX_REASON = 2000
_SOURCE = re.compile(r"Exception from src\S*:")
_LIBRARY = re.compile(r"(?:/|\b[A-Za-z]:\\)[^\n\":]*[/\\]([\w.-]+\.(?:so|dll)\b)")
_SHORT = 0xFFFF


def versions() -> dict[str, str]:
    """Return the installed versions of Python and of `DISTRIBUTIONS`, without importing any; absent ones left out."""
    found = {"python": platform.python_version()}
    for name in DISTRIBUTIONS:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def learn(families: Sequence[str] = FAMILIES) -> Iterator[Mapping[str, object]]:
    """Yield the lines of the protocol, each as soon as it is known; of the machine only if all is asked for."""
    if tuple(families) == FAMILIES:
        yield {"profile": read_profile().facts()}
        yield {"cores": read_core_kinds().facts()}
        yield {"versions": versions()}
    for family in families:
        yield {"asking": family}
        for device in _ask(family):
            yield {"device": device.facts()}


def reason_text(error: BaseException) -> str:
    """Return what OpenVINO said, on one line, without places in its source and folders of its libraries."""
    said = " ".join(_SOURCE.sub(" ", str(error)).split())
    return (_LIBRARY.sub(r"\1", said) or type(error).__name__)[:_MAX_REASON]


def _ask(family: str) -> Iterator[DeviceInfo]:
    """Yield the devices of one family.

    If there is none, yield the family with what OpenVINO said, and again once it is known what is in its way: finding
    that out loads drivers, and may end this process.
    """
    try:
        openvino = _openvino()
    except ExtraMissingError as missing:
        obstacle = Obstacle(ObstacleKind.OPENVINO_MISSING, missing.seen, missing.remedy)
        yield DeviceInfo.absent(family, f"{missing.seen} {missing.remedy}", obstacle)
        return
    except Exception as error:  # noqa: BLE001  (a broken installation fails in many ways, all of them reasons)
        said = reason_text(error)
        seen = f"OpenVINO cannot be imported: {said}"
        remedy = "pip install --force-reinstall openvino"
        yield DeviceInfo.hindered(family, said, Obstacle(ObstacleKind.OPENVINO_MISSING, seen, remedy))
        return
    try:
        core = openvino.Core()
        # One family at a time, and not `available_devices`: that asks all plugins in one go and hides what they say.
        numbers = core.get_property(family, "AVAILABLE_DEVICES")
        names = [family] if len(numbers) == 1 else [f"{family}.{number}" for number in numbers]
        said = "" if names else _why_empty(openvino, core, family)
        found = [describe(core, name) for name in names]
    except Exception as error:  # noqa: BLE001  (whatever a driver raises is the reason)
        found, said = [], reason_text(error)
    yield from found
    if not found:
        yield from _hindered(family, said)


def _hindered(family: str, said: str) -> Iterator[DeviceInfo]:
    if family == "CPU":  # needs nothing around it: all there is to know is what OpenVINO said
        remedy = "pip install --force-reinstall openvino"
        yield DeviceInfo.hindered(family, said, Obstacle(ObstacleKind.UNKNOWN, said, remedy))
        return
    yield DeviceInfo.hindered(family, said)
    yield DeviceInfo.hindered(family, said, *diagnose(family, said, look_around(family)))


def _openvino() -> Any:  # noqa: ANN401  (OpenVINO ships no types)
    """Import OpenVINO. Raises `ExtraMissingError`, and whatever a broken installation raises."""
    try:
        with hidden("openvino_telemetry"):  # it starts a process that would outlive this one
            import openvino  # noqa: PLC0415
    except ModuleNotFoundError as error:
        if error.name != "openvino":
            raise
        raise ExtraMissingError.of("openvino", "openvino", "Asking for devices") from None
    return openvino


def describe(core: Any, name: str) -> DeviceInfo:  # noqa: ANN401  (OpenVINO ships no types)
    """Return all that OpenVINO's ``core`` tells of the device ``name``; a property that it refuses is left out."""

    def get(key: str) -> Any:  # noqa: ANN401  (a property may be anything)
        try:
            return core.get_property(name, key)
        except Exception:  # noqa: BLE001  (a device that refuses one property may have all others)
            return None

    family = name.partition(".")[0]
    return DeviceInfo(
        name,
        str(get("FULL_DEVICE_NAME") or name),
        tuple(str(each) for each in get("OPTIMIZATION_CAPABILITIES") or ()),
        available=True,
        reason="",
        architecture=str(get("DEVICE_ARCHITECTURE") or ""),
        streams=_pair(get("RANGE_FOR_STREAMS")),
        driver="" if family == "CPU" else _version(get(f"{family}_DRIVER_VERSION")),
        compiler=_version(get("NPU_COMPILER_VERSION")) if family == "NPU" else "",
        memory_bytes=usable_memory_bytes() if family == "CPU" else _whole(get(f"{family}_DEVICE_TOTAL_MEM_SIZE")),
        properties=_settable(get("SUPPORTED_PROPERTIES")),
    )


def _settable(listed: object) -> tuple[str, ...]:
    """Return the names out of SUPPORTED_PROPERTIES, a dictionary of names and ``RO``, ``RW`` or ``WO``."""
    names = listed.items() if isinstance(listed, dict) else ()
    return tuple(sorted(str(name) for name, access in names if str(access) != "RO"))


def _pair(value: object) -> tuple[int, int] | None:
    if isinstance(value, tuple | list) and len(value) == 2 and all(type(each) is int for each in value):  # noqa: PLR2004
        return value[0], value[1]
    return None


def _version(value: object) -> str:
    """Write a version as people do: the NPU's are numbers, and its compiler's has its two parts in 16 bits each."""
    if type(value) is int and value > _SHORT:
        return f"{value >> 16}.{value & _SHORT}"
    return "" if value in (None, 0, "") else str(value)


def _whole(value: object) -> int:
    return value if type(value) is int and value > 0 else 0


def _why_empty(openvino: Any, core: Any, family: str) -> str:  # noqa: ANN401  (OpenVINO ships no types)
    """Return why the plugin of ``family`` loads and has no device: only compiling for it makes the driver talk."""
    seen = f"OpenVINO's {family} plugin finds no device."
    try:
        from openvino import opset13  # noqa: PLC0415

        source = opset13.parameter([1], openvino.Type.f32)
        core.compile_model(openvino.Model([opset13.relu(source)], [source], "probe"), family)
    except Exception as error:  # noqa: BLE001  (the error's text is what is wanted)
        return f"{seen} Asked to compile for it: {reason_text(error)}"
    return seen


def _claim_stdout() -> TextIO:
    """Return what was standard output, and send whatever else is printed there (drivers do) to standard error."""
    kept = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8", newline="\n")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return kept


def main() -> None:
    """Print what `learn` yields, line by line, for the families named as arguments or all."""
    with _claim_stdout() as out:
        for line in learn(tuple(sys.argv[1:]) or FAMILIES):
            out.write(json.dumps(line) + "\n")
            out.flush()
