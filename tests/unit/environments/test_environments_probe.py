"""Asking interpreters what they have: stand-ins for OpenVINO in new environments, and programs that are no Python."""

from __future__ import annotations

import stat
import sys
from typing import TYPE_CHECKING, Any

import pytest

from pytest_ovperf.environments.probe import Answer, ask
from pytest_ovperf.environments.running import Ended
from pytest_ovperf.errors import EnvironmentUnusableError
from tests.fakes.standin_packages import MISREADS, standin_environment

if TYPE_CHECKING:
    from pathlib import Path

ALL = {"openvino": "2025.4.1", "numpy": "2.3.5", "psutil": "7.2.2"}
FACTS: dict[str, Any] = {
    "python": [3, 12, 1],
    "versions": {"python": "3.12.1", **ALL},
    "lacking": [],
    "broken": {},
    "build": "2025.4.1-20426-82bbf0292c5-releases/2025/4",
    "pip": True,
}


def answer(python: Path, **changed: object) -> Answer:
    return Answer(python, Ended("", "", ""), {**FACTS, **changed})


def refusal(given: Answer) -> EnvironmentUnusableError:
    with pytest.raises(EnvironmentUnusableError) as refused:
        given.environment()
    return refused.value


def program(folder: Path, text: str) -> Path:
    """Write a program that ignores what it is given."""
    if sys.platform == "win32":
        pytest.skip("a script is no program there")
    path = folder / "python"
    path.write_text(f"#!{sys.executable}\n{text}", encoding="utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def test_an_environment_with_all_that_is_needed_tells_its_versions(tmp_path: Path) -> None:
    python = standin_environment(tmp_path / "env", {**ALL, "openvino_genai": "2025.4.1.0"})
    found = ask(python).environment()
    assert (found.python, found.openvino) == (python, "2025.4.1")
    assert found.versions["openvino"] == "2025.4.1-7-abc-releases"  # as a worker there tells it
    assert (found.versions["numpy"], found.versions["openvino-genai"]) == ("2.3.5", "2025.4.1.0")


def test_what_the_run_around_has_on_its_path_does_not_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    python = standin_environment(tmp_path / "env", {"psutil": "7.2.2"})
    (tmp_path / "openvino").mkdir()
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert ask(python).facts["lacking"] == ["numpy", "openvino"]


def test_what_the_packages_print_does_not_disturb(tmp_path: Path) -> None:
    noisy = 'print("{}", "[1]", "7", sep="\\n", end="")\n'
    python = standin_environment(tmp_path / "env", ALL, psutil=noisy)
    assert ask(python).environment().openvino == "2025.4.1"


def test_a_package_that_cannot_be_imported_is_told_with_its_reason(tmp_path: Path) -> None:
    broken = 'raise ImportError("libtbb.so.12: cannot open shared object file")'
    error = refusal(ask(standin_environment(tmp_path / "env", ALL, openvino=broken)))
    assert "cannot import what measuring needs. openvino: ImportError: libtbb.so.12" in error.seen
    assert "--reinstall" in error.remedy


def test_an_import_that_ends_the_process_is_told(tmp_path: Path) -> None:
    ends = 'import os, sys; sys.stderr.write("Illegal instruction"); sys.stderr.flush(); os._exit(7)'
    error = refusal(ask(standin_environment(tmp_path / "env", ALL, openvino=ends)))
    assert "ended while it imported numpy, psutil, openvino: it ended with exit code 7" in error.seen
    assert "Illegal instruction" in error.seen


def test_a_numpy_that_openvino_cannot_read_is_told(tmp_path: Path) -> None:
    error = refusal(ask(standin_environment(tmp_path / "env", ALL, openvino=MISREADS)))
    assert "do not go together" in error.seen
    assert "NumPy 2.3.5" in error.seen
    assert '"numpy<2"' in error.remedy


def test_what_is_lacking_is_named_with_the_command_that_brings_it(tmp_path: Path) -> None:
    error = refusal(answer(tmp_path / "python", lacking=["psutil", "openvino"]))
    assert "has no psutil, no openvino" in error.seen
    assert error.remedy == f'{tmp_path / "python"} -m pip install psutil "openvino>=2024.0.0"'


def test_an_environment_without_pip_is_filled_by_uv(tmp_path: Path) -> None:
    error = refusal(answer(tmp_path / "python", lacking=["psutil"], pip=False))
    assert error.remedy == f"uv pip install --python {tmp_path / 'python'} psutil"


def test_a_path_with_a_space_is_quoted(tmp_path: Path) -> None:
    error = refusal(answer(tmp_path / "my env" / "python", lacking=["psutil"]))
    assert error.remedy == f'"{tmp_path / "my env" / "python"}" -m pip install psutil'


def test_a_python_that_is_too_old_says_which_it_is(tmp_path: Path) -> None:
    error = refusal(Answer(tmp_path / "python", Ended("", "", ""), {"python": [3, 9, 18]}))
    assert "is Python 3.9.18" in error.seen
    assert "needs Python 3.11" in error.seen


def test_a_release_that_is_too_old_is_refused(tmp_path: Path) -> None:
    old = {**FACTS["versions"], "openvino": "2023.3.0"}
    assert "OpenVINO 2023.3.0, which is too old" in refusal(answer(tmp_path, versions=old, build="2023.3.0-1")).seen


def test_a_build_from_source_goes_by_the_number_that_it_tells(tmp_path: Path) -> None:
    without = {name: version for name, version in FACTS["versions"].items() if name != "openvino"}
    assert answer(tmp_path, versions=without, build="2026.5.0-20990-abc").environment().openvino == "2026.5.0"


def test_a_nightly_build_keeps_its_date(tmp_path: Path) -> None:
    nightly = {**FACTS["versions"], "openvino": "2026.5.0.dev20261101"}
    found = answer(tmp_path, versions=nightly, build="2026.5.0-20990-abc").environment()
    assert found.openvino == "2026.5.0.dev20261101"


def test_a_file_that_cannot_be_run_is_no_interpreter(tmp_path: Path) -> None:
    (tmp_path / "python").write_text("no program", encoding="utf-8")
    error = refusal(ask(tmp_path / "python"))
    assert "cannot be run" in error.seen
    assert "Name the interpreter" in error.remedy


def test_a_program_that_is_no_python_is_told_with_its_words(tmp_path: Path) -> None:
    path = program(tmp_path, 'import sys; sys.exit("usage: frobnicate FILE")')
    error = refusal(ask(path))
    assert "is no Python interpreter that can be used" in error.seen
    assert "usage: frobnicate FILE" in error.seen


def test_a_python_that_knows_no_isolation_is_told_with_its_words(tmp_path: Path) -> None:
    path = program(tmp_path, 'import sys; sys.exit("Unknown option: -I")')
    assert "Unknown option: -I" in refusal(ask(path)).seen


def test_an_interpreter_that_does_not_answer_is_ended(tmp_path: Path) -> None:
    path = program(tmp_path, "import threading; threading.Event().wait()")
    given = ask(path, timeout_s=0.3)
    assert given.ended.timed_out
    assert "it did not end within 0.3 s" in refusal(given).seen
