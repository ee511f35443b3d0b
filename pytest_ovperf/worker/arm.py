"""One arm in its own process, with the types that a trial works with."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from pytest_ovperf.records import ArmFacts, Block, Interference

from .client import Worker
from .facts import check_devices, check_facts, facts_from_json

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import TracebackType

    from numpy.typing import NDArray

    from pytest_ovperf.arms import Arm
    from pytest_ovperf.engines.protocol import LoadRequest

_NS_PER_S = 1_000_000_000


@dataclass(frozen=True, slots=True)
class ArmTimeouts:
    """How long an arm may take, in seconds. A block's own length comes on top of ``block_s``.

    A generation, of which a block and the outputs hold one or two, may take ``generation_s``, and a user's function
    that tells how well an arm does its task ``score_s``.
    """

    load_s: float = 600.0
    block_s: float = 120.0
    outputs_s: float = 120.0
    generation_s: float = 600.0
    score_s: float = 3600.0


class ArmWorker:
    """A worker that holds one arm: start several, wait for each, then let them take turns."""

    def __init__(self, arm: Arm, request: LoadRequest, worker: Worker, timeouts: ArmTimeouts) -> None:
        self._arm = arm
        self._request = request
        self._worker = worker
        self._timeouts = timeouts
        self._facts: ArmFacts | None = None

    @classmethod
    def start(
        cls,
        arm: Arm,
        request: LoadRequest,
        *,
        python: str | None = None,
        command: Sequence[str] | None = None,
        timeouts: ArmTimeouts | None = None,
    ) -> Self:
        """Start the process, tell it to load, and return before it has: arms load side by side.

        ``python`` and ``command`` are those of `Worker.start`. Raises `WorkerDiedError`.
        """
        worker = Worker.start(str(arm), python=python, command=command)
        try:
            worker.send("load", request=request.to_json())
        except BaseException:
            worker.close()
            raise
        return cls(arm, request, worker, timeouts or ArmTimeouts())

    @property
    def pid(self) -> int:
        """The number of the arm's process."""
        return self._worker.pid

    def loaded(self) -> ArmFacts:
        """Wait until the model is loaded and return the facts, checked against the arm's promise.

        Raises `MeasurementError` if they differ from it, `DeviceFailureError` with the cause, `DeviceAbsentError`,
        `ArmUnavailableError`, `ExtraMissingError` or `ModelError` as the engine does, `WorkerError` if the process
        fails.
        """
        if self._facts is None:
            facts = facts_from_json(self._worker.receive(timeout_s=self._timeouts.load_s))
            check_facts(self._arm, facts, threads=self._request.cpu_threads)
            self._facts = facts
        return self._facts

    def block(self, min_ns: int, min_calls: int) -> Block:
        """Take one block of at least ``min_ns`` nanoseconds and ``min_calls`` calls.

        Raises `WorkerError` if the process fails, `DeviceFailureError` if the device does, and `MeasurementError` if
        another device executes than the arm names: AUTO may switch at any time.
        """
        timeout_s = self._longest_s(self._timeouts.block_s) + min_ns / _NS_PER_S
        value = self._worker.request("block", timeout_s=timeout_s, min_ns=min_ns, min_calls=min_calls)
        if "devices" in value:
            check_devices(self._arm, value["devices"])
        return block_of(value)

    def outputs(self) -> dict[str, NDArray[Any]]:
        """Return the floating-point outputs on the arm's inputs as float32, by name. Raises `WorkerError`.

        Engines name their outputs themselves; compare those whose names both arms have.
        """
        return fetch_outputs(self._worker, self._longest_s(self._timeouts.outputs_s))

    def predict(self, arrays: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        """Return the outputs on ``arrays``, one for each input by its name, as `outputs` does.

        The inputs that are timed stay. Raises `ModelError` for arrays that the model does not take, and what `outputs`
        does.
        """
        from pytest_ovperf.models.making.arrays import write_arrays  # noqa: PLC0415  (brings numpy)

        with tempfile.TemporaryDirectory(prefix="ovperf-inputs-") as folder:
            path = Path(folder) / "inputs.npz"
            write_arrays(path, arrays)
            return _fetch(self._worker, "predict", self._timeouts.outputs_s, inputs=str(path))

    def score(self, function: str) -> float:
        """Return what the user's ``function``, an import path, makes of the arm; it is called in the arm's process.

        Raises `ModelError` for a function that is not there, fails, or returns no finite number.
        """
        value = self._worker.request("score", timeout_s=self._timeouts.score_s, function=function)
        return float(value["score"])

    def graph(self) -> list[dict[str, Any]]:
        """Return the layers of the model's execution graph, each as `graphs.layers` reads it, in order.

        Empty where the device shows none, and of arms that are not OpenVINO's. For the end of a launch: the model runs
        once more for it, and an arm of GenAI compiles its IR once more. Raises `WorkerError` and `DeviceFailureError`.
        """
        if not self._request.engine.is_openvino:
            return []
        value = self._worker.request("graph", timeout_s=self._longest_s(self._timeouts.outputs_s))
        return list(value["layers"])

    def close(self) -> None:
        """End the process. Once is enough."""
        self._worker.close()

    def _longest_s(self, of_calls_s: float) -> float:
        """Return how long the worker may take for what, in single calls, may take ``of_calls_s``."""
        return max(of_calls_s, self._timeouts.generation_s) if self._request.new_tokens else of_calls_s

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def fetch_outputs(worker: Worker, timeout_s: float) -> dict[str, NDArray[Any]]:
    """Return the floating-point outputs of the model that ``worker`` has loaded as float32, by name."""
    return _fetch(worker, "outputs", timeout_s)


def _fetch(worker: Worker, do: str, timeout_s: float, **arguments: str) -> dict[str, NDArray[Any]]:
    """Let the worker ``do`` what writes arrays to a file, and return them by name."""
    import numpy as np  # noqa: PLC0415

    with tempfile.TemporaryDirectory(prefix="ovperf-outputs-") as folder:
        path = Path(folder) / "outputs.npz"
        worker.request(do, timeout_s=timeout_s, path=str(path), on_progress=None, **arguments)
        with np.load(path) as arrays:
            return {name: arrays[name] for name in arrays.files}


def block_of(value: Mapping[str, Any]) -> Block:
    """Return the block that a worker took."""
    return Block(
        latency_ns=tuple(value["latency_ns"]),
        interference=Interference(**value["interference"]),
        items=value.get("items", 1),
        elapsed_ns=value.get("elapsed_ns"),
        first_ns=tuple(value.get("first_ns", ())),
        tokens=value.get("tokens", 0),
        bytes=value.get("bytes"),
    )
