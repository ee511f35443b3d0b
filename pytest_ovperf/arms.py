"""What is compared: arms by engine, precision, device and tuning, as users name them, and the question about two."""

from __future__ import annotations

import re
from collections.abc import Mapping  # noqa: TC003  (annotations stay resolvable)
from dataclasses import dataclass, replace
from enum import StrEnum

from .errors import ArmError
from .metrics import Metric, Workload  # noqa: TC001  (dataclass annotations stay resolvable)
from .tuning import UNTUNED, Tuning


class Engine(StrEnum):
    """Who executes the model."""

    PYTORCH = "pytorch"
    OPENVINO = "openvino"
    GENAI = "genai"
    ONNXRUNTIME = "onnxruntime"
    CALL = "call"  # a function of the user's own

    @property
    def is_openvino(self) -> bool:
        """Whether OpenVINO executes the model, so that it has devices, properties and an execution graph of its."""
        return self in (Engine.OPENVINO, Engine.GENAI)

    @property
    def is_on_cpu(self) -> bool:
        """Whether it runs on the CPU here, whatever device a test asks for."""
        return self in (Engine.PYTORCH, Engine.ONNXRUNTIME)

    @property
    def written(self) -> str:
        """Its name as its makers write it."""
        return _WRITTEN[self]


_WRITTEN: Mapping[Engine, str] = {
    Engine.PYTORCH: "PyTorch",
    Engine.OPENVINO: "OpenVINO",
    Engine.GENAI: "OpenVINO GenAI",
    Engine.ONNXRUNTIME: "ONNX Runtime",
    Engine.CALL: "a function of your own",
}


class Precision(StrEnum):
    """The precision that an arm promises. ``NATIVE`` is whatever the device chooses by itself.

    ``FP16``, ``INT8`` of a language model and ``INT4`` say how the weights are kept; they are computed with in FP32.
    """

    FP32 = "fp32"
    FP16 = "fp16"
    BF16 = "bf16"
    INT8 = "int8"
    INT4 = "int4"
    NATIVE = "native"


@dataclass(frozen=True, slots=True)
class Arm:
    """What is timed: an engine at a precision on a device, tuned or as it comes.

    ``release`` is the version of OpenVINO that another environment brings, where it runs in one; empty in this one.
    ``function`` is the import path, such as ``shop.search:with_openvino``, of what makes the call of `Engine.CALL`.
    """

    engine: Engine
    precision: Precision
    device: str
    tuning: Tuning = UNTUNED
    release: str = ""
    function: str = ""

    @property
    def kind(self) -> str:
        """Engine and precision as users write them, such as ``openvino-int8``; a function by its import path."""
        if self.function:
            return self.function
        if self.precision is Precision.NATIVE:
            return str(self.engine)
        return f"{self.engine}-{self.precision}"

    @property
    def name(self) -> str:
        """The name that users write, such as ``openvino-int8`` or ``openvino-int8[streams=2]``.

        Of an arm in another environment it goes on with ``with OpenVINO 2025.4.1``, which nobody writes.
        """
        name = f"{self.kind}[{self.tuning}]" if self.tuning else self.kind
        return f"{name}{_WITH_RELEASE}{self.release}" if self.release else name

    def __str__(self) -> str:
        return f"{self.name} on {self.device}"


#: Every arm that can be asked for by name.
ARMS: Mapping[str, tuple[Engine, Precision]] = {
    "pytorch-fp32": (Engine.PYTORCH, Precision.FP32),
    "pytorch-bf16": (Engine.PYTORCH, Precision.BF16),
    "openvino": (Engine.OPENVINO, Precision.NATIVE),
    "openvino-fp32": (Engine.OPENVINO, Precision.FP32),
    "openvino-fp16": (Engine.OPENVINO, Precision.FP16),
    "openvino-bf16": (Engine.OPENVINO, Precision.BF16),
    "openvino-int8": (Engine.OPENVINO, Precision.INT8),
    "openvino-int4": (Engine.OPENVINO, Precision.INT4),
    "onnxruntime-fp32": (Engine.ONNXRUNTIME, Precision.FP32),
    "genai": (Engine.GENAI, Precision.NATIVE),
    "genai-fp32": (Engine.GENAI, Precision.FP32),
    "genai-bf16": (Engine.GENAI, Precision.BF16),
    "genai-int8": (Engine.GENAI, Precision.INT8),
    "genai-int4": (Engine.GENAI, Precision.INT4),
}

#: What comes between an arm's own name and the release that it runs with.
_WITH_RELEASE = " with OpenVINO "

#: An import path, as entry points have it: a module, a colon, and an object in it.
IMPORT_PATH = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)*:[^\W\d]\w*(?:\.[^\W\d]\w*)*")

_ARM = re.compile(r"\s*(?P<kind>[^@\[\]]*?)\s*(?:\[(?P<tuning>[^\]]*)\])?\s*(?P<at>@\s*(?P<own>.*?))?\s*")


def parse_arm(name: str, device: str, general: Tuning = UNTUNED) -> Arm:
    """Return the arm of that name on ``device``, or on its own: ``openvino-fp32[streams=2]@AUTO:CPU``.

    What its brackets leave open is taken from ``general``. Arms on PyTorch and ONNX Runtime run on the CPU whatever
    ``device`` is. What follows the ``@`` is handed on as it stands. A name such as ``shop.search:setup`` is the import
    path of a function. Raises `ArmError` for a name that is neither that nor in `ARMS`, brackets that hold no tuning,
    an ``@`` with nothing behind it, and an arm elsewhere that runs on the CPU.
    """
    parts = _ARM.fullmatch(name)
    kind, at, own = (parts["kind"], parts["at"], parts["own"] or "") if parts else (name, None, "")
    tuning = Tuning.parse(parts["tuning"] or "").over(general) if parts else general
    engine, precision = _named(name, kind)
    if at and not own:
        raise ArmError(f"The arm {name!r} names no device.", remedy=f"Write {kind}@CPU, or {kind} for the test's own.")
    if engine.is_on_cpu:
        if own.upper() not in ("", "CPU"):
            raise ArmError(f"There is no arm {name!r}: {engine.written} runs on the CPU here.", remedy=f"Write {kind}.")
        return Arm(engine, precision, "CPU", tuning)
    return Arm(engine, precision, own or device, tuning, function=kind if engine is Engine.CALL else "")


def _named(name: str, kind: str) -> tuple[Engine, Precision]:
    """Return engine and precision of ``kind``, which is a part of ``name``. Raises `ArmError`."""
    if kind in ARMS:
        return ARMS[kind]
    if IMPORT_PATH.fullmatch(kind):
        return Engine.CALL, Precision.NATIVE
    raise ArmError(
        f"There is no arm {name!r}.",
        remedy=f"Choose one of: {', '.join(ARMS)}; or name a function of your own by its import path: "
        "shop.search:with_openvino.",
    )


def named_arm(name: str, device: str) -> Arm:
    """Return the arm whose `Arm.name` is ``name``, with the release that it tells. Raises `ArmError` as `parse_arm`."""
    own, _, release = name.partition(_WITH_RELEASE)
    return replace(parse_arm(own, device), release=release)


class Side(StrEnum):
    """One of the two arms of a comparison."""

    CANDIDATE = "candidate"
    REFERENCE = "reference"


@dataclass(frozen=True, slots=True)
class Comparison:
    """A question: how much better ``candidate`` is than ``reference`` at ``metric``, on this model and workload."""

    model: str
    candidate: Arm
    reference: Arm
    metric: Metric
    workload: Workload

    def arm(self, side: Side) -> Arm:
        """Return the arm on that side."""
        return self.candidate if side is Side.CANDIDATE else self.reference

    @property
    def is_race(self) -> bool:
        """Whether it is one arm in two environments: with this one's OpenVINO, over another release."""
        return bool(self.reference.release)

    @property
    def arms(self) -> str:
        """Both arms by name, with their devices where it is these that are compared; what both set is said once."""
        candidate, reference = self.candidate, self.reference
        if self.is_race:
            return f"{candidate.name} over itself{_WITH_RELEASE}{reference.release}"
        ours, theirs = candidate.tuning.settings, reference.tuning.settings
        both = {name: value for name, value in ours.items() if theirs.get(name) == value}
        names = [
            replace(arm, tuning=Tuning.of({name: own[name] for name in own if name not in both})).name
            for arm, own in ((candidate, ours), (reference, theirs))
        ]
        chosen = not any(arm.engine.is_on_cpu for arm in (candidate, reference))
        if chosen and candidate.device != reference.device:
            names = [f"{names[0]}@{candidate.device}", f"{names[1]}@{reference.device}"]
        at = f" at {Tuning.of(both)}" if both else ""
        return f"{names[0]} over {names[1]}{at}"

    def __str__(self) -> str:
        return f"{self.arms}, {self.metric} of {self.model} ({self.workload})"
