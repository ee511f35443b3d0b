"""What may be written to name another environment."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from pytest_ovperf.environments.asked import Release, parse
from pytest_ovperf.errors import EnvironmentUnusableError

if TYPE_CHECKING:
    from pathlib import Path


def placed(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o755)
    return path


@pytest.mark.parametrize(
    "text", ["openvino==2025.4.1", "2025.4.1", " openvino == 2025.4.1 ", "OpenVINO==2025.4.1", "openvino===2025.4.1"]
)
def test_a_release_is_named_with_or_without_the_package(text: str) -> None:
    assert parse(text) == Release("2025.4.1")


def test_a_release_reads_as_a_requirement() -> None:
    assert str(parse("2025.4")) == "openvino==2025.4.0"


def test_a_nightly_build_is_a_release_by_its_whole_name() -> None:
    assert parse("2026.5.0.dev20261101") == Release("2026.5.0.dev20261101")


@pytest.mark.parametrize(
    "text", ["openvino>=2025", "openvino==2025.4.*", "openvino-genai==2025.4", "openvino @ x.whl", "OpenVINO"]
)
def test_a_requirement_that_leaves_a_choice_is_refused(text: str) -> None:
    with pytest.raises(EnvironmentUnusableError, match="does not name one release") as refused:
        parse(text)
    assert "openvino==2025.4.1" in refused.value.remedy


@pytest.mark.parametrize("text", ["openvino==2023.3.0", "2022.1"])
def test_a_release_that_no_arm_works_with_is_refused_before_anything_is_fetched(text: str) -> None:
    with pytest.raises(EnvironmentUnusableError, match="too old") as refused:
        parse(text)
    assert "2024.0.0" in refused.value.remedy


def test_an_empty_text_is_refused() -> None:
    with pytest.raises(EnvironmentUnusableError, match="none is named"):
        parse("  ")


def test_an_interpreter_is_named_by_its_path(tmp_path: Path) -> None:
    python = placed(tmp_path / "python3.12")
    assert parse(str(python)) == python


def test_a_relative_path_is_made_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    placed(tmp_path / "2025.4.1" / "bin" / "python")
    monkeypatch.chdir(tmp_path)
    assert parse("./2025.4.1") == tmp_path / "2025.4.1" / "bin" / "python"


@pytest.mark.parametrize("place", ["bin/python", "bin/python3", "Scripts/python.exe", "python.exe"])
def test_the_folder_of_an_environment_stands_for_its_interpreter(tmp_path: Path, place: str) -> None:
    python = placed(tmp_path / place)
    assert parse(str(tmp_path)) == python


def test_the_folder_of_its_programs_does_so_too(tmp_path: Path) -> None:
    python = placed(tmp_path / "bin" / "python")
    assert parse(str(tmp_path / "bin")) == python


def test_a_home_folder_may_be_abbreviated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("USERPROFILE" if sys.platform == "win32" else "HOME", str(tmp_path))
    python = placed(tmp_path / "old" / "python")
    assert parse("~/old/python") == python


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")
def test_a_link_is_kept_for_it_tells_the_environment_from_its_python(tmp_path: Path) -> None:
    (tmp_path / "python").symlink_to(sys.executable)
    assert parse(str(tmp_path / "python")) == tmp_path / "python"


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")
def test_a_link_to_a_python_that_is_gone_says_so(tmp_path: Path) -> None:
    (tmp_path / "python").symlink_to(tmp_path / "python3.9")
    with pytest.raises(EnvironmentUnusableError, match=r"a link to .*python3\.9, which is gone"):
        parse(str(tmp_path / "python"))


def test_a_name_without_a_folder_is_looked_for_among_the_programs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    python = placed(tmp_path / ("python3.12.exe" if sys.platform == "win32" else "python3.12"))
    monkeypatch.setenv("PATH", str(tmp_path))
    assert parse("python3.12") == python


def test_a_folder_without_an_interpreter_says_where_it_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentUnusableError, match="holds no Python interpreter") as refused:
        parse(str(tmp_path))
    assert "bin/python" in refused.value.seen


@pytest.mark.parametrize("text", ["no-such-python", "/no/such/python", "~nobody-is-called-so/python", "a\0b"])
def test_a_path_that_is_not_there_is_refused(text: str) -> None:
    with pytest.raises(EnvironmentUnusableError) as refused:
        parse(text)
    assert text in refused.value.seen
    assert "Name the interpreter" in refused.value.remedy


def test_a_name_too_long_for_a_file_is_refused() -> None:
    with pytest.raises(EnvironmentUnusableError, match=r"cannot be looked at|There is no Python interpreter"):
        parse("python" * 1000)
