"""Arms of which nothing is executed: what their files weigh, and how long making them takes."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from pytest_ovperf.errors import ArmError
from pytest_ovperf.models.sizes import model_bytes
from pytest_ovperf.records import ArmFacts, Block
from pytest_ovperf.worker.arm import block_of
from pytest_ovperf.worker.client import Worker

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from pytest_ovperf.arms import Arm
    from pytest_ovperf.engines.protocol import LoadRequest
    from pytest_ovperf.models.jobs import BuildJob

#: An export may take this long, in seconds.
_EXPORT_TIMEOUT_S: Final = 3600.0

_CHUNK: Final = 1 << 24


@dataclass(frozen=True, slots=True)
class FilesArm:
    """An `ArmProcess` for the workload FILES; there is no process, and the size is that of the files to be loaded."""

    arm: Arm
    request: LoadRequest

    def loaded(self) -> ArmFacts:
        """Return what is known of an arm that nobody runs."""
        return facts_of_files(self.arm)

    def block(self, min_ns: int, min_calls: int) -> Block:  # noqa: ARG002  (files do not change by being looked at)
        """Return the size of the files in bytes. Raises `ModelError` where there are none."""
        asked = self.request
        return Block((), bytes=model_bytes(ir=asked.ir, weights=asked.weights, onnx=asked.onnx))

    def outputs(self) -> Mapping[str, NDArray[Any]]:
        """Return nothing: files that are not loaded have no outputs."""
        return {}

    def graph(self) -> Sequence[Mapping[str, Any]]:
        """Return nothing: files that are not loaded are not executed."""
        return ()

    def close(self) -> None:
        """Do nothing."""


@dataclass(frozen=True, slots=True)
class ExportArm:
    """An `ArmProcess` for the workload EXPORT: a block is one fresh process, which makes the arm's files anew.

    ``jobs`` make them, in order, in an empty folder that is gone afterwards. Raises `ArmError` where there are none.
    """

    arm: Arm
    jobs: Sequence[BuildJob]
    start: Callable[[str], Worker] = Worker.start

    def __post_init__(self) -> None:
        if not self.jobs:
            raise ArmError(
                f"{self.arm.name} is used as it was given: there is no export whose time could be taken.",
                remedy="Ask for it of an arm whose files are made, such as openvino-int8.",
            )

    def loaded(self) -> ArmFacts:
        """Bring what the export starts from into the system's file cache."""
        for path in {path for job in self.jobs for path in (job.weights, job.ir) if path is not None}:
            _read_through(path)
        return facts_of_files(self.arm)

    def block(self, min_ns: int, min_calls: int) -> Block:  # noqa: ARG002  (an export is long enough)
        """Return how long one export takes. Raises what building the model does."""
        with (
            tempfile.TemporaryDirectory(prefix="ovperf-export-", ignore_cleanup_errors=True) as folder,
            self.start(f"exporting {self.arm}") as worker,
        ):
            jobs = [job.to_json() for job in self.jobs]
            return block_of(worker.request("export", timeout_s=_EXPORT_TIMEOUT_S, jobs=jobs, folder=folder))

    def outputs(self) -> Mapping[str, NDArray[Any]]:
        """Return nothing: what was exported is not loaded."""
        return {}

    def graph(self) -> Sequence[Mapping[str, Any]]:
        """Return nothing: what was exported is not executed."""
        return ()

    def close(self) -> None:
        """Do nothing: each block ends its own process."""


def facts_of_files(arm: Arm) -> ArmFacts:
    """Return the facts of an arm that is not executed: how its weights are kept, and where they would run."""
    return ArmFacts(precision=str(arm.precision), devices=(arm.device,), threads=0, load_ns=0, versions={})


def _read_through(path: Path) -> None:
    """Read a file, the weights of an IR beside it, or the files in a directory, to the end."""
    files = path.iterdir() if path.is_dir() else (path, path.with_suffix(".bin"))
    for file in files:
        if file.is_file():
            with file.open("rb") as stream:
                while stream.read(_CHUNK):
                    pass
