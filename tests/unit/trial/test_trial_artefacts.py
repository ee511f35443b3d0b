from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, cast

import pytest

from pytest_ovperf.arms import parse_arm
from pytest_ovperf.errors import ArmError, ModelError
from pytest_ovperf.metrics import WorkloadKind
from pytest_ovperf.models.jobs import ArtefactKind, BuildJob
from pytest_ovperf.models.spec import CallShape, DirectorySource, Task
from pytest_ovperf.trial import artefacts
from pytest_ovperf.trial.artefacts import ExportArm, FilesArm
from tests.unit.request_examples import request_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_ovperf.engines.protocol import LoadRequest
    from pytest_ovperf.worker.client import Worker

ARM = parse_arm("openvino-int8", "CPU")
SEEN = {"wall_ns": 9000, "steal_ns": None, "others_ns": 40, "switches": 2}


def request(*, ir: Path | None, weights: Path | None = None) -> LoadRequest:
    return request_of(ARM, ir=ir, weights=weights, kind=WorkloadKind.FILES)


def job(weights: Path) -> BuildJob:
    source = DirectorySource(weights)
    return BuildJob(
        ArtefactKind.IR, "mine", source, Task.FEATURE_EXTRACTION, "AutoModel", CallShape((1, 8), 9), weights
    )


class FakeExporter:
    """A worker that writes down what it was asked to export, and where to."""

    def __init__(self) -> None:
        self.asked: list[Mapping[str, Any]] = []
        self.folders: list[Path] = []
        self.closed = 0

    def start(self, _label: str) -> Worker:
        return cast("Worker", self)

    def request(self, do: str, *, timeout_s: float, **arguments: Any) -> Mapping[str, Any]:  # noqa: ANN401, ARG002
        self.asked.append({"do": do, **arguments})
        self.folders.append(Path(arguments["folder"]))
        assert not list(self.folders[-1].iterdir())
        (self.folders[-1] / "model.bin").touch()
        return {"latency_ns": [700], "interference": SEEN}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.closed += 1


def test_the_size_is_that_of_what_is_loaded(tmp_path: Path) -> None:
    for name, size in (("model.xml", 30), ("model.bin", 4000), ("notes.txt", 9)):
        (tmp_path / name).write_bytes(b"x" * size)
    arm = FilesArm(ARM, request(ir=tmp_path / "model.xml"))
    block = arm.block(0, 1)
    assert (block.bytes, block.latency_ns) == (4030, ())
    assert (arm.loaded().precision, arm.outputs(), arm.graph()) == ("int8", {}, ())


def test_files_that_are_not_there_have_no_size(tmp_path: Path) -> None:
    with pytest.raises(ModelError):
        FilesArm(ARM, request(ir=tmp_path / "model.xml")).block(0, 1)


def test_each_export_is_a_process_that_begins_with_an_empty_folder_and_leaves_none(tmp_path: Path) -> None:
    exporter = FakeExporter()
    arm = ExportArm(ARM, [job(tmp_path)], exporter.start)
    arm.loaded()
    assert [arm.block(0, 1).latency_ns for _ in range(2)] == [(700,), (700,)]
    assert exporter.closed == 2
    assert exporter.folders[0] != exporter.folders[1]
    assert not any(folder.exists() for folder in exporter.folders)
    assert exporter.asked[0]["jobs"] == [job(tmp_path).to_json()]


def test_what_an_export_starts_from_is_read_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: set[Path] = set()
    monkeypatch.setattr(artefacts, "_read_through", read.add)
    ExportArm(ARM, [replace(job(tmp_path), ir=tmp_path / "model.xml")], FakeExporter().start).loaded()
    assert read == {tmp_path, tmp_path / "model.xml"}


def test_an_arm_that_is_used_as_it_was_given_has_no_export() -> None:
    with pytest.raises(ArmError, match="openvino-int8 is used as it was given"):
        ExportArm(ARM, [])
