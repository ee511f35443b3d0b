# ruff: noqa: ANN401  (OpenVINO ships no types; its objects are Any here)
"""What a compiled model says about itself: precision, devices, threads, streams and what became of the tuning."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_ovperf.hardware.tunable import PROPERTY_OF
from pytest_ovperf.records import ArmFacts

from .properties import read_settings
from .protocol import FROM_CACHE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .protocol import LoadRequest


def read_facts(openvino: Any, compiled: Any, request: LoadRequest, load_ns: int) -> ArmFacts:
    """Read back the effective precision, devices, threads, streams and settings of a compiled model."""
    devices = executing(compiled)
    names = ["INFERENCE_PRECISION_HINT", FROM_CACHE, *PROPERTY_OF.values(), *dict(request.tuning.properties)]
    read = _properties(compiled, devices, names)
    settings = read_settings(request, read)
    cached = request.cache_dir is not None or "CACHE_DIR" in dict(request.tuning.properties)
    if cached and read.get(FROM_CACHE) is not None:
        settings[FROM_CACHE] = "on" if read[FROM_CACHE] else "off"
    return ArmFacts(
        precision=precision_name(read.get("INFERENCE_PRECISION_HINT")),
        devices=devices,
        threads=int(read.get("INFERENCE_NUM_THREADS") or 0),
        load_ns=load_ns,
        versions={"openvino": str(openvino.get_version())},
        streams=int(read.get("NUM_STREAMS") or 0),
        settings=settings,
    )


def executing(compiled: Any) -> tuple[str, ...]:
    """Return the devices that execute a compiled model now."""
    return tuple(map(str, compiled.get_property("EXECUTION_DEVICES")))


def precision_name(value: Any) -> str:
    """Return OpenVINO's type as ``f32``, ``bf16``, …; ``dynamic`` where it leaves the choice to each operation."""
    if value is None:
        return "unknown"
    name = value.get_type_name() if hasattr(value, "get_type_name") else str(value)
    return "dynamic" if name == "undefined" else str(name)


def _properties(compiled: Any, devices: tuple[str, ...], names: list[str]) -> Mapping[str, Any]:
    """Return what is known of the properties ``names``.

    AUTO and HETERO keep those of their devices one level down. AUTO's own hint goes before its device's: of CUMULATIVE_
    THROUGHPUT the device is only told THROUGHPUT.
    """
    nested = _nested_properties(compiled, devices)
    found = {name: nested[name] for name in names if name in nested}
    for name in names:
        if name not in found or name == "PERFORMANCE_HINT":
            value = _property(compiled, name)
            if value is not None:
                found[name] = value
    return found


def _nested_properties(compiled: Any, devices: tuple[str, ...]) -> Mapping[str, Any]:
    """Return the properties of the first executing device behind AUTO or HETERO, which keep them one level down."""
    try:
        by_device = compiled.get_property("DEVICE_PROPERTIES")
    except RuntimeError:  # a plain device has no such property
        return {}
    for device in devices:
        properties = by_device.get(device.strip("()"))
        if properties:
            return dict(properties)
    return {}


def _property(compiled: Any, name: str) -> Any:
    try:
        return compiled.get_property(name)
    except RuntimeError:  # the device does not know it, such as threads on a GPU
        return None
