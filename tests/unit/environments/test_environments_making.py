"""Making an environment: which tool does it, what it is told, what is left when it fails. The tools are stand-ins."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_ovperf.environments import making
from pytest_ovperf.environments.making import Maker, interpreter_in, make, makers
from pytest_ovperf.environments.running import Ended
from pytest_ovperf.environments.tools import surroundings
from pytest_ovperf.errors import EnvironmentUnusableError

if TYPE_CHECKING:
    from collections.abc import Sequence

FAILED = Ended("it ended with exit code 1", "", "No space left on device")


class Tools:
    """Runs commands by making the folder of the environment; those with a word of ``failing`` in them fail."""

    def __init__(self, *failing: str) -> None:
        self.failing = failing
        self.commands: list[tuple[str, ...]] = []

    def __call__(self, command: Sequence[str], **_: object) -> Ended:
        self.commands.append(tuple(command))
        if any(word in part for part in command for word in self.failing):
            return FAILED
        if "venv" in command:
            python = interpreter_in(Path(command[-1]))
            python.parent.mkdir(parents=True)
            python.touch()
        return Ended("", "", "")


def way(name: str) -> Maker:
    return Maker(name, (name, "venv"), lambda python: (name, "install", str(python)))


@pytest.fixture
def _listed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(making, "missing", lambda _version, _python: None)


def tools(monkeypatch: pytest.MonkeyPatch, *failing: str) -> Tools:
    told = Tools(*failing)
    monkeypatch.setattr(making, "run", told)
    return told


def test_openvino_is_pinned_and_genai_follows_in_the_same_release(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = tools(monkeypatch)
    said: list[str] = []
    assert make("2025.4.1", tmp_path / "env", said.append, (way("uv"),)) == "uv"
    assert told.commands[1][-3:] == ("openvino==2025.4.1", "numpy", "psutil")
    assert told.commands[2][-2:] == ("psutil", "openvino-genai==2025.4.1.*")
    assert all("--only-binary=:all:" in command for command in told.commands[1:])
    assert not said


def test_a_release_without_genai_is_told_and_made_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tools(monkeypatch, "openvino-genai")
    said: list[str] = []
    make("2024.1.0", tmp_path / "env", said.append, (way("pip"),))
    assert said == [
        "there is no OpenVINO GenAI for OpenVINO 2024.1.0 here: arms that generate with it cannot run there"
    ]
    assert (tmp_path / "env").is_dir()


def test_a_nightly_build_is_made_without_genai(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = tools(monkeypatch)
    make("2026.5.0.dev20261101", tmp_path / "env", print, (way("pip"),))
    assert not any("genai" in part for command in told.commands for part in command)


def test_where_one_tool_fails_the_next_begins_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tools(monkeypatch, "uv")
    assert make("2025.4.1", tmp_path / "env", print, (way("uv"), way("pip"))) == "pip"


@pytest.mark.usefixtures("_listed")
def test_what_each_tool_said_is_shown_when_all_fail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tools(monkeypatch, "openvino")
    with pytest.raises(EnvironmentUnusableError, match=r"No environment with OpenVINO 2025\.4\.1") as refused:
        make("2025.4.1", tmp_path / "env", print, (way("uv"), way("pip")))
    assert "uv said:\n    No space left on device\n  pip said:" in refused.value.seen
    assert "ENV/bin/python -m pip install openvino==2025.4.1 numpy psutil" in refused.value.remedy
    assert not (tmp_path / "env").exists()


def test_the_index_gives_the_reason_where_it_has_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tools(monkeypatch, "openvino")
    reason = EnvironmentUnusableError("The package index has no OpenVINO 2025.9.9.", remedy="Name another.")
    monkeypatch.setattr(making, "missing", lambda _version, _python: reason)
    with pytest.raises(EnvironmentUnusableError) as refused:
        make("2025.9.9", tmp_path / "env", print, (way("pip"),))
    assert refused.value is reason
    assert not (tmp_path / "env").exists()


def test_an_interrupted_one_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = tools(monkeypatch)

    def interrupted(command: Sequence[str], **_: object) -> Ended:
        if "install" in command:
            raise KeyboardInterrupt
        return told(command)

    monkeypatch.setattr(making, "run", interrupted)
    with pytest.raises(KeyboardInterrupt):
        make("2025.4.1", tmp_path / "env", print, (way("pip"),))
    assert not (tmp_path / "env").exists()


def test_without_any_tool_one_is_asked_for(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentUnusableError, match="neither uv nor pip"):
        make("2025.4.1", tmp_path / "env", print, ())


@pytest.mark.parametrize(
    ("uv", "pip", "names"), [(True, True, ["uv", "pip"]), (False, True, ["pip"]), (True, False, ["uv", "pip"])]
)
def test_uv_comes_first_and_python_brings_a_pip(
    monkeypatch: pytest.MonkeyPatch,
    uv: bool,  # noqa: FBT001  (a parameter of the test)
    pip: bool,  # noqa: FBT001
    names: list[str],
) -> None:
    monkeypatch.setattr(making, "find_uv", lambda: Path("uv") if uv else None)
    monkeypatch.setattr(making, "has_pip", lambda: pip)
    assert [each.name for each in makers()] == names


def test_an_environment_made_by_our_own_pip_gets_none_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(making, "find_uv", lambda: None)
    monkeypatch.setattr(making, "has_pip", lambda: True)
    (only,) = makers()
    assert only.create == (sys.executable, "-P", "-m", "venv", "--without-pip")
    assert only.install(Path("env/python"))[-3:] == ("--python", str(Path("env/python")), "install")


def test_tools_keep_their_index_and_lose_what_is_meant_for_the_run_around() -> None:
    around = {"PIP_INDEX_URL": "x", "HTTPS_PROXY": "y", "PIP_CONSTRAINT": "c.txt", "PYTHONPATH": "p", "UV_PYTHON": "z"}
    assert surroundings(around) == {"PIP_INDEX_URL": "x", "HTTPS_PROXY": "y"}
