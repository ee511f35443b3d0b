"""Keys: where an entry is, in words."""

from __future__ import annotations

from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_ovperf.arms import Comparison, parse_arm
from pytest_ovperf.metrics import Metric, Workload, WorkloadKind
from pytest_ovperf.store.keys import EntryKey, arms_of, comparison_label, metric_of, module_file


def comparison(candidate: str, reference: str, device: str) -> Comparison:
    workload = Workload(WorkloadKind.INFER, {"input_ids": (1, 128), "attention_mask": (1, 128)})
    return Comparison(
        "distilbert", parse_arm(candidate, device), parse_arm(reference, device), Metric.LATENCY, workload
    )


def test_a_comparison_reads_like_a_sentence() -> None:
    label = comparison_label(comparison("openvino-int8", "openvino-fp32", "AUTO:GPU,CPU"))
    assert label == "distilbert · openvino-int8 over openvino-fp32 on AUTO:GPU,CPU · latency · infer 1x128"


def test_arms_on_different_devices_are_each_named_with_theirs() -> None:
    label = comparison_label(comparison("openvino", "pytorch-fp32", "GPU"))
    assert label == "distilbert · openvino on GPU over pytorch-fp32 on CPU · latency · infer 1x128"


def test_a_node_id_falls_into_module_and_test() -> None:
    asked = comparison("openvino-int8", "openvino-fp32", "CPU")
    key = EntryKey.of("suites/cpu/test_speed.py::TestInt8::test_pays[CPU-a::b]", asked)
    assert (key.module, key.test) == ("suites/cpu/test_speed.py", "TestInt8::test_pays[CPU-a::b]")
    assert key.comparison == comparison_label(asked)


@pytest.mark.parametrize(
    ("module", "file"),
    [
        ("test_speed.py", "test_speed.json"),
        ("suites/cpu/test_speed.py", "suites/cpu/test_speed.json"),
        ("suites\\cpu\\test_speed.py", "suites/cpu/test_speed.json"),
        ("../other/test_speed.py", "%2e%2e/other/test_speed.json"),
        ("/abs/test_speed.py", "%2f/abs/test_speed.json"),
        ("C:/abs/test_speed.py", "C%3a/abs/test_speed.json"),
        ("docs/speed.md", "docs/speed.md%.json"),
    ],
)
def test_a_module_has_its_own_file(module: str, file: str) -> None:
    assert module_file(module) == PurePosixPath(file)


@given(st.lists(st.text(alphabet="ab.%:/\\*y", max_size=8), max_size=3).map("/".join))
def test_no_module_leaves_the_folder(module: str) -> None:
    file = module_file(module)
    assert not file.is_absolute()
    assert ".." not in file.parts
    assert file.name.endswith(".json")


@given(
    st.sets(st.text(alphabet="ab.%:py/", min_size=1, max_size=8).map(lambda text: str(PurePosixPath(text))), min_size=2)
)
def test_two_modules_never_share_a_file(modules: set[str]) -> None:
    assert len({module_file(module) for module in modules}) == len(modules)


@pytest.mark.parametrize(
    ("label", "metric"),
    [
        ("m · openvino-fp16 over openvino-fp32 on CPU · model_size · files 1x128", Metric.MODEL_SIZE),
        ("odd · latency · name · a over b on CPU · throughput · stream 1x3", Metric.THROUGHPUT),
        ("m · a over b on CPU · beauty · infer 1x3", None),
        ("only text", None),
    ],
)
def test_a_label_names_its_metric(label: str, metric: Metric | None) -> None:
    assert metric_of(label) is metric


@pytest.mark.parametrize(
    ("label", "arms"),
    [
        (
            "m · openvino-fp16 over openvino-fp32 on CPU · model_size · files 1x128",
            "openvino-fp16 over openvino-fp32 on CPU",
        ),
        ("odd · latency · name · a over b on CPU · throughput · stream 1x3", "a over b on CPU"),
        ("only text", "only text"),
    ],
)
def test_a_label_names_its_arms(label: str, arms: str) -> None:
    assert arms_of(label) == arms
