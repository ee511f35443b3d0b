"""Where a page may be written, and that it is there whole or not at all."""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path

import pytest

from pytest_ovperf.errors import ExtraMissingError, SettingsError
from pytest_ovperf.reports.html import place
from pytest_ovperf.reports.html.place import check_place, write_page


def test_a_folder_that_is_not_there_is_made(tmp_path: Path) -> None:
    check_place(tmp_path / "new" / "folder" / "report.html", "--ov-report")
    assert list((tmp_path / "new" / "folder").iterdir()) == []


def test_a_folder_is_no_place_for_a_page(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"--ov-report names a folder") as caught:
        check_place(tmp_path, "--ov-report")
    assert f"--ov-report={tmp_path / 'report.html'}" in caught.value.remedy


def test_a_place_below_a_file_is_refused_before_anything_is_measured(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SettingsError, match=r"--ov-report: .* cannot be written"):
        check_place(tmp_path / "file" / "report.html", "--ov-report")


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_the_right_to_write_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(SettingsError, match="Permission denied"):
            check_place(tmp_path / "report.html", "--ov-report")
    finally:
        tmp_path.chmod(0o700)


@pytest.mark.parametrize("missing", ["jinja2", "plotly"])
def test_a_missing_package_names_the_extra(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, missing: str) -> None:
    there = importlib.util.find_spec
    monkeypatch.setattr(place, "find_spec", lambda name: None if name == missing else there(name))
    with pytest.raises(ExtraMissingError, match=f"An HTML report needs the package '{missing}'") as caught:
        check_place(tmp_path / "report.html", "--ov-report")
    assert caught.value.remedy == 'pip install "pytest-ovperf[report]"'


def test_a_page_is_written_as_utf_8_for_others_to_read(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    write_page("µ\n", path, "--ov-report")
    assert path.read_bytes() == "µ\n".encode()
    assert list(tmp_path.iterdir()) == [path]
    beside = tmp_path / "ordinary"
    beside.touch()
    assert path.stat().st_mode == beside.stat().st_mode


def test_a_page_that_cannot_be_written_leaves_the_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "report.html"
    path.write_text("old", encoding="utf-8")

    def refuse(_: Path, target: Path) -> Path:
        raise PermissionError(13, "in use", str(target))

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(SettingsError, match="in use"):
        write_page("new", path, "--ov-report")
    assert path.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_has_gone_meanwhile_is_an_error_of_ours(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"--html: .* cannot be written"):
        write_page("new", tmp_path / "gone" / "report.html", "--html")
