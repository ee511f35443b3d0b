"""``ovperf bisect``, run in this process; releases are raced by nobody, and mistakes are found before any is."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_ovperf.cli import main as cli
from pytest_ovperf.environments import index
from pytest_ovperf.environments.environment import Environment
from pytest_ovperf.environments.kept import Kept
from pytest_ovperf.session.bisecting import run
from pytest_ovperf.session.bisecting.asked import BisectQuestion
from tests.fakes.quick_arms import MACHINE
from tests.unit.reports.bisect_examples import FOUND, LOST, findings, searched

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_ovperf.reports.bisect_findings import BisectFindings, Searched
    from pytest_ovperf.reports.live import LiveLine
    from pytest_ovperf.session.bisecting.run import Listener

WORDS = ("bisect", "--good=2024.4.0", "--bad=2026.4.1", "--model=tiny-bert", "--arm=openvino-int8")
OWN = Environment(Path("/opt/own/bin/python"), "2026.4.1", {"openvino": "2026.4.1-1-abc", "python": "3.11.7"})


class Answers:
    """Answers for the search: it finds what ``of`` is, after it has told each step."""

    def __init__(self) -> None:
        self.asked: list[BisectQuestion] = []
        self.of: BisectFindings = FOUND
        self.interrupted_after: int | None = None

    def __call__(self, question: BisectQuestion, _live: LiveLine, listener: Listener) -> BisectFindings:
        self.asked.append(question)
        if self.interrupted_after == 0:
            raise KeyboardInterrupt
        listener.planned(self.of.plan)
        if self.interrupted_after == 1:
            raise KeyboardInterrupt
        for race in self.of.searched.races:
            listener.raced(race)
        for skipped in self.of.searched.skipped:
            listener.skipped(skipped)
        return self.of

    def find(self, what: Searched) -> None:
        self.of = findings(what)


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> Answers:
    found = Answers()
    monkeypatch.setattr(run, "bisect", found)
    return found


def test_the_command_passes_on_what_it_was_asked(answers: Answers, tmp_path: Path) -> None:
    more = ("--device=GPU", "--metric=throughput", "--versions=2024.4.0,2026.4.1", "--shape=1,1..128", "--again")
    assert cli.main([*WORDS, *more, "--tolerance=5%", "--budget=30", f"--cache-dir={tmp_path}"]) == 0
    (asked,) = answers.asked
    assert asked == BisectQuestion(
        good="2024.4.0",
        bad="2026.4.1",
        model="tiny-bert",
        arm="openvino-int8",
        device="GPU",
        metric="throughput",
        budget_s=30.0,
        cache_dir=tmp_path,
        base=Path.cwd(),
        versions="2024.4.0,2026.4.1",
        shape=(1, "1..128"),
        tolerance=0.05,
        again=True,
        command="ovperf bisect --good=2024.4.0 --bad=2026.4.1 --model=tiny-bert --arm=openvino-int8 --device=GPU "
        "--metric=throughput --versions=2024.4.0,2026.4.1 --shape=1,1..128 --tolerance=5% --budget=30",
    )


def test_each_step_is_printed_and_then_what_was_found_with_a_report(
    answers: Answers, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(WORDS) == 0
    out = capsys.readouterr().out
    assert "1. OpenVINO 2026.4.1 over 2024.4.0:" in out
    assert "openvino-int8 slowed with OpenVINO 2025.1.0" in out
    assert out.index("For a bug report") < out.index("### Environment") < out.index("### To repeat it")
    assert answers.asked[0].tolerance is None


@pytest.mark.usefixtures("answers")
def test_the_report_goes_to_a_file_where_one_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "bug.md"
    assert cli.main([*WORDS, f"--output={file}"]) == 0
    out = capsys.readouterr().out
    assert file.read_text(encoding="utf-8").startswith("## latency of openvino-int8")
    assert f"The bug report is in {file}." in out
    assert "### Environment" not in out
    assert "Layers of openvino-int8" in out


@pytest.mark.parametrize(
    ("what", "status"),
    [
        (searched(LOST, broken=("2025.0.0",), unsure=("2025.1.0",)), 0),
        (searched({f"r{place}": 0.985**place for place in range(5)}), 1),
        (searched({**LOST, "2026.4.1": 1.0}), 1),
    ],
    ids=("range", "unconfirmed", "no loss"),
)
def test_the_exit_status_says_whether_there_is_an_answer(answers: Answers, what: Searched, status: int) -> None:
    answers.find(what)
    assert cli.main(WORDS) == status


@pytest.mark.parametrize(
    ("after", "said"),
    [(0, "interrupted before anything was raced"), (1, "what was raced is kept in /cache/bisect/tiny-bert.json, and")],
)
def test_an_interrupted_search_says_what_is_kept(
    answers: Answers, after: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    answers.interrupted_after = after
    assert cli.main(WORDS) == 130
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--tolerance=much",), "--tolerance is 'much'"),
        (("--tolerance=100",), "--tolerance is 100 %"),
        (("--budget=0",), "--budget is"),
        (("--output=/nowhere/at/all/bug.md",), "There is no folder"),
    ],
)
def test_words_that_make_no_sense_are_refused(
    answers: Answers, words: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main([*WORDS, *words]) == 1
    assert said in capsys.readouterr().err
    assert answers.asked == []


def test_an_end_that_is_missing_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as refused:
        cli.main(["bisect", "--good=2024.4.0"])
    assert refused.value.code == 2
    assert "--bad" in capsys.readouterr().err


# Mistakes that take knowledge of the machine: all of them are found before any environment is made


class _Answer:
    def environment(self) -> Environment:
        return OWN


@pytest.fixture
def ask(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Return what runs the command on an imagined machine, and returns what it says; making an environment fails."""

    def refuse(*_: object) -> Environment:
        pytest.fail("an environment was made")

    monkeypatch.setattr(run, "read_machine", lambda: MACHINE)
    monkeypatch.setattr(run, "look_at", lambda _python: _Answer())
    monkeypatch.setattr(index, "releases", lambda _python: ("2024.4.0", "2025.4.1", "2026.4.1"))
    monkeypatch.setattr(Kept, "obtain", refuse)

    def said(*words: str) -> str:
        with contextlib.suppress(SystemExit):
            assert cli.main([*WORDS, f"--cache-dir={tmp_path}", *words]) == 1
        return capsys.readouterr().err

    return said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--model=tiny-bart",), "There is no model 'tiny-bart'"),
        (("--arm=openvino-int3",), "There is no arm 'openvino-int3'"),
        (("--arm=pytorch-fp32",), "pytorch-fp32 has no OpenVINO in it"),
        (("--metric=speed",), "There is no metric 'speed'"),
        (("--metric=model_size",), "no release can have changed it"),
        (("--metric=export_time",), "no release can have changed it"),
        (("--device=all",), "'all' is not one"),
        (("--device=NPU",), "There is none"),
        (("--shape=1,2,3",), "tiny-bert"),
        (("--bad=2024.4.0",), "--good and --bad are the same release"),
        (("--versions=2024.4.0,2025.4.1",), "--bad=2026.4.1 is not among"),
        (("--good=2019.1",), "too old"),
        (
            ("--model=tiny-gpt2", "--metric=ttft"),
            "openvino-int8 needs optimum-intel, torch, transformers for its ttft, and the environments",
        ),
    ],
)
def test_what_cannot_be_searched_is_refused_before_anything_is_made(
    ask: Callable[..., str], words: tuple[str, ...], said: str
) -> None:
    assert said in " ".join(ask(*words).split())
