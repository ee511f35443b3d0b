"""What is written for GitHub: log lines that its runner reads as commands, and the summary file."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path, PurePosixPath, PureWindowsPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_ovperf.reports.github import (
    SUMMARY_BYTES,
    Annotation,
    append_summary,
    error_command,
    repository_path,
)
from tests.unit.reports.figure_examples import COMPILED
from tests.unit.reports.run_examples import run, suite_run

HERE = Annotation("suites/test_text.py", 12, "regressed: openvino-int8 over openvino-fp32", "25 % lower")


def read_as_runner(line: str) -> tuple[dict[str, str], str]:
    """Read a command as GitHub's runner does: properties up to the next ``::``, by commas, then the message."""
    found = re.fullmatch(r"::error (.*?)::(.*)", line)
    assert found
    properties = dict(part.split("=", 1) for part in found[1].split(","))
    for sign, code in ((":", "%3A"), (",", "%2C"), ("\r", "%0D"), ("\n", "%0A"), ("%", "%25")):
        properties = {name: value.replace(code, sign) for name, value in properties.items()}
    message = found[2].replace("%0D", "\r").replace("%0A", "\n").replace("%25", "%")
    return properties, message


def test_an_error_names_its_file_line_and_title() -> None:
    assert error_command(HERE) == (
        "::error file=suites/test_text.py,line=12,title=regressed%3A openvino-int8 over openvino-fp32::25 %25 lower"
    )


def test_what_has_a_meaning_in_a_command_is_escaped() -> None:
    line = error_command(Annotation("a,b:c%.py", 1, "x::y,z=1\n", "50 %, see::https://x\r\n%0A"))
    assert "\n" not in line
    assert line == ("::error file=a%2Cb%3Ac%25.py,line=1,title=x%3A%3Ay%2Cz=1%0A::50 %25, see::https://x%0D%0A%250A")


@given(st.text(max_size=50), st.text(max_size=200))
def test_the_runner_reads_back_what_was_written(title: str, message: str) -> None:
    properties, said = read_as_runner(error_command(Annotation("t.py", 3, title, message)))
    assert properties == {"file": "t.py", "line": "3", "title": title}
    assert said == message


def test_what_is_longer_than_github_takes_is_cut() -> None:
    properties, said = read_as_runner(error_command(Annotation("t.py", 3, "t" * 999, "m" * 99_999)))
    assert len(properties["title"]) <= 255
    assert len(said.encode()) < 64 * 1024
    assert said.endswith("…")


@pytest.mark.parametrize(
    ("path", "roots", "expected"),
    [
        (PurePosixPath("/w/repo/sub/t.py"), [PurePosixPath("/w/repo"), PurePosixPath("/w/repo/sub")], "sub/t.py"),
        (PurePosixPath("/w/repo/sub/t.py"), [PurePosixPath("/x"), PurePosixPath("/w/repo/sub")], "t.py"),
        (PurePosixPath("/elsewhere/t.py"), [PurePosixPath("/w/repo")], "/elsewhere/t.py"),
        (PureWindowsPath(r"D:\a\repo\repo\sub\t.py"), [PureWindowsPath(r"d:\A\repo\repo")], "sub/t.py"),
        (PureWindowsPath(r"C:\tests\t.py"), [PureWindowsPath(r"D:\a\repo")], "C:/tests/t.py"),
    ],
)
def test_a_file_is_named_from_the_repository_with_forward_slashes(
    path: PurePosixPath, roots: list[PurePosixPath], expected: str
) -> None:
    assert repository_path(path, roots) == expected


def test_the_summary_begins_a_file_or_continues_it(tmp_path: Path) -> None:
    path = tmp_path / "summary.md"
    assert append_summary(path, suite_run())
    assert path.read_text(encoding="utf-8").startswith("## OpenVINO performance\n")
    path.write_text("what another command wrote", encoding="utf-8")
    assert append_summary(path, suite_run())
    assert path.read_text(encoding="utf-8").startswith("what another command wrote\n## OpenVINO performance\n")
    assert b"\r" not in path.read_bytes()


def test_a_summary_never_grows_beyond_what_github_takes(tmp_path: Path) -> None:
    path = tmp_path / "summary.md"
    path.write_bytes(b"x" * (SUMMARY_BYTES - 5000))
    assert append_summary(path, suite_run())
    assert SUMMARY_BYTES - 4500 < path.stat().st_size <= SUMMARY_BYTES


def test_a_summary_that_is_full_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "summary.md"
    path.write_bytes(b"x" * (SUMMARY_BYTES - 300))
    assert not append_summary(path, suite_run())
    assert path.stat().st_size == SUMMARY_BYTES - 300


def test_a_summary_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match=r"summary\.md"):
        append_summary(tmp_path / "no such folder" / "summary.md", suite_run())


def test_a_run_that_only_compiled_for_an_npu_has_a_summary_too(tmp_path: Path) -> None:
    assert append_summary(tmp_path / "summary.md", replace(run([]), compiled=COMPILED))
    page = (tmp_path / "summary.md").read_text(encoding="utf-8")
    assert "**1 refused** (2 compilations)" in page
    assert "compiled for NPU 4000, not executed; by the compiler of OpenVINO 2026.4.1 for Windows, under Wine" in page
    assert "| <code>gpt2</code> | fp32 | 4000 | refused: dynamic_shape | not recorded |" in page
