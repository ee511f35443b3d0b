"""What is gathered while tests run for the places that CI systems show."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest

from pytest_ovperf.errors import DeviceError
from pytest_ovperf.hooks.ci import CIPlaces, failing_line, show_in_junit
from pytest_ovperf.session import overview, results
from tests.unit.reports.report_examples import INCONCLUSIVE, REGRESSED
from tests.unit.reports.run_examples import suite_run

if TYPE_CHECKING:
    from _pytest._code import TracebackEntry

    from pytest_ovperf.records import ComparisonRecord
    from pytest_ovperf.session.session import Session

ON_GITHUB = {"GITHUB_ACTIONS": "true"}


@dataclass
class Judged:
    """A session that has measured this."""

    records: list[ComparisonRecord] = field(default_factory=list)
    has_measured: bool = True
    figures: tuple[object, ...] = ()
    ladders: tuple[object, ...] = ()
    npu: None = None

    @property
    def places(self) -> Judged:
        return self

    @property
    def judging(self) -> Judged:
        return self

    def records_of(self, test: str) -> list[ComparisonRecord]:
        return [record for record in self.records if record.test == test]


def session(*records: ComparisonRecord) -> Session:
    return cast("Session", Judged(list(records), has_measured=bool(records)))


def said_of(record: ComparisonRecord) -> str:
    """Return what pytest says of a test that failed by this comparison."""
    return "AssertionError: assert " + "\n".join(overview.explanation(record, whole=False, encoding="utf-8"))


def shown(places: CIPlaces, *records: ComparisonRecord) -> list[str]:
    return places.annotations(session(*records), encoding="utf-8")


def test_a_failed_comparison_is_shown_with_all_of_its_evidence(tmp_path: Path) -> None:
    places = CIPlaces({**ON_GITHUB, "GITHUB_WORKSPACE": str(tmp_path)}, tmp_path / "sub")
    places.note_failure(REGRESSED.test, tmp_path / "sub" / "suites" / "test_speed.py", 12, said_of(REGRESSED))
    (line,) = shown(places, REGRESSED)
    assert line.startswith(
        "::error file=sub/suites/test_speed.py,line=12,title=regressed%3A openvino-int8 over openvino-fp32::"
        "suites/test_speed.py::test_int8_pays[minilm-CPU]%0A%0Aopenvino-int8 is now 1.92x as fast"
    )
    whole = overview.explanation(REGRESSED, whole=True, encoding="utf-8")
    assert line.count("%0A") == len(whole) + 1


def test_a_comparison_that_did_not_fail_the_test_is_not_blamed(tmp_path: Path) -> None:
    places = CIPlaces(ON_GITHUB, tmp_path)
    places.note_failure(INCONCLUSIVE.test, tmp_path / "t.py", 3, "assert 0.3 >= 0.98")
    (line,) = shown(places, INCONCLUSIVE)
    assert "title=test_speed.py%3A%3Atest_int8_pays[gpt2-CPU] failed::" in line
    assert line.endswith("%0A%0Aassert 0.3 >= 0.98")


def test_regressions_come_first_since_only_ten_are_shown(tmp_path: Path) -> None:
    places = CIPlaces(ON_GITHUB, tmp_path)
    places.note_failure("t.py::test_other", tmp_path / "t.py", 3, "assert 1 == 2")
    places.note_failure(REGRESSED.test, tmp_path / "t.py", 9, said_of(REGRESSED))
    assert ["line=9," in line for line in shown(places, REGRESSED)] == [True, False]


def test_a_test_is_shown_once_at_its_first_failure(tmp_path: Path) -> None:
    places = CIPlaces(ON_GITHUB, tmp_path)
    places.note_failure("t.py::test_x", tmp_path / "t.py", 3, "in the test")
    places.note_failure("t.py::test_x", tmp_path / "t.py", 1, "in the teardown")
    (line,) = shown(places)
    assert "line=3," in line
    assert line.endswith("in the test%0A%0Ain the teardown")


def test_a_test_that_is_run_again_is_not_shown_for_its_first_run(tmp_path: Path) -> None:
    places = CIPlaces(ON_GITHUB, tmp_path)
    places.note_failure("t.py::test_x", tmp_path / "t.py", 3, "no")
    places.forget("t.py::test_x")
    places.forget("t.py::test_never_seen")
    assert shown(places) == []


def test_a_link_is_followed_where_that_leads_into_the_repository(tmp_path: Path) -> None:
    real, link = tmp_path / "real", tmp_path / "link"
    real.mkdir()
    try:
        link.symlink_to(real, target_is_directory=True)
    except OSError:
        pytest.skip("this system lets nobody make links")
    for workspace, root in ((link, real), (real, link)):
        places = CIPlaces({**ON_GITHUB, "GITHUB_WORKSPACE": str(workspace)}, tmp_path / "nowhere")
        places.note_failure("t.py::test_x", root / "sub" / "t.py", 3, "no")
        assert "file=sub/t.py," in shown(places)[0]


def entry(path: Path | str, line: int) -> TracebackEntry:
    return cast("TracebackEntry", SimpleNamespace(path=path, lineno=line))


def test_the_line_is_the_innermost_of_the_tests_own_file() -> None:
    path = Path("suites/test_speed.py").absolute()
    inside = [entry(os.devnull, 1), entry(path, 10), entry(str(path), 4), entry("<string>", 7)]
    assert failing_line(path, inside, 99) == 5
    assert failing_line(path, [entry("elsewhere.py", 10)], 99) == 99
    assert failing_line(path, [], 99) == 99


def written(monkeypatch: pytest.MonkeyPatch, target: str) -> CIPlaces:
    monkeypatch.setattr(results, "run_view", lambda _: suite_run())
    places = CIPlaces({"GITHUB_STEP_SUMMARY": target}, Path.cwd())
    places.write_summary(session(REGRESSED))
    return places


def test_the_summary_is_written_where_there_is_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert written(monkeypatch, str(tmp_path / "summary.md")).warnings == []
    assert (tmp_path / "summary.md").read_text(encoding="utf-8").startswith("## OpenVINO performance")
    assert written(monkeypatch, "").warnings == []


def test_the_summary_is_written_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "summary.md"
    places = written(monkeypatch, str(path))
    before = path.read_bytes()
    places.write_summary(session(REGRESSED))
    assert path.read_bytes() == before


@pytest.mark.parametrize("target", [".", "no such folder/summary.md", "a\0b"])
def test_a_summary_that_cannot_be_written_costs_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, target: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (warning,) = written(monkeypatch, target).warnings
    assert warning.startswith("pytest-ovperf: the job summary was not written: ")
    assert "\n" not in warning


def test_a_run_that_cannot_be_described_costs_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(_: Session) -> None:
        raise DeviceError("No machine.", remedy="Get one.")

    monkeypatch.setattr(results, "run_view", fails)
    places = CIPlaces({"GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md")}, tmp_path)
    places.write_summary(session(REGRESSED))
    assert places.warnings == ["pytest-ovperf: the job summary was not written: No machine. → Get one."]


def test_a_run_that_measured_nothing_writes_no_summary(tmp_path: Path) -> None:
    places = CIPlaces({"GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md")}, tmp_path)
    places.write_summary(session())
    assert not (tmp_path / "summary.md").exists()


def junit_of(given: list[tuple[str, object]], *records: ComparisonRecord, wanted: bool = True) -> Any:  # noqa: ANN401
    """Return an item and its report after their comparisons were made properties."""
    config = SimpleNamespace(getini=lambda _: wanted)
    item: Any = SimpleNamespace(nodeid=REGRESSED.test, user_properties=given, config=config)
    report: Any = SimpleNamespace(user_properties=list(given))
    show_in_junit(item, report, session(*records))
    assert report.user_properties == item.user_properties
    return dict(item.user_properties)


def test_a_tests_own_properties_are_kept_and_those_of_an_earlier_run_replaced() -> None:
    properties = junit_of(
        [("owner", "me"), ("ovperf.1.verdict", "inconclusive"), ("ovperf.2.verdict", "ok")], REGRESSED
    )
    assert properties["owner"] == "me"
    assert properties["ovperf.1.verdict"] == "regressed"
    assert "ovperf.2.verdict" not in properties


def test_properties_can_be_declined() -> None:
    assert junit_of([("owner", "me")], REGRESSED, wanted=False) == {"owner": "me"}


def test_a_test_without_comparisons_gets_no_properties() -> None:
    assert junit_of([]) == {}
