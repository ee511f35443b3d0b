"""The wheel alone, in an empty environment: a plugin that works, and says what to install for the rest."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def run(*command: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return subprocess.run(  # noqa: S603
        [str(word) for word in command], cwd=cwd, env=environment, check=False, capture_output=True, text=True
    )


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the interpreter of a new environment that holds the wheel and what it requires."""
    folder = tmp_path_factory.mktemp("wheel")
    built = run(sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", folder, ROOT, cwd=folder)
    assert built.returncode == 0, built.stderr
    (wheel,) = folder.glob("*.whl")
    venv.create(folder / "env", with_pip=True)
    interpreter = folder / "env" / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    installed = run(interpreter, "-m", "pip", "install", "-q", wheel, cwd=folder)
    assert installed.returncode == 0, installed.stderr
    return interpreter


def test_the_plugin_is_there_and_an_ordinary_project_runs(python: Path, tmp_path: Path) -> None:
    (tmp_path / "test_plain.py").write_text("def test_plain():\n    pass\n", encoding="utf-8")
    result = run(python, "-m", "pytest", cwd=tmp_path)
    assert result.returncode == 0, result.stdout
    assert "ovperf-" in result.stdout
    assert "1 passed" in result.stdout


def test_measuring_without_openvino_names_the_extra(python: Path, tmp_path: Path) -> None:
    (tmp_path / "test_speed.py").write_text(
        "import pytest\n\n"
        '@pytest.mark.model("minilm")\n'
        "def test_int8_pays(speedup, baseline):\n"
        '    assert speedup("openvino-int8", over="openvino-fp32") >= baseline\n',
        encoding="utf-8",
    )
    result = run(python, "-m", "pytest", f"--ov-cache-dir={tmp_path / 'cache'}", cwd=tmp_path)
    assert result.returncode == pytest.ExitCode.USAGE_ERROR, result.stdout
    assert 'pip install "pytest-ovperf[openvino]"' in result.stderr
    assert "Traceback" not in result.stdout + result.stderr


def test_the_console_command_works(python: Path, tmp_path: Path) -> None:
    command = python.parent / ("ovperf.exe" if sys.platform == "win32" else "ovperf")
    listed = run(command, "cache", "list", "--ov-cache-dir", tmp_path, cwd=tmp_path)
    assert listed.returncode == 0, listed.stderr
    assert "No model is kept" in listed.stdout
    devices = run(command, "devices", cwd=tmp_path)
    assert devices.returncode == 0, devices.stderr
    assert "CPU: cannot be used" in devices.stdout


def test_types_are_shipped(python: Path, tmp_path: Path) -> None:
    code = "import importlib.resources as r; print(r.files('pytest_ovperf').joinpath('py.typed').is_file())"
    assert run(python, "-c", code, cwd=tmp_path).stdout.strip() == "True"


def test_a_users_annotations_are_checked_against_what_is_installed(python: Path, tmp_path: Path) -> None:
    """Right ones are accepted, mistakes are found: an ignored error that is none is an error."""
    for path in (ROOT / "tests" / "typing").glob("*.py"):
        shutil.copy(path, tmp_path)
    checked = run(sys.executable, "-m", "mypy", "--strict", "--python-executable", python, ".", cwd=tmp_path)
    assert checked.returncode == 0, checked.stdout
    assert "no issues found in 2 source files" in checked.stdout


def test_the_report_is_shipped_and_names_its_extra(python: Path, tmp_path: Path) -> None:
    code = (
        "import importlib.resources as r; html = r.files('pytest_ovperf').joinpath('reports', 'html');"
        "files = [*html.joinpath('templates').iterdir(), *html.joinpath('static').iterdir()];"
        "print(sorted({each.name.rpartition('.')[2] for each in files}))"
    )
    assert run(python, "-c", code, cwd=tmp_path).stdout.strip() == "['css', 'j2', 'js']"
    (tmp_path / "run.json").write_text("{}", encoding="utf-8")
    compared = run(python, "-m", "pytest_ovperf.cli.main", "compare", "run.json", "--html=page.html", cwd=tmp_path)
    assert 'pip install "pytest-ovperf[report]"' in compared.stderr


def test_a_first_suite_can_be_written(python: Path, tmp_path: Path) -> None:
    command = python.parent / ("ovperf.exe" if sys.platform == "win32" else "ovperf")
    written = run(command, "init", cwd=tmp_path)
    assert written.returncode == 0, written.stderr
    collected = run(python, "-m", "pytest", "performance", "--collect-only", "-q", cwd=tmp_path)
    assert "perf_minilm.py::test_int8_pays[CPU]" in collected.stdout, collected.stdout + collected.stderr
