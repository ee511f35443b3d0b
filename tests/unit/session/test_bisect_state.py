"""What an interrupted search leaves behind, and the races that go on from it."""

from __future__ import annotations

import random
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from pytest_ovperf.arms import Arm, Comparison, parse_arm
from pytest_ovperf.environments.environment import Environment
from pytest_ovperf.errors import ArmUnavailableError, CacheError
from pytest_ovperf.metrics import Metric, Workload, WorkloadKind
from pytest_ovperf.records import ArmFacts, Block, Trace, Verdict, VerdictKind
from pytest_ovperf.reports.bisect_findings import Standing
from pytest_ovperf.reports.live import LiveLine
from pytest_ovperf.session.bisecting.races import SEARCH_LOOKS, Races, Rule
from pytest_ovperf.session.bisecting.state import BisectState, KeptRace
from tests.unit.reports.test_reports_live import FakeTerminal
from tests.unit.trial.trial_fakes import QUIET

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ASKED = {"model": "tiny bert", "arm": "openvino-int8", "good": "1.0.0", "bad": "3.0.0"}
INT8 = parse_arm("openvino-int8", "CPU")
COMPARISON = Comparison("m", INT8, INT8, Metric.LATENCY, Workload(WorkloadKind.INFER, {"input": (1, 3)}))
CALL_NS = 10_000_000


class Arms:
    """Arms of releases that take ``slower`` times as long as others, with a scatter of half a percent."""

    def __init__(self, slower: Mapping[str, float]) -> None:
        self.slower = slower
        self.builds: dict[str, str] = {}
        self.opened = 0
        self.interrupt_at = 0
        self.outputs: dict[str, tuple[float, ...]] = {}
        self._rng = random.Random(1)  # noqa: S311  (a scatter)

    def environment(self, release: str) -> Environment:
        return Environment(Path("/opt", release), release, {"openvino": self.builds.get(release, release)})

    def open(self, arm: Arm) -> _Arm:
        self.opened += 1
        if self.opened == self.interrupt_at:
            raise KeyboardInterrupt
        launch = self._rng.uniform(0.995, 1.005)
        call_ns = round(CALL_NS * self.slower.get(arm.release, 1.0) * launch)
        return _Arm(self.environment(arm.release), call_ns, self.outputs.get(arm.release, (1.0, 2.0)))


class _Arm:
    def __init__(self, environment: Environment, call_ns: int, outputs: tuple[float, ...]) -> None:
        self._environment = environment
        self._call_ns = call_ns
        self._outputs = outputs

    def loaded(self) -> ArmFacts:
        return ArmFacts("f32", ("CPU",), 2, 5, self._environment.versions)

    def block(self, min_ns: int, min_calls: int) -> Block:
        return Block((self._call_ns,) * max(min_calls, -(-min_ns // self._call_ns)), QUIET)

    def outputs(self) -> dict[str, np.ndarray]:
        return {"logits": np.array([self._outputs])}

    def graph(self) -> tuple[Mapping[str, object], ...]:
        return ()

    def close(self) -> None:
        pass


@contextmanager
def racing(
    folder: Path, arms: Arms, *, error_rate: float = 0.001, archived: list[str] | None = None
) -> Iterator[tuple[Races, BisectState]]:
    with BisectState.of(folder, ASKED) as state:
        yield (
            Races(
                COMPARISON,
                Rule(0.02, error_rate, 1000.0),
                environment=arms.environment,
                open_arm=arms.open,
                state=state,
                live=LiveLine(FakeTerminal()),
                alone=nullcontext,
                archive=lambda name, _trace: (archived if archived is not None else []).append(name),
                has_outputs=True,
            ),
            state,
        )


# The file


def test_what_was_kept_comes_back_as_it_was(tmp_path: Path) -> None:
    with racing(tmp_path, Arms({"2.0.0": 1.2})) as (races, state):
        races.race("2.0.0", "1.0.0")
        kept = state.race("2.0.0", "1.0.0")
    assert kept is not None
    assert kept.verdict is not None
    with BisectState.of(tmp_path, ASKED) as again:
        assert again.race("2.0.0", "1.0.0") == kept
        assert again.race("3.0.0", "1.0.0") is None
        assert (len(again), again.damage) == (1, "")


def test_another_question_has_a_file_of_its_own(tmp_path: Path) -> None:
    first, second = (BisectState.of(tmp_path, {**ASKED, "bad": bad}) for bad in ("3.0.0", "4.0.0"))
    assert first.path != second.path
    assert first.path.name.startswith("tiny-bert-openvino-int8-")


def test_two_searches_for_the_same_cannot_run_at_once(tmp_path: Path) -> None:
    with (
        BisectState.of(tmp_path, ASKED),
        pytest.raises(CacheError, match="Another ovperf bisect"),
        BisectState.of(tmp_path, ASKED),
    ):
        pass
    with BisectState.of(tmp_path, ASKED):
        pass


@pytest.mark.parametrize("text", ["", "{", "[]", '{"schema": 2}', '{"schema":1,"asked":{},"races":[]}', "\udcff"])
def test_a_damaged_file_counts_as_none_and_says_so(tmp_path: Path, text: str) -> None:
    state = BisectState.of(tmp_path, ASKED)
    state.path.parent.mkdir()
    state.path.write_bytes(text.encode("utf-8", errors="surrogateescape"))
    with state:
        assert len(state) == 0
        assert state.damage


def test_a_folder_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "bisect").write_text("in the way", encoding="utf-8")
    with pytest.raises(CacheError, match="cannot be kept"), BisectState.of(tmp_path, ASKED):
        pass


def test_what_is_forgotten_is_gone(tmp_path: Path) -> None:
    with BisectState.of(tmp_path, ASKED) as state:
        state.keep("2.0.0", "1.0.0", KeptRace(Trace(COMPARISON, ())))
        assert state.path.is_file()
        state.clear()
        assert not state.path.exists()
        assert len(state) == 0


def test_a_verdict_with_nothing_to_say_comes_back(tmp_path: Path) -> None:
    verdict = Verdict(VerdictKind.INCONCLUSIVE, 1.0, None, None, None, 0.02, 0.001, None)
    with BisectState.of(tmp_path, ASKED) as state:
        state.keep("2.0.0", "1.0.0", KeptRace(Trace(COMPARISON, ()), verdict, 0.001, 2, 3, "odd"))
    with BisectState.of(tmp_path, ASKED) as state:
        kept = state.race("2.0.0", "1.0.0")
    assert kept == KeptRace(Trace(COMPARISON, ()), verdict, 0.001, 2, 3, "odd")


# The races


def test_a_loss_is_confirmed_by_launches_of_its_own(tmp_path: Path) -> None:
    archived: list[str] = []
    with racing(tmp_path, Arms({"2.0.0": 1.2}), archived=archived) as (races, _):
        race = races.race("2.0.0", "1.0.0")
    assert race.standing is Standing.LOST
    assert race.change == pytest.approx(1 / 1.2 - 1, abs=0.01)
    assert (race.launches, race.later, race.earlier) == (8, 4, 0)
    assert [facts.versions["openvino"] for facts in race.facts] == ["2.0.0", "1.0.0"]
    assert archived == ["bisect-2.0.0-over-1.0.0"]


@pytest.mark.parametrize(("factor", "kind"), [(1.0, VerdictKind.OK), (0.8, VerdictKind.IMPROVED)])
def test_what_is_no_loss_is_told_after_the_first_look(tmp_path: Path, factor: float, kind: VerdictKind) -> None:
    with racing(tmp_path, Arms({"2.0.0": factor})) as (races, _):
        race = races.race("2.0.0", "1.0.0")
    assert (race.verdict.kind, race.standing, race.launches) == (kind, Standing.KEPT, SEARCH_LOOKS[0])


def test_a_race_that_is_over_is_not_run_again(tmp_path: Path) -> None:
    with racing(tmp_path, Arms({"2.0.0": 1.2})) as (races, _):
        first = races.race("2.0.0", "1.0.0")
    later = Arms({})
    with racing(tmp_path, later) as (races, _):
        again = races.race("2.0.0", "1.0.0")
    assert later.opened == 0
    assert again == replace(first, earlier=first.launches)


def test_an_interrupted_race_goes_on_with_the_launches_it_has(tmp_path: Path) -> None:
    arms = Arms({"2.0.0": 1.2})
    arms.interrupt_at = 7  # the fourth launch
    with pytest.raises(KeyboardInterrupt), racing(tmp_path, arms) as (races, _):
        races.race("2.0.0", "1.0.0")
    later = Arms({"2.0.0": 1.2})
    with racing(tmp_path, later) as (races, state):
        assert state.race("2.0.0", "1.0.0") is not None
        race = races.race("2.0.0", "1.0.0")
    assert (race.launches, race.earlier) == (8, 3)
    assert later.opened == 2 * 5


def test_a_verdict_that_was_bought_with_more_error_is_reached_anew(tmp_path: Path) -> None:
    with racing(tmp_path, Arms({"2.0.0": 1.2}), error_rate=0.005) as (races, _):
        races.race("2.0.0", "1.0.0")
    later = Arms({"2.0.0": 1.2})
    with racing(tmp_path, later, error_rate=0.001) as (races, _):
        race = races.race("2.0.0", "1.0.0")
    assert race.earlier == 8
    assert later.opened > 0


def test_launches_of_another_build_do_not_count(tmp_path: Path) -> None:
    with racing(tmp_path, Arms({"2.0.0": 1.2})) as (races, _):
        races.race("2.0.0", "1.0.0")
    rebuilt = Arms({})
    rebuilt.builds["2.0.0"] = "2.0.0-nightly"
    with racing(tmp_path, rebuilt) as (races, _):
        race = races.race("2.0.0", "1.0.0")
    assert (race.standing, race.earlier) == (Standing.KEPT, 0)


def test_a_race_that_was_not_sure_is_measured_on_for_its_own_share_of_error(tmp_path: Path) -> None:
    arms = Arms({"2.0.0": 1.021})
    with racing(tmp_path, arms, error_rate=1e-12) as (races, _):
        first = races.race("2.0.0", "1.0.0")
    assert first.standing is Standing.UNSURE
    with racing(tmp_path, arms, error_rate=1e-12) as (races, state):
        again = races.race("2.0.0", "1.0.0")
        kept = state.race("2.0.0", "1.0.0")
    assert again.earlier == first.launches
    assert again.launches >= first.launches + SEARCH_LOOKS[0]
    assert again.verdict.error_rate < first.verdict.error_rate
    assert kept is not None
    assert kept.judged == 2


@pytest.mark.parametrize(
    ("outputs", "said"),
    [
        ((1.0, 2.0), ""),
        ((1.001, 2.0), ""),
        ((2.0, -1.0), "The outputs of both releases are not the same on the same inputs: cosine similarity 0."),
        (
            (float("nan"), 1.0),
            "The outputs of both releases cannot be compared: Output 'logits' of the model with 2.0.0",
        ),
    ],
)
def test_outputs_that_differ_by_more_than_rounding_are_noted_and_kept(
    tmp_path: Path, outputs: tuple[float, ...], said: str
) -> None:
    arms = Arms({})
    arms.outputs["2.0.0"] = outputs
    with racing(tmp_path, arms) as (races, _):
        first = races.race("2.0.0", "1.0.0")
    assert first.note.startswith(said)
    assert bool(first.note) is bool(said)
    with racing(tmp_path, arms) as (races, _):
        assert races.race("2.0.0", "1.0.0").note == first.note


def test_what_a_release_refuses_is_raised_and_leaves_the_rest(tmp_path: Path) -> None:
    arms = Arms({})

    def refuse(arm: Arm) -> _Arm:
        raise ArmUnavailableError(f"{arm.release} does not run it.", remedy="None.")

    with racing(tmp_path, arms) as (races, state):
        races._open_arm = refuse
        with pytest.raises(ArmUnavailableError):
            races.race("2.0.0", "1.0.0")
        assert len(state) == 0
