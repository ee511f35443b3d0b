"""The probe's inside: ask OpenVINO, in a process of its own, what it can use.

Drivers crash, hang and print. So that process writes one line of JSON for each thing it learns, in this order, and
announces a device before it touches it::

    {"profile": {…}}   {"versions": {…}}   {"asking": "CPU"}   {"device": {…}}   {"asking": "GPU"}   …

Whatever ends that process early, the parent keeps the lines before and knows which device was to blame.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
import sys
from typing import TYPE_CHECKING, TextIO

from pytest_ovperf.errors import ExtraMissingError
from pytest_ovperf.hiding import hidden

from .cpu import read_profile
from .devices import FAMILIES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

#: The distributions whose versions are worth recording beside a measurement.
DISTRIBUTIONS = ("openvino", "torch", "transformers", "nncf", "optimum-intel", "numpy", "pytest-ovperf")

_MAX_REASON = 500


def versions() -> dict[str, str]:
    """Return the installed versions of Python and of `DISTRIBUTIONS`, without importing any; absent ones left out."""
    found = {"python": platform.python_version()}
    for name in DISTRIBUTIONS:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def learn() -> Iterator[Mapping[str, object]]:
    """Yield the lines of the protocol, each as soon as it is known."""
    yield {"profile": read_profile().facts()}
    yield {"versions": versions()}
    for family in FAMILIES:
        yield {"asking": family}
        for device in _ask(family):
            yield {"device": device}


def reason_text(error: BaseException) -> str:
    """Return what OpenVINO said, on one line, without the places in its own source where it said so."""
    lines = (line.strip() for line in str(error).splitlines())
    said = " ".join(line for line in lines if line and not line.startswith("Exception from src"))
    return (said or type(error).__name__)[:_MAX_REASON]


def _ask(family: str) -> list[dict[str, object]]:
    """Return the devices of one family; a single one with the reason if there is none."""
    try:
        with hidden("openvino_telemetry"):  # it starts a process that would outlive this one
            import openvino  # noqa: PLC0415
    except ModuleNotFoundError as error:
        if error.name != "openvino":
            return [_absent(family, reason_text(error))]
        missing = ExtraMissingError.of("openvino", "openvino", "Asking for devices")
        return [_absent(family, f"{missing.seen} {missing.remedy}")]
    except Exception as error:  # noqa: BLE001  (a broken installation fails in many ways, all of them reasons)
        return [_absent(family, f"OpenVINO cannot be imported: {reason_text(error)}")]
    try:
        core = openvino.Core()
        # One family at a time, and not `available_devices`: that asks all plugins in one go and hides what they say.
        numbers = core.get_property(family, "AVAILABLE_DEVICES")
        if not numbers:
            return [_absent(family, _why_empty(core, family))]
        names = [family] if len(numbers) == 1 else [f"{family}.{number}" for number in numbers]
        return [_describe(core, name) for name in names]
    except Exception as error:  # noqa: BLE001  (whatever a driver raises is the reason)
        return [_absent(family, reason_text(error))]


def _describe(core: object, name: str) -> dict[str, object]:
    get = core.get_property  # type: ignore[attr-defined]  # openvino ships no types
    return {
        "name": name,
        "full_name": str(get(name, "FULL_DEVICE_NAME")),
        "capabilities": [str(each) for each in get(name, "OPTIMIZATION_CAPABILITIES")],
        "available": True,
        "reason": "",
    }


def _why_empty(core: object, family: str) -> str:
    """Return why the plugin of ``family`` loads and has no device: only compiling for it makes the driver talk."""
    seen = f"OpenVINO's {family} plugin finds no device."
    try:
        import openvino  # noqa: PLC0415
        from openvino import opset13  # noqa: PLC0415

        source = opset13.parameter([1], openvino.Type.f32)
        core.compile_model(openvino.Model([opset13.relu(source)], [source], "probe"), family)  # type: ignore[attr-defined]
    except Exception as error:  # noqa: BLE001  (the error's text is what is wanted)
        return f"{seen} Asked to compile for it: {reason_text(error)}"
    return seen


def _absent(name: str, reason: str) -> dict[str, object]:
    return {"name": name, "full_name": "", "capabilities": [], "available": False, "reason": reason}


def _claim_stdout() -> TextIO:
    """Return what was standard output, and send whatever else is printed there (drivers do) to standard error."""
    kept = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8", newline="\n")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return kept


def main() -> None:
    """Print what `learn` yields, line by line."""
    with _claim_stdout() as out:
        for line in learn():
            out.write(json.dumps(line) + "\n")
            out.flush()
