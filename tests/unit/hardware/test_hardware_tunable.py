from __future__ import annotations

import pytest

from pytest_ovperf.arms import parse_arm
from pytest_ovperf.errors import ArmError, ArmUnavailableError
from pytest_ovperf.hardware.device import DeviceInfo
from pytest_ovperf.hardware.tunable import check_arm, unsupported
from pytest_ovperf.metrics import WorkloadKind
from pytest_ovperf.tuning import Tuning

CPU = DeviceInfo(
    "CPU",
    "a processor",
    ("FP32",),
    available=True,
    reason="",
    streams=(1, 2),
    properties=("ENABLE_CPU_PINNING", "INFERENCE_NUM_THREADS", "KV_CACHE_PRECISION", "NUM_STREAMS", "PERFORMANCE_HINT",
                "PERFORMANCE_HINT_NUM_REQUESTS", "SCHEDULING_CORE_TYPE"),
)  # fmt: skip
GPU = DeviceInfo(
    "GPU",
    "a graphics card",
    ("FP16",),
    available=True,
    reason="",
    streams=(1, 8),
    properties=("GPU_QUEUE_PRIORITY", "NUM_STREAMS", "PERFORMANCE_HINT", "PERFORMANCE_HINT_NUM_REQUESTS"),
)
NPU = DeviceInfo.absent("NPU", "There is none.")
DEVICES = (CPU, GPU, NPU)


@pytest.mark.parametrize(
    ("tuning", "device"),
    [
        ("hint=throughput,streams=2,threads=1", "CPU"),
        ("streams=auto", "CPU"),
        ("streams=8", "GPU"),
        ("streams=8", "AUTO:GPU,CPU"),
        ("streams=8", "AUTO"),
        ("core_type=pcore", "HETERO:GPU,CPU"),
        ("mode=async,batch=8,shape=static,cache=warm", "GPU"),
        ("hint=none", "GPU"),
        ("CACHE_DIR=here", "GPU"),
        ("SCHEDULE_POLICY=ROUND_ROBIN", "AUTO:CPU"),
        ("core_type=pcore,streams=99", "NPU"),  # one that is not here is for others to tell
    ],
)
def test_what_a_device_offers_passes(tuning: str, device: str) -> None:
    assert unsupported(Tuning.parse(tuning), device, DEVICES) is None


@pytest.mark.parametrize(
    ("tuning", "device", "why"),
    [
        ("core_type=pcore", "GPU", "GPU has no setting core_type (SCHEDULING_CORE_TYPE)."),
        ("threads=2", "AUTO:GPU", "GPU has no setting threads (INFERENCE_NUM_THREADS)."),
        ("execution_mode=accuracy", "AUTO:GPU,CPU",
         "GPU and CPU have no setting execution_mode (EXECUTION_MODE_HINT)."),
        ("KV_CACHE_PRECISION=u8", "GPU", "GPU has no setting KV_CACHE_PRECISION."),
        ("SCHEDULE_POLICY=ROUND_ROBIN", "HETERO:CPU", "CPU has no setting SCHEDULE_POLICY."),
        ("streams=4", "CPU", "streams=4 is out of reach: CPU offers 1 to 2."),
        ("streams=9", "HETERO:GPU,CPU", "streams=9 is out of reach: GPU offers 1 to 8; CPU offers 1 to 2."),
    ],
)  # fmt: skip
def test_what_a_device_does_not_offer_is_told(tuning: str, device: str, why: str) -> None:
    assert unsupported(Tuning.parse(tuning), device, DEVICES) == why


def test_a_device_that_tells_nothing_is_believed() -> None:
    silent = DeviceInfo("CPU", "a processor", ("FP32",), available=True, reason="")
    assert unsupported(Tuning.parse("core_type=pcore,streams=64,FOO=1"), "CPU", (silent,)) is None
    check_arm(parse_arm("openvino-fp32[FOO=1]", "CPU"), WorkloadKind.INFER, (silent,))


def check(arm: str, kind: WorkloadKind = WorkloadKind.STREAM, device: str = "CPU") -> None:
    check_arm(parse_arm(arm, device), kind, DEVICES)


@pytest.mark.parametrize(
    ("arm", "kind"),
    [
        ("openvino-fp32[hint=throughput,streams=2,requests=4]", WorkloadKind.STREAM),
        ("openvino-fp32[mode=sync]", WorkloadKind.INFER),
        ("openvino-fp32[mode=sync,requests=1]", WorkloadKind.STREAM),
        ("openvino-fp32[hint=throughput]", WorkloadKind.LOAD),
        ("pytorch-fp32[threads=1,batch=8]", WorkloadKind.INFER),
        ("pytorch-fp32[mode=async,requests=2]", WorkloadKind.STREAM),
        ("pytorch-fp32[cache=warm]", WorkloadKind.LOAD),
        ("onnxruntime-fp32[threads=1,batch=8]", WorkloadKind.INFER),
        ("onnxruntime-fp32[mode=async,requests=2]", WorkloadKind.STREAM),
        ("shop.search:setup[threads=1,batch=8]", WorkloadKind.INFER),
        ("shop.search:setup[mode=async,requests=3]", WorkloadKind.STREAM),
    ],
)
def test_an_arm_that_makes_sense_passes(arm: str, kind: WorkloadKind) -> None:
    check(arm, kind)


@pytest.mark.parametrize(
    ("tuning", "threads"), [("requests=4", 4), ("requests=2,threads=6", 1), ("requests=3", 0), ("threads=3", 2)]
)
def test_pytorch_s_requests_share_the_threads_evenly(tuning: str, threads: int) -> None:
    check_arm(parse_arm(f"pytorch-fp32[mode=async,{tuning}]", "CPU"), WorkloadKind.STREAM, DEVICES, threads=threads)


@pytest.mark.parametrize(("tuning", "threads"), [("requests=3", 4), ("requests=4", 2), ("requests=2,threads=5", 4)])
def test_pytorch_s_requests_that_cannot_share_the_threads_are_found_before_anything_is_built(
    tuning: str, threads: int
) -> None:
    arm = parse_arm(f"pytorch-fp32[mode=async,{tuning}]", "CPU")
    with pytest.raises(ArmUnavailableError, match=r"requests cannot share \d inference threads evenly"):
        check_arm(arm, WorkloadKind.STREAM, DEVICES, threads=threads)


def test_what_this_device_lacks_makes_the_arm_unavailable() -> None:
    with pytest.raises(ArmUnavailableError, match=r"openvino-fp32\[streams=4\]: streams=4 is out of reach"):
        check("openvino-fp32[streams=4]")


def test_a_property_of_another_kind_of_device_makes_the_arm_unavailable() -> None:
    with pytest.raises(ArmUnavailableError, match="CPU has no setting GPU_QUEUE_PRIORITY"):
        check("openvino-fp32[GPU_QUEUE_PRIORITY=LOW]")


@pytest.mark.parametrize(
    ("arm", "guess"),
    [
        ("openvino-fp32[KV_CACHE_PRECISON=u8]", "Did you mean KV_CACHE_PRECISION?"),
        ("openvino-fp32[CPU_FLUX=1]", "`ovperf devices --json` lists"),
        ("openvino-fp32[FOO=1]", "`ovperf devices --json` lists"),
    ],
)
def test_a_property_that_nothing_has_is_a_mistake(arm: str, guess: str) -> None:
    with pytest.raises(ArmError, match="There is no property") as caught:
        check(arm)
    assert caught.value.remedy.startswith(guess)


@pytest.mark.parametrize(
    ("arm", "kind", "remedy"),
    [
        ("openvino-fp32[requests=4]", WorkloadKind.INFER, 'Measure metric="throughput"'),
        ("openvino-fp32[mode=async]", WorkloadKind.GENERATE, 'Measure metric="throughput"'),
        ("openvino-fp32[mode=sync,requests=4]", WorkloadKind.STREAM, "Write mode=async"),
        ("openvino-fp32[NUM_STREAMS=2]", WorkloadKind.STREAM, "Write streams=… in the place of NUM_STREAMS=…"),
        ("pytorch-fp32[requests=2]", WorkloadKind.STREAM, "Write mode=async,requests=2"),
        ("pytorch-fp32[streams=2,threads=1]", WorkloadKind.STREAM,
         "Write it in the brackets of the OpenVINO arm alone: openvino-fp32[streams=…]"),
        ("pytorch-fp32[KV_CACHE_PRECISION=u8]", WorkloadKind.INFER, "Write it in the brackets of the OpenVINO arm"),
        ("onnxruntime-fp32[streams=2]", WorkloadKind.STREAM,
         "Write it in the brackets of the OpenVINO arm alone: openvino-fp32[streams=…]. ONNX Runtime takes batch, "),
        ("shop.search:setup[cache=warm]", WorkloadKind.LOAD,
         "Write it in the brackets of the OpenVINO arm alone: openvino-fp32[cache=…]. A function of your own takes "),
        ("shop.search:setup[requests=2]", WorkloadKind.STREAM, "Write mode=async,requests=2"),
    ],
)  # fmt: skip
def test_a_tuning_that_makes_no_sense_is_a_mistake(arm: str, kind: WorkloadKind, remedy: str) -> None:
    with pytest.raises(ArmError) as caught:
        check(arm, kind)
    assert caught.value.remedy.startswith(remedy)


def test_pytorch_has_no_shape_to_fix() -> None:
    with pytest.raises(ArmError, match="It takes every shape as it comes"):
        check("pytorch-fp32[shape=static]")
