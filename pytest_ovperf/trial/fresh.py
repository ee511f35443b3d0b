"""An arm whose every block is a process of its own: for what a process does only once, such as loading a model.

Nothing can be warmed up here, and nothing may be left over. What is the same for every process and no part of the
model's cost goes before: the packages are imported, and the model's files are in the system's file cache, because a
load that nobody counts has read them.
"""

from __future__ import annotations

import shutil
import tempfile
from collections import deque
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from pytest_ovperf.engines.protocol import FROM_CACHE
from pytest_ovperf.errors import MeasurementError
from pytest_ovperf.metrics import WorkloadKind
from pytest_ovperf.tuning import CacheUse
from pytest_ovperf.worker.arm import ArmTimeouts, block_of, fetch_outputs
from pytest_ovperf.worker.client import Worker
from pytest_ovperf.worker.facts import check_facts, facts_from_json

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from pytest_ovperf.arms import Arm
    from pytest_ovperf.engines.protocol import LoadRequest
    from pytest_ovperf.records import ArmFacts, Block

#: How many processes import side by side: importing takes one processor each, and several times as long as loading.
_SIDE_BY_SIDE = 2

#: Inferences of a process whose memory is watched: what the later ones add is part of what the model needs.
_INFERENCES = 3


@dataclass(frozen=True, slots=True)
class _Process:
    """A worker that has imported its packages, or is still at it, and the cache folder of its own, if any."""

    worker: Worker
    cache: Path | None

    def close(self) -> None:
        self.worker.close()
        if self.cache is not None:
            shutil.rmtree(self.cache, ignore_errors=True)


class FreshArm:
    """An `ArmProcess` for the workloads LOAD and MEMORY: a block is one fresh process, which loads and infers.

    The process of the last block lives until the next one, or until `close`, for whoever wants its outputs.
    """

    def __init__(
        self, arm: Arm, request: LoadRequest, start: Callable[[], Worker], timeouts: ArmTimeouts | None = None
    ) -> None:
        self._arm = arm
        self._request = request
        self._start_worker = start
        self._timeouts = timeouts or ArmTimeouts()
        self._ready: deque[_Process] = deque()
        self._importing: list[_Process] = []
        self._last: _Process | None = None
        self._further: tuple[str, ...] = ()
        # The others compile nothing that could be kept.
        self._cache_use = request.tuning.cache if request.engine.is_openvino else None
        self._warm_cache: Path | None = None
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
        """Start the first processes and return while they import. Raises `WorkerDiedError`."""
        fresh = cls(arm, request, lambda: Worker.start(str(arm), python=python, command=command), timeouts)
        try:
            fresh._start()
        except BaseException:
            fresh.close()
            raise
        return fresh

    def loaded(self) -> ArmFacts:
        """Load once, uncounted, and return the facts, checked against the arm's promise; a warm cache is filled then.

        Raises what `ArmWorker.loaded` does, and `MeasurementError` if the device keeps nothing in the cache.
        """
        if self._facts is None:
            process = self._take()
            value = self._ask(process)
            self._facts = self._checked(value)
            # What came while loading, the other processes import before: it is no part of what they are timed for.
            self._further = tuple(value["imported"])
            for other in self._ready:
                self._import(other)
            self._await_imports()
            if self._warm_cache is not None and not any(self._warm_cache.iterdir()):
                raise MeasurementError(
                    f"{self._arm} keeps no compiled model in CACHE_DIR, so a warm cache is none.",
                    remedy="Leave cache=warm out for this device.",
                )
        return self._facts

    def block(self, min_ns: int, min_calls: int) -> Block:  # noqa: ARG002  (a process does it once)
        """Let a fresh process load the model and infer; return its times, or the memory that it took.

        Raises as `loaded` does, and `MeasurementError` if a model that the warm cache should hold was compiled anew.
        """
        process = self._take()
        value = self._ask(process)
        facts = self._checked(value)
        if self._facts is not None and self._warm_cache is not None and facts.settings.get(FROM_CACHE) == "off":
            raise MeasurementError(
                f"{self._arm} compiled the model anew, although CACHE_DIR held what the load before had kept.",
                remedy="Leave cache=warm out for this device.",
            )
        return block_of(value)

    def outputs(self) -> dict[str, NDArray[Any]]:
        """Return the outputs of the process of the last block, as `ArmWorker.outputs` does."""
        if self._last is None:
            self.loaded()
        assert self._last is not None  # noqa: S101  (`loaded` has made it)
        return fetch_outputs(self._last.worker, self._timeouts.outputs_s)

    def graph(self) -> Sequence[Mapping[str, Any]]:
        """Return nothing: what is measured is not how the model is executed."""
        return ()

    def close(self) -> None:
        """End all processes and remove the caches. Once is enough."""
        if self._last is not None:
            self._last.close()
            self._last = None
        while self._ready:
            self._ready.popleft().close()
        if self._warm_cache is not None:
            shutil.rmtree(self._warm_cache, ignore_errors=True)

    def _take(self) -> _Process:
        """End the process before and return one that has imported everything."""
        if self._last is not None:
            self._last.close()
            self._last = None
        if not self._ready:
            self._start()
        self._await_imports()
        self._last = self._ready.popleft()
        return self._last

    def _start(self) -> None:
        if self._cache_use is CacheUse.WARM and self._warm_cache is None:
            self._warm_cache = _new_folder()
        for _ in range(_SIDE_BY_SIDE):
            process = _Process(self._start_worker(), _new_folder() if self._cache_use is CacheUse.COLD else None)
            self._ready.append(process)
            self._import(process)

    def _import(self, process: _Process) -> None:
        process.worker.send("import", request=self._request.to_json(), modules=list(self._further))
        self._importing.append(process)

    def _await_imports(self) -> None:
        while self._importing:
            self._importing.pop().worker.receive(timeout_s=self._timeouts.load_s)

    def _ask(self, process: _Process) -> Mapping[str, Any]:
        request = replace(self._request, cache_dir=process.cache or self._warm_cache).to_json()
        if self._request.kind is WorkloadKind.MEMORY:
            return process.worker.request(
                "footprint", timeout_s=self._timeouts.load_s, request=request, inferences=_INFERENCES
            )
        return process.worker.request("first", timeout_s=self._timeouts.load_s, request=request)

    def _checked(self, value: Mapping[str, Any]) -> ArmFacts:
        facts = facts_from_json(value["facts"])
        check_facts(self._arm, facts, threads=self._request.cpu_threads)
        return facts


def _new_folder() -> Path:
    return Path(tempfile.mkdtemp(prefix="ovperf-cache-"))
