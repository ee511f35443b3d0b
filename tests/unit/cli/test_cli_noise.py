"""``ovperf noise``, run in this process; what it finds is what a race of fakes finds."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_ovperf.cli import main as cli
from pytest_ovperf.cli.noise import StandardError
from pytest_ovperf.session import noise_check
from pytest_ovperf.session.noise_check import NoiseQuestion
from tests.unit.session.noise_fakes import NoisyWorld, measure

if TYPE_CHECKING:
    from pytest_ovperf.reports.live import LiveLine
    from pytest_ovperf.reports.noise_findings import NoiseFindings


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch) -> list[NoiseQuestion]:
    """Let the command find what a race of fakes finds, and return what it was asked."""
    asked: list[NoiseQuestion] = []

    def answer(question: NoiseQuestion, _live: LiveLine) -> NoiseFindings:
        asked.append(question)
        return measure(NoisyWorld(), question.seconds)

    monkeypatch.setattr(noise_check, "check_noise", answer)
    return asked


def test_the_command_passes_on_what_it_was_asked(
    found: list[NoiseQuestion], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--seconds", "30", "--model", "tiny-bert", "--ov-device", "CPU", "--ov-cache-dir", str(tmp_path)]
    assert cli.main(["noise", *words]) == 0
    assert found == [NoiseQuestion(30.0, "tiny-bert", "CPU", tmp_path, Path.cwd())]
    assert "Noise of this machine" in capsys.readouterr().out


@pytest.mark.usefixtures("found")
def test_the_command_prints_json_alone(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["noise", "--json"]) == 0
    assert capsys.readouterr().out.startswith("{\n")


@pytest.mark.parametrize("seconds", ["0", "-5", "soon", "nan", "inf"])
def test_a_time_that_is_none_is_refused(seconds: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["noise", f"--seconds={seconds}"]) == 1
    assert "--seconds is" in capsys.readouterr().err


def test_an_interrupted_command_prints_what_is_known_and_says_so_by_its_status(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    world = NoisyWorld()
    world.interrupt_at = lambda: world.clock.now_s > 30.0
    monkeypatch.setattr(noise_check, "check_noise", lambda *_: measure(world, 60.0))
    assert cli.main(["noise"]) == 130
    assert "(interrupted; 1 min 00 s were asked for)" in " ".join(capsys.readouterr().out.split())


def test_an_interruption_before_the_race_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_: object) -> NoiseFindings:
        raise KeyboardInterrupt

    monkeypatch.setattr(noise_check, "check_noise", interrupted)
    assert cli.main(["noise"]) == 130
    assert "interrupted before anything was measured" in capsys.readouterr().err


def test_progress_goes_to_standard_error_and_is_rewritten_only_on_a_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "77")
    monkeypatch.setenv("WT_SESSION", "1")
    monkeypatch.setenv("TERM", "xterm")
    progress = StandardError()
    progress.write("launch 1")
    assert capsys.readouterr() == ("", "launch 1")
    assert (progress.width, progress.column, progress.rewritable) == (77, 0, False)
    assert progress.encoding
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    assert progress.rewritable
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.delenv("WT_SESSION")
    assert not progress.rewritable
