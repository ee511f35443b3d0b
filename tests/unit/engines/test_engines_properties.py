from __future__ import annotations

from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from pytest_ovperf.arms import Arm, Engine, Precision
from pytest_ovperf.engines.properties import check_properties, compile_properties, read_settings
from pytest_ovperf.errors import ArmUnavailableError, BadConfigError
from pytest_ovperf.metrics import WorkloadKind
from pytest_ovperf.tuning import Tuning
from tests.unit.request_examples import request_of

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_ovperf.engines.protocol import LoadRequest

CPU_ONLY = ["INFERENCE_NUM_THREADS", "SCHEDULING_CORE_TYPE", "ENABLE_HYPER_THREADING"]


def asked(
    tuning: str = "",
    *,
    device: str = "CPU",
    precision: Precision = Precision.FP32,
    kind: WorkloadKind = WorkloadKind.INFER,
    threads: int = 2,
) -> LoadRequest:
    return request_of(Arm(Engine.OPENVINO, precision, device, Tuning.parse(tuning)), kind=kind, threads=threads)


@pytest.mark.parametrize(
    ("precision", "hint"),
    [
        (Precision.FP32, "f32"),
        (Precision.FP16, "f32"),
        (Precision.INT8, "f32"),
        (Precision.INT4, "f32"),
        (Precision.BF16, "bf16"),
    ],
)
def test_the_arm_names_the_precision_that_it_computes_in(precision: Precision, hint: str) -> None:
    assert compile_properties(asked(precision=precision)) == {
        "PERFORMANCE_HINT": "LATENCY",
        "INFERENCE_PRECISION_HINT": hint,
        "INFERENCE_NUM_THREADS": 2,
    }


def test_the_native_arm_leaves_precision_to_the_device() -> None:
    assert "INFERENCE_PRECISION_HINT" not in compile_properties(asked(precision=Precision.NATIVE))


@pytest.mark.parametrize(
    ("kind", "tuning", "hint"),
    [
        (WorkloadKind.INFER, "", "LATENCY"),
        (WorkloadKind.STREAM, "", "THROUGHPUT"),
        (WorkloadKind.STREAM, "mode=async", "THROUGHPUT"),
        (WorkloadKind.STREAM, "mode=sync", "LATENCY"),
        (WorkloadKind.STREAM, "hint=latency", "LATENCY"),
        (WorkloadKind.INFER, "hint=cumulative_throughput", "CUMULATIVE_THROUGHPUT"),
        (WorkloadKind.INFER, "hint=none", None),
    ],
)
def test_a_queue_is_hinted_at_throughput_and_single_calls_at_latency_unless_told_otherwise(
    kind: WorkloadKind, tuning: str, hint: str | None
) -> None:
    assert compile_properties(asked(tuning, kind=kind)).get("PERFORMANCE_HINT") == hint


@pytest.mark.parametrize(
    ("tuning", "name", "value"),
    [
        ("streams=2", "NUM_STREAMS", 2),
        ("streams=auto", "NUM_STREAMS", "AUTO"),
        ("threads=1", "INFERENCE_NUM_THREADS", 1),
        ("requests=4", "PERFORMANCE_HINT_NUM_REQUESTS", 4),
        ("execution_mode=accuracy", "EXECUTION_MODE_HINT", "ACCURACY"),
        ("core_type=pcore", "SCHEDULING_CORE_TYPE", "PCORE_ONLY"),
        ("core_type=any", "SCHEDULING_CORE_TYPE", "ANY_CORE"),
        ("pinning=off", "ENABLE_CPU_PINNING", False),
        ("hyper_threading=on", "ENABLE_HYPER_THREADING", True),
        ("KV_CACHE_PRECISION=u8", "KV_CACHE_PRECISION", "u8"),
    ],
)
def test_a_setting_is_a_property_of_openvino(tuning: str, name: str, value: object) -> None:
    assert compile_properties(asked(tuning))[name] == value


def test_what_is_no_property_is_not_made_one() -> None:
    plain = compile_properties(asked(kind=WorkloadKind.STREAM))
    assert compile_properties(asked("mode=async,batch=8,shape=static", kind=WorkloadKind.STREAM)) == plain


def test_a_cache_directory_is_handed_on(tmp_path: Path) -> None:
    assert compile_properties(replace(asked(), cache_dir=tmp_path))["CACHE_DIR"] == str(tmp_path)


@pytest.mark.parametrize("device", ["AUTO:GPU,CPU", "HETERO:GPU,CPU"])
def test_threads_reach_the_cpu_behind_a_device_that_chooses(device: str) -> None:
    properties = compile_properties(asked(device=device))
    assert properties["DEVICE_PROPERTIES"] == {"CPU": {"INFERENCE_NUM_THREADS": 2}}
    assert "INFERENCE_NUM_THREADS" not in properties


def test_without_a_list_every_device_is_told_what_it_may_have() -> None:
    properties = compile_properties(asked("streams=2,pinning=on", device="AUTO"))
    assert properties["DEVICE_PROPERTIES"] == {
        "CPU": {"INFERENCE_NUM_THREADS": 2, "NUM_STREAMS": 2, "ENABLE_CPU_PINNING": True},
        "GPU": {"NUM_STREAMS": 2, "ENABLE_CPU_PINNING": True},
        "NPU": {"NUM_STREAMS": 2},
    }


@pytest.mark.parametrize(
    ("device", "tuning", "general"),
    [
        ("AUTO:CPU", "SCHEDULE_POLICY=ROUND_ROBIN", {"SCHEDULE_POLICY": "ROUND_ROBIN"}),
        ("HETERO:CPU", "MODEL_DISTRIBUTION_POLICY=PIPELINE_PARALLEL",
         {"MODEL_DISTRIBUTION_POLICY": "PIPELINE_PARALLEL"}),
        ("AUTO:CPU", "CACHE_DIR=here", {"CACHE_DIR": "here"}),
        ("HETERO:CPU", "hint=throughput,requests=3",
         {"PERFORMANCE_HINT": "THROUGHPUT", "PERFORMANCE_HINT_NUM_REQUESTS": 3}),
    ],
)  # fmt: skip
def test_a_device_that_chooses_is_told_itself_what_is_its_own(
    device: str, tuning: str, general: dict[str, object]
) -> None:
    properties = compile_properties(asked(tuning, device=device))
    assert {name: properties[name] for name in general} == general


def test_a_property_that_bears_a_familys_name_is_for_that_family() -> None:
    properties = compile_properties(asked("GPU_QUEUE_PRIORITY=LOW", device="HETERO:GPU,CPU", threads=0))
    assert properties["DEVICE_PROPERTIES"] == {"GPU": {"GPU_QUEUE_PRIORITY": "LOW"}}


@pytest.mark.parametrize("device", ["GPU", "NPU", "AUTO:GPU,NPU"])
def test_no_threads_are_asked_of_devices_without_any(device: str) -> None:
    properties = compile_properties(asked(device=device))
    assert not {"INFERENCE_NUM_THREADS", "DEVICE_PROPERTIES"} & set(properties)


@pytest.mark.parametrize("device", ["AUTO", "AUTO:GPU,CPU"])
def test_the_cpu_does_not_stand_in_while_autos_choice_compiles(device: str) -> None:
    assert compile_properties(asked(device=device))["ENABLE_STARTUP_FALLBACK"] is False


@pytest.mark.parametrize("device", ["CPU", "HETERO:GPU,CPU"])
def test_only_auto_is_told_of_its_fallback(device: str) -> None:
    assert "ENABLE_STARTUP_FALLBACK" not in compile_properties(asked(device=device))


@dataclass
class FakeCore:
    """A core whose devices list what they take, and refuse the value ``wrong``."""

    lists: dict[str, list[str]]
    given: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    @property
    def available_devices(self) -> list[str]:
        return list(self.lists)

    def get_property(self, device: str, name: str) -> dict[str, str]:
        assert name == "SUPPORTED_PROPERTIES"
        return {"DEVICE_ID": "RO"} | dict.fromkeys(self.lists[device], "RW")

    def set_property(self, device: str, properties: dict[str, str]) -> None:
        self.given.append((device, properties))
        if "wrong" in properties.values():
            raise RuntimeError("Wrong value wrong for property key PERF_COUNT. Expected only true/false")


@pytest.fixture
def core() -> FakeCore:
    return FakeCore({"CPU": [*CPU_ONLY, "NUM_STREAMS", "PERF_COUNT"], "GPU": ["NUM_STREAMS", "GPU_QUEUE_PRIORITY"]})


def test_an_untuned_arm_asks_no_device() -> None:
    check_properties(None, asked())


@pytest.mark.parametrize(
    ("device", "tuning"),
    [
        ("CPU", "streams=2,threads=1,core_type=any"),
        ("GPU", "streams=2,GPU_QUEUE_PRIORITY=LOW"),
        ("AUTO:GPU,CPU", "threads=1,GPU_QUEUE_PRIORITY=LOW"),
        ("AUTO", "threads=1"),
        ("HETERO:GPU,CPU", "core_type=any"),
        ("AUTO:GPU", "SCHEDULE_POLICY=ROUND_ROBIN"),
        ("GPU", "CACHE_DIR=here,ENABLE_MMAP=off"),
        ("GPU", "mode=sync,batch=2,shape=static"),
    ],
)
def test_what_one_of_the_devices_lists_passes(core: FakeCore, device: str, tuning: str) -> None:
    check_properties(core, asked(tuning, device=device))


@pytest.mark.parametrize(
    ("device", "tuning", "name"),
    [
        ("GPU", "core_type=pcore", "SCHEDULING_CORE_TYPE"),
        ("CPU", "NUM_STREAMZ=1", "NUM_STREAMZ"),
        ("CPU", "DEVICE_ID=1", "DEVICE_ID"),
        ("AUTO:GPU", "threads=2", "INFERENCE_NUM_THREADS"),
        ("AUTO", "FOO=1", "FOO"),
        ("HETERO:GPU,CPU", "SCHEDULE_POLICY=ROUND_ROBIN", "SCHEDULE_POLICY"),
    ],
)
def test_what_no_device_lists_makes_the_arm_unavailable(core: FakeCore, device: str, tuning: str, name: str) -> None:
    with pytest.raises(ArmUnavailableError, match=f"has no property {name} that could be set"):
        check_properties(core, asked(tuning, device=device))


def test_a_value_that_a_device_refuses_is_a_bad_configuration(core: FakeCore) -> None:
    with pytest.raises(BadConfigError, match=r"set PERF_COUNT=wrong on CPU"):
        check_properties(core, asked("PERF_COUNT=wrong", device="AUTO:GPU,CPU"))
    assert core.given == [("CPU", {"PERF_COUNT": "wrong"})]  # the GPU does not list it


def test_what_became_of_the_tuning_is_written_as_a_tuning_is() -> None:
    read = {
        "PERFORMANCE_HINT": "THROUGHPUT",
        "NUM_STREAMS": 2,
        "INFERENCE_NUM_THREADS": 2,
        "EXECUTION_MODE_HINT": SimpleNamespace(name="ACCURACY"),
        "SCHEDULING_CORE_TYPE": SimpleNamespace(name="ECORE_ONLY"),
        "ENABLE_CPU_PINNING": False,
        "ENABLE_HYPER_THREADING": None,
        "KV_CACHE_PRECISION": SimpleNamespace(get_type_name=lambda: "u8"),
        "PERF_COUNT": "YES",
    }
    assert read_settings(asked("KV_CACHE_PRECISION=u8,PERF_COUNT=on"), read) == {
        "hint": "throughput",
        "streams": "2",
        "execution_mode": "accuracy",
        "core_type": "ecore",
        "pinning": "off",
        "KV_CACHE_PRECISION": "u8",
        "PERF_COUNT": "YES",
    }
