"""Wrong input: each a clear error before any long work, with what to do about it, and no traceback of ours."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from tests.integration.user_suite import INSTALL_QUICK_ARMS, INT8_PAYS, run_once

if TYPE_CHECKING:
    from collections.abc import Callable
    from subprocess import CompletedProcess

    from tests.integration.user_suite import Suite


def refuses(suite: Suite, *arguments: str) -> str:
    """Run the suite, which must end as a usage error with nothing measured, and return all that it said."""
    result = suite.run(*arguments)
    return refused(result.ret, f"{result.stdout.str()}\n{result.stderr.str()}")


def refused(status: int, text: str) -> str:
    """Return what a run said that must have ended as a usage error with nothing measured."""
    assert status == pytest.ExitCode.USAGE_ERROR, text
    assert "Traceback" not in text
    assert "launch" not in text
    return text


@pytest.mark.parametrize(
    ("argument", "said"),
    [
        ("--ov-device=TPU", "'TPU' in 'TPU' is no device"),
        ("--ov-device=CPU,,GPU", "empty place"),
        ("--ov-budget=soon", "--ov-budget is 'soon'"),
        ("--ov-budget=-1", "--ov-budget is '-1'"),
        ("--ov-tolerance=150", "--ov-tolerance is 150 %"),
        ("--update-baselines=some", "--update-baselines was given 'some'"),
    ],
)
def test_a_wrong_option(suite: Suite, argument: str, said: str) -> None:
    suite.write(INT8_PAYS)
    assert said in refuses(suite, argument)


WRONG_MARKERS = {
    'model("mobilnet_v2")': "Did you mean 'mobilenet_v2'",
    'model("./no-such-folder")': "no-such-folder",
    'model("tiny-bert", shpae=(1, 8))': "Did you mean shape=",
    'model("tiny-bert", shape=(1, 100000))': "tiny-bert",
    'model("tiny-bert", shape=(1, "16..2"))': "The dimension '16..2'",
    'model("tiny-bert", precision="fp4")': "unknown precision",
    "model()": "does not name one model",
    'device("CPU", prcision="bf16")': "unknown keyword 'prcision'",
    "device()": "names no device",
    'device("NPU", dynamic="yes")': "neither True nor False",
    "ovperf(budgt=3)": "Did you mean budget=",
    "ovperf(tolerance=0)": "the marker's tolerance is 0",
}


@pytest.fixture(scope="module")
def told_of_markers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return what is said of each test of one run, whose markers are all wrong, by the test's name.

    Each that is not found out is missing here, whatever becomes of the others.
    """
    tests = (
        f"""
@pytest.mark.model("tiny-bert")
@pytest.mark.{marker}
def test_{number}(speedup, baseline):
    assert speedup("openvino-int8", over="openvino-fp32") >= baseline
"""
        for number, marker in enumerate(WRONG_MARKERS)
    )
    run = run_once(tmp_path_factory.mktemp("markers"), "import pytest\n" + "".join(tests))
    _, *told = refused(run.returncode, run.stdout + run.stderr).split("test_speed.py::")
    return {each.partition("[")[0].partition(":")[0]: each for each in told}


@pytest.mark.parametrize("marker", WRONG_MARKERS)
def test_a_wrong_marker(told_of_markers: dict[str, str], marker: str) -> None:
    assert WRONG_MARKERS[marker] in told_of_markers[f"test_{list(WRONG_MARKERS).index(marker)}"]


def test_all_wrong_markers_are_named_at_once(told_of_markers: dict[str, str]) -> None:
    assert len(told_of_markers) == len(WRONG_MARKERS)


def test_a_marker_that_does_not_exist(suite: Suite) -> None:
    suite.write(INT8_PAYS.replace("pytest.mark.model", "pytest.mark.modle"))
    result = suite.run("--strict-markers")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*'modle' not found*"])


WRONG_CALLS = {
    'speedup("openvno-int8", over="openvino-fp32")': "There is no arm 'openvno-int8'",
    'speedup("openvino-int8", over="openvino-int8")': "compared with itself",
    'speedup("openvino-int8", over="openvino-fp32", metric="latncy")': "There is no metric 'latncy'",
    'fidelity("openvino-int8", over="onnx")': "There is no arm 'onnx'",
    'speedup("openvino-int8", over="openvino-fp32") <= 2': "asserted from below",
}


@pytest.fixture(scope="module")
def run_of_wrong_calls(tmp_path_factory: pytest.TempPathFactory) -> CompletedProcess[str]:
    """Return one run with a test for each wrong call. Its arms are made up: none of the mistakes is theirs."""
    tests = (
        f"""
@pytest.mark.model("tiny-bert")
def test_{number}(speedup, fidelity):
    assert {call}
"""
        for number, call in enumerate(WRONG_CALLS)
    )
    folder = tmp_path_factory.mktemp("calls")
    return run_once(folder, "import pytest\n" + "".join(tests), conftest=INSTALL_QUICK_ARMS)


@pytest.mark.parametrize("call", WRONG_CALLS)
def test_a_wrong_call_fails_its_test_at_its_line(run_of_wrong_calls: CompletedProcess[str], call: str) -> None:
    assert f"{len(WRONG_CALLS)} failed" in run_of_wrong_calls.stdout
    lines = pytest.LineMatcher(run_of_wrong_calls.stdout.splitlines())
    lines.fnmatch_lines([f">*assert {call}", f"E *{WRONG_CALLS[call]}*"])
    lines.no_fnmatch_line("*pytest_ovperf/session/session.py*")


def test_a_test_without_a_model(suite: Suite) -> None:
    suite.write("def test_it(speedup):\n    pass\n")
    text = refuses(suite)
    assert "asks for a model and names none" in text
    assert "@pytest.mark.model" in text


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda text: text[: len(text) // 2], "line"),
        (lambda text: re.sub(r'"schema": \d+', '"schema": 99', text), "it has schema 99"),
        (lambda text: text.replace('"tolerance": 0.6', '"tolerance": "five"'), "tolerance"),
    ],
    ids=["cut short", "newer schema", "wrong type"],
)
def test_a_baseline_file_that_cannot_be_trusted(
    suite: Suite, with_baseline: Callable[[float], None], damage: Callable[[str], str], said: str
) -> None:
    with_baseline(1.0)
    path = suite.baseline_file()
    text = path.read_text(encoding="utf-8")
    assert damage(text) != text
    path.write_text(damage(text), encoding="utf-8")
    output = refuses(suite)
    assert said in output
    assert path.name in output


def test_a_baseline_file_copied_from_another_machine(suite: Suite, with_baseline: Callable[[float], None]) -> None:
    with_baseline(1.0)
    path = suite.baseline_file()
    document = json.loads(path.read_text(encoding="utf-8"))
    document["machine"]["physical_cores"] = 64
    path.write_text(json.dumps(document), encoding="utf-8")
    assert "recorded on another machine" in refuses(suite)


def test_a_cache_folder_that_cannot_be_written(suite: Suite) -> None:
    suite.write(INT8_PAYS)
    blocked = suite.pytester.path / "a-file"
    blocked.write_text("in the way", encoding="utf-8")
    assert "--ov-cache-dir" in refuses(suite, f"--ov-cache-dir={blocked}")


def test_a_baselines_folder_that_cannot_be_written(suite: Suite) -> None:
    suite.write(INT8_PAYS)
    blocked = suite.pytester.path / "a-file"
    blocked.write_text("in the way", encoding="utf-8")
    assert "--ov-baselines" in refuses(suite, "--update-baselines", f"--ov-baselines={blocked}")


@pytest.mark.parametrize(
    ("package", "extra", "arms"),
    [
        ("openvino", "openvino", '"openvino-int8", over="openvino-fp32"'),
        ("torch", "pytorch", '"openvino-fp32", over="pytorch-fp32"'),
    ],
)
def test_a_missing_package_names_its_extra(
    suite: Suite, recorded: object, monkeypatch: pytest.MonkeyPatch, package: str, extra: str, arms: str
) -> None:
    """The package is there; a module of its name that fails to import stands in its way."""
    assert recorded  # its models are in the cache, so that nothing has to be built without the package
    suite.write(INT8_PAYS.replace('"openvino-int8", over="openvino-fp32"', arms))
    hidden = suite.pytester.mkdir("hidden")
    (hidden / f"{package}.py").write_text(f"raise ModuleNotFoundError({package!r}, name={package!r})", encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(hidden))
    result = suite.run()
    assert result.ret in (pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.USAGE_ERROR)
    assert f'pip install "pytest-ovperf[{extra}]"' in result.stdout.str() + result.stderr.str()


def test_xdist_is_refused_with_the_reason_and_other_tests_run(suite: Suite) -> None:
    suite.write(INT8_PAYS + "\n    def test_other():\n        pass\n")
    result = suite.run("-n2")
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(
        ["*tests in workers, and timings that were taken side by side are wrong*", "*without -n*"]
    )


def test_a_project_that_measures_nothing_loads_nothing_heavy(suite: Suite, monkeypatch: pytest.MonkeyPatch) -> None:
    heavy = {
        "numpy",
        "scipy",
        "torch",
        "openvino",
        "transformers",
        "nncf",
        "psutil",
        "rich",
        "pytest_ovperf.session.session",
    }
    suite.write(
        f"""
        import sys

        def test_it():
            assert "pytest_ovperf.plugin" in sys.modules
            assert not {heavy!r} & set(sys.modules)
        """
    )
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # other plugins bring packages of their own
    result = suite.pytester.runpytest_subprocess("-p", "pytest_ovperf.plugin")
    result.assert_outcomes(passed=1)
    result.stdout.no_fnmatch_line("*ovperf:*")
