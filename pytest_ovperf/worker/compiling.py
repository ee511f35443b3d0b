"""Compiling a model in a process of its own: what a driver breaks there, it does not break here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .client import Worker
from .facts import check_devices, facts_from_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_ovperf.arms import Arm
    from pytest_ovperf.engines.protocol import LoadRequest
    from pytest_ovperf.records import ArmFacts

#: How long a device may take to compile a model, in seconds.
COMPILE_TIMEOUT_S = 600.0


def compile_in_worker(
    arm: Arm,
    request: LoadRequest,
    *,
    timeout_s: float = COMPILE_TIMEOUT_S,
    python: str | None = None,
    command: Sequence[str] | None = None,
) -> ArmFacts:
    """Compile the model of ``request`` for its device and return what it became; the inputs are not read.

    ``python`` and ``command`` are those of `Worker.start`. Raises `WorkerDiedError` if the driver ends the process and
    `WorkerHungError` after ``timeout_s``, both with the last output; `DeviceFailureError` with the cause,
    `DeviceAbsentError`, `ArmUnavailableError`, `ExtraMissingError` and `ModelError` as the engine does; and
    `MeasurementError` if another device executes than ``arm`` names.
    """
    with Worker.start(str(arm), python=python, command=command) as worker:
        facts = facts_from_json(worker.request("compile", timeout_s=timeout_s, request=request.to_json()))
    check_devices(arm, facts.devices)
    return facts
