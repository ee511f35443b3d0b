"""What the OpenCL loader finds: GPU drivers say by it that they are there."""

from __future__ import annotations

import ctypes
import sys

_PLATFORM_NAME = 0x0902
_MAX_PLATFORMS = 64

#: The file that programs load, by system.
LOADER = "OpenCL.dll" if sys.platform == "win32" else "libOpenCL.so.1"


def platform_names(library: str = LOADER) -> tuple[str, ...] | None:
    """Return the names of the platforms that the loader finds, ``None`` where there is no loader.

    Loads drivers into this process, which may cost it its life: for the probe's process only.
    """
    try:
        loader = ctypes.CDLL(library)
        list_platforms, describe = loader.clGetPlatformIDs, loader.clGetPlatformInfo
    except (OSError, AttributeError):
        return None
    describe.argtypes = [ctypes.c_void_p, ctypes.c_uint, ctypes.c_size_t, ctypes.c_void_p, ctypes.c_void_p]
    number = ctypes.c_uint(0)
    room = (ctypes.c_void_p * _MAX_PLATFORMS)()
    if list_platforms(_MAX_PLATFORMS, room, ctypes.byref(number)):  # an error code: none was found, mostly
        return ()
    names = []
    for platform in room[: min(number.value, _MAX_PLATFORMS)]:
        name = ctypes.create_string_buffer(256)
        if describe(platform, _PLATFORM_NAME, len(name) - 1, name, None) == 0:
            names.append(name.value.decode("utf-8", errors="replace"))
    return tuple(names)
