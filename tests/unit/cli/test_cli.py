"""The console command, run in this process."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from pytest_ovperf.cli.main import main
from pytest_ovperf.environments.kept import Kept
from pytest_ovperf.hardware.cpu import read_profile
from pytest_ovperf.hardware.device import DeviceInfo, Obstacle, ObstacleKind
from pytest_ovperf.hardware.probe import Machine
from pytest_ovperf.models.cache import ArtefactCache
from pytest_ovperf.models.recipe import Recipe

if TYPE_CHECKING:
    from pathlib import Path


def put(cache_dir: Path, name: str) -> None:
    """Put an artefact of 3 KiB under that model's name into the cache."""

    def build(target: Path) -> None:
        (target / "weights.bin").write_bytes(bytes(3 * 1024))

    ArtefactCache(cache_dir).obtain(Recipe(name, "ir", {}), build, say=lambda _: None)


def run(cache_dir: Path, *words: str) -> int:
    return main(["cache", *words, "--ov-cache-dir", str(cache_dir)])


def test_an_empty_cache_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path / "nowhere", "list") == 0
    assert "No model is kept" in capsys.readouterr().out


def test_list_names_models_with_their_size(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    put(tmp_path, "minilm")
    assert run(tmp_path, "list") == 0
    output = capsys.readouterr().out
    assert "minilm  ir" in output
    assert "3.0 KiB" in output


def test_clear_takes_only_the_models_it_is_given(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    put(tmp_path, "minilm")
    put(tmp_path, "gpt2")
    assert run(tmp_path, "clear", "gpt2") == 0
    assert "1 deleted" in capsys.readouterr().out
    assert [entry.name for entry in ArtefactCache(tmp_path).entries()] == ["minilm"]


def test_clear_without_names_takes_all_models(tmp_path: Path) -> None:
    put(tmp_path, "minilm")
    put(tmp_path, "gpt2")
    assert run(tmp_path, "clear") == 0
    assert not ArtefactCache(tmp_path).entries()


def test_clearing_an_unknown_model_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    put(tmp_path, "minilm")
    assert run(tmp_path, "clear", "minlm") == 1
    assert "nothing of minlm" in capsys.readouterr().err
    assert ArtefactCache(tmp_path).entries()


def test_environments_are_listed_and_only_deleted_on_demand(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folders = [Kept.of(tmp_path).place(version) for version in ("2024.4.0", "2025.4.1")]
    for folder in folders:
        folder.mkdir(parents=True)
    run(tmp_path, "list")
    assert "OpenVINO 2024.4.0  cpython" in capsys.readouterr().out
    assert run(tmp_path, "clear") == 0
    assert run(tmp_path, "clear", "--environments", "openvino==2024.4") == 0
    assert [folder.exists() for folder in folders] == [False, True]
    assert run(tmp_path, "clear", "--environments", "2024.4.0") == 1
    assert "no environment with OpenVINO 2024.4.0" in capsys.readouterr().err
    assert run(tmp_path, "clear", "--environments") == 0
    assert not folders[1].exists()


def test_traces_are_listed_and_only_deleted_on_demand(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    trace = tmp_path / "traces" / "one.json.gz"
    trace.parent.mkdir()
    trace.write_bytes(b"x")
    run(tmp_path, "list")
    assert "1 measurements with their raw times" in capsys.readouterr().out
    assert run(tmp_path, "clear") == 0
    assert trace.exists()
    assert run(tmp_path, "clear", "--traces") == 0
    assert not trace.exists()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pytest.ini", "[pytest]\nov_cache_dir = kept\n"),
        ("tox.ini", "[pytest]\nov_cache_dir = kept\n"),
        ("setup.cfg", "[tool:pytest]\nov_cache_dir = kept\n"),
        ("pyproject.toml", '[tool.pytest.ini_options]\nov_cache_dir = "kept"\n'),
    ],
)
def test_the_cache_is_the_one_that_the_projects_ini_file_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str, text: str
) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "tests").mkdir()
    put(tmp_path / "kept", "minilm")
    monkeypatch.chdir(tmp_path / "tests")
    assert main(["cache", "list"]) == 0
    assert str(tmp_path / "kept") in capsys.readouterr().out
    assert main(["npu-compiler", "remove"]) == 0
    assert str(tmp_path / "kept") in capsys.readouterr().out


def test_an_ini_file_that_names_no_cache_leaves_the_users_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("pytest_ovperf.hooks.cache_dir.default_cache_dir", lambda: tmp_path / "own")
    (tmp_path / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert main(["cache", "list"]) == 0
    assert f"No model is kept in {tmp_path / 'own'}" in capsys.readouterr().out


def test_an_ini_file_that_cannot_be_read_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.pytest", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert main(["cache", "list"]) == 1
    said = capsys.readouterr().err
    assert str(tmp_path / "pyproject.toml") in said
    assert "--ov-cache-dir" in said


def test_a_home_in_the_option_is_the_users(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert main(["cache", "list", "--ov-cache-dir=~/kept"]) == 0
    assert f"No model is kept in {tmp_path / 'kept'}" in capsys.readouterr().out


def test_an_interruption_is_no_traceback(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def interrupted() -> Machine:
        raise KeyboardInterrupt

    monkeypatch.setattr("pytest_ovperf.hardware.probe.read_machine", interrupted)
    assert main(["devices"]) == 130
    assert capsys.readouterr().err == "ovperf: interrupted\n"


def test_words_it_does_not_know_are_a_usage_error() -> None:
    with pytest.raises(SystemExit) as ended:
        main(["cahce"])
    assert ended.value.code == 2


def test_devices_are_listed_for_people_and_for_scripts(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    gpu = DeviceInfo.hindered("GPU", "no", Obstacle(ObstacleKind.NO_HARDWARE, "There is none.", "Leave it out."))
    machine = Machine(read_profile(), (gpu,), {"openvino": "1.2.3"})
    monkeypatch.setattr("pytest_ovperf.hardware.probe.read_machine", lambda: machine)
    monkeypatch.setenv("COLUMNS", "80")
    assert main(["devices"]) == 0
    listing = capsys.readouterr().out
    assert "GPU: cannot be used: no such hardware" in listing
    assert max(map(len, listing.splitlines())) <= 80
    assert main(["devices", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["devices"][0]["obstacles"][0]["kind"] == "no-hardware"
