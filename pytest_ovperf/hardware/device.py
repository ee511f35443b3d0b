"""One device as OpenVINO sees it, and what stands in the way of one that cannot be used."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class ObstacleKind(StrEnum):
    """Why a device that OpenVINO knows cannot be used; the value is what scripts read."""

    NO_HARDWARE = "no-hardware"
    OPENVINO_MISSING = "openvino-missing"
    PLUGIN_MISSING = "plugin-missing"
    OPENCL_LOADER_MISSING = "opencl-loader-missing"
    LEVEL_ZERO_LOADER_MISSING = "level-zero-loader-missing"
    DRIVER_MISSING = "driver-missing"
    DRIVER_INCOMPATIBLE = "driver-incompatible"
    NODE_MISSING = "device-node-missing"
    NO_PERMISSION = "no-permission"
    NPU_COMPILER_MISSING = "npu-compiler-missing"
    PROBE_FAILED = "probe-failed"
    UNKNOWN = "unknown"

    @property
    def words(self) -> str:
        """The kind in words for people, short enough for the head of a run."""
        return _WORDS.get(self, self.value.replace("-", " "))


_WORDS = {
    ObstacleKind.NO_HARDWARE: "no such hardware",
    ObstacleKind.OPENVINO_MISSING: "OpenVINO missing",
    ObstacleKind.OPENCL_LOADER_MISSING: "OpenCL loader missing",
    ObstacleKind.LEVEL_ZERO_LOADER_MISSING: "Level Zero loader missing",
    ObstacleKind.NPU_COMPILER_MISSING: "NPU compiler missing",
    ObstacleKind.UNKNOWN: "reason unknown",
}


@dataclass(frozen=True, slots=True)
class Obstacle:
    """One thing in a device's way: its kind, what was seen, and what mends it."""

    kind: ObstacleKind
    seen: str
    remedy: str


@dataclass(frozen=True, slots=True)
class DeviceInfo:
    """One device as OpenVINO sees it.

    ``name`` is OpenVINO's (``GPU.1``), ``full_name`` the product's and ``capabilities`` the precisions and features it
    is optimised for (``BF16``, ``INT8``, …). Of a device that is not ``available`` only the name is known; ``reason``
    is what is in its way in a sentence or two, ``obstacles`` the same in its parts, the deciding one first, and
    ``said`` OpenVINO's own words. All three are empty for one that is available.

    ``streams`` are the fewest and the most that may be asked for, ``properties`` the names of those that may be set,
    sorted. What OpenVINO does not tell is empty, ``None`` for ``streams`` and 0 for ``memory_bytes``, which for the CPU
    is the memory that this process may use.
    """

    name: str
    full_name: str
    capabilities: tuple[str, ...]
    available: bool
    reason: str
    architecture: str = ""
    streams: tuple[int, int] | None = None
    driver: str = ""
    compiler: str = ""
    memory_bytes: int = 0
    obstacles: tuple[Obstacle, ...] = ()
    said: str = ""
    properties: tuple[str, ...] = ()

    @classmethod
    def absent(cls, name: str, reason: str, *obstacles: Obstacle, said: str = "") -> DeviceInfo:
        """Return the device of that name as one that cannot be used, for that reason."""
        return cls(name, "", (), available=False, reason=reason, obstacles=obstacles, said=said)

    @classmethod
    def hindered(cls, name: str, said: str, *obstacles: Obstacle) -> DeviceInfo:
        """Return the device as one that cannot be used for its ``obstacles``, of which OpenVINO ``said`` this."""
        return cls.absent(name, " ".join(each.seen for each in obstacles) or said, *obstacles, said=said)

    @classmethod
    def from_facts(cls, facts: Mapping[str, object]) -> DeviceInfo | None:
        """Return the device that ``facts`` spells out, ``None`` where it is not what `facts` makes."""
        match facts:
            case {
                "name": str(name),
                "full_name": str(full_name),
                "capabilities": list(capabilities),
                "available": bool(available),
                "reason": str(reason),
            }:
                pass
            case _:
                return None
        try:
            return cls(
                name,
                full_name,
                tuple(_text(each) for each in capabilities),
                available,
                reason,
                architecture=_text(facts.get("architecture", "")),
                streams=_streams(facts.get("streams")),
                driver=_text(facts.get("driver", "")),
                compiler=_text(facts.get("compiler", "")),
                memory_bytes=_count(facts.get("memory_bytes", 0)),
                obstacles=_obstacles(facts.get("obstacles", [])),
                said=_text(facts.get("said", "")),
                properties=_texts(facts.get("properties", [])),
            )
        except (TypeError, ValueError):
            return None

    def facts(self) -> dict[str, object]:
        """Return the device as plain JSON data; `from_facts` is the way back."""
        return {
            "name": self.name,
            "full_name": self.full_name,
            "capabilities": list(self.capabilities),
            "available": self.available,
            "reason": self.reason,
            "architecture": self.architecture,
            "streams": None if self.streams is None else list(self.streams),
            "driver": self.driver,
            "compiler": self.compiler,
            "memory_bytes": self.memory_bytes,
            "obstacles": [
                {"kind": str(each.kind), "seen": each.seen, "remedy": each.remedy} for each in self.obstacles
            ],
            "said": self.said,
            "properties": list(self.properties),
        }


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    return value


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise TypeError(value)
    return tuple(_text(each) for each in value)


def _count(value: object) -> int:
    if type(value) is not int or value < 0:
        raise TypeError(value)
    return value


def _streams(value: object) -> tuple[int, int] | None:
    if value is None:
        return None
    if not isinstance(value, list):
        raise TypeError(value)
    fewest, most = (_count(each) for each in value)
    return fewest, most


def _obstacles(value: object) -> tuple[Obstacle, ...]:
    if not isinstance(value, list):
        raise TypeError(value)
    return tuple(_obstacle(each) for each in value)


def _obstacle(value: object) -> Obstacle:
    match value:
        case {"kind": str(kind), "seen": str(seen), "remedy": str(remedy)}:
            return Obstacle(ObstacleKind(kind), seen, remedy)
    raise TypeError(value)
