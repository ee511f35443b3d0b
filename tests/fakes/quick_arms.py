"""Arms that take no time, on a machine that does not exist: for runs of pytest that are about what comes afterwards.

A conftest installs them: ``runpy.run_path(…)["install"]()``. The session, its trials, its judges and its reports are
the real ones. `CALL_NS` is what a call of each kind of arm takes at batch 1, with a scatter of one percent that is the
same in every run; a batch of n takes as long as n/2 + 1/2 single calls. Streams, threads and the like change nothing.
An arm of another environment takes `OLD` times as long, and fails where `REFUSED` has its kind. Execution graphs are
what `LAYERS` and `SHARES` say.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import numpy as np

from pytest_ovperf.errors import WorkerDiedError
from pytest_ovperf.hardware.device import DeviceInfo
from pytest_ovperf.hardware.probe import Machine
from pytest_ovperf.hardware.profile import HardwareProfile
from pytest_ovperf.metrics import WorkloadKind
from pytest_ovperf.records import ArmFacts, Block
from pytest_ovperf.session import session
from pytest_ovperf.session.arms import Arms
from pytest_ovperf.worker.profiling import ArmProfile

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from pytest_ovperf.arms import Arm
    from pytest_ovperf.models.spec import ModelSpec

    #: What an arm is opened for: the kind of workload, and the tokens that it generates.
    Asked = tuple[WorkloadKind, int]

CALL_NS = {
    "genai-int8": 5_000_000,
    "openvino-int8": 10_000_000,
    "openvino-bf16": 15_000_000,
    "openvino-fp32": 20_000_000,
    "pytorch-fp32": 30_000_000,
}
#: What a call of any other arm takes, a function of the user's among them.
OTHER_NS = 40_000_000
#: The share of a generation that goes by before its first token.
FIRST = 0.25
BYTES_PER_NS = 10
PRECISIONS = {"openvino-bf16": "bf16"}
#: What any score= makes of each kind of arm.
SCORES = {"openvino-int8": 0.9123}
SCORE = 0.92
#: By how much arms of another environment are slower, by kind, and what they raise when they are loaded.
OLD: dict[str, float] = {}
REFUSED: dict[str, Exception] = {}
#: The execution graph of each kind of arm, by release (empty: this environment), as a worker sends it; others have
#: none. What an arm's layers take by their names, in shares of its call; others cannot be profiled.
LAYERS: dict[str, dict[str, Sequence[Mapping[str, Any]]]] = {}
SHARES: dict[str, dict[str, Mapping[str, float]]] = {}
MACHINE = Machine(
    HardwareProfile(
        vendor="GenuineIntel",
        brand="Imagined CPU",
        family="6",
        model="1",
        stepping="1",
        physical_cores=2,
        logical_cores=4,
        isa=("avx2", "avx512f"),
        memory_gib=8,
        virtual=False,
        system="Linux",
        arch="x86_64",
    ),
    (
        DeviceInfo("CPU", "Imagined CPU", ("FP32", "BF16", "INT8"), available=True, reason=""),
        DeviceInfo("GPU", "Imagined GPU", ("FP16",), available=True, reason="", driver="1.2.3"),
        DeviceInfo.absent("NPU", "There is none."),
    ),
    {"python": "3.11.7", "openvino": "2026.4.1", "torch": "2.13.0", "pytest-ovperf": "0.1.0"},
)


class QuickArm:
    """An arm whose calls are made up."""

    def __init__(self, arm: Arm, kind: WorkloadKind, new_tokens: int) -> None:
        self._arm = arm
        self._kind = kind
        self._new_tokens = new_tokens
        self._batch = arm.tuning.batch or 1
        self._rng = random.Random(str(arm))  # noqa: S311  (a scatter)

    def loaded(self) -> ArmFacts:
        name = self._arm.kind
        if self._arm.release and name in REFUSED:
            raise REFUSED[name]
        package = "torch" if name == "pytorch-fp32" else "openvino"
        precision = PRECISIONS.get(name, "f32")
        return ArmFacts(
            precision, (self._arm.device,), 2, 5_000_000, {package: self._arm.release or MACHINE.versions[package]}
        )

    def block(self, min_ns: int, min_calls: int) -> Block:
        call_ns = CALL_NS.get(self._arm.kind, OTHER_NS) * (self._batch + 1) // 2
        if self._arm.release:
            call_ns = round(call_ns * OLD.get(self._arm.kind, 1.0))
        if self._kind in (WorkloadKind.MEMORY, WorkloadKind.FILES):
            return Block((), bytes=call_ns * BYTES_PER_NS)
        if self._kind in (WorkloadKind.LOAD, WorkloadKind.EXPORT):
            return Block((call_ns,), first_ns=(2 * call_ns,))
        calls = max(min_calls, -(-min_ns // call_ns))
        times = tuple(round(call_ns * self._rng.uniform(1, 1.01)) for _ in range(calls))
        if self._kind is WorkloadKind.STREAM:
            return Block(times, items=self._batch, elapsed_ns=sum(times))
        if self._kind is WorkloadKind.GENERATE:
            first = tuple(round(time * FIRST) for time in times)
            return Block(times, items=self._batch, first_ns=first, tokens=self._new_tokens)
        return Block(times, items=self._batch)

    def outputs(self) -> dict[str, NDArray[Any]]:
        return {"logits": np.ones((self._batch, 2), dtype=np.float32)}

    def graph(self) -> Sequence[Mapping[str, Any]]:
        if self._kind not in (WorkloadKind.INFER, WorkloadKind.STREAM, WorkloadKind.GENERATE):
            return ()
        return LAYERS.get(self._arm.kind, {}).get(self._arm.release, ())

    def close(self) -> None:
        pass


def install() -> None:
    """Put the arms and the machine in the place of real ones, in this process."""

    def prepare(
        _self: Arms,
        spec: ModelSpec,
        *arms: Arm,
        kind: WorkloadKind = WorkloadKind.INFER,
        prompt: tuple[int, int] | None = None,
        new_tokens: int = 0,
    ) -> tuple[ModelSpec, dict[Arm, Asked]]:
        assert (prompt is None) is (new_tokens == 0)
        return spec, dict.fromkeys(arms, (kind, new_tokens))

    def open_arm(_self: Arms, request: Asked, arm: Arm) -> QuickArm:
        return QuickArm(arm, *request)

    def outputs(_self: Arms, requests: Mapping[Arm, Asked]) -> dict[Arm, Mapping[str, NDArray[Any]]]:
        return {arm: QuickArm(arm, *request).outputs() for arm, request in requests.items()}

    def scores(_self: Arms, requests: Mapping[Arm, Asked], _function: str) -> dict[Arm, float]:
        return {arm: SCORES.get(arm.kind, SCORE) for arm in requests}

    def profile(_self: Arms, _request: Asked, arm: Arm, _calls: int) -> ArmProfile:
        try:
            rows, shares = LAYERS[arm.kind][arm.release], SHARES[arm.kind][arm.release]
        except KeyError:
            raise WorkerDiedError(f"{arm}: the worker ended.", remedy="None.") from None
        call_ns = CALL_NS[arm.kind] * (OLD.get(arm.kind, 1.0) if arm.release else 1.0)
        return ArmProfile(rows, {name: share * call_ns for name, share in shares.items()}, call_ns)

    Arms.profile = profile  # type: ignore[method-assign,assignment]
    Arms.outputs = outputs  # type: ignore[method-assign,assignment]
    Arms.scores = scores  # type: ignore[method-assign,assignment]
    Arms.prepare = prepare  # type: ignore[method-assign,assignment]
    Arms.open = open_arm  # type: ignore[method-assign,assignment]
    vars(session)["read_machine"] = lambda: MACHINE
