"""What to do about each cause of a failure, by the kind of device."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_ovperf.errors import FailureCause

if TYPE_CHECKING:
    from collections.abc import Mapping

_FIXED = "Give the model a fixed shape: @pytest.mark.model(..., shape=(...))"

_REMEDIES: Mapping[FailureCause, str] = {
    FailureCause.DEVICE_ABSENT: "`ovperf devices` says what this machine has and what the driver lacks; choose another "
    "--ov-device.",
    FailureCause.PLUGIN_MISSING: "`ovperf devices` says what is missing; choose another --ov-device until it is there.",
    FailureCause.COMPILER_MISSING: "Install the device's driver together with its compiler; `ovperf devices` says what "
    "is there.",
    FailureCause.DRIVER_INCOMPATIBLE: "Update the device's driver, or install the OpenVINO release that it was made "
    "for; `ovperf devices` shows both versions.",
    FailureCause.UNSUPPORTED_OP: "Run this model on another --ov-device, or let HETERO:<device>,CPU run on the CPU "
    "what the device cannot; a newer OpenVINO or driver may know the operation.",
    FailureCause.OUT_OF_MEMORY: "Give the model a smaller shape in the marker `model`, end what else uses the memory, "
    "or raise the process's limit.",
    FailureCause.BAD_CONFIG: "Leave out the property, or give it a value that this device and OpenVINO release know: "
    "`ovperf devices` shows both.",
    FailureCause.CACHE_MISMATCH: "Remove OpenVINO's own cache of compiled models (its CACHE_DIR), and install the "
    "driver and OpenVINO from matching releases: `ovperf devices` shows both.",
    FailureCause.DEVICE_LOST: "Run this test alone; if it happens again, update the driver and see the system's log "
    "for a reset of the device.",
    FailureCause.COMPILER_INTERNAL: "This is a fault of the device's compiler: update the driver and OpenVINO, try "
    "another precision, or report it with the text above.",
    FailureCause.UNKNOWN: "Read OpenVINO's words above: no known cause fits them. `ovperf devices` shows whether the "
    "device works at all; report what is missing here with the text.",
}

_ON_NPU: Mapping[FailureCause, str] = {
    FailureCause.DEVICE_ABSENT: "Install Intel's NPU driver and make sure that this user may open /dev/accel/accel*, "
    "or choose another --ov-device; `ovperf devices` says what is there.",
    FailureCause.PLUGIN_MISSING: "Install an OpenVINO with the NPU plugin: `pip install -U openvino` on x86-64, or the "
    "archive.",
    FailureCause.COMPILER_MISSING: "The Linux wheel of OpenVINO brings no NPU compiler: install the driver's package "
    "intel-driver-compiler-npu, or OpenVINO from the archive.",
}

_ON_GPU: Mapping[FailureCause, str] = {
    FailureCause.DEVICE_ABSENT: "Install Intel's GPU driver (intel-opencl-icd on Debian and Ubuntu) and make sure that "
    "this user may open /dev/dri/render*, or choose another --ov-device.",
    FailureCause.PLUGIN_MISSING: "Install the OpenCL loader (ocl-icd-libopencl1 on Debian and Ubuntu) and Intel's GPU "
    "driver (intel-opencl-icd), or choose another --ov-device.",
}


def remedy_of(cause: FailureCause, device: str, *, bounded: bool = False) -> str:
    """Return what to do about ``cause`` on ``device`` (an expression); ``bounded``: every dimension has a bound."""
    if cause is FailureCause.DYNAMIC_SHAPE:
        return f"{_FIXED}; this compiler does not take upper bounds either." if bounded else f"{_FIXED}."
    for family, remedies in (("NPU", _ON_NPU), ("GPU", _ON_GPU)):
        if family in device.upper() and cause in remedies:
            return remedies[cause]
    return _REMEDIES[cause]
