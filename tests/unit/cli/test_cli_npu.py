"""The commands around the NPU compiler, as far as they go without one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_ovperf.cli import main as cli
from pytest_ovperf.npu import compilers

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a model's file, on a machine without any NPU compiler."""
    monkeypatch.setattr(compilers, "installed_libraries", lambda _environ: None)
    path = tmp_path / "model.xml"
    path.write_text("<net/>", encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("options", "seen", "remedy"),
    [
        (("--platform", "lunalake"), "'lunalake' in --platform=lunalake is no NPU platform", "Did you mean lunarlake?"),
        (("--shape", "ids=1,x"), "'x' in --shape ids=1,x is neither a size nor a range", "--shape input_ids=1,1..128"),
        (("--shape", "1,5..2"), "'5..2'", "--shape input_ids=1,128"),
        (("--shape", "1,0"), "'0'", "--shape input_ids=1,128"),
        (("--shape", "1,128", "--shape", "ids=1,2"), "--shape names one input and all of them", "for each by name"),
        (("--timeout", "soon"), "--timeout is 'soon'", "above 0"),
        ((), "There is no NPU compiler", "ovperf npu-compiler install"),
    ],
)
def test_what_cannot_be_followed_is_said_before_anything_runs(
    model: Path, capsys: pytest.CaptureFixture[str], options: tuple[str, ...], seen: str, remedy: str
) -> None:
    assert cli.main(["npu-compile", str(model), "--ov-cache-dir", str(model.parent), *options]) == 1
    said = capsys.readouterr().err
    assert seen in said
    assert remedy in said


def test_a_file_that_is_not_there_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["npu-compile", str(tmp_path / "none.xml")]) == 1
    assert "There is no file" in capsys.readouterr().err


def test_removing_nothing_frees_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["npu-compiler", "remove", "--ov-cache-dir", str(tmp_path)]) == 0
    assert capsys.readouterr().out.startswith("0 MiB freed")


def test_the_status_of_nothing_says_what_there_is_not(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cli.main(["npu-compiler", "status", "--ov-cache-dir", str(tmp_path)])
    assert "ovperf npu-compiler install" in capsys.readouterr().out
