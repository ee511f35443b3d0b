"""Which releases a search is about, and every mistake in naming them."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_ovperf.environments.environment import Environment
from pytest_ovperf.errors import EnvironmentUnusableError, SettingsError
from pytest_ovperf.session.bisecting.candidates import Candidates, Sources, candidates

OFFERED = ("2024.0.0", "2024.4.0", "2024.6.0", "2025.1.0", "2025.4.1", "2026.4.1")
OWN = Environment(Path("/opt/own/bin/python"), "2026.4.1", {"openvino": "2026.4.1-1-abc"})


class Index:
    """A package index, and environments that are there already."""

    def __init__(self, kept: tuple[str, ...] = ()) -> None:
        self.asked = 0
        self.kept = kept
        self.there: dict[Path, str] = {}

    def offered(self) -> tuple[str, ...]:
        self.asked += 1
        return OFFERED

    def missing(self, release: str) -> EnvironmentUnusableError | None:
        if release == "2026.5.0rc1":
            return None
        return EnvironmentUnusableError(f"The package index has no OpenVINO {release}.", remedy="Name another.")

    def look(self, path: Path) -> Environment:
        return Environment(path, self.there[path], {})

    def choose(self, good: str, bad: str, versions: str | None = None) -> Candidates:
        sources = Sources(OWN, self.look, self.offered, self.missing, self.kept.__contains__)
        return candidates(good, bad, versions, sources)


def interpreter(folder: Path, index: Index, release: str) -> str:
    path = folder / f"python-{release}"
    path.touch()
    index.there[path] = release
    return str(path)


def test_without_versions_all_that_the_index_has_between_the_ends_are_candidates() -> None:
    chosen = Index().choose("2024.4", "openvino==2025.4.1")
    assert chosen.releases == ("2024.4.0", "2024.6.0", "2025.1.0", "2025.4.1")
    assert (chosen.good, chosen.bad) == ("2024.4.0", "2025.4.1")


def test_a_good_release_that_is_the_newer_one_lets_the_search_go_back() -> None:
    assert Index().choose("2025.1.0", "2024.4.0").releases == ("2025.1.0", "2024.6.0", "2024.4.0")


def test_versions_are_put_in_order_and_each_counts_once() -> None:
    chosen = Index().choose("2024.0.0", "2026.4.1", "2026.4.1,2024.0.0, 2025.1.0,2025.1")
    assert chosen.releases == ("2024.0.0", "2025.1.0", "2026.4.1")


def test_the_release_of_this_environment_needs_no_other() -> None:
    assert Index().choose("2024.0.0", "2026.4.1").found == {"2026.4.1": OWN}


def test_an_interpreter_can_be_an_end_or_a_candidate(tmp_path: Path) -> None:
    index = Index(kept=("2024.0.0",))
    old, middle = interpreter(tmp_path, index, "2024.4.0"), interpreter(tmp_path, index, "2025.0.0")
    chosen = index.choose(old, "2026.4.1", f"{middle},{old},2026.4.1")
    assert chosen.releases == ("2024.4.0", "2025.0.0", "2026.4.1")
    assert chosen.found["2025.0.0"].python == Path(middle)
    assert index.asked == 0


def test_the_index_is_not_asked_where_everything_is_there() -> None:
    index = Index(kept=("2024.0.0", "2024.4.0"))
    assert len(index.choose("2024.0.0", "2026.4.1", "2024.0.0,2024.4.0,2026.4.1").releases) == 3
    assert index.asked == 0


def test_a_preview_that_the_index_lists_only_when_asked_for_is_taken() -> None:
    assert Index().choose("2026.4.1", "2026.5.0rc1").releases == ("2026.4.1", "2026.5.0rc1")


@pytest.mark.parametrize(
    ("good", "bad", "versions", "said"),
    [
        ("2024.4.0", "2024.4", None, "are the same release, OpenVINO 2024.4.0"),
        ("2024.4.0", "2025.1.0", "2024.4.0,2025.4.1", "--bad=2025.1.0 is not among --versions"),
        ("2024.0.0", "2025.1.0", "2024.4.0,2025.1.0", "--good=2024.0.0 is not among --versions"),
        ("2024.4.0", "2025.1.0", "2024.0.0,2024.4.0,2025.1.0,2026.4.1", "--versions names 2024.0.0, 2026.4.1, and"),
    ],
)
def test_what_makes_no_search_is_refused(good: str, bad: str, versions: str | None, said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        Index().choose(good, bad, versions)


@pytest.mark.parametrize(
    ("good", "bad", "versions", "said"),
    [
        ("2024.4.7", "2025.1.0", None, "has no OpenVINO 2024.4.7"),
        ("2024.4.0", "2025.1.0", "2024.4.0,2024.9.0,2025.1.0", "has no OpenVINO 2024.9.0"),
        ("2022.1", "2025.1.0", None, "too old"),
        ("nowhere", "2025.1.0", None, "no Python interpreter nowhere"),
        ("2024.4.0", "2025.1.0", "2024.4.0,2025.1.0,", "none is named"),
    ],
)
def test_what_is_no_release_is_refused(good: str, bad: str, versions: str | None, said: str) -> None:
    with pytest.raises(EnvironmentUnusableError, match=said):
        Index().choose(good, bad, versions)


def test_two_interpreters_of_one_release_are_refused(tmp_path: Path) -> None:
    index = Index()
    first = interpreter(tmp_path, index, "2024.4.0")
    (tmp_path / "other").mkdir()
    second = interpreter(tmp_path / "other", index, "2024.4.0")
    with pytest.raises(SettingsError, match="are both OpenVINO 2024"):
        index.choose(first, "2026.4.1", f"{first},{second},2026.4.1")
