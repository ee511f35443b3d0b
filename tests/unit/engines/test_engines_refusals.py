"""What OpenVINO refuses, told as errors with their cause."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from pytest_ovperf.arms import Precision
from pytest_ovperf.engines.openvino import compile_model, load
from pytest_ovperf.errors import (
    DeviceFailureError,
    DeviceLostError,
    FailureCause,
    ModelError,
    OutOfMemoryError,
    OvperfError,
    UnboundedShapeError,
    UnknownFailureError,
)
from tests.unit.engines.openvino_fakes import FakeOpenVino, FakeShape, FakeVariable

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_ovperf.engines.protocol import LoadRequest

TO_SHAPE = "Exception from src/core/src/partial_shape.cpp:266:\nto_shape was called on a dynamic shape."
LOST = "L0 zeFenceHostSynchronize result: ZE_RESULT_ERROR_DEVICE_LOST, code 0x70000001"


def test_an_unknown_refusal_is_told_whole(fake: FakeOpenVino, asked: LoadRequest) -> None:
    fake.refusal = "Exception from src/core.cpp:1:\nCheck 'rank' failed\nthe flux is out of phase"
    with pytest.raises(UnknownFailureError) as caught:
        load(asked, package=fake)
    assert all(line in caught.value.seen for line in fake.refusal.splitlines())
    assert "compile for CPU the model model.xml with ids [1,4]" in caught.value.seen


@pytest.mark.parametrize(
    ("sizes", "kind"),
    [((1, -1), UnboundedShapeError), (None, UnboundedShapeError), ((1, 4), UnknownFailureError)],
)
def test_the_shapes_of_the_model_are_read_before_it_is_compiled(
    fake: FakeOpenVino, asked: LoadRequest, sizes: tuple[int, ...] | None, kind: type[OvperfError]
) -> None:
    fake.capabilities["NPU"], fake.refusal = ["FP16"], TO_SHAPE
    fake.model.inputs[0].partial_shape = FakeShape(sizes)
    with pytest.raises(DeviceFailureError) as caught:
        load(replace(asked, device="NPU", precision=Precision.NATIVE), package=fake)
    assert type(caught.value) is kind


def test_bounded_dimensions_are_a_dynamic_shape_of_another_class(fake: FakeOpenVino, asked: LoadRequest) -> None:
    fake.capabilities["NPU"], fake.refusal = ["FP16"], TO_SHAPE
    fake.model.inputs[0].partial_shape = FakeShape((1, -128))
    with pytest.raises(DeviceFailureError, match=r"\[1,1\.\.128\]") as caught:
        compile_model(replace(asked, device="NPU"), package=fake)
    assert caught.value.cause is FailureCause.DYNAMIC_SHAPE
    assert not isinstance(caught.value, UnboundedShapeError)


def test_a_state_without_a_bound_counts_as_well_as_an_input(fake: FakeOpenVino, asked: LoadRequest) -> None:
    fake.capabilities["NPU"], fake.refusal = ["FP16"], TO_SHAPE
    fake.model.variables = [FakeVariable(FakeShape((1, -1)))]
    with pytest.raises(UnboundedShapeError):
        compile_model(replace(asked, device="NPU"), package=fake)


@pytest.mark.parametrize("error", [MemoryError("std::bad_alloc"), MemoryError(), RuntimeError("std::bad_alloc")])
def test_memory_that_does_not_suffice_is_its_own_cause(
    fake: FakeOpenVino, asked: LoadRequest, error: Exception
) -> None:
    fake.refusal = error
    with pytest.raises(OutOfMemoryError):
        load(asked, package=fake)


@pytest.mark.parametrize("use", ["call", "outputs"])
def test_a_device_that_is_lost_at_work_is_its_own_cause(fake: FakeOpenVino, asked: LoadRequest, use: str) -> None:
    model = load(asked, package=fake)
    fake.model.request.refusal = RuntimeError(LOST)
    with pytest.raises(DeviceLostError, match="run the model on CPU with ids"):
        getattr(model, use)()


def test_a_cause_that_was_only_printed_is_found_in_a_workers_output(
    fake: FakeOpenVino, asked: LoadRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    output = tmp_path / "output.log"
    output.write_text("VCL compiler loading failed: of a device before\n", encoding="utf-8")
    monkeypatch.setenv("OVPERF_WORKER_OUTPUT", str(output))

    def compile_model_of(*_: object) -> None:
        with output.open("a", encoding="utf-8") as file:
            file.write("[ERROR] Upper bounds are not specified for node 'Add_2'\n")
        raise RuntimeError("Failed to compile Model0_FCEW000__0 for all devices in [NPU]")

    fake.capabilities["NPU"] = ["FP16"]
    fake.model.inputs[0].partial_shape = FakeShape((-1, -1))
    fake.compile_model = compile_model_of  # type: ignore[assignment,method-assign]
    with pytest.raises(UnboundedShapeError) as caught:
        compile_model(replace(asked, device="NPU"), package=fake)
    assert "'Add_2'" in caught.value.seen
    assert "of a device before" not in caught.value.seen


def test_a_file_that_cannot_be_read_is_the_models_fault(fake: FakeOpenVino, asked: LoadRequest) -> None:
    fake.unreadable = RuntimeError("Incorrect weights in bin file!")
    with pytest.raises(ModelError, match=r"read model\.xml:\nIncorrect weights"):
        load(asked, package=fake)


def test_a_file_that_memory_does_not_suffice_for_is_not(fake: FakeOpenVino, asked: LoadRequest) -> None:
    fake.unreadable = MemoryError("std::bad_alloc")
    with pytest.raises(OutOfMemoryError, match=r"read model\.xml"):
        load(asked, package=fake)
