from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_ovperf.models.jobs import ArtefactKind, BuildJob
from pytest_ovperf.models.layout import IR_NAME
from pytest_ovperf.models.making import exporting
from pytest_ovperf.models.making.exporting import export_anew
from pytest_ovperf.models.spec import CallShape, DirectorySource, Task

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

IR = BuildJob(
    ArtefactKind.IR,
    "mine",
    DirectorySource(Path("mine")),
    Task.FEATURE_EXTRACTION,
    "AutoModel",
    CallShape((1, 8), 9),
    weights=Path("mine"),
)


def test_each_job_is_given_what_the_one_before_has_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[tuple[BuildJob, Path]] = []

    def run(job: BuildJob, target: Path, say: Callable[[str], None]) -> None:
        assert target.is_dir()
        assert not list(target.iterdir())
        say(f"making the {job.kind}")
        ran.append((job, target))

    monkeypatch.setattr(exporting, "run_job", run)
    monkeypatch.setattr(exporting, "_WORKERS", {})
    said: list[str] = []
    jobs = [IR, replace(IR, kind=ArtefactKind.INT8)]
    assert export_anew(jobs, tmp_path, said.append) > 0
    assert [job.kind for job, _ in ran] == [ArtefactKind.IR, ArtefactKind.INT8]
    assert ran[1][0].ir == ran[0][1] / IR_NAME
    assert said == ["making the ir", "making the int8"]
