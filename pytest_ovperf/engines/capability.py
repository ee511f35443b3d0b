# ruff: noqa: ANN401  (OpenVINO ships no types; its objects are Any here)
"""Whether the devices of an arm are here and can do what it promises, asked before a model is compiled."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_ovperf.arms import Precision
from pytest_ovperf.errors import ArmUnavailableError, DeviceAbsentError, FailureCause
from pytest_ovperf.hardware.devices import base_devices, chooser_of, one_is_enough

from .refusals import REFUSALS, Subject

if TYPE_CHECKING:
    from .protocol import LoadRequest

#: The precision that an arm promises to compute in, and asks OpenVINO for; a native arm promises none. INT8 kernels
#: aside, an INT8 model computes in f32.
PROMISED = {
    Precision.FP32: "f32",
    Precision.FP16: "f32",  # FP16 and INT4 are how the weights are kept
    Precision.INT8: "f32",
    Precision.INT4: "f32",
    Precision.BF16: "bf16",
}

#: What a device must list in OPTIMIZATION_CAPABILITIES for a hint to mean anything.
_CAPABILITIES = {"f32": "FP32", "bf16": "BF16"}


def check_capability(core: Any, request: LoadRequest) -> None:
    """Raise unless the devices that ``request`` names are here and have the arm's precision.

    `DeviceAbsentError` tells why one is not here: of the devices behind AUTO, one is enough, as long as the plugins of
    the others load. `ArmUnavailableError` if one lacks the precision, another error of the cause if it fails.
    """
    named = base_devices(request.device) or (request.device,)
    absent = {device: why for device in named if (why := _why_absent(core, device))}
    if absent and (len(absent) == len(named) or not one_is_enough(request.device)):
        reasons = "\n".join(absent.values())
        raise DeviceAbsentError(
            f"OpenVINO cannot use {request.device} here:\n{reasons}",
            remedy="`ovperf devices` lists what this machine has and says what the others lack.",
        )
    for device in named:
        if device not in absent:
            _check_precision(core, device, request)


def _why_absent(core: Any, device: str) -> str:
    """Return why a plain device is not here, empty if it is. Raises `DeviceAbsentError` for a plugin that is not."""
    if chooser_of(device):
        return ""
    family, _, number = device.partition(".")
    try:
        numbers = tuple(map(str, core.get_property(family, "AVAILABLE_DEVICES")))
    except REFUSALS as error:
        failure = Subject(device).failure(error, f"ask for {device}")
        if failure.cause is FailureCause.DEVICE_ABSENT:
            return failure.seen
        if failure.cause is FailureCause.PLUGIN_MISSING:  # then AUTO cannot do without it either
            raise DeviceAbsentError(failure.seen, remedy=failure.remedy) from error
        raise failure from error
    if not numbers:
        return f"OpenVINO's {family} plugin finds no device."
    # "GPU.0" is the only GPU, too; then it has no number, or one of its own.
    if number in {"", "0"} or number in numbers:
        return ""
    return f"There is no {device}: OpenVINO finds {', '.join(f'{family}.{each}' for each in numbers)}."


def _check_precision(core: Any, device: str, request: LoadRequest) -> None:
    hint = PROMISED.get(request.precision)
    if hint is None:
        return
    with Subject(device).trying(f"ask {device} for its precisions"):
        capabilities = tuple(map(str, core.get_property(device, "OPTIMIZATION_CAPABILITIES")))
    if _CAPABILITIES[hint] not in capabilities:
        raise ArmUnavailableError(
            f"{device} does not compute in {hint}: it can do {', '.join(capabilities)}.",
            remedy="Take the arm `openvino`, which uses the device's own precision, or choose another --ov-device.",
        )
