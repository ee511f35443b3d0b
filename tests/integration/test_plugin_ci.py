"""What a run leaves in the places that CI systems show. Runs as on GitHub's runner; what is measured is made up."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from tests.integration.user_suite import INT8_PAYS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.integration.user_suite import QuickSuite, Suite

#: Uses a fixture of ours, so that its failures are for us to show, and measures nothing.
FAILING = """
    import pytest

    def test_passes(device):
        assert device

    @pytest.mark.parametrize("name", ["a,b", "100%"])
    def test_fails(device, name):
        checked = device
        assert checked == f"{name}: on"

    @pytest.fixture
    def broken(device):
        raise RuntimeError("no luck")

    def test_cannot_start(broken):
        pass

    @pytest.mark.xfail
    def test_expected(device):
        assert not device

    def helper(device):
        assert not device

    def test_in_a_helper(device):
        helper(device)

    def test_in_a_subtest(device, subtests):
        with subtests.test("one"):
            assert device == "one"
        with subtests.test("two"):
            assert device == "two"

    def test_of_somebody_else():
        assert False
"""
TWO_COMPARISONS = (
    INT8_PAYS
    + """
    @pytest.mark.model("tiny-bert")
    def test_two(speedup, record_property):
        record_property("owner", "me")
        assert speedup("openvino-int8", over="openvino-fp32") >= 0.01
        assert speedup("openvino-fp32", over="openvino-int8") >= 0.01
"""
)


@pytest.fixture
def summary(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, suite: Suite) -> Path:
    """Return the summary's file of a run on GitHub, whose repository is the folder above the suite's."""
    path = suite.pytester.path.parent / "summary.md"
    path.unlink(missing_ok=True)
    monkeypatch.setenv("CI", "true")
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(path))
    monkeypatch.setenv("GITHUB_WORKSPACE", str(pytester.path.parent))
    return path


def shown_errors(result: pytest.RunResult) -> list[tuple[str, int, str, str]]:
    """Return file, line, title and message of each annotation: only what begins a line is one."""
    found = [re.match(r"::error file=(.*?),line=(\d+),title=(.*?)::(.*)", line) for line in result.outlines]
    return [(match[1], int(match[2]), match[3], match[4]) for match in found if match]


def line_of(suite: Suite, text: str) -> int:
    lines = (suite.pytester.path / "test_speed.py").read_text(encoding="utf-8").splitlines()
    (number,) = (number for number, line in enumerate(lines, 1) if text in line)
    return number


@pytest.mark.usefixtures("summary")
def test_each_failed_test_is_shown_at_the_line_where_it_failed(quick: QuickSuite) -> None:
    quick.write(FAILING)
    result = quick.run()
    folder = quick.pytester.path.name
    shown = shown_errors(result)
    assert {file for file, *_ in shown} == {f"{folder}/test_speed.py"}
    assert [(title, line) for _, line, title, _ in shown] == [
        ("test_speed.py%3A%3Atest_fails[CPU-a%2Cb] failed", line_of(quick, "assert checked ==")),
        ("test_speed.py%3A%3Atest_fails[CPU-100%25] failed", line_of(quick, "assert checked ==")),
        ("test_speed.py%3A%3Atest_cannot_start[CPU] failed", line_of(quick, "raise RuntimeError")),
        ("test_speed.py%3A%3Atest_in_a_helper[CPU] failed", line_of(quick, "def helper") + 1),
        ("test_speed.py%3A%3Atest_in_a_subtest[CPU] failed", line_of(quick, 'assert device == "one"')),
    ]
    assert "100%25: on" in shown[1][3]
    assert "no luck" in shown[2][3]


@pytest.mark.parametrize("option", ["-s", "--tb=no", "--tb=native", "-q", "--capture=sys"])
@pytest.mark.usefixtures("summary")
def test_the_lines_are_the_same_however_pytest_prints(quick: QuickSuite, option: str) -> None:
    quick.write(FAILING)
    assert len(shown_errors(quick.run(option))) == 5


def test_elsewhere_than_on_github_nothing_is_shown(
    quick: QuickSuite, summary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GITHUB_ACTIONS")
    quick.write(FAILING)
    result = quick.run()
    result.stdout.no_fnmatch_line("*::error*")
    assert not summary.exists()  # nothing was measured


def test_a_regression_is_in_the_summary_at_its_line_and_in_junits_file(
    quick: QuickSuite, summary: Path, with_quick_baseline: Callable[[float], None]
) -> None:
    with_quick_baseline(3.0)
    result = quick.run("--junitxml=junit.xml")
    result.assert_outcomes(failed=1)

    ((file, line, title, message),) = shown_errors(result)
    assert file == f"{quick.pytester.path.name}/test_speed.py"
    assert line == line_of(quick, "assert speedup")
    assert title == "regressed%3A openvino-int8 over openvino-fp32"
    assert "as fast as openvino-fp32; the baseline says" in message
    assert "%0AMeasured: " in message

    page = summary.read_text(encoding="utf-8")
    assert "❌ **1 regressed** (1 comparison in" in page
    assert "| ❌ regressed |" in page
    assert "<summary>❌ regressed: <code>test_int8_pays[CPU]</code>" in page
    assert "- Measured: " in page
    assert "| openvino | " in page

    properties = properties_of(quick.pytester.path / "junit.xml")["test_int8_pays[CPU]"]
    assert properties["ovperf.1.verdict"] == "regressed"
    assert properties["ovperf.1.candidate"] == "openvino-int8"
    assert float(properties["ovperf.1.change_high"]) < 0
    assert float(properties["ovperf.1.candidate_median_ms"]) > 0


def properties_of(path: Path) -> dict[str, dict[str, str]]:
    """Return test → name → value, as JUnit's file has them. Each name is there once."""
    found: dict[str, dict[str, str]] = {}
    for case in ET.parse(path).iter("testcase"):  # noqa: S314  (pytest has just written it)
        pairs = [(each.attrib["name"], each.attrib["value"]) for each in case.iter("property")]
        assert len(dict(pairs)) == len(pairs)
        found[case.attrib["name"]] = dict(pairs)
    return found


def test_a_summary_that_cannot_be_written_costs_a_line(
    quick: QuickSuite, summary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary.parent / "no such folder" / "summary.md"))
    quick.write(TWO_COMPARISONS)
    result = quick.run("--junitxml=junit.xml", "-o", "junit_family=xunit1")
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(
        ["*no-baseline*", "pytest-ovperf: the job summary was not written: *no such folder*", "*2 passed*"]
    )

    properties = properties_of(quick.pytester.path / "junit.xml")
    assert properties["test_int8_pays[CPU]"]["ovperf.1.verdict"] == "no-baseline"
    both = properties["test_two[CPU]"]
    assert both["owner"] == "me"
    assert (both["ovperf.1.candidate"], both["ovperf.2.candidate"]) == ("openvino-int8", "openvino-fp32")
    assert both["ovperf.1.target"] == "0.01"
