"""Whether an arm, once loaded, is what its name promises."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_ovperf.arms import Engine
from pytest_ovperf.engines.capability import PROMISED
from pytest_ovperf.errors import ArmUnavailableError, MeasurementError
from pytest_ovperf.hardware.devices import base_devices
from pytest_ovperf.records import ArmFacts
from pytest_ovperf.tuning import AUTO, Hint

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_ovperf.arms import Arm

#: Settings whose effective value must be the one asked for, as far as the engine tells, …
_READ_BACK = ("hint", "streams", "execution_mode", "core_type", "pinning", "hyper_threading", "mode")

#: … except values that leave the choice to the device.
_OPEN = (AUTO, Hint.NONE.value)


def facts_from_json(fields: Mapping[str, Any]) -> ArmFacts:
    """Return the facts that a worker sent."""
    return ArmFacts(
        precision=fields["precision"],
        devices=tuple(fields["devices"]),
        threads=fields["threads"],
        load_ns=fields["load_ns"],
        versions=dict(fields["versions"]),
        streams=fields.get("streams", 0),
        requests=fields.get("requests", 0),
        settings=dict(fields.get("settings", {})),
    )


def facts_to_json(facts: ArmFacts) -> Mapping[str, Any]:
    """Return the facts as JSON-able data; `facts_from_json` is the way back."""
    return {
        "precision": facts.precision,
        "devices": list(facts.devices),
        "threads": facts.threads,
        "load_ns": facts.load_ns,
        "versions": dict(facts.versions),
        "streams": facts.streams,
        "requests": facts.requests,
        "settings": dict(facts.settings),
    }


def check_facts(arm: Arm, facts: ArmFacts, *, threads: int = 0) -> None:
    """Raise `MeasurementError` unless precision, devices and threads are what ``arm`` and the request promise.

    ``threads`` is the number asked for, 0 for any; an engine that reports 0 does not say. A setting of the arm that the
    device made something else of raises `ArmUnavailableError`: what would be measured has not the arm's name.
    """
    promised = PROMISED.get(arm.precision)
    if promised is not None and facts.precision != promised:
        raise MeasurementError(
            f"{arm}: the engine computes in {facts.precision}, the arm promises {promised}.",
            remedy="Take the arm `openvino`, which promises no precision, or choose another --ov-device.",
        )
    check_devices(arm, facts.devices)
    _check_settings(arm, facts)
    if threads and facts.threads and facts.threads != threads:
        raise MeasurementError(
            f"{arm}: the engine uses {facts.threads} threads, not the {threads} asked for.",
            remedy="Give both arms the same processors: check the process's affinity and its container's limits.",
        )


def _check_settings(arm: Arm, facts: ArmFacts) -> None:
    asked = arm.tuning.settings
    changed = [
        f"{name}={asked[name]} into {name}={facts.settings[name]}"
        for name in _READ_BACK
        if asked.get(name, AUTO) not in _OPEN and facts.settings.get(name, asked[name]) != asked[name]
    ]
    counts = (("threads", arm.tuning.threads, facts.threads), ("requests", arm.tuning.requests, facts.requests))
    changed += [
        f"{name}={wanted} into {name}={got}" for name, wanted, got in counts if wanted and got not in (0, wanted)
    ]
    if changed:
        raise ArmUnavailableError(
            f"{arm}: it turned {', '.join(changed)}.",
            remedy="Leave the setting out, or choose a device that has it; `ovperf devices` tells how many streams "
            "each offers.",
        )


def check_devices(arm: Arm, devices: Sequence[str]) -> None:
    """Raise `MeasurementError` unless each of the ``devices`` that execute is one that ``arm`` names.

    Where a function of the user's computes, nobody can read back: its device is as it was asked for.
    """
    if arm.engine is Engine.CALL:
        return
    if not devices or not all(_fits(device, arm.device) for device in devices):
        raise MeasurementError(
            f"{arm}: it runs on {', '.join(devices) or 'no device'}, not on what was asked for.",
            remedy="Name the device that is meant with --ov-device; `ovperf devices` lists what there is.",
        )


def _fits(executing: str, asked: str) -> bool:
    """Whether a device that executes is one that the expression ``asked`` allows: any, where it names none."""
    # AUTO writes "(CPU)" while the CPU stands in for a device that is still compiling: no less elsewhere for that.
    executing = executing.strip("()")
    allowed = base_devices(asked)
    return not allowed or any(_same_device(executing, name) for name in allowed)


def _same_device(executing: str, asked: str) -> bool:
    """``GPU`` asks for any GPU; ``GPU.1`` for that one."""
    return executing == asked or executing.startswith(f"{asked}.")
