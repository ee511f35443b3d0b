"""What is raced live: two arms of one artefact, one of them slowed by a known share, or really made slower."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping  # noqa: TC003  (dataclass annotations stay resolvable)
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_ovperf.arms import Arm, Precision, parse_arm
from pytest_ovperf.worker.arm import ArmWorker

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_ovperf.engines.protocol import LoadRequest

_SLOWED_WORKER = Path(__file__).resolve().parent.parent / "slowed_worker.py"
_EXTRA_LAYER = Path(__file__).with_name("extra_layer.py")
_BUILD_TIMEOUT_S = 600.0

FP32 = parse_arm("openvino-fp32", "CPU")
INT8 = parse_arm("openvino-int8", "CPU")


class NotHereError(Exception):
    """A scenario that this machine or this model cannot have."""


@dataclass(frozen=True, slots=True)
class Contender:
    """One side of a race: the arm that it promises to be, what it loads, and by how much its calls are slowed."""

    arm: Arm
    request: LoadRequest
    slowed: float = 0.0

    def start(self) -> ArmWorker:
        """Start its worker."""
        command = [sys.executable, str(_SLOWED_WORKER), str(self.slowed)] if self.slowed else None
        return ArmWorker.start(self.arm, self.request, command=command)


@dataclass(frozen=True, slots=True)
class Model:
    """A model to race with: how each arm loads it, and a folder for what is made of it."""

    name: str
    requests: Mapping[Arm, LoadRequest]
    folder: Path


@dataclass(frozen=True, slots=True)
class Scenario:
    """A race. ``share`` is by how much the candidate is slower, where that is known; ``weight`` how often it is run."""

    name: str
    share: float
    weight: int
    sides: Callable[[Model], tuple[Contender, Contender]]


def _identical(model: Model) -> tuple[Contender, Contender]:
    same = Contender(FP32, model.requests[FP32])
    return same, same


def _slowed(share: float) -> Callable[[Model], tuple[Contender, Contender]]:
    def sides(model: Model) -> tuple[Contender, Contender]:
        as_it_is = Contender(FP32, model.requests[FP32])
        return replace(as_it_is, slowed=share), as_it_is

    return sides


def _slowed_reference(model: Model) -> tuple[Contender, Contender]:
    slowed, as_it_is = _slowed(0.10)(model)
    return as_it_is, slowed


def _one_thread_less(model: Model) -> tuple[Contender, Contender]:
    request = model.requests[FP32]
    if request.threads <= 1:
        raise NotHereError("this machine has one core")
    return Contender(FP32, replace(request, threads=request.threads - 1)), Contender(FP32, request)


def _extra_layer(model: Model) -> tuple[Contender, Contender]:
    request = model.requests[FP32]
    if request.ir is None:
        raise NotHereError(f"{model.name} has no IR")
    longer = model.folder / f"{model.name}-extra-layer.xml"
    if not longer.exists():
        command = [sys.executable, str(_EXTRA_LAYER), str(request.ir), str(request.inputs), str(longer)]
        print(f"{model.name}: adding layers", flush=True)
        done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=_BUILD_TIMEOUT_S)  # noqa: S603
        if done.returncode:
            longer.unlink(missing_ok=True)
            raise NotHereError(f"{model.name} with more layers: {done.stderr[-500:]}")
        print(f"{model.name}: {done.stdout.strip()}", flush=True)
    return Contender(FP32, replace(request, ir=longer)), Contender(FP32, request)


def _fp32_for_int8(model: Model) -> tuple[Contender, Contender]:
    promised, plain = model.requests[INT8], model.requests[FP32]
    if promised.precision is not Precision.INT8 or promised.ir == plain.ir:
        raise NotHereError(f"{model.name} has no INT8 of its own")
    return Contender(INT8, replace(promised, ir=plain.ir)), Contender(INT8, promised)


#: Known slow-downs, and how often each is run: most of all the one that races are meant to find.
_SLOWED_BY = {0.02: 1, 0.03: 1, 0.05: 2, 0.10: 1, 0.20: 1}

SCENARIOS = (
    Scenario("identical", 0.0, 4, _identical),
    *(Scenario("busy-wait", share, weight, _slowed(share)) for share, weight in _SLOWED_BY.items()),
    Scenario("reference slowed 10 %", 0.0, 1, _slowed_reference),
    Scenario("one thread less", 0.0, 1, _one_thread_less),
    Scenario("extra layers", 0.0, 1, _extra_layer),
    Scenario("FP32 served for INT8", 0.0, 1, _fp32_for_int8),
)
