"""A whole search on an imagined machine: what is made, raced and explained, and what is left behind."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_ovperf.environments import index
from pytest_ovperf.environments.environment import Environment
from pytest_ovperf.environments.kept import Kept
from pytest_ovperf.errors import ArmUnavailableError, EnvironmentUnusableError
from pytest_ovperf.records import Trace
from pytest_ovperf.reports.bisect_findings import BisectFindings, BisectPlan, Ending, ReleaseRace, Skipped
from pytest_ovperf.reports.live import LiveLine
from pytest_ovperf.session.arms import Arms
from pytest_ovperf.session.bisecting import run
from pytest_ovperf.session.bisecting.asked import BisectQuestion
from pytest_ovperf.session.bisecting.state import KeptRace
from tests.fakes.quick_arms import MACHINE
from tests.unit.reports.bisect_examples import LOST, ORIGIN, RELEASES
from tests.unit.reports.layer_examples import LOST as EXPLAINED
from tests.unit.reports.test_reports_live import FakeTerminal
from tests.unit.session.bisect_fakes import World

if TYPE_CHECKING:
    from collections.abc import Callable

OWN = Environment(Path("/opt/own/bin/python"), RELEASES[-1], {"openvino": f"{RELEASES[-1]}-1-abc"})


class Bench:
    """Stands in for what a search does to the world, and remembers it."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.world = World(LOST)
        self.made: list[str] = []
        self.refused: set[str] = set()
        self.packages: dict[str, str] = {}
        self.explained: list[tuple[str, str]] = []
        self.heard: list[BisectPlan | ReleaseRace | Skipped] = []
        self.planned = self.raced = self.skipped = self.heard.append
        for where, name, what in (
            (run, "read_machine", lambda: MACHINE),
            (run, "look_at", lambda _python: self),
            (index, "releases", lambda _python: RELEASES),
            (Kept, "obtain", lambda _kept, release, _say: self.obtain(release)),
            (Arms, "prepare", lambda _arms, spec, *arms, **_more: (spec, dict.fromkeys(arms))),
            (run, "_origin", lambda _spec, _request: ORIGIN),
            (run, "Races", self.races),
            (run, "Explaining", lambda *_: self),
        ):
            monkeypatch.setattr(where, name, what)

    def environment(self) -> Environment:
        return OWN

    def obtain(self, release: str) -> Environment:
        if release in self.refused:
            raise EnvironmentUnusableError(f"OpenVINO {release} has no wheel.", remedy="None.")
        self.made.append(release)
        return Environment(Path("/opt", release), release, {"openvino": f"{release}-1-abc", **self.packages})

    def races(self, *_: object, environment: Callable[[str], Environment], state: Any, **__: object) -> Bench:  # noqa: ANN401
        self._environment = environment
        self._state = state
        return self

    def race(self, new: str, old: str) -> ReleaseRace:
        for release in (new, old):
            self._environment(release)
        plan = next(each for each in self.heard if isinstance(each, BisectPlan))
        self._state.keep(new, old, KeptRace(Trace(plan.comparison, ())))
        return self.world.race(new, old)

    def explain(self, race: ReleaseRace) -> Any:  # noqa: ANN401
        self.explained.append((race.new, race.old))
        return EXPLAINED

    def search(self, **asked: Any) -> BisectFindings:  # noqa: ANN401
        question = {
            "good": RELEASES[0],
            "bad": RELEASES[-1],
            "model": "tiny-bert",
            "arm": "openvino-int8",
            "device": "CPU",
            "metric": "latency",
            "budget_s": 10.0,
            "cache_dir": self.folder,
            "base": self.folder,
            **asked,
        }
        return run.bisect(BisectQuestion(**question), LiveLine(FakeTerminal()), self)

    @property
    def left(self) -> list[Path]:
        return list((self.folder / "bisect").glob("*.json"))


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    return Bench(tmp_path, monkeypatch)


def test_the_release_is_found_explained_and_the_races_forgotten(bench: Bench) -> None:
    found = bench.search(command="ovperf bisect …")
    assert (found.searched.ending, found.searched.first) == (Ending.FOUND, "2025.1.0")
    assert bench.explained == [("2025.1.0", "2025.0.0")]
    assert found.explained is EXPLAINED
    assert (found.origin, found.command, found.profile) == (ORIGIN, "ovperf bisect …", MACHINE.profile.slug)
    assert bench.left == []


def test_only_releases_that_are_raced_get_an_environment_and_this_one_is_used_as_it_is(bench: Bench) -> None:
    found = bench.search()
    assert sorted(bench.made) == ["2024.4.0", "2025.0.0", "2025.1.0"]
    assert set(found.versions) == {*bench.made, RELEASES[-1]}


def test_the_plan_comes_first_and_says_what_races_may_spend(bench: Bench) -> None:
    bench.search()
    plan = bench.heard[0]
    assert isinstance(plan, BisectPlan)
    assert (plan.releases, plan.tolerance, plan.races) == (RELEASES, 0.02, 4)
    assert plan.error_rate * len(RELEASES) == pytest.approx(0.01)
    assert (plan.comparison.candidate.release, plan.comparison.reference.release) == (RELEASES[-1], RELEASES[0])


def test_ends_that_are_alike_are_not_explained(bench: Bench) -> None:
    bench.world.speeds = dict.fromkeys(RELEASES, 1.0)
    found = bench.search()
    assert (found.searched.ending, found.explained, bench.left) == (Ending.NO_LOSS, None, [])


def test_what_is_not_sure_leaves_its_races_for_the_same_command(bench: Bench) -> None:
    bench.world.unsure = ("2025.1.0",)
    found = bench.search()
    assert found.searched.ending is Ending.RANGE
    assert len(bench.left) == 1
    bench.heard.clear()
    bench.search()
    assert isinstance(bench.heard[0], BisectPlan)
    assert bench.heard[0].kept == 4
    assert bench.heard[0].kept_in == str(bench.left[0])
    bench.heard.clear()
    bench.search(again=True)
    assert isinstance(bench.heard[0], BisectPlan)
    assert bench.heard[0].kept == 0


def test_another_tolerance_is_another_search(bench: Bench) -> None:
    bench.world.unsure = ("2025.1.0",)
    bench.search()
    bench.search(tolerance=0.03)
    assert len(bench.left) == 2


def test_a_release_that_cannot_be_installed_is_left_out(bench: Bench) -> None:
    bench.refused = {"2025.0.0"}
    found = bench.search()
    assert found.searched.skipped == (Skipped("2025.0.0", "OpenVINO 2025.0.0 has no wheel."),)
    assert (found.searched.ending, found.searched.between) == (Ending.RANGE, ("2025.0.0",))


def test_an_end_that_cannot_be_installed_is_an_error_before_anything_is_raced(bench: Bench) -> None:
    bench.refused = {RELEASES[0]}
    with pytest.raises(EnvironmentUnusableError, match="has no wheel"):
        bench.search()
    assert bench.heard == []


def test_an_environment_without_what_the_arm_imports_is_none_for_it(bench: Bench) -> None:
    with pytest.raises(ArmUnavailableError, match="genai-int8 needs openvino-genai, which"):
        bench.search(model="tiny-gpt2", arm="genai-int8", metric="ttft")
    bench.packages = {"openvino-genai": "2025.2.0.0"}
    with pytest.raises(ArmUnavailableError, match="own"):  # this one's own has none
        bench.search(model="tiny-gpt2", arm="genai-int8", metric="ttft")


def test_an_end_whose_genai_is_too_old_for_the_arm_is_an_error_before_anything_is_raced(bench: Bench) -> None:
    bench.packages = {"openvino-genai": "2024.4.0.0"}
    with pytest.raises(ArmUnavailableError, match=r"needs OpenVINO GenAI 2025\.2\.0 or newer, and .* has 2024\.4\.0"):
        bench.search(model="tiny-gpt2", arm="genai-int8", metric="ttft")
    assert bench.heard == []


def test_what_an_earlier_search_left_and_nobody_can_read_is_told(bench: Bench) -> None:
    bench.world.unsure = ("2025.1.0",)
    bench.search()
    bench.left[0].write_text("{", encoding="utf-8")
    bench.heard.clear()
    bench.search()
    plan = bench.heard[0]
    assert isinstance(plan, BisectPlan)
    assert (plan.kept, plan.damage.partition(":")[0]) == (0, "JSONDecodeError")
