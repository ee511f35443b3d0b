"""``--ov-against``: one release of OpenVINO over another, as users see it. Most arms are made up; one race is real."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from tests.integration.user_suite import QUICK_ARMS, Suite

if TYPE_CHECKING:
    from pytest_ovperf.environments.environment import Environment

#: Installs arms that take no time, and an environment that is not there. RACE says by how much its arms take longer in
#: each pass through a test (the last one holds on), and what they refuse to load.
CONFTEST = f"""
    import json
    import os
    import runpy
    from collections import Counter
    from pathlib import Path

    from pytest_ovperf.environments.environment import Environment
    from pytest_ovperf.errors import ArmUnavailableError
    from pytest_ovperf.session import parts

    arms = runpy.run_path({str(QUICK_ARMS)!r})
    arms["install"]()
    race, passes = json.loads(os.environ["RACE"]), Counter()
    if race.get("refused"):
        arms["REFUSED"][race["refused"]] = ArmUnavailableError("An operation of a later opset.", remedy="None.")

    def find(text, cache_dir, say):
        Path("found.txt").write_text(text)
        versions = {{"openvino": "2025.4.1", **dict.fromkeys(race.get("packages", ()), "1")}}
        return Environment(Path("/opt/old/bin/python"), "2025.4.1", versions)

    parts.find = find

    def pytest_runtest_logstart(nodeid):
        name = nodeid.rpartition("::")[2].partition("[")[0]
        own = race.get(name, [1])
        arms["OLD"]["openvino-int8"] = own[min(passes[name], len(own) - 1)]
        passes[name] += 1
        with open("passes.txt", "a") as file:
            print(name, file=file)
"""
TESTS = """
    import pytest

    pytestmark = pytest.mark.model("tiny-bert")

    def test_it(speedup, baseline):
        assert speedup("openvino-int8", over="openvino-fp32") >= baseline

    def test_other(speedup):
        assert speedup("openvino-int8", over="pytorch-fp32") >= 1.5
"""
RELEASE = "openvino==2025.4.1"
#: What the old release takes of the new one's time where the new one has lost.
LOST = 0.8


@dataclass(frozen=True)
class Against:
    """A user's folder whose arms are raced against an environment that is not there."""

    suite: Suite
    monkeypatch: pytest.MonkeyPatch

    def write(self, source: str = TESTS) -> None:
        self.suite.pytester.makeconftest(CONFTEST)
        self.suite.pytester.makepyfile(test_speed=source)

    def run(self, *arguments: str, against: str = RELEASE, **race: object) -> pytest.RunResult:
        self.monkeypatch.setenv("RACE", json.dumps(race))
        cache = self.suite.pytester.path / "cache"
        return self.suite.pytester.runpytest_subprocess(
            f"--ov-against={against}", f"--ov-cache-dir={cache}", *arguments, timeout=120
        )

    def logged(self, name: str) -> list[str]:
        path = self.suite.pytester.path / name
        return path.read_text(encoding="utf-8").split() if path.exists() else []


@pytest.fixture
def against(suite: Suite, monkeypatch: pytest.MonkeyPatch) -> Against:
    return Against(suite, monkeypatch)


# What a user sees


def test_every_arm_is_raced_once_and_shown_as_new_over_old(against: Against) -> None:
    against.write()
    result = against.run()
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(
        [
            "*raced against OpenVINO 2025.4.1 (/opt/old/bin/python)",
            "Raced against OpenVINO 2025.4.1 in latency on CPU*",
            "model *arm *old *new *new over old *interval *verdict*",
            "tiny-bert *openvino-int8 *1.00x *ok *",
            "tiny-bert *openvino-fp32 *1.00x *ok *",
            "2 ok*(2 races in *",
        ]
    )
    assert not against.suite.baselines.exists()


def test_a_loss_is_confirmed_by_one_test_and_fails_all_that_share_it(against: Against) -> None:
    against.write()
    result = against.run(test_it=[LOST], test_other=[LOST])
    result.assert_outcomes(failed=2)
    assert against.logged("passes.txt") == ["test_it", "test_other", "test_it", "test_other"]
    result.stdout.fnmatch_lines(["*test_it*looks like a regression: it is measured again at the end of the run"])
    result.stdout.fnmatch_lines(["*test_other*looks like a regression: it is measured again at the end of the run"])
    result.stdout.fnmatch_lines(
        [
            "E *openvino-int8 is 0.80x as fast as itself with OpenVINO 2025.4.1: 20 % lower*beyond the tolerance*",
            "E *With OpenVINO 2026.4.1 it takes * ms, with 2025.4.1 * ms.",
            f"E *Measure again: *--ov-against={RELEASE} --ov-cache-dir=*",
            "tiny-bert *openvino-int8 *0.80x *regressed*",
            "1 ok * 1 regressed *(2 races in *",
        ]
    )
    result.stdout.no_fnmatch_line("*--update-baselines*")


def test_a_loss_that_is_gone_later_passes(against: Against) -> None:
    against.write()
    result = against.run(test_it=[LOST, 1.0], test_other=[LOST, 1.0])
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(["*this looked like a regression until it was measured again*"])


def test_a_gain_passes_and_is_no_baseline(against: Against) -> None:
    against.write()
    result = against.run("--ov-strict", test_it=[1.3], test_other=[1.3])
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(["tiny-bert *openvino-int8 *1.30x *improved*"])


def test_files_and_reports_say_what_was_raced(against: Against, monkeypatch: pytest.MonkeyPatch) -> None:
    against.write()
    folder = against.suite.pytester.path
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(folder / "summary.md"))
    against.run("--ov-report=r.html", "--junitxml=j.xml", "--benchmark-json=b.json")
    properties = {each.get("name"): each.get("value") for each in ET.parse(folder / "j.xml").iter("property")}  # noqa: S314  (our own)
    assert properties["ovperf.1.raced_against"] == "OpenVINO 2025.4.1"
    assert "new over old" in (folder / "summary.md").read_text(encoding="utf-8")
    assert "New over old" in (folder / "r.html").read_text(encoding="utf-8")
    kept = json.loads((folder / "b.json").read_text(encoding="utf-8"))
    assert {entry["extra_info"]["raced_against"] for entry in kept["benchmarks"]} == {"OpenVINO 2025.4.1"}
    assert "Raced against OpenVINO 2025.4.1" in kept["ovperf"]["notes"][0]


# What is not raced


def test_what_has_no_release_or_is_absolute_is_skipped_with_the_reason(against: Against) -> None:
    against.write(
        """
        import pytest

        pytestmark = pytest.mark.model("tiny-bert")

        def test_torch(speedup):
            assert speedup("pytorch-fp32", over="pytorch-bf16") >= 1

        def test_size(speedup):
            assert speedup("openvino-int8", over="openvino-fp32", metric="model_size") >= 1

        def test_measure(measure):
            assert measure("openvino-int8").latency <= 1

        def test_ladder(ladder):
            assert ladder(["openvino-fp32", "openvino-int8"])["openvino-int8"].factor >= 1

        def test_number(speedup):
            assert speedup("openvino-int8", over="openvino-fp32").ratio >= 1.5

        def test_fidelity(fidelity):
            assert fidelity("openvino-int8", over="openvino-fp32").cosine > 0.9
        """
    )
    result = against.run("-rs")
    result.assert_outcomes(skipped=5, passed=1)
    result.stdout.fnmatch_lines_random(
        [
            "SKIPPED*pytorch-fp32 has no OpenVINO in it; pytorch-bf16 has no OpenVINO in it*",
            "SKIPPED*model_size is that of the model's files*",
            "SKIPPED*Absolute figures are not raced*",
            "SKIPPED*not measured as a number*",
        ]
    )


def test_an_arm_that_the_old_release_refuses_is_skipped_and_the_other_raced(against: Against) -> None:
    against.write(
        TESTS
        + """
    def test_int8(speedup):
        assert speedup("openvino-int8", over="pytorch-fp32") >= 1
    """
    )
    result = against.run("-rs", refused="openvino-int8")
    result.assert_outcomes(passed=1, skipped=2)
    result.stdout.fnmatch_lines(["*test_it*the other arm is not raced: *An operation of a later opset*"])
    result.stdout.fnmatch_lines(["SKIPPED*An operation of a later opset*"])


def test_an_arm_whose_package_is_missing_there_is_skipped(against: Against) -> None:
    against.write(
        """
        import pytest

        @pytest.mark.model("tiny-gpt2")
        def test_it(speedup):
            assert speedup("genai-int8", over="openvino-int8", metric="ttft") >= 1
        """
    )
    result = against.run("-rs")
    result.assert_outcomes(skipped=1)
    result.stdout.fnmatch_lines(["SKIPPED*genai-int8 needs openvino-genai*openvino-int8 needs optimum-intel*"])


# Mistakes


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--ov-against=nowhere",), "*There is no Python interpreter nowhere*"),
        (("--ov-against=openvino>=2025",), "*does not name one release*"),
        (("--ov-against=2020.1",), "*too old to be measured*"),
        (("--ov-against=",), "*none is named*"),
        (("--ov-against=2025.4.1", "--update-baselines"), "*races two releases*"),
    ],
)
def test_what_makes_no_sense_ends_the_run_before_anything_is_collected(
    suite: Suite, arguments: tuple[str, ...], said: str
) -> None:
    suite.write(TESTS)
    result = suite.run(*arguments)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([said])


def test_an_environment_without_openvino_ends_the_run_before_anything_is_measured(suite: Suite) -> None:
    suite.write(TESTS)
    bare = suite.pytester.path / "bare"
    suite.pytester.run(sys.executable, "-m", "venv", "--without-pip", str(bare))
    result = suite.run(f"--ov-against={bare}")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*has no numpy, no psutil, no openvino*"])


def test_the_ini_file_may_say_it_and_listing_tests_makes_nothing(against: Against) -> None:
    against.write()
    against.suite.pytester.makeini("[pytest]\nov_against = 2025.4.1\n")
    against.monkeypatch.setenv("RACE", "{}")
    for option in ("--collect-only", "--ov-plan"):
        result = against.suite.pytester.runpytest_subprocess(option)
        assert result.ret == pytest.ExitCode.OK
        assert against.logged("found.txt") == []
    result.stdout.fnmatch_lines(["The arms of 2 tests are raced against openvino==2025.4.1*"])
    against.suite.pytester.runpytest_subprocess().assert_outcomes(passed=2)
    assert against.logged("found.txt") == [RELEASE]


# The real thing

#: OpenVINO 2024's CPU plugin takes a boolean attention mask the other way round: nothing is attended to.
SAID_OF_OUTPUTS = ("*outputs of both releases cannot be compared*of the old release holds 1024*",)


def test_a_real_race_runs_both_releases_on_the_same_files(suite: Suite, old_release: Environment) -> None:
    suite.write(
        """
        import pytest

        @pytest.mark.model("tiny-bert")
        @pytest.mark.ovperf(tolerance=90, budget=1)  # a noisy machine must not decide what this test is not about
        def test_it(speedup, baseline):
            assert speedup("openvino-fp32", over="pytorch-fp32") >= baseline
        """
    )
    result = suite.run(f"--ov-against={old_release.python}", "--junitxml=j.xml", "--benchmark-json=b.json")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(
        [f"*raced against {old_release.label} (*", "tiny-bert *openvino-fp32 * ?s * ?s *x *", *SAID_OF_OUTPUTS]
    )
    kept = json.loads((suite.pytester.path / "b.json").read_text(encoding="utf-8"))
    new, old = kept["benchmarks"]
    assert new["extra_info"]["arm"] == "openvino-fp32"
    assert old["extra_info"]["arm"] == f"openvino-fp32 with {old_release.label}"
