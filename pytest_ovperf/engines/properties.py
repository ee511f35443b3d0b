# ruff: noqa: ANN401  (OpenVINO ships no types; its objects are Any here)
"""An arm's tuning as OpenVINO's properties: what it is compiled with, checked by name, and read back as text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_ovperf.errors import ArmUnavailableError
from pytest_ovperf.hardware.devices import FAMILIES, base_devices, chooser_of
from pytest_ovperf.hardware.tunable import CORE_PROPERTIES, META_PROPERTIES, PROPERTY_OF
from pytest_ovperf.metrics import WorkloadKind
from pytest_ovperf.tuning import AUTO, CoreType, Hint, Mode

from .capability import PROMISED
from .refusals import Subject

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from .protocol import LoadRequest

#: Our words for values, and OpenVINO's.
_CORE_TYPES = {
    CoreType.ANY: "ANY_CORE",
    CoreType.PERFORMANCE: "PCORE_ONLY",
    CoreType.EFFICIENT: "ECORE_ONLY",
}

#: What devices that choose among others hand on by themselves to those that they choose.
_HANDED_ON = frozenset(
    {"PERFORMANCE_HINT", "PERFORMANCE_HINT_NUM_REQUESTS", "EXECUTION_MODE_HINT", "INFERENCE_PRECISION_HINT"}
)

#: What only some kinds of devices have, and the others behind AUTO or HETERO are not asked for.
_FAMILIES: Mapping[str, tuple[str, ...]] = {
    "INFERENCE_NUM_THREADS": ("CPU",),
    "SCHEDULING_CORE_TYPE": ("CPU",),
    "ENABLE_HYPER_THREADING": ("CPU",),
    "ENABLE_CPU_PINNING": ("CPU", "GPU"),
}


def compile_properties(request: LoadRequest) -> dict[str, Any]:
    """Return the properties that the arm is compiled with.

    Without a hint in its tuning an arm gets the one that benchmark_app would take: THROUGHPUT for a queue of requests,
    LATENCY for one request after the other. Other settings go before what a hint would choose by itself.
    """
    chooser = chooser_of(request.device)
    wanted = _wanted(request)
    if not chooser:
        return wanted
    general = _HANDED_ON | CORE_PROPERTIES | META_PROPERTIES[chooser]
    properties = {name: value for name, value in wanted.items() if name in general}
    below = {name: value for name, value in wanted.items() if name not in general}
    by_device = {
        device: own
        for device in base_devices(request.device) or FAMILIES
        if (own := {name: value for name, value in below.items() if _may_have(device, name)})
    }
    if by_device:
        properties["DEVICE_PROPERTIES"] = by_device
    if chooser == "AUTO":
        # Else the CPU stands in while the chosen device still compiles, and would be what is timed.
        properties.setdefault("ENABLE_STARTUP_FALLBACK", False)
    return properties


def default_hint(request: LoadRequest) -> Hint:
    """Return the hint of an arm whose tuning names none."""
    queued = request.kind is WorkloadKind.STREAM and request.tuning.mode is not Mode.SYNC
    return Hint.THROUGHPUT if queued else Hint.LATENCY


def check_properties(core: Any, request: LoadRequest) -> None:
    """Raise unless some device behind ``request`` takes each property of the tuning, by name and by value.

    Done before the model is read, since AUTO and HETERO would drop what they do not know without a word. Raises
    `ArmUnavailableError` for a name that no device lists, `BadConfigError` for a value that one refuses.
    """
    own = dict(request.tuning.properties)
    general = META_PROPERTIES.get(chooser_of(request.device), frozenset())
    named = [PROPERTY_OF[setting] for setting in request.tuning.settings if setting in PROPERTY_OF]
    asked = [name for name in (*named, *own) if name not in CORE_PROPERTIES]
    if not asked:
        return
    devices = base_devices(request.device) or tuple(core.available_devices)
    lists = {device: _settable(core, device) for device in devices}
    for name in asked:
        takers = [device for device, names in lists.items() if not names or name in names]
        if lists and not takers and name not in general:
            raise ArmUnavailableError(
                f"{request.device} has no property {name} that could be set.",
                remedy="`ovperf devices --json` lists what each device takes.",
            )
        for device in takers if name in own else ():
            with Subject(device).trying(f"set {name}={own[name]} on {device}"):
                core.set_property(device, {name: own[name]})


def read_settings(request: LoadRequest, read: Mapping[str, Any]) -> dict[str, str]:
    """Return what became of the tuning, by the names of its settings and properties, as the tuning would write it.

    ``read`` holds the compiled model's properties by name; what it does not hold is left out.
    """
    found = {
        setting: _text(setting, read[name])
        for setting, name in PROPERTY_OF.items()
        if read.get(name) is not None and setting not in ("threads", "requests")
    }
    return found | {name: _plain(read[name]) for name, _ in request.tuning.properties if read.get(name) is not None}


def _wanted(request: LoadRequest) -> dict[str, Any]:
    """Return all that the arm asks for, by property."""
    tuning = request.tuning
    hint = tuning.hint or default_hint(request)
    values: dict[str, Any] = {
        "PERFORMANCE_HINT": None if hint is Hint.NONE else hint.value.upper(),
        "INFERENCE_PRECISION_HINT": PROMISED.get(request.precision),
        "INFERENCE_NUM_THREADS": (request.cpu_threads or None) if _may_use_cpu(request.device) else None,
        "NUM_STREAMS": AUTO.upper() if tuning.streams == AUTO else tuning.streams,
        # So that a plugin plans for as many as there will be, as benchmark_app does.
        "PERFORMANCE_HINT_NUM_REQUESTS": tuning.requests,
        "EXECUTION_MODE_HINT": None if tuning.execution_mode is None else tuning.execution_mode.value.upper(),
        "SCHEDULING_CORE_TYPE": None if tuning.core_type is None else _CORE_TYPES[tuning.core_type],
        "ENABLE_CPU_PINNING": tuning.pinning,
        "ENABLE_HYPER_THREADING": tuning.hyper_threading,
        "CACHE_DIR": None if request.cache_dir is None else str(request.cache_dir),
        **dict(tuning.properties),
    }
    return {name: value for name, value in values.items() if value is not None}


def _may_use_cpu(device: str) -> bool:
    named = base_devices(device)
    return not named or "CPU" in named


def _may_have(device: str, name: str) -> bool:
    family = device.partition(".")[0]
    prefix = name.partition("_")[0]
    if prefix in ("CPU", "GPU", "NPU"):
        return prefix == family
    return family in _FAMILIES.get(name, (family,))


def _settable(core: Any, device: str) -> Collection[str]:
    with Subject(device).trying(f"ask {device} for its properties"):
        listed = core.get_property(device, "SUPPORTED_PROPERTIES")
    return {str(name) for name, access in listed.items() if str(access) != "RO"}


def _text(setting: str, value: Any) -> str:
    """Return a property's value as the tuning writes the setting."""
    plain = _plain(value)
    if setting == "core_type":
        return next((str(ours) for ours, theirs in _CORE_TYPES.items() if theirs == plain.upper()), plain.lower())
    return plain.lower()


def _plain(value: Any) -> str:
    """Return a value as text: truths as ``on`` and ``off``, members of OpenVINO's enumerations by their names."""
    if isinstance(value, bool):
        return "on" if value else "off"
    if hasattr(value, "get_type_name"):
        return str(value.get_type_name())
    return str(getattr(value, "name", value))
