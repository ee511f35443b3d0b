"""What a plan starts from: which of several places counts for each setting, and what a test's source says of it."""

from __future__ import annotations

import os
import textwrap
from typing import TYPE_CHECKING

import pytest

from pytest_ovperf.hooks.cache_dir import default_cache_dir
from pytest_ovperf.hooks.markers import read_ovperf
from pytest_ovperf.hooks.outcomes import session_of
from pytest_ovperf.hooks.planned import choices
from pytest_ovperf.hooks.written import Asked, written
from pytest_ovperf.verdict.planning import Fate, Hindrance, PlannedTest, Written

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Setting in the plan → its option, what stands on the command line, in the ini file, and what is so by itself.
SETTINGS = {
    "device": ("ov_device", "GPU", "CPU,GPU", "CPU"),
    "set": ("ov_set", "quick", "full", "default"),
    "budget": ("ov_budget", "5", "7", "20"),
    "tolerance": ("ov_tolerance", "3", "4", "by the noise of each baseline"),
    "strict": ("ov_strict", "", "true", "no"),
    "baselines": ("ov_baselines", "mine", "ours", "baselines"),
    "built models": ("ov_cache_dir", "mine", "ours", ""),
    "report": ("ov_report", "mine.html", "ours.html", "none"),
}
#: What a value is shown with.
SHOWN = {"budget": "{} s a comparison", "tolerance": "{} %"}
REFUSED = Hindrance(Fate.REFUSED, "There is no such arm.")
MARKER = 'import pytest\n\n@pytest.mark.ovperf(budget=6, tolerance=8, set="full")\ndef test_it():\n    pass\n'


def chosen(pytester: pytest.Pytester, setting: str, *arguments: str, marked: bool = False) -> Sequence[tuple[str, str]]:
    """Return value and place of ``setting`` in a run of one test."""
    (item,) = pytester.getitems(MARKER if marked else MARKER.replace("@", "# @"))
    config = pytester.parseconfigure(*arguments)
    mark = read_ovperf(item)
    found = choices(config, [PlannedTest(item.nodeid, mark.budget_s, mark.tolerance)])
    return [(each.value, each.source) for each in found if each.setting == setting]


def shown(setting: str, value: str) -> str:
    if setting == "strict":
        return "no" if value == "no" else "yes"
    return SHOWN.get(setting, "{}").format(value) if value[0].isdigit() else value


@pytest.mark.parametrize("setting", SETTINGS)
def test_the_command_line_goes_before_the_ini_file_and_that_before_what_is_so_by_itself(
    pytester: pytest.Pytester, setting: str
) -> None:
    option, given, ini, usual = SETTINGS[setting]
    usual = usual or os.path.relpath(default_cache_dir(), pytester.path).replace(os.sep, "/")  # pytester is at home
    assert chosen(pytester, setting) == [(shown(setting, usual), "default")]
    pytester.makeini(f"[pytest]\n{option} = {ini}\n")
    assert chosen(pytester, setting) == [(shown(setting, ini), "tox.ini")]
    argument = f"--{option.replace('_', '-')}" + (f"={given}" if given else "")
    assert chosen(pytester, setting, argument) == [(shown(setting, given or "yes"), "command line")]


@pytest.mark.parametrize(("setting", "marked"), [("budget", "6 s a comparison"), ("tolerance", "8 %")])
def test_the_marker_goes_before_the_ini_file_and_after_the_command_line(
    pytester: pytest.Pytester, setting: str, marked: str
) -> None:
    option, given, ini, _ = SETTINGS[setting]
    pytester.makeini(f"[pytest]\n{option} = {ini}\n")
    assert chosen(pytester, setting, marked=True) == [(marked, "marker")]
    argument = f"--{option.replace('_', '-')}={given}"
    assert chosen(pytester, setting, argument, marked=True) == [(shown(setting, given), "command line")]


def test_the_markers_set_is_the_tests_and_the_options_the_runs(pytester: pytest.Pytester) -> None:
    assert chosen(pytester, "set", marked=True) == [("default", "default")]


def test_tests_of_different_markers_are_counted(pytester: pytest.Pytester) -> None:
    tests = [PlannedTest("a", 5.0, None), PlannedTest("b", None, None), PlannedTest("c", None, None)]
    found = [each for each in choices(pytester.parseconfigure(), tests) if each.setting == "budget"]
    assert [(each.value, each.source) for each in found] == [
        ("20 s a comparison (2 tests)", "default"),
        ("5 s a comparison (1 test)", "marker"),
    ]


def test_an_ini_value_of_the_command_line_is_said_to_be_one(pytester: pytest.Pytester) -> None:
    assert chosen(pytester, "budget", "-o", "ov_budget=9") == [("9 s a comparison", "command line, -o")]


def test_paths_are_those_of_the_run(pytester: pytest.Pytester) -> None:
    """From the command line they start where pytest does, from the ini file where that is."""
    folder = pytester.mkdir("performance")
    (folder / "pytest.ini").write_text("[pytest]\nov_baselines = ours\nov_report = ours.html\n", encoding="utf-8")
    config = pytester.parseconfigure("performance", "--ov-report=mine.html")
    found = {each.setting: (each.value, each.source) for each in choices(config, [])}
    assert found["baselines"] == ("performance/ours", "performance/pytest.ini")
    assert found["report"] == ("mine.html", "command line")
    settings = session_of(config).settings
    assert (settings.baselines_dir, settings.report) == (folder / "ours", pytester.path / "mine.html")
    assert settings.folder == "performance/"


def test_the_way_back_to_the_tests_leads_up_as_well(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    pytester.makeini("[pytest]\n")
    monkeypatch.chdir(pytester.mkdir("shop"))
    assert session_of(pytester.parseconfigure()).settings.folder == "../"


def test_a_race_and_a_recording_are_told(pytester: pytest.Pytester) -> None:
    assert chosen(pytester, "records", "--update-baselines=new") == [("baselines: new", "command line")]
    assert chosen(pytester, "against", "--ov-against=2025.4.1") == [("openvino==2025.4.1", "command line")]


# What a test's source says


def said(pytester: pytest.Pytester, source: str) -> list[tuple[Written, ...]]:
    return [written(item) for item in pytester.getitems(textwrap.dedent(source))]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ('assert speedup("a", over="b") >= baseline', [Written("a over b")]),
        ('assert speedup("a", over="b", metric="latency") >= 1', [Written("a over b")]),
        ('assert speedup("a", over="b", metric="ttft", **WORK) >= 1', [Written("a over b · ttft")]),
        ('assert speedup(candidate="a", over=f"b") >= 1', [Written("a over …")]),
        (
            'measured = speedup("a", over="b")\n    assert measure("c").latency <= 1',
            [Written("a over b"), Written("c", compares=False)],
        ),
        ('ladder(["a", "b", "c"])', [Written("3 arms side by side", compares=False)]),
        ("ladder(arms)", [Written("arms side by side", compares=False)]),
        ('for arm in "ab":\n        assert speedup(arm, over="b") >= 1', [Written("… over b", repeated=True)]),
        ('assert all(speedup(arm, over="b") >= 1 for arm in "ab")', [Written("… over b", repeated=True)]),
        ("asked_elsewhere(speedup)", []),
    ],
)
def test_a_test_says_what_it_asks_for(pytester: pytest.Pytester, body: str, words: list[Written]) -> None:
    assert said(pytester, f"def test_it(speedup, measure, ladder, baseline):\n    {body}\n") == [tuple(words)]


@pytest.mark.parametrize(
    ("call", "asked"),
    [
        ('"a", over="b"', {}),
        ('candidate="a", over=other, hint="latency", streams=2', {"hint": "latency", "streams": 2}),
        ('"a", over="b", metric=METRIC', None),
        ('"a", over="b", **WORK', None),
        ('"a", "b"', None),
        ('"a"', None),
    ],
)
def test_a_comparison_is_looked_into_where_its_source_has_every_word(
    pytester: pytest.Pytester, call: str, asked: dict[str, object] | None
) -> None:
    (item,) = pytester.getitems(
        "import pytest\n\n"
        '@pytest.mark.parametrize("other", ["b"])\n'
        f"def test_it(speedup, other):\n    assert speedup({call}) >= 1\n"
    )
    seen: list[Asked] = []

    def hindrance(found: Asked) -> Hindrance:
        seen.append(found)
        return REFUSED

    (found,) = written(item, hindrance)
    assert seen == ([] if asked is None else [Asked(("a", "b"), asked)])
    assert found.hindered == (None if asked is None else REFUSED)


def test_what_it_is_parametrized_with_is_put_in(pytester: pytest.Pytester) -> None:
    source = """
        import pytest

        @pytest.mark.parametrize(("arm", "metric"), [("a", "ttft"), ("b", "latency")])
        def test_it(speedup, arm, metric):
            assert speedup(arm, over="c", metric=metric) >= 1
    """
    assert said(pytester, source) == [(Written("a over c · ttft"),), (Written("b over c"),)]


def test_tests_without_a_source_say_nothing(pytester: pytest.Pytester) -> None:
    source = """
        import unittest

        exec("def test_made(): speedup('a', over='b')")

        class TestCase(unittest.TestCase):
            def test_it(self):
                pass
    """
    assert said(pytester, source) == [(), ()]


def test_what_is_no_fixture_of_ours_by_such_a_name_is_not_planned(pytester: pytest.Pytester) -> None:
    source = """
        import pytest

        def measure(what):
            return what

        @pytest.fixture
        def ladder():
            return print

        def test_it(speedup, ladder):
            ladder(["a", "b"])
            assert speedup("a", over="b") >= measure(1)
    """
    assert said(pytester, source) == [(Written("a over b"),)]


@pytest.mark.parametrize(
    "made",
    [
        "test_it = lambda speedup: speedup('a', over='b')",
        "test_it = functools.partial(lambda speedup: speedup('a', over='b'))",
        "def test_it(speedup): exec('')\ntest_it.__code__ = test_it.__code__.replace(co_firstlineno=999)",
        "def test_it(speedup): exec('')\ntest_it.__code__ = test_it.__code__.replace(co_filename='<made>')",
    ],
    ids=["lambda", "partial", "other lines", "no file"],
)
def test_no_source_is_too_odd_for_a_plan(pytester: pytest.Pytester, made: str) -> None:
    module = pytester.makepyfile(f"import functools\n{made}\n")
    (item,) = pytester.getitems(module.read_text(encoding="utf-8"))
    assert written(item) in ((), (Written("a over b"),))
