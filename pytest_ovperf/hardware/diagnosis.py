"""Why a device cannot be used, and what to do about it: from what is around it and what OpenVINO said. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .device import Obstacle, ObstacleKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from .surroundings import Surroundings

_KERNEL_DRIVERS: Mapping[str, tuple[str, ...]] = {"GPU": ("i915", "xe"), "NPU": ("intel_vpu",)}
_NODES = {"GPU": "/dev/dri/renderD*", "NPU": "/dev/accel/accel*"}
#: What can be done without the hardware.
_WITHOUT = {"NPU": ", or compile for one that is elsewhere with --ov-npu-platform"}
_PRODUCT = {"GPU": "GPU of Intel's", "NPU": "NPU of Intel's"}

_WINDOWS_DRIVER = {
    "GPU": "Install Intel's graphics driver for Windows (through Windows Update, or Intel's Driver & Support"
    " Assistant), and restart.",
    "NPU": "Install the Intel NPU driver for Windows (through Windows Update, or from Intel's download center), and"
    " restart.",
}
_LINUX_DRIVER = {
    "GPU": "Debian, Ubuntu: sudo apt install intel-opencl-icd. For a GPU newer than that package, take it from Intel's"
    " compute-runtime releases.",
    "NPU": "Debian, Ubuntu: install intel-level-zero-npu and intel-fw-npu from the releases of intel/linux-npu-driver,"
    " and restart.",
}
_KERNEL = {
    "GPU": "Update the kernel (Ubuntu: sudo apt install linux-generic-hwe-$(lsb_release -rs)) and its firmware"
    " (linux-firmware, on Debian firmware-misc-nonfree), and restart.",
    "NPU": "Update the kernel to 6.8 or newer, install intel-fw-npu from the releases of intel/linux-npu-driver, and"
    " restart.",
}
_LOADER: Mapping[str, tuple[ObstacleKind, str, str]] = {
    "GPU": (ObstacleKind.OPENCL_LOADER_MISSING, "The OpenCL loader", "ocl-icd-libopencl1"),
    "NPU": (ObstacleKind.LEVEL_ZERO_LOADER_MISSING, "The Level Zero loader", "libze1 (older releases: level-zero)"),
}
_NO_DEVICE = re.compile(r"no (?:supported |available |npu )?devices?\b|could not find an? \w+ device", re.IGNORECASE)
_INCOMPATIBLE = re.compile(
    r"UNSUPPORTED_VERSION|graph extension|driver (?:is )?(?:too old|not supported)", re.IGNORECASE
)


def diagnose(family: str, said: str, around: Surroundings) -> tuple[Obstacle, ...]:
    """Return what is in the way of ``family`` (``GPU`` or ``NPU``), the deciding obstacle first; at least one.

    ``said`` is OpenVINO's text. Facts about the machine go before it: the same words come of several causes.
    """
    found = [*_plugin(family, said, around), *_hardware(family, around), *_reach(family, around)]
    found += _software(family, around)
    return tuple(found) or (_unexplained(family, said, around),)


def _plugin(family: str, said: str, around: Surroundings) -> Iterator[Obstacle]:
    if around.plugin is False or "is not registered in the OpenVINO" in said:
        yield Obstacle(
            ObstacleKind.PLUGIN_MISSING,
            f"This installation of OpenVINO has no {family} plugin.",
            "pip install --force-reinstall openvino; its wheels for Linux and Windows on x86-64 have all plugins.",
        )


def _hardware(family: str, around: Surroundings) -> Iterator[Obstacle]:
    if around.hardware == ():
        yield Obstacle(
            ObstacleKind.NO_HARDWARE,
            f"No {_PRODUCT[family]} is on this machine's bus.",
            f"Leave {family} out of --ov-device here{_WITHOUT.get(family, '')}. If there is one, switch it on in the"
            " firmware's settings" + ("; a virtual machine has to be given it." if around.system == "Linux" else "."),
        )
    elif around.hardware and not any(_is_driven(family, device.driver, around) for device in around.hardware):
        device = around.hardware[0]
        bound = f"bound to {device.driver}" if device.driver else "bound to no driver"
        linux = around.system == "Linux"
        wanted = f", and not to {' or '.join(_KERNEL_DRIVERS[family])}" if linux and device.driver else ""
        yield Obstacle(
            ObstacleKind.DRIVER_MISSING,
            f"The {family} ({device}) is {bound}{wanted}.",
            _KERNEL[family] if linux else _WINDOWS_DRIVER[family],
        )


def _is_driven(family: str, driver: str, around: Surroundings) -> bool:
    return driver in _KERNEL_DRIVERS[family] if around.system == "Linux" else bool(driver)


def _reach(family: str, around: Surroundings) -> Iterator[Obstacle]:
    """Yield what keeps programs from a device that is there and driven."""
    if not around.hardware or around.nodes is None:
        return
    if not any(_is_driven(family, device.driver, around) for device in around.hardware):
        return
    if not around.nodes:
        folder = _NODES[family].rpartition("/")[0]
        yield Obstacle(
            ObstacleKind.NODE_MISSING,
            f"The {family} has no device node ({_NODES[family]}).",
            f"In a container, pass it in (docker run --device {folder}); else restart the machine.",
        )
    elif not any(node.usable for node in around.nodes):
        node = around.nodes[0]
        yield Obstacle(
            ObstacleKind.NO_PERMISSION,
            f"This user may not open {node.path}, which belongs to the group {node.group}.",
            f"sudo usermod -aG {node.group} $USER, then log in anew; in a container: docker run --group-add"
            f" $(stat -c %g {node.path}).",
        )


def _software(family: str, around: Surroundings) -> Iterator[Obstacle]:
    linux = around.system == "Linux"
    if around.loader is False:
        kind, name, package = _LOADER[family]
        yield Obstacle(
            kind,
            f"{name} is not installed.",
            f"Debian, Ubuntu: sudo apt install {package}." if linux else _WINDOWS_DRIVER[family],
        )
    # Whether it is there cannot be told without hardware: drivers answer for devices only.
    if around.driver is False and around.hardware != ():
        yield Obstacle(
            ObstacleKind.DRIVER_MISSING,
            f"No {'OpenCL' if family == 'GPU' else 'Level Zero'} driver of Intel's for the {family} is installed.",
            _LINUX_DRIVER[family] if linux else _WINDOWS_DRIVER[family],
        )
    if around.compiler is False:
        yield Obstacle(
            ObstacleKind.NPU_COMPILER_MISSING,
            "There is no NPU compiler: neither in this OpenVINO wheel nor from the driver.",
            "Debian, Ubuntu: install intel-driver-compiler-npu from the releases of intel/linux-npu-driver."
            if linux
            else _WINDOWS_DRIVER["NPU"],
        )


def _unexplained(family: str, said: str, around: Surroundings) -> Obstacle:
    """Return the one obstacle of a device that has everything around it, by OpenVINO's words alone."""
    if around.hardware and (_INCOMPATIBLE.search(said) or _NO_DEVICE.search(said)):
        remedy = _LINUX_DRIVER[family] if around.system == "Linux" else _WINDOWS_DRIVER[family]
        return Obstacle(
            ObstacleKind.DRIVER_INCOMPATIBLE,
            f"The {family} ({around.hardware[0]}) and its driver are there, and OpenVINO cannot use them together.",
            f"Bring the driver up to date. {remedy}",
        )
    return Obstacle(
        ObstacleKind.UNKNOWN,
        said or f"OpenVINO finds no {family}, and nothing is known to be in its way.",
        f"Read what OpenVINO says, or leave {family} out of --ov-device.",
    )
