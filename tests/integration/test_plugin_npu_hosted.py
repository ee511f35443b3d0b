"""Tests for an NPU on a machine without one: compiled for real, by the compiler of the Windows wheel, and not executed.

It runs under Wine; where Wine or a C compiler for Windows is missing, all but the last ones skip.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest

from tests.integration import npu_irs

if TYPE_CHECKING:
    from tests.integration.user_suite import Suite

ROOT = Path(__file__).resolve().parents[2]

SUITE = """
    import pytest
    from pytest_ovperf.errors import UnboundedShapeError

    pytestmark = pytest.mark.device("NPU")
    fixed = pytest.mark.model("tiny-bert", shape=(1, 16))

    @fixed
    def test_fixed_shape_compiles(compiled_model):
        assert all(port.partial_shape.is_static for port in compiled_model.inputs)
        assert compiled_model.blob_bytes > 0

    @fixed
    def test_that_runs_it(compiled_model):
        compiled_model.create_infer_request()
        raise AssertionError("this cannot be reached")

    @fixed
    def test_that_compares_it(fidelity):
        fidelity("openvino", over="openvino-fp32@CPU")

    @fixed
    def test_that_times_it(speedup):
        speedup("openvino-int8", over="openvino-fp32")

    @fixed
    def test_that_measures_it(measure):
        measure("openvino-fp32").latency

    @fixed
    @pytest.mark.xfail(raises=UnboundedShapeError, strict=True, reason="no upper bound")
    def test_whose_reason_is_gone(compiled_model):
        pass

    @pytest.mark.model("tiny-gpt2")
    def test_unbounded_dimensions(compiled_model):
        pass

    @pytest.mark.model("failing.xml")
    def test_that_the_compiler_fails_on(compiled_model):
        pass

    @pytest.mark.model("relu.xml")
    def test_a_file_whose_shapes_are_fixed(compiled_model):
        assert compiled_model.input().shape == (1, 8)

    @fixed
    @pytest.mark.device("CPU")
    def test_on_the_cpu(compiled_model):
        compiled_model.create_infer_request()
"""

hosted = pytest.mark.skipif(sys.platform == "win32", reason="Windows needs no Wine, and has the compiler itself")


def junit_of(suite: Suite) -> dict[str, ET.Element]:
    """Return pytest's JUnit element of each test."""
    root = ET.parse(suite.pytester.path / "junit.xml").getroot()  # noqa: S314  (pytest wrote it just now)
    return {case.attrib["name"]: case for case in root.iter("testcase")}


def record_of(suite: Suite) -> dict[str, Any]:
    """Return what is recorded of NPU 4000."""
    path = suite.baselines / "npu-compiler" / "npu-4000.json"
    recorded: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))["models"]
    return recorded


@pytest.fixture
def written(suite: Suite, npu_cache: Path) -> Suite:
    """Return a suite in a folder with a model that the compiler takes and one that it fails on."""
    assert suite.cache_dir == npu_cache
    suite.write(SUITE)
    npu_irs.failing(suite.pytester.path / "failing.xml")
    npu_irs.relu(suite.pytester.path / "relu.xml", 1, 8)
    return suite


@hosted
def test_what_compiles_passes_what_runs_skips_and_only_the_proven_limit_is_an_xfail(
    written: Suite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(written.pytester.path / "summary.md"))
    options = ("--ov-device=NPU,CPU", "--ov-npu-platform=lunarlake", "--update-baselines=new", "--junitxml=junit.xml")
    result = written.run(*options, "--ov-report=report.html", "-rsxX", "-v")
    result.assert_outcomes(passed=3, skipped=4, xfailed=1, failed=1, errors=1)
    result.stdout.re_match_lines(
        [
            r"\s+NPU 4000 \(Lunar Lake\): compiled for NPU 4000, not executed; by the compiler of OpenVINO .*",
            r".*::test_fixed_shape_compiles\[NPU-4000\].*",
            r".*postShift is not supported.*",
            r".*\[XPASS\(strict\)\] no upper bound",
            r"compiled for NPU 4000, not executed; by the compiler of OpenVINO .*",
            r"tiny-bert fixed to 1x16 +fp32 +4000 +compiles, 0\.\d+ MiB +\d+\.\dx",
            r"tiny-gpt2 +fp32 +4000 +refused: dynamic_shape",
            r"failing\.xml.* +fp32 +4000 +refused: compiler_internal",
            r"recorded in baselines/npu-compiler/npu-4000\.json",
            r"SKIPPED \[1\] test_speed\.py:\d+: compiled for NPU 4000, not executed",
            r"XFAIL .*::test_unbounded_dimensions\[NPU-4000\] - dynamic_shape: tiny-gpt2 has dimensions without .*",
        ]
    )
    cases = junit_of(written)
    properties = [each.attrib for each in cases["test_fixed_shape_compiles[NPU-4000]"].iter("property")]
    assert {"name": "npu", "value": "compiled for NPU 4000, not executed"} in properties
    for page in ("report.html", "summary.md"):  # the run has measured nothing, and they say what was compiled
        text = (written.pytester.path / page).read_text(encoding="utf-8")
        assert "compiled for NPU 4000, not executed; by the compiler of OpenVINO" in text
        assert "refused: compiler_internal" in text
    recorded = record_of(written)
    assert recorded["tiny-bert fixed to 1x16"]["fp32, static"]["compiles"]
    assert recorded["tiny-gpt2"]["fp32, unbounded"]["cause"] == "dynamic_shape"


@hosted
def test_a_change_of_what_compiles_fails_or_is_noted(written: Suite) -> None:
    path = written.baselines / "npu-compiler" / "npu-4000.json"
    path.parent.mkdir(parents=True)
    said = {"openvino": "2025.4.0"}
    models = {
        "tiny-gpt2": {"fp32, unbounded": {"compiles": True, "blob_bytes": 1000, **said}},
        "tiny-bert fixed to 1x16": {"fp32, static": {"compiles": False, "cause": "unsupported_op", **said}},
    }
    path.write_text(json.dumps({"schema": 1, "platform": "4000", "models": models}), encoding="utf-8")
    selected = ("-k", "fixed_shape_compiles or unbounded")
    result = written.run("--ov-device=NPU", "--ov-npu-platform=4000", *selected)
    # What compiled once is no limit that a test may run into: it fails, and is not expected to.
    result.assert_outcomes(passed=1, errors=1, deselected=8)
    result.stdout.fnmatch_lines(
        [
            "*tiny-gpt2 fp32 for NPU 4000: broken: refused: dynamic_shape with OpenVINO*",
            "note: tiny-bert fixed to 1x16 fp32 for NPU 4000: lifted: compiles*recorded: refused: unsupported_op*",
        ]
    )


@hosted
def test_what_compiles_is_compiled_for_each_platform_and_what_runs_is_skipped_once(written: Suite) -> None:
    selected = ("-k", "fixed_shape_compiles or times_it")
    result = written.run("--ov-device=NPU", "--ov-npu-platform=3720,pantherlake", "-v", *selected)
    result.assert_outcomes(passed=2, skipped=1)
    result.stdout.fnmatch_lines(["*test_fixed_shape_compiles?NPU-3720?*", "*test_fixed_shape_compiles?NPU-5010?*"])


@hosted
def test_the_reference_suite_compiles_and_is_refused_as_it_says(npu_cache: Path, suite: Suite) -> None:
    result = suite.pytester.runpytest_subprocess(
        str(ROOT / "suites" / "test_npu.py"),
        f"--rootdir={ROOT}",
        f"--config-file={ROOT / 'pyproject.toml'}",
        f"--ov-cache-dir={npu_cache}",
        "--ov-device=NPU",
        "--ov-npu-platform=4000",
        "-k",
        "minilm and (dimensions_compile or fixed_shape_compiles)",
        "-p",
        "no:cacheprovider",
    )
    assert result.ret == 0
    outcomes = result.parseoutcomes()
    assert (outcomes["passed"], outcomes["xfailed"]) == (1, 2)
    assert "are not recorded" not in result.stdout.str()
    assert "broken" not in result.stdout.str()


# Without a compiler, and with an NPU


def test_without_a_compiler_the_tests_skip_and_say_what_to_do(suite: Suite, tmp_path: Path) -> None:
    suite.write(SUITE)
    result = suite.pytester.runpytest_subprocess(
        f"--ov-cache-dir={tmp_path}", "--ov-device=NPU", "--ov-npu-platform=4000", "-rs", "-k", "fixed_shape_compiles"
    )
    result.assert_outcomes(skipped=1)
    if sys.platform != "win32":  # whose wheels have one
        result.stdout.fnmatch_lines(["*skipped: There is no NPU compiler*", "SKIPPED*ovperf npu-compiler install"])


def test_a_platform_that_does_not_exist_ends_the_run_before_it_begins(suite: Suite) -> None:
    suite.write(SUITE)
    result = suite.run("--ov-device=NPU", "--ov-npu-platform=lunerlake")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*'lunerlake' in --ov-npu-platform=lunerlake is no NPU platform.*", "*lunarlake*"])


def test_a_wrong_ini_value_is_called_one(suite: Suite) -> None:
    suite.write(SUITE)
    result = suite.run("--ov-device=NPU", "-o", "ov_npu_platform=lunerlake")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*'lunerlake' in the ini value ov_npu_platform=lunerlake is no NPU platform.*"])


def test_the_ini_value_serves_where_no_test_runs_on_an_npu_and_says_so(suite: Suite) -> None:
    suite.write(SUITE, conftest="")
    suite.pytester.makeini("[pytest]\nov_npu_platform = 4000\n")
    result = suite.run("-k", "on_the_cpu")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["*--ov-npu-platform is not used: no test is asked to run on NPU*"])
