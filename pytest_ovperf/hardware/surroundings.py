"""What a device needs around it, looked up on this machine: hardware, nodes, libraries, drivers.

Each question is asked by itself, and what cannot be answered is ``None``: nothing here raises. Loading libraries may
end the process all the same, so this is asked in the probe's process only.
"""

from __future__ import annotations

import ctypes
import importlib.util
import os
import platform
import sys
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from . import opencl
from .condition import or_none
from .pci import PciDevice, read_pci

if TYPE_CHECKING:
    from collections.abc import Callable

#: Where Linux shows a family's device nodes, and in which folder of ``/sys/class`` they say whose they are.
_NODES = {"GPU": ("dri", "renderD*", "drm"), "NPU": ("accel", "accel*", "accel")}
_NPU_DRIVERS = ("libze_intel_npu.so.1", "libze_intel_vpu.so.1")
_NPU_DRIVER_COMPILERS = ("libnpu_driver_compiler.so", "libvpu_driver_compiler.so")
_LEVEL_ZERO = "ze_loader.dll" if sys.platform == "win32" else "libze_loader.so.1"


@dataclass(frozen=True, slots=True)
class DeviceNode:
    """A file through which programs reach a device: whether this user may, and which group may."""

    path: str
    usable: bool
    group: str


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is around one family of devices; ``None`` stands for what this system does not tell.

    ``hardware`` are the devices on the bus, ``nodes`` those of them that can be opened or not, ``plugin`` OpenVINO's
    library for the family, ``loader`` that of OpenCL (GPU) or Level Zero (NPU), ``driver`` the part of the driver that
    programs load, ``compiler`` one for the NPU, in OpenVINO or in the driver.
    """

    system: str
    hardware: tuple[PciDevice, ...] | None = None
    nodes: tuple[DeviceNode, ...] | None = None
    plugin: bool | None = None
    loader: bool | None = None
    driver: bool | None = None
    compiler: bool | None = None


def look_around(family: str, root: Path = Path("/")) -> Surroundings:
    """Return what is around ``family``, ``GPU`` or ``NPU``. ``root`` is the top of the file system, for Linux."""
    system = platform.system()
    wsl = (root / "dev" / "dxg").exists()  # the devices are then the host's, and not on the bus
    hardware = None if wsl else or_none(lambda: _of_family(family, root))
    nodes = or_none(lambda: device_nodes(family, root, hardware or ())) if system == "Linux" and not wsl else None
    libraries = openvino_libraries()
    return Surroundings(
        system,
        hardware,
        nodes,
        plugin=or_none(lambda: _has(libraries, f"*openvino_intel_{family.lower()}_plugin*")),
        loader=or_none(lambda: loads(opencl.LOADER if family == "GPU" else _LEVEL_ZERO)),
        driver=or_none(lambda: gpu_driver(root) if family == "GPU" else npu_driver(system)),
        compiler=or_none(lambda: npu_compiler(libraries, system)) if family == "NPU" else None,
    )


def device_nodes(family: str, root: Path, hardware: tuple[PciDevice, ...]) -> tuple[DeviceNode, ...]:
    """Return Linux' nodes of ``family``, those of the ``hardware`` only where the system says whose they are."""
    folder, pattern, kind = _NODES[family]
    addresses = {device.address for device in hardware}
    found = []
    for path in sorted((root / "dev" / folder).glob(pattern)):
        owner = root / "sys" / "class" / kind / path.name / "device"
        if addresses and owner.exists() and owner.resolve().name not in addresses:
            continue
        usable = os.access(path, os.R_OK | os.W_OK)
        found.append(DeviceNode(f"/dev/{folder}/{path.name}", usable, _group(path)))
    return tuple(found)


def gpu_driver(root: Path) -> bool | None:
    """Tell whether Intel's OpenCL driver is installed: it registers in a file, and answers the loader."""
    files = (root / "etc" / "OpenCL" / "vendors").glob("*.icd")
    if any("igdrcl" in path.read_text(encoding="utf-8", errors="replace") for path in files):
        return True
    names = opencl.platform_names()
    return None if names is None else any("intel" in name.lower() for name in names)


def npu_driver(system: str, can_load: Callable[[str], bool] | None = None) -> bool | None:
    """Tell whether the NPU driver has its library for programs; Windows keeps it where it cannot be looked up."""
    can_load = can_load or loads
    return any(can_load(name) for name in _NPU_DRIVERS) if system == "Linux" else None


def npu_compiler(libraries: Path | None, system: str, can_load: Callable[[str], bool] | None = None) -> bool | None:
    """Tell whether there is a compiler for the NPU: one in OpenVINO's ``libraries``, or else the driver's own."""
    can_load = can_load or loads
    if _has(libraries, "*openvino_intel_npu_compiler*"):
        return True
    return any(can_load(name) for name in _NPU_DRIVER_COMPILERS) if system == "Linux" else None


def openvino_libraries() -> Path | None:
    """Return the folder of OpenVINO's libraries, as its wheels have one; ``None`` for other installations."""
    found = or_none(lambda: importlib.util.find_spec("openvino"))
    places = list(found.submodule_search_locations or ()) if found else []
    return next((folder for place in places if (folder := Path(place, "libs")).is_dir()), None)


def loads(library: str) -> bool:
    """Tell whether the system's loader finds ``library`` and all that it needs."""
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def _of_family(family: str, root: Path) -> tuple[PciDevice, ...] | None:
    found = read_pci(root)
    return None if found is None else tuple(device for device in found if device.family == family)


def _has(folder: Path | None, pattern: str) -> bool | None:
    return None if folder is None else any(folder.glob(pattern))


def _group(path: Path) -> str:
    number = path.stat().st_gid
    try:
        return str(import_module("grp").getgrgid(number).gr_name)
    except (ImportError, KeyError):  # Windows has no groups of this kind, and a container may not name the host's
        return str(number)
