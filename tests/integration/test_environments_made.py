"""Environments made by real tools, from an index of small wheels in a folder: no network is asked."""

from __future__ import annotations

import os
import shutil
import sys
import sysconfig
from typing import TYPE_CHECKING

import pytest

from pytest_ovperf.environments import index, making
from pytest_ovperf.environments.finding import find
from pytest_ovperf.environments.tools import find_uv
from pytest_ovperf.errors import EnvironmentUnusableError
from tests.fakes.standin_packages import standin_wheel

if TYPE_CHECKING:
    from pathlib import Path

OTHER_PYTHON = (3, 12) if sys.version_info[:2] != (3, 12) else (3, 13)
OTHER_TAG = "py{}{}-none-any".format(*OTHER_PYTHON)
WHEELS = (("openvino", "2025.4.1"), ("openvino", "2026.0.0"), ("numpy", "2.0"), ("psutil", "7.0"))


@pytest.fixture(autouse=True)
def _offline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give pip and uv an index with two releases of OpenVINO, and one more for another Python only."""
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    for name, version in WHEELS:
        standin_wheel(wheels, name, version)
    standin_wheel(wheels, "openvino", "2024.4.0", OTHER_TAG)
    for name in (*(name for name, _ in WHEELS), "openvino-genai"):
        page = tmp_path / "simple" / name / "index.html"
        page.parent.mkdir(parents=True, exist_ok=True)
        found = sorted(wheels.glob(f"{name.replace('-', '_')}-*.whl"))
        page.write_text("".join(f'<a href="{each.as_uri()}">{each.name}</a>\n' for each in found), encoding="utf-8")
    constraints = tmp_path / "constraints.txt"
    constraints.write_text("openvino==1.0\n", encoding="utf-8")  # meant for the tests' own environment
    asked = {
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_INDEX_URL": (tmp_path / "simple").as_uri(),
        "PIP_CONSTRAINT": str(constraints),
        "PIP_RETRIES": "0",
        "UV_NO_CONFIG": "1",
        "UV_DEFAULT_INDEX": (tmp_path / "simple").as_uri(),
        "UV_CONSTRAINT": str(constraints),
        "UV_CACHE_DIR": str(tmp_path / "uv-cache"),
    }
    for name in [name for name in os.environ if name.startswith(("PIP_", "UV_"))]:
        monkeypatch.delenv(name)
    for name, value in asked.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(index, "_PYTHONS", (sys.version_info[:2], OTHER_PYTHON))


@pytest.fixture
def _pip_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(making, "find_uv", lambda: None)
    monkeypatch.setattr(index, "find_uv", lambda: None)


@pytest.mark.usefixtures("_pip_only")
def test_pip_makes_an_environment_and_makes_it_anew_when_it_does_not_work_any_more(tmp_path: Path) -> None:
    said: list[str] = []
    found = find("openvino==2025.4.1", tmp_path / "cache", said.append)
    assert (found.label, found.versions["psutil"]) == ("OpenVINO 2025.4.1", "7.0")
    assert found.python.is_relative_to(tmp_path / "cache" / "environments")
    assert "there is no OpenVINO GenAI for OpenVINO 2025.4.1 here" in said[1]
    for package in found.python.parents[1].rglob("numpy"):
        shutil.rmtree(package)
    said.clear()
    assert find("2025.4.1", tmp_path / "cache", said.append) == found
    assert "does not work any more" in said[0]
    assert "has no numpy" in said[0]


@pytest.mark.skipif(find_uv() is None, reason="uv is not installed")
def test_uv_makes_one_where_it_is_there(tmp_path: Path) -> None:
    found = find("openvino==2025.4.1", tmp_path / "cache", print)
    assert (found.label, found.versions["psutil"]) == ("OpenVINO 2025.4.1", "7.0")
    note = found.python.parents[1] / "environment.json"
    assert '"made_with": "uv"' in note.read_text(encoding="utf-8")


@pytest.mark.usefixtures("_pip_only")
def test_a_version_that_does_not_exist_names_those_that_do(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentUnusableError) as refused:
        find("2025.9.9", tmp_path / "cache", print)
    assert f"has no OpenVINO 2025.9.9 for Python {sys.version_info[0]}.{sys.version_info[1]}" in refused.value.seen
    assert sysconfig.get_platform() in refused.value.seen
    assert "2025.4.1, 2026.0.0." in refused.value.seen
    assert not [path for path in (tmp_path / "cache" / "environments").iterdir() if path.is_dir()]


@pytest.mark.usefixtures("_pip_only")
def test_a_version_without_a_wheel_for_this_python_names_the_pythons_that_have_one(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentUnusableError, match="has no wheel for Python") as refused:
        find("2024.4", tmp_path / "cache", print)
    assert "it has one for Python {}.{}".format(*OTHER_PYTHON) in refused.value.seen


@pytest.mark.usefixtures("_pip_only")
def test_an_index_that_cannot_be_reached_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")  # nobody listens there
    with pytest.raises(EnvironmentUnusableError, match="The package index cannot be reached"):
        find("2025.4.1", tmp_path / "cache", print)
