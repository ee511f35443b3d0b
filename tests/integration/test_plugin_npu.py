"""A model with unbounded dimensions on an NPU: a strict xfail, for that cause and no other.

No machine of the project's own has an NPU. Here the probe reports one, and OpenVINO's `compile_model` refuses models
for it, in this process and in the real workers, in words that are

- recorded, from the NPU compiler of a Windows wheel that compiled GPT-2 for an NPU 4000, or
- real: those of the NPU plugin of the installed wheel, which has no compiler or no device.

From there on everything is the plugin's own: the engine, its reading of the words, the worker, pytest's outcome.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.integration.user_suite import Suite

BROKEN = Path(__file__).resolve().parents[1] / "fakes" / "broken_openvino.py"

MESSAGES = Path(__file__).resolve().parents[1] / "unit" / "hardware" / "data" / "openvino_messages.json"


def recorded(cause: str, model: str) -> str:
    """Return what the NPU compiler said, for that cause, of a model."""
    entries = json.loads(MESSAGES.read_text(encoding="utf-8"))
    (text,) = {each["text"] for each in entries if each["cause"] == cause and model in each["source"]}
    return str(text)


REFUSED = recorded("dynamic_shape", "stateful GPT-2")
#: What the same compiler says of a network that it cannot make sense of, whatever its shapes.
INTERNAL_ERROR = recorded("compiler_internal", "MobileNetV2 INT8")
TAKEN = ""
REAL = "real"
ABORTS = "aborts"

CONFTEST = """
    import dataclasses
    import os
    import runpy
    import sys

    from pytest_ovperf.session import session
    from pytest_ovperf.worker.client import Worker

    read_machine, start = session.read_machine, Worker.start
    broken, words = os.environ["BROKEN_OPENVINO"], os.environ["NPU_SAYS"]

    def read_machine_with_npu():
        machine = read_machine()
        npu = next(device for device in machine.devices if device.name == "NPU")
        npu = dataclasses.replace(
            npu, available=True, reason="", full_name="NPU 4000", capabilities=("FP16", "INT8"), driver="32.0.100.4404"
        )
        others = tuple(device for device in machine.devices if device.name != "NPU")
        return dataclasses.replace(machine, devices=(*others, npu))

    @classmethod
    def start_with_npu(cls, label, *, python=None, command=None, log_dir=None):
        command = command or ((sys.executable, "-P", broken, "npu", words) if " on NPU" in label else None)
        return start(label, python=python, command=command, log_dir=log_dir)

    session.read_machine, Worker.start = read_machine_with_npu, start_with_npu
    if words != "aborts":  # which is a driver's business only in a process that compiles
        runpy.run_path(broken)["install_npu"](words)
"""

SUITE = """
    import pytest
    from pytest_ovperf.errors import UnboundedShapeError

    pytestmark = pytest.mark.device("NPU")
    unbounded = pytest.mark.model("tiny-gpt2")

    @unbounded
    def test_compiles(compiled_model):
        compiled_model.create_infer_request()

    @unbounded
    def test_agrees(fidelity):
        assert fidelity("openvino", over="openvino-fp32@CPU").cosine > 0.9

    @pytest.mark.model("tiny-gpt2", shape=(1, 16))
    def test_fixed_shape(compiled_model):
        compiled_model.create_infer_request()

    @pytest.mark.model("tiny-gpt2", shape=(1, "1..16"))
    def test_bounded(compiled_model):
        compiled_model.create_infer_request()

    @unbounded
    @pytest.mark.xfail(raises=ZeroDivisionError, reason="mine")
    def test_with_an_xfail_for_something_else(compiled_model):
        1 / 0

    @unbounded
    @pytest.mark.xfail(strict=False, reason="mine")
    def test_with_an_xfail_for_anything(compiled_model):
        compiled_model.create_infer_request()

    @unbounded
    def test_that_sees_to_it_itself(fidelity):
        with pytest.raises(UnboundedShapeError):
            fidelity("openvino", over="openvino-fp32@CPU")

    @unbounded
    def test_that_compiles_nothing(model, device):
        assert not model.static

    @unbounded
    def test_wrong_before_it_gets_there(fidelity):
        assert fidelity is None

    @unbounded
    @pytest.mark.device("NPU", dynamic=True)
    def test_that_expects_the_limit_gone(compiled_model):
        compiled_model.create_infer_request()
"""


@pytest.fixture
def on_npu(suite: Suite, monkeypatch: pytest.MonkeyPatch) -> Callable[..., pytest.RunResult]:
    """Return a function that runs a suite on a machine whose NPU says that of unbounded dimensions."""
    monkeypatch.setenv("BROKEN_OPENVINO", str(BROKEN))

    def run(source: str, *options: str, says: str) -> pytest.RunResult:
        monkeypatch.setenv("NPU_SAYS", says)
        suite.write(source, conftest=CONFTEST)
        return suite.run("--ov-device=NPU", "--junitxml=junit.xml", *options)

    return run


def junit_of(suite: Suite) -> dict[str, ET.Element]:
    """Return pytest's JUnit element of each test, by the test's name without the device."""
    root = ET.parse(suite.pytester.path / "junit.xml").getroot()  # noqa: S314  (pytest wrote it just now)
    return {case.attrib["name"].partition("[")[0]: case for case in root.iter("testcase")}


def test_the_refusal_is_an_xfail_and_no_other_failure_is(suite: Suite, on_npu: Callable[..., pytest.RunResult]) -> None:
    result = on_npu(SUITE, "-rxX", says=REFUSED)
    # In the fixture and in the call; beside both of the tests' own marks. What sees to the refusal itself, takes a
    # fixed or bounded shape or compiles nothing passes. A test's own mistake fails, and so does one that is not to be
    # refused any more.
    result.assert_outcomes(xfailed=4, passed=4, failed=1, errors=1)
    where = r"NPU with driver 32\.0\.100\.4404 and OpenVINO 20\d\d\.\S+"
    reason = f"dynamic_shape: tiny-gpt2 has dimensions without an upper bound, which {where} does not take"
    result.stdout.re_match_lines(
        [
            rf"XFAIL .*::test_compiles\[NPU\] - {reason}",
            rf"XFAIL .*::test_agrees\[NPU\] - {reason}",
            rf"XFAIL .*::test_with_an_xfail_for_something_else\[NPU\] - {reason}",
            r"XFAIL .*::test_with_an_xfail_for_anything\[NPU\] - mine",
        ]
    )
    result.stdout.fnmatch_lines(["*to_shape was called on a dynamic shape*"])  # of the one that is not to be refused
    cases = junit_of(suite)
    for name in ("test_compiles", "test_agrees"):
        (skipped,) = cases[name].iter("skipped")
        assert skipped.attrib["type"] == "pytest.xfail"
        assert "dynamic_shape" in skipped.attrib["message"]
        assert not list(cases[name].iter("failure")) + list(cases[name].iter("error"))


def test_runxfail_shows_the_failures_as_they_are(on_npu: Callable[..., pytest.RunResult]) -> None:
    result = on_npu(SUITE, "--runxfail", "-k", "test_compiles or test_agrees", says=REFUSED)
    result.assert_outcomes(errors=1, failed=1, deselected=8)


def test_the_limit_gone_fails_and_says_what_to_write(on_npu: Callable[..., pytest.RunResult]) -> None:
    result = on_npu(SUITE, says=TAKEN)
    # The three that were expected to be refused, one of them in spite of its own xfail; the one that expects the
    # refusal itself; and the one that is wrong. The one that divides by zero does what it says.
    result.assert_outcomes(failed=5, passed=4, xfailed=1)
    where = r"NPU with driver 32\.0\.100\.4404 and OpenVINO 20\d\d\.\S+"
    said = rf"The limit is gone for this driver and OpenVINO version: {where} took tiny-gpt2 with dimensions that"
    result.stdout.re_match_lines([rf".*\[XPASS\(strict\)\] {said}", r'.*@pytest\.mark\.device\("NPU", dynamic=True\)'])


def test_an_internal_error_of_the_compiler_is_no_xfail(on_npu: Callable[..., pytest.RunResult]) -> None:
    result = on_npu(SUITE, "-k", "test_compiles or test_agrees", says=INTERNAL_ERROR)
    result.assert_outcomes(errors=1, failed=1, deselected=8)
    result.stdout.fnmatch_lines(["*postShift is not supported*"])


def test_a_compiler_that_aborts_costs_one_test(on_npu: Callable[..., pytest.RunResult]) -> None:
    result = on_npu(SUITE, "-k", "test_compiles or nothing", says=ABORTS)
    result.assert_outcomes(errors=1, passed=1, deselected=8)
    result.stdout.fnmatch_lines(["openvino-fp32 on NPU*'compile'*", "*in compile_model*"])


def test_a_refusal_falls_back_to_the_next_device_and_says_so(
    suite: Suite, on_npu: Callable[..., pytest.RunResult]
) -> None:
    source = """
        import pytest

        @pytest.mark.model("tiny-gpt2")
        @pytest.mark.device("NPU", "GPU", "CPU", fallback=True)
        def test_somewhere(compiled_model, device):
            assert device == "CPU"
            assert compiled_model.get_property("EXECUTION_DEVICES") == ["CPU"]

        @pytest.mark.model("tiny-gpt2", shape=(1, 16))
        @pytest.mark.device("NPU", "CPU", fallback=True)
        def test_on_the_first(compiled_model, device):
            assert device == "NPU"

        @pytest.mark.model("tiny-gpt2")
        @pytest.mark.device("NPU", "GPU", fallback=True)
        def test_nowhere(compiled_model):
            pass
    """
    result = on_npu(source, "--ov-device=CPU,GPU,NPU", "-v", says=REFUSED)
    result.assert_outcomes(passed=2, errors=1)
    result.stdout.fnmatch_lines(
        [
            "*test_somewhere?NPU,GPU,CPU? runs on CPU, passed over: NPU: *(dynamic_shape); GPU: *",
            "*None of the devices serves this test.",
            "*to_shape was called on a dynamic shape*",
        ]
    )
    properties = [each.attrib for each in junit_of(suite)["test_somewhere"].iter("property")]
    assert {"name": "device", "value": "CPU"} in properties
    assert any("to_shape was called" in each["value"] for each in properties)


def test_with_an_npu_everything_runs_there_whatever_platform_is_asked(on_npu: Callable[..., pytest.RunResult]) -> None:
    result = on_npu(SUITE, "--ov-npu-platform=4000", "-k", "test_fixed_shape", "-v", says=TAKEN)
    result.assert_outcomes(passed=1, deselected=9)
    result.stdout.fnmatch_lines(
        [
            "*--ov-npu-platform is not used: this machine has an NPU, and everything runs there*",
            "*test_fixed_shape?NPU? *",
        ]
    )


@pytest.mark.skipif(sys.platform != "linux", reason="only the wheels for Linux come without an NPU compiler")
def test_the_real_words_of_a_missing_compiler_are_no_xfail(on_npu: Callable[..., pytest.RunResult]) -> None:
    if os.path.exists("/dev/accel"):  # noqa: PTH110
        pytest.skip("needs a machine without an NPU")
    result = on_npu(SUITE, "-k", "test_compiles", says=REAL)
    result.assert_outcomes(errors=1, deselected=9)
    result.stdout.fnmatch_lines(["*compiler_missing*"])
