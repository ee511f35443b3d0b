"""What the package index offers, as pip tells it. No index is asked: pip's part is spoken by stand-ins."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_ovperf.environments import index
from pytest_ovperf.environments.running import Ended
from pytest_ovperf.errors import EnvironmentUnusableError

if TYPE_CHECKING:
    from collections.abc import Sequence

THIS = Path(sys.executable)
REFUSED = "WARNING: Retrying after connection broken by 'NewConnectionError'\nERROR: No matching distribution found"


class Pip:
    """Answers ``pip index versions``: by the Python that is asked for, else by ``versions``; nothing is an error."""

    def __init__(self, *versions: str, error: str = "ERROR: none", **by_python: Sequence[str]) -> None:
        self.versions = versions
        self.error = error
        self.by_python = {name.replace("py", "3."): listed for name, listed in by_python.items()}
        self.asked: list[tuple[str, ...]] = []

    def __call__(self, command: Sequence[str], **_: object) -> Ended:
        self.asked.append(tuple(command))
        listed: Sequence[str] = self.versions
        if "--python-version" in command:
            listed = self.by_python.get(command[command.index("--python-version") + 1], ())
        if not listed:
            return Ended("it ended with exit code 1", "", self.error)
        return Ended("", f"openvino ({listed[0]})\nAvailable versions: {', '.join(listed)}\n  LATEST: 1", "")


@pytest.fixture
def _one_pip(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index, "has_pip", lambda: True)
    monkeypatch.setattr(index, "find_uv", lambda: None)


def speak(monkeypatch: pytest.MonkeyPatch, pip: Pip) -> Pip:
    monkeypatch.setattr(index, "run", pip)
    return pip


@pytest.mark.usefixtures("_one_pip")
def test_releases_come_oldest_first_from_those_that_serve(monkeypatch: pytest.MonkeyPatch) -> None:
    speak(monkeypatch, Pip("2026.0.0", "2025.10.0", "2025.4.1", "2024.0.0", "2023.3.0"))
    assert index.releases(THIS) == ("2024.0.0", "2025.4.1", "2025.10.0", "2026.0.0")


@pytest.mark.usefixtures("_one_pip")
def test_pip_is_asked_for_the_interpreter_in_question(monkeypatch: pytest.MonkeyPatch) -> None:
    pip = speak(monkeypatch, Pip("2025.4.1"))
    index.releases(Path("/other/python"))
    assert ("--python", str(Path("/other/python"))) == pip.asked[0][pip.asked[0].index("--python") :][:2]


def test_where_only_uv_is_it_runs_pip(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index, "has_pip", lambda: False)
    monkeypatch.setattr(index, "find_uv", lambda: Path("uv"))
    pip = speak(monkeypatch, Pip("2025.4.1"))
    assert index.releases(THIS) == ("2025.4.1",)
    assert pip.asked[0][:5] == ("uv", "tool", "run", "--python", str(THIS))


def test_without_any_tool_one_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index, "has_pip", lambda: False)
    monkeypatch.setattr(index, "find_uv", lambda: None)
    with pytest.raises(EnvironmentUnusableError, match="neither uv nor pip") as refused:
        index.releases(THIS)
    assert "ensurepip" in refused.value.remedy


@pytest.mark.usefixtures("_one_pip")
def test_an_index_that_cannot_be_reached_is_told_with_pips_words(monkeypatch: pytest.MonkeyPatch) -> None:
    speak(monkeypatch, Pip(error=REFUSED))
    with pytest.raises(EnvironmentUnusableError, match="The package index cannot be reached") as refused:
        index.releases(THIS)
    assert "NewConnectionError" in refused.value.seen
    assert "name the interpreter" in refused.value.remedy


@pytest.mark.usefixtures("_one_pip")
def test_an_index_without_openvino_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    speak(monkeypatch, Pip(error="ERROR: No matching distribution found for openvino"))
    with pytest.raises(EnvironmentUnusableError, match=r"gives no OpenVINO since 2024\.0\.0"):
        index.releases(THIS)


@pytest.mark.usefixtures("_one_pip")
def test_a_version_that_is_listed_is_not_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    speak(monkeypatch, Pip("2025.4.1"))
    assert index.missing("2025.4.1", THIS) is None


@pytest.mark.usefixtures("_one_pip")
def test_a_version_that_does_not_exist_names_the_nearest(monkeypatch: pytest.MonkeyPatch) -> None:
    speak(
        monkeypatch, Pip("2024.0.0", "2024.6.0", "2025.0.0", "2025.4.0", "2025.4.1", "2026.0.0", "2026.1.0", "2026.2.0")
    )
    error = index.missing("2025.9.9", THIS)
    assert error is not None
    assert "has no OpenVINO 2025.9.9" in error.seen
    assert "2025.0.0, 2025.4.0, 2025.4.1, 2026.0.0, 2026.1.0, 2026.2.0" in error.seen
    assert error.remedy == "Name one of these, such as openvino==2025.4.1."


@pytest.mark.usefixtures("_one_pip")
def test_a_version_for_other_pythons_only_names_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index, "_PYTHONS", (sys.version_info[:2], (3, 8), (3, 9), (3, 7)))
    speak(monkeypatch, Pip("2026.4.1", py8=("2024.4.0",), py9=("2024.4.0", "2026.4.1"), py7=("2024.0.0",)))
    error = index.missing("2024.4.0", THIS)
    assert error is not None
    assert f"has no wheel for Python {sys.version_info[0]}.{sys.version_info[1]}" in error.seen
    assert "it has one for Python 3.8, Python 3.9." in error.seen
    assert "python3.9 -m venv ENV; ENV/bin/python -m pip install openvino==2024.4.0" in error.remedy


@pytest.mark.usefixtures("_one_pip")
def test_a_nightly_build_is_looked_for_among_previews(monkeypatch: pytest.MonkeyPatch) -> None:
    pip = speak(monkeypatch, Pip("2026.5.0.dev20261101"))
    assert index.missing("2026.5.0.dev20261101", THIS) is None
    assert "--pre" in pip.asked[0]


def test_the_nearest_of_a_few_are_all_of_them() -> None:
    assert index.nearest("2027.0.0", ["2026.0.0", "2025.0.0"]) == ("2025.0.0", "2026.0.0")
