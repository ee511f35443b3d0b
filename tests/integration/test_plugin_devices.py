"""Devices as a user chooses them. This machine has a CPU; the GPU and NPU tests rest on OpenVINO's own words."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_ovperf.hardware.probe import read_machine

if TYPE_CHECKING:
    from tests.integration.user_suite import Suite

SUITES = Path(__file__).resolve().parents[2] / "suites"

ON_TWO = """
    import pytest

    @pytest.mark.device("NPU")
    def test_npu(device):
        assert device == "NPU"

    @pytest.mark.device("CPU", "NPU")
    def test_either(device):
        pass

    def test_any(device):
        pass
"""


def npu_is_absent() -> bool:
    return not any(device.available and device.name.startswith("NPU") for device in read_machine().devices)


def test_tests_for_other_devices_are_deselected(suite: Suite) -> None:
    suite.write(ON_TWO)
    result = suite.run("--ov-device=CPU", "-v")
    result.assert_outcomes(passed=2, deselected=1)
    result.stdout.fnmatch_lines(["*test_either[[]CPU[]]*", "*test_any[[]CPU[]]*"])


def test_each_asked_device_is_a_case_of_its_own(suite: Suite) -> None:
    suite.write(ON_TWO)
    result = suite.run("--ov-device=CPU,AUTO:CPU", "-v")
    result.assert_outcomes(passed=3, deselected=1)
    result.stdout.fnmatch_lines(["*test_any[[]CPU[]]*", "*test_any[[]AUTO:CPU[]]*"])


@pytest.mark.skipif(not npu_is_absent(), reason="needs a machine without an NPU")
def test_an_absent_device_skips_with_the_reason(suite: Suite) -> None:
    suite.write(ON_TWO)
    result = suite.run("--ov-device=NPU", "-rs")
    result.assert_outcomes(skipped=3)
    result.stdout.fnmatch_lines(["SKIPPED*NPU*"])


def test_all_means_every_device_that_is_there(suite: Suite) -> None:
    suite.write(ON_TWO)
    result = suite.run("--ov-device=all", "-v")
    assert result.ret == 0
    result.stdout.fnmatch_lines(["*test_any[[]CPU[]] PASSED*"])


def test_compiled_model_runs_on_the_device(suite: Suite) -> None:
    suite.write(
        """
        import numpy
        import openvino
        import pytest

        @pytest.mark.model("tiny-bert")
        def test_as_exported(compiled_model):
            assert isinstance(compiled_model, openvino.CompiledModel)
            assert compiled_model.input(0).partial_shape.is_dynamic
            ids = numpy.ones((2, 5), dtype="int64")
            result = compiled_model({"input_ids": ids, "attention_mask": ids, "token_type_ids": 0 * ids})
            assert result[0].shape[:2] == (2, 5)
            assert numpy.isfinite(result[0]).all()

        @pytest.mark.model("tiny-bert", shape=(1, 8), precision="int8")
        def test_fixed_shape(compiled_model):
            assert list(compiled_model.input(0).shape) == [1, 8]
            layers = compiled_model.get_runtime_model().get_ops()
            kinds = {layer.get_rt_info()["runtimePrecision"].astype(str) for layer in layers}
            assert kinds & {"i8", "u8"}
        """
    )
    suite.run().assert_outcomes(passed=2)


def test_a_projects_own_fixture_named_device_is_left_alone(suite: Suite) -> None:
    suite.write(
        """
        import pytest

        @pytest.fixture
        def device():
            return "a phone"

        def test_mine(device):
            assert device == "a phone"
        """
    )
    result = suite.run("-v")
    result.assert_outcomes(passed=1)
    result.stdout.no_fnmatch_line("*CPU*")


def test_the_header_names_machine_versions_and_devices(suite: Suite) -> None:
    suite.write(ON_TWO)
    result = suite.run("--ov-device=CPU")
    result.stdout.fnmatch_lines(["ovperf: * cores *", "*openvino *", "*devices: CPU*"])


@pytest.mark.skipif(not npu_is_absent(), reason="needs a machine without an NPU")
def test_the_reference_suite_for_npus_skips_with_the_reason_where_there_is_none(suite: Suite) -> None:
    shutil.copy(SUITES / "test_npu.py", suite.pytester.path)
    result = suite.run("--ov-device=NPU", "-rs")
    assert set(result.parseoutcomes()) == {"skipped"}
    result.stdout.fnmatch_lines(["SKIPPED*NPU cannot be used on this machine*"])


def test_what_a_test_needs_of_its_device_skips_it_elsewhere(suite: Suite) -> None:
    suite.write(
        """
        import pytest

        @pytest.mark.device("CPU", precision="fp32")
        def test_precision_that_is_there(device):
            pass

        @pytest.mark.device("CPU", precision="int16")
        def test_precision_that_is_not(device):
            pass
        """
    )
    result = suite.run("-rs")
    result.assert_outcomes(passed=1, skipped=1)
    result.stdout.fnmatch_lines(["SKIPPED*needs INT16; CPU*lists*FP32*"])


@pytest.mark.skipif(not npu_is_absent(), reason="needs a machine without an NPU")
def test_a_list_of_preference_takes_the_first_device_that_serves(suite: Suite) -> None:
    suite.write(
        """
        import pytest

        @pytest.mark.device("NPU", "CPU", fallback=True)
        def test_one_case(device):
            assert device == "CPU"
        """
    )
    result = suite.run("--ov-device=CPU,NPU", "-v")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["*test_one_case?NPU,CPU? runs on CPU, passed over: NPU: NPU cannot be used*"])


#: As the reference suite does it, on the smallest model there is.
DETOUR = """
    import pytest

    @pytest.mark.model("tiny-bert")
    def test_int8(fidelity):
        assert fidelity("openvino-int8", over="openvino-fp32").cosine > 0.9

    @pytest.mark.model("tiny-bert")
    @pytest.mark.device("AUTO:CPU", "HETERO:CPU")
    def test_the_detour(speedup, fidelity, baseline):
        assert fidelity("openvino-fp32", over="openvino-fp32@CPU").cosine >= 0.9999
        assert speedup("openvino-fp32", over="openvino-fp32@CPU") >= baseline
"""


def test_several_devices_behind_one_name_are_compared_with_the_one_they_choose(suite: Suite) -> None:
    suite.write(DETOUR)
    result = suite.run("--ov-device=CPU,AUTO:CPU,HETERO:CPU", "--ov-budget=1", "-v")
    result.assert_outcomes(passed=5, deselected=0)
    result.stdout.fnmatch_lines_random(
        [
            "*test_the_detour[[]AUTO:CPU[]]*no-baseline*",
            "*test_the_detour[[]HETERO:CPU[]]*no-baseline*",
            "*openvino-fp32@AUTO:CPU over openvino-fp32@CPU*",
        ]
    )


def test_an_arm_on_a_device_that_makes_no_sense_says_so(suite: Suite) -> None:
    suite.write(
        """
        import pytest
        from pytest_ovperf.errors import OvperfError

        @pytest.mark.model("tiny-bert")
        @pytest.mark.parametrize(
            ("arm", "says"),
            [
                ("openvino-fp32@CPU", "compared with itself"),
                ("openvino-fp32@CUP", "Did you mean CPU?"),
                ("openvino-fp32@", "names no device"),
                ("openvino-fp32@CPU,GPU", "does not name one device"),
                ("openvino-fp32@all", "does not name one device"),
                ("pytorch-fp32@GPU", "PyTorch runs on the CPU"),
            ],
        )
        def test_arms(speedup, arm, says):
            with pytest.raises(OvperfError) as refused:
                speedup(arm, over="openvino-fp32")
            assert says in str(refused.value)

        @pytest.mark.model("tiny-bert")
        def test_absent(speedup):
            speedup("openvino-fp32@GPU.7", over="openvino-fp32")
        """
    )
    suite.run().assert_outcomes(passed=6, skipped=1)
