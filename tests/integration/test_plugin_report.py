"""``--ov-report`` as a user gives it. What is measured is real in the first page, and made up in others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.integration.user_suite import INT8_PAYS
from tests.unit.reports.html_reading import read

if TYPE_CHECKING:
    from pathlib import Path

    from tests.integration.user_suite import QuickSuite, Suite

#: Ends before anything is measured, so that what is refused is refused early.
UNTOUCHED = """
    import pytest

    @pytest.mark.model("tiny-bert")
    def test_it(speedup):
        pytest.fail("this was run")
"""


def test_a_run_is_written_as_a_page_and_the_summary_names_it(recorded: Path) -> None:
    folder = recorded.parent
    assert "HTML report: out/report.html" in (folder / "said.txt").read_text(encoding="utf-8").splitlines()
    root = read((folder / "out" / "report.html").read_text(encoding="utf-8"))
    assert root.one("h1").text == "1 baseline recorded"
    assert "test_int8_pays" in root.with_id("comparisons").text
    assert "openvino-int8 over openvino-fp32" in root.with_id("comparisons").text
    assert (folder / "run.json").exists()


def test_a_report_that_cannot_be_written_costs_nothing_but_itself(quick: QuickSuite) -> None:
    quick.write(
        INT8_PAYS,
        conftest="""
            import shutil

            def pytest_sessionfinish():
                shutil.rmtree("out")
                open("out", "w").close()
        """,
    )
    result = quick.run("--ov-report=out/report.html", "--update-baselines")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["HTML report: none was written. --ov-report: * cannot be written: *"])
    assert result.ret == pytest.ExitCode.OK
    assert quick.baseline_file().exists()


def test_without_a_terminal_the_page_is_written_all_the_same(quick: QuickSuite) -> None:
    quick.write(INT8_PAYS)
    quick.run("--ov-report=report.html", "-p", "no:terminal")
    page = (quick.pytester.path / "report.html").read_text(encoding="utf-8")
    assert len(read(page).all("tbody", "no-baseline")) == 1


def test_a_run_that_measured_nothing_says_so(suite: Suite) -> None:
    suite.write("def test_plain():\n    pass\n")
    result = suite.run("--ov-report=report.html")
    result.stdout.fnmatch_lines(["HTML report: none was written, since nothing was measured"])
    assert not (suite.pytester.path / "report.html").exists()


def test_a_place_that_cannot_be_written_ends_the_run_before_it_measures(suite: Suite) -> None:
    suite.write(UNTOUCHED)
    (suite.pytester.path / "taken").touch()
    result = suite.run("--ov-report=taken/report.html")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*--ov-report: * cannot be written: *"])


@pytest.mark.parametrize(("given", "said"), [("", "--ov-report is empty."), (".", "--ov-report names a folder: *")])
def test_what_is_no_file_is_refused(suite: Suite, given: str, said: str) -> None:
    suite.write(UNTOUCHED)
    result = suite.run(f"--ov-report={given}")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"*{said}"])


def test_without_the_extra_the_run_ends_before_it_measures(suite: Suite) -> None:
    hidden = """
        import importlib.util
        there = importlib.util.find_spec
        from pytest_ovperf.reports.html import place
        place.find_spec = lambda name: None if name == "plotly" else there(name)
    """
    suite.write(UNTOUCHED, conftest=hidden)
    result = suite.run("--ov-report=report.html")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        ["*An HTML report needs the package 'plotly'*", '*pip install "pytest-ovperf[[]report[]]"*']
    )


def test_the_ini_file_names_it_from_the_projects_root(suite: Suite) -> None:
    suite.pytester.makeini("[pytest]\nov_report = reports/run.html\n")
    suite.write("def test_plain():\n    pass\n")
    result = suite.run("--collect-only")
    assert "HTML report" not in result.stdout.str()  # nothing ran
    result = suite.run()
    result.stdout.fnmatch_lines(["HTML report: none was written*"])
