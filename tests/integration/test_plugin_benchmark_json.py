"""Our speed-ups in pytest-benchmark's files. Both plugins and its commands are real; the arms are, in one run."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import sysconfig
import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest

from pytest_ovperf.runs.benchmark_json import view_of
from pytest_ovperf.runs.values import cost_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_ovperf.runs.view import RunView

QUICK_ARMS = Path(__file__).resolve().parents[1] / "fakes" / "quick_arms.py"

SPEEDUPS = """
    import pytest

    pytestmark = pytest.mark.model("tiny-bert")

    def test_int8_pays(speedup, baseline):
        assert speedup("openvino-int8", over="openvino-fp32") >= baseline

    @pytest.mark.parametrize("size", [1, 2])
    def test_bf16(speedup, size):
        assert speedup("openvino-bf16", over="openvino-fp32") >= 1.1
"""
CONFTEST = """
    import platform
    import runpy

    import pytest

    runpy.run_path({path!r})["install"]()

    @pytest.hookimpl(optionalhook=True)
    def pytest_benchmark_generate_machine_info():  # its own asks for the processor, which takes a second
        return dict(system=platform.system(), machine=platform.machine())
"""
PLAIN = """
    def test_sum(benchmark):
        benchmark.pedantic(sum, args=([1, 2, 3],), rounds=7)
"""


@dataclass(frozen=True)
class QuickSuite:
    """A user's folder whose measurements take no time."""

    folder: Path

    def write(self, source: str = SPEEDUPS) -> None:
        files = {"conftest": CONFTEST.format(path=str(QUICK_ARMS)), "test_speed": source, "test_plain": PLAIN}
        for name, text in files.items():
            (self.folder / f"{name}.py").write_text(textwrap.dedent(text), encoding="utf-8")
        (self.folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")

    def run(self, *arguments: str) -> Finished:
        """Run pytest over the speed-ups, or what is named."""
        named = () if any(each.endswith(".py") for each in arguments) else ("test_speed.py",)
        return self._run(sys.executable, "-m", "pytest", f"--ov-cache-dir={self.folder / 'cache'}", *arguments, *named)

    def command(self, *arguments: str) -> Finished:
        """Run pytest-benchmark's own command."""
        return self._run(str(Path(sysconfig.get_path("scripts")) / "pytest-benchmark"), *arguments)

    def saved(self, pattern: str = "*.json") -> dict[str, Any]:
        """Return the only file of that name that pytest-benchmark has stored."""
        (path,) = self.folder.rglob(f".benchmarks/*/{pattern}")
        return self.read(path)

    def read(self, path: str | Path) -> dict[str, Any]:
        document: dict[str, Any] = json.loads((self.folder / path).read_text(encoding="utf-8"))
        return document

    def _run(self, *command: str) -> Finished:
        run = subprocess.run(  # noqa: S603
            command, cwd=self.folder, check=False, capture_output=True, text=True, encoding="utf-8"
        )
        print(run.stdout, run.stderr, file=sys.stderr)  # noqa: T201  (shown where the test fails)
        return Finished(run.returncode, run.stdout, run.stderr)


@dataclass(frozen=True)
class Finished:
    """A process that is over."""

    code: int
    out: str
    err: str

    @property
    def summary(self) -> list[str]:
        """What a run prints once its tests are over, its last line apart, which holds the time."""
        lines = self.out.splitlines()
        (start,) = (place for place, line in enumerate(lines) if "OpenVINO performance" in line)
        return lines[start:-1]


@pytest.fixture
def quick(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> QuickSuite:
    _settle_environment(monkeypatch)
    suite = QuickSuite(tmp_path)
    suite.write()
    return suite


@pytest.fixture(scope="module")
def first_run(tmp_path_factory: pytest.TempPathFactory) -> tuple[QuickSuite, Finished]:
    """Return a folder in which both fixtures were used side by side and everything was saved, and what was printed."""
    suite = QuickSuite(tmp_path_factory.mktemp("first-run"))
    suite.write()
    with pytest.MonkeyPatch.context() as patch:
        _settle_environment(patch)
        run = suite.run("--benchmark-json=out.json", "--benchmark-save=first", "test_speed.py", "test_plain.py")
    assert run.code == 0
    return suite, run


@pytest.fixture
def with_saved_run(quick: QuickSuite, first_run: tuple[QuickSuite, Finished]) -> Callable[[], QuickSuite]:
    """Return a function that gives the folder the saved run."""

    def place() -> QuickSuite:
        shutil.copytree(first_run[0].folder / ".benchmarks", quick.folder / ".benchmarks")
        return quick

    return place


def _settle_environment(patch: pytest.MonkeyPatch) -> None:
    patch.delenv("CI", raising=False)
    patch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    patch.setenv("COLUMNS", "160")
    patch.setenv("PYTHONUTF8", "1")


def run_of(document: dict[str, Any]) -> RunView:
    return view_of(document, "read")


@pytest.mark.parametrize("file", ["out.json", ".benchmarks"])
def test_every_measured_arm_is_saved_beside_plain_benchmarks(first_run: tuple[QuickSuite, Finished], file: str) -> None:
    suite, _ = first_run
    document = suite.read(file) if file.endswith("json") else suite.saved("0001_first.json")
    assert {each["name"]: each["params"] and each["params"].get("size") for each in document["benchmarks"]} == {
        "test_sum": None,
        "test_int8_pays[CPU] openvino-int8": None,
        "test_int8_pays[CPU] openvino-fp32": None,
        "test_bf16[CPU-1] openvino-bf16": 1,
        "test_bf16[CPU-1] openvino-fp32": 1,
        "test_bf16[CPU-2] openvino-bf16": 2,
        "test_bf16[CPU-2] openvino-fp32": 2,
    }
    assert document["version"]
    assert set(document["commit_info"]) >= {"id", "branch"}
    ours = document["machine_info"]["ovperf"]
    assert ours["machine"]["hardware profile"] == "intel-imagined-2c4t-avx512-91a99c"
    assert ours["devices"] == {"CPU": "Imagined CPU", "GPU": "Imagined GPU, driver 1.2.3"}


def test_the_file_holds_the_run_as_it_was(first_run: tuple[QuickSuite, Finished]) -> None:
    run = run_of(first_run[0].read("out.json"))
    assert len(run.comparisons) == 3
    first = run.comparisons[0]
    arms = "openvino-int8 over openvino-fp32 on CPU"
    assert first.key == f"test_speed.py::test_int8_pays[CPU] · tiny-bert · {arms} · latency · infer 1x16"
    assert first.ratio == pytest.approx(2, rel=0.01)
    assert first.said == "no-baseline"
    assert run.comparisons[1].target == 1.1
    assert first.candidate.statistics is not None
    assert first.candidate.statistics.median_s == pytest.approx(0.01, rel=0.02)
    assert first.candidate.statistics.calls == sum(len(launch) for launch in first.candidate.blocks_ns) * 5
    assert run.versions["openvino"] == "2026.4.1"
    assert run.started.endswith("+00:00")
    assert [(each.key, each.statistics.calls) for each in run.benchmarks] == [("test_plain.py::test_sum", 7)]


def test_only_plain_benchmarks_are_in_the_table_of_pytest_benchmark(first_run: tuple[QuickSuite, Finished]) -> None:
    assert "benchmark: 1 tests" in first_run[1].out
    assert "benchmark '" not in first_run[1].out


def test_the_raw_times_are_in_the_file_where_pytest_benchmark_puts_them(
    quick: QuickSuite, first_run: tuple[QuickSuite, Finished]
) -> None:
    stats = first_run[0].read("out.json")["benchmarks"][-1]["stats"]
    assert len(stats["data"]) == stats["rounds"]
    assert "data" not in first_run[0].saved()["benchmarks"][-1]["stats"]
    quick.run("--benchmark-save=with", "--benchmark-save-data")
    assert quick.saved()["benchmarks"][-1]["stats"]["data"] == stats["data"]


def test_saving_changes_nothing_else_of_a_run(quick: QuickSuite) -> None:
    without = quick.run()
    assert not list(quick.folder.rglob(".benchmarks/*/*.json"))
    saving = quick.run("--benchmark-autosave")
    assert len(quick.saved("0001_*.json")["benchmarks"]) == 6
    assert saving.summary == without.summary
    assert "benchmark '" not in saving.out
    assert "Not saving anything" not in without.out + without.err + saving.out + saving.err


def test_a_comparison_with_a_saved_run_shows_both_arms_and_no_difference_of_the_machine(
    with_saved_run: Callable[[], QuickSuite],
) -> None:
    suite = with_saved_run()
    run = suite.run("--benchmark-compare", "--benchmark-columns=median", "--benchmark-histogram=pictures/h")
    assert run.code == 0
    group = "tiny-bert, openvino-int8 over openvino-fp32 on CPU, latency, infer 1x16"
    assert f"benchmark '{group}': 4 tests" in run.out
    assert "test_int8_pays[CPU] openvino-int8 (0001_first)     10.0" in run.out
    assert "test_int8_pays[CPU] openvino-int8 (NOW)            10.0" in run.out
    assert "machine_info is different" not in run.out + run.err
    pictures = list(suite.folder.glob("pictures/h-*.svg"))
    assert len(pictures) == 2
    assert all(ET.parse(path).getroot().tag.endswith("svg") for path in pictures)  # noqa: S314  (made just now)


def test_a_comparison_with_a_file_of_plain_benchmarks_sees_no_other_machine_either(quick: QuickSuite) -> None:
    quick.run("--benchmark-save=plain", "test_plain.py")
    assert "ovperf" not in quick.saved()["machine_info"]
    run = quick.run("--benchmark-compare=0001", "--benchmark-columns=median", "test_speed.py", "test_plain.py")
    assert "test_sum (0001_plain)" in run.out
    assert "machine_info is different" not in run.out + run.err


def test_a_loss_against_a_saved_run_fails_where_pytest_benchmark_was_asked_to(
    with_saved_run: Callable[[], QuickSuite],
) -> None:
    suite = with_saved_run()
    (path,) = suite.folder.rglob("0001_first.json")
    document = suite.read(path)
    for each in document["benchmarks"]:
        each["stats"]["median"] /= 2
    path.write_text(json.dumps(document), encoding="utf-8")
    run = suite.run("--benchmark-compare", "--benchmark-compare-fail=median:20%")
    assert run.code != 0
    assert "Performance has regressed" in run.out + run.err
    assert "test_int8_pays[CPU] openvino-int8 (0001_first) - Field 'median' has failed" in run.out + run.err


def test_the_commands_of_pytest_benchmark_read_these_files(with_saved_run: Callable[[], QuickSuite]) -> None:
    suite = with_saved_run()
    (path,) = suite.folder.rglob("0001_first.json")
    shutil.copy(path, path.with_name("0002_second.json"))
    listed = suite.command("list").out.splitlines()
    assert [Path(line).name for line in listed] == ["0001_first.json", "0002_second.json"]
    by_arm = ("--group-by=param:arm", "-k", "int8_pays", "--columns=median", "--name=long")
    both = suite.command("compare", *by_arm, "--csv=out.csv", "--histogram=h")
    assert both.code == 0
    assert "benchmark 'arm=openvino-int8': 2 tests" in both.out
    assert "test_int8_pays[CPU] openvino-int8 (tiny-bert" in both.out
    assert "param:arm" in (suite.folder / "out.csv").read_text(encoding="utf-8")
    assert "+0.0%" in suite.command("compare", "0001", "0002", "--between=median,ops").out


@pytest.mark.parametrize("options", ["--benchmark-disable", "-n2"])
def test_nothing_is_written_and_nothing_said_where_benchmarks_are_disabled(quick: QuickSuite, options: str) -> None:
    run = quick.run("--benchmark-json=out.json", options)
    assert not (quick.folder / "out.json").exists()
    assert "INTERNALERROR" not in run.out
    assert "Not saving anything" not in run.out + run.err


def test_without_pytest_benchmark_nobody_misses_it(quick: QuickSuite) -> None:
    run = quick.run("-p", "no:benchmark")
    assert run.code == 0
    assert not run.err
    assert "Warning" not in run.out


def test_skipping_the_others_benchmarks_does_not_keep_ours_out_of_the_file(quick: QuickSuite) -> None:
    run = quick.run("--benchmark-skip", "--benchmark-json=out.json", "test_speed.py", "test_plain.py")
    assert "3 passed, 1 skipped" in run.out
    found = run_of(quick.read("out.json"))
    assert len(found.comparisons) == 3
    assert not found.benchmarks


def test_only_benchmarks_are_those_with_its_own_fixture(quick: QuickSuite) -> None:
    run = quick.run("--benchmark-only", "-rs", "test_speed.py", "test_plain.py")
    assert "1 passed, 3 skipped" in run.out
    assert "Skipping non-benchmark (--benchmark-only active)" in run.out


def test_ours_measure_where_benchmarks_are_disabled(quick: QuickSuite) -> None:
    run = quick.run("--benchmark-disable", "test_speed.py", "test_plain.py")
    assert "4 passed" in run.out
    assert any(line.startswith("2 ok") for line in run.summary)


def test_what_was_measured_before_an_interruption_is_saved(quick: QuickSuite) -> None:
    quick.write("""
        import pytest

        pytestmark = [pytest.mark.model("tiny-bert"), pytest.mark.ovperf(tolerance=60)]

        def test_int8_pays(speedup, baseline):
            assert speedup("openvino-int8", over="openvino-fp32") >= baseline

        def test_interrupted(speedup, baseline):
            assert speedup("openvino-bf16", over="openvino-fp32") >= baseline
            raise KeyboardInterrupt
        """)
    run = quick.run("--update-baselines", "--benchmark-json=out.json")
    assert run.code == pytest.ExitCode.INTERRUPTED
    first, interrupted = run_of(quick.read("out.json")).comparisons
    assert first.said == "recorded"
    assert interrupted.said == "no-baseline"
    assert "Note: not recorded as a baseline: the test was interrupted" in interrupted.evidence


def test_verdicts_are_those_of_the_end_of_the_run(quick: QuickSuite) -> None:
    quick.write("""
        import pytest

        @pytest.fixture
        def falls_over():
            yield
            assert False, "in the teardown of the last test"

        @pytest.mark.model("tiny-bert")
        @pytest.mark.ovperf(tolerance=60)
        def test_it(falls_over, speedup, baseline):
            assert speedup("openvino-int8", over="openvino-fp32") >= baseline
        """)
    quick.run("--update-baselines", "--benchmark-json=out.json")
    (only,) = run_of(quick.read("out.json")).comparisons
    assert only.said == "no-baseline"
    assert "Note: not recorded as a baseline: the test failed" in only.evidence


def test_names_of_any_kind_reach_the_file_and_the_table(quick: QuickSuite) -> None:
    quick.write("""
        import pytest

        @pytest.mark.model("tiny-bert")
        @pytest.mark.parametrize("name", ["<script>alert(1)</script>", "a::b[c]", "\\n\\x00", "Größe \U0001f600"])
        def test_größe(speedup, name):
            assert speedup("openvino-int8", over="openvino-fp32") >= 1.5
        """)
    assert quick.run("--benchmark-json=out.json", "--benchmark-histogram=h").code == 0
    document = quick.read("out.json")
    assert document["benchmarks"][0]["name"] == "test_größe[CPU-<script>alert(1)</script>] openvino-int8"
    assert len(run_of(document).comparisons) == 4


def test_a_real_measurement_is_saved(recorded: Path) -> None:
    document = json.loads((recorded.parent / "run.json").read_text(encoding="utf-8"))
    (only,) = run_of(document).comparisons
    typical = cost_of(only.reference, "latency") / cost_of(only.candidate, "latency")
    assert only.low * 0.5 < typical < only.high * 2
    assert only.candidate.precision
    assert only.fidelity is not None
    assert only.versions["openvino"].startswith(run_of(document).versions["openvino"])
    assert document["machine_info"]["ovperf"]["machine"]["hardware profile"]
    assert document["machine_info"]["cpu"]


def test_importing_the_plugin_does_not_import_pytest_benchmark() -> None:
    code = "import sys, pytest_ovperf.plugin; sys.exit('pytest_benchmark' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0  # noqa: S603
