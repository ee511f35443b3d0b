"""What can be tuned on a device: settings and their OpenVINO properties, checked before anything is built or measured.

OpenVINO is no help in that: the CPU takes ``NUM_STREAMS=8`` on two cores and makes it 2, and AUTO and HETERO drop a
property that nobody behind them knows without a word. So names and ranges are checked here, by what the devices list,
and what a device made of the values is read back once a model is compiled.
"""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from pytest_ovperf.arms import Arm, Engine
from pytest_ovperf.errors import ArmError, ArmUnavailableError
from pytest_ovperf.metrics import WorkloadKind
from pytest_ovperf.tuning import STATIC, Mode, Tuning

from . import devices as device_rules

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .device import DeviceInfo

#: The OpenVINO property behind each setting that has one.
PROPERTY_OF: Mapping[str, str] = {
    "hint": "PERFORMANCE_HINT",
    "streams": "NUM_STREAMS",
    "threads": "INFERENCE_NUM_THREADS",
    "requests": "PERFORMANCE_HINT_NUM_REQUESTS",
    "execution_mode": "EXECUTION_MODE_HINT",
    "core_type": "SCHEDULING_CORE_TYPE",
    "pinning": "ENABLE_CPU_PINNING",
    "hyper_threading": "ENABLE_HYPER_THREADING",
}

#: Properties that OpenVINO's core takes for any device, and lists for few.
CORE_PROPERTIES = frozenset({"CACHE_DIR", "CACHE_MODE", "ENABLE_MMAP"})

#: What the devices that choose among others take for themselves; no list of a plain device has it.
META_PROPERTIES: Mapping[str, frozenset[str]] = {
    "AUTO": frozenset(
        {
            "DEVICES_UTILIZATION_THRESHOLD",
            "DEVICE_BIND_BUFFER",
            "ENABLE_RUNTIME_FALLBACK",
            "ENABLE_STARTUP_FALLBACK",
            "LOG_LEVEL",
            "LOW_POWER_DEVICE",
            "MODEL_PRIORITY",
            "PERF_COUNT",
            "PERF_CURVE_TABLE",
            "SCHEDULE_POLICY",
        }
    ),
    "HETERO": frozenset({"MODEL_DISTRIBUTION_POLICY"}),
}

#: Settings that are no properties: how requests are fed, what they hold, and where the compiled model is kept.
_ELSEWHERE = frozenset({"mode", "batch", "shape", "cache"})

#: What the engines that are not OpenVINO's have a counterpart of. PyTorch and ONNX Runtime have no cache of compiled
#: models to fill, so any use of it is alike.
_OF_CALLS = frozenset({"threads", "requests", "mode", "batch"})
_TAKEN: Mapping[Engine, frozenset[str]] = {
    Engine.PYTORCH: _OF_CALLS | {"cache"},
    Engine.ONNXRUNTIME: _OF_CALLS | {"cache"},
    Engine.CALL: _OF_CALLS,
}

_LISTED = "`ovperf devices --json` lists what each device takes."


def check_arm(arm: Arm, kind: WorkloadKind, devices: Sequence[DeviceInfo], *, threads: int = 0) -> None:
    """Raise unless ``arm`` can be tuned so, for a workload of that ``kind``, on what is known of ``devices``.

    ``threads`` are those that an arm gets on a CPU where its tuning has none, 0 where that is not known. `ArmError` for
    a tuning that makes no sense anywhere: a property that no device has, a setting that the engine or the workload has
    nothing for. `ArmUnavailableError` for what this device does not offer: a reason to skip.
    """
    _check_sense(arm, kind)
    if not arm.engine.is_openvino:
        _check_other(arm)
        if arm.engine is not Engine.CALL:  # whose threads are its own affair
            check_shares(arm.tuning, arm.tuning.threads or threads)
        return
    for name, _ in arm.tuning.properties:
        _check_known(name, arm.device, devices)
    seen = unsupported(arm.tuning, arm.device, devices)
    if seen is not None:
        raise ArmUnavailableError(f"{arm.name}: {seen}", remedy=f"Choose another --ov-device or setting. {_LISTED}")


def unsupported(tuning: Tuning, device: str, devices: Sequence[DeviceInfo]) -> str | None:
    """Return what of ``tuning`` the device expression does not offer, as a sentence; ``None`` if nothing.

    Behind ``AUTO`` and ``HETERO`` it is enough that one of the devices takes a property. A device that did not tell
    what it takes is believed to take everything; OpenVINO itself has the last word when the model is compiled.
    """
    there = [each for each in _behind(device, devices) if each.available]
    for setting, value in tuning.settings.items():
        name = PROPERTY_OF.get(setting, setting)
        if setting in _ELSEWHERE or (setting == "hint" and value == "none") or _is_general(name, device):
            continue
        if there and not any(takes(each, name) for each in there):
            own = "" if name == setting else f" ({name})"
            have = "has" if len(there) == 1 else "have"
            return f"{' and '.join(each.name for each in there)} {have} no setting {setting}{own}."
    if isinstance(tuning.streams, int):
        return _beyond_streams(tuning.streams, there)
    return None


def check_shares(tuning: Tuning, threads: int) -> None:
    """Raise `ArmUnavailableError` for requests of PyTorch or ONNX Runtime that cannot share ``threads`` evenly.

    Any can share 0. Some would wait for the others, or use more processors than the arm was given.
    """
    requests = tuning.requests or 1
    if tuning.mode is Mode.ASYNC and threads % requests:
        raise ArmUnavailableError(
            f"{requests} requests cannot share {threads} inference threads evenly.",
            remedy=f"Ask for requests={threads} or a number that divides it, or for other threads=….",
        )


def takes(device: DeviceInfo, name: str) -> bool:
    """Tell whether ``device`` lists the property ``name`` as one to be set; one that lists none takes any."""
    return not device.properties or name in device.properties


def _check_sense(arm: Arm, kind: WorkloadKind) -> None:
    tuning = arm.tuning
    if kind is not WorkloadKind.STREAM and (tuning.requests is not None or tuning.mode is Mode.ASYNC):
        setting = "mode=async" if tuning.requests is None else f"requests={tuning.requests}"
        raise ArmError(
            f"{arm.name}: {setting} means nothing where one request goes after the other.",
            remedy='Measure metric="throughput", or leave the setting out.',
        )
    if tuning.mode is Mode.SYNC and tuning.requests not in (None, 1):
        raise ArmError(
            f"{arm.name}: mode=sync has one request in flight, not {tuning.requests}.",
            remedy="Write mode=async, or leave requests out.",
        )
    for setting, name in PROPERTY_OF.items():
        if name in dict(tuning.properties):
            raise ArmError(
                f"{arm.name}: {name} has a setting of its own.", remedy=f"Write {setting}=… in the place of {name}=…."
            )


def _check_other(arm: Arm) -> None:
    """Raise `ArmError` for settings that an engine which is not OpenVINO's has nothing for."""
    tuning, taken = arm.tuning, _TAKEN[arm.engine]
    engine = arm.engine.written[0].upper() + arm.engine.written[1:]
    foreign = [name for name in tuning.settings if name not in taken]
    if foreign:
        fixed = " It takes every shape as it comes." if tuning.shape == STATIC else ""
        raise ArmError(
            f"{engine} has no setting {', '.join(foreign)}.{fixed}",
            remedy=f"Write it in the brackets of the OpenVINO arm alone: openvino-fp32[{foreign[0]}=…]. {engine} "
            f"takes {', '.join(sorted(taken))}.",
        )
    if tuning.requests is not None and tuning.mode is not Mode.ASYNC:
        raise ArmError(
            f"{engine} has one call at work, not {tuning.requests}.",
            remedy=f"Write mode=async,requests={tuning.requests}, which lets so many Python threads call at once.",
        )


def _check_known(name: str, device: str, devices: Sequence[DeviceInfo]) -> None:
    """Raise `ArmError` for a property that nothing known here has; one of another family is only not offered."""
    lists = {each for info in devices for each in info.properties}
    known = lists | CORE_PROPERTIES | frozenset().union(*META_PROPERTIES.values())
    family = name.partition("_")[0]
    asked = {info.name.partition(".")[0] for info in _behind(device, devices) if info.properties}
    if not lists or name in known or (family in device_rules.FAMILIES and family not in asked):
        return
    near = difflib.get_close_matches(name, sorted(known), n=1, cutoff=0.75)
    guess = f"Did you mean {near[0]}? " if near else ""
    raise ArmError(f"There is no property {name} that {device} could be given.", remedy=f"{guess}{_LISTED}")


def _behind(device: str, devices: Sequence[DeviceInfo]) -> list[DeviceInfo]:
    named = device_rules.base_devices(device)
    return [device_rules.find(name, devices) for name in named] or list(devices)


def _is_general(name: str, device: str) -> bool:
    return name in CORE_PROPERTIES or name in META_PROPERTIES.get(device_rules.chooser_of(device), frozenset())


def _beyond_streams(streams: int, there: Sequence[DeviceInfo]) -> str | None:
    ranges = [(each, each.streams) for each in there]
    if not ranges or any(offered is None or offered[0] <= streams <= offered[1] for _, offered in ranges):
        return None
    offers = "; ".join(f"{each.name} offers {offered[0]} to {offered[1]}" for each, offered in ranges if offered)
    return f"streams={streams} is out of reach: {offers}."
