from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_ovperf.arms import Precision
from pytest_ovperf.errors import ExtraMissingError, ModelError
from pytest_ovperf.metrics import WorkloadKind
from pytest_ovperf.models import builders
from pytest_ovperf.models.cache import ArtefactCache
from pytest_ovperf.models.jobs import ArtefactKind
from pytest_ovperf.models.library import ModelLibrary
from pytest_ovperf.models.shapes import compiled_shapes
from pytest_ovperf.models.sources import resolve
from pytest_ovperf.models.spec import ModelSpec, OwnData, Port, Task
from pytest_ovperf.tuning import UNTUNED
from tests.fakes import onnx_bytes
from tests.unit.models.build_fakes import FakeWorker, write_ir

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

#: Any module that is there will do, here and below: nothing of it is imported.
MODULE = "json:loads"


@pytest.fixture
def worker() -> FakeWorker:
    return FakeWorker()


@pytest.fixture
def models(tmp_path: Path, worker: FakeWorker, monkeypatch: pytest.MonkeyPatch) -> ModelLibrary:
    monkeypatch.setattr(builders, "find_spec", lambda _name: find_spec("sys"))
    return fresh(tmp_path, worker)


def fresh(base: Path, worker: FakeWorker) -> ModelLibrary:
    return ModelLibrary(ArtefactCache(base / "cache"), worker, lambda _text: None)


def model(
    name: str,
    shape: Sequence[int | str] | Mapping[str, Sequence[int]] | None = None,
    *,
    base: Path = Path(),
    inputs: str = "",
    calibration: str = "",
) -> ModelSpec:
    return resolve(name, shape=shape, base=base, data=OwnData(inputs=inputs, calibration=calibration))


# A module that a function makes


def test_a_module_is_made_and_exported_and_then_a_graph(models: ModelLibrary, worker: FakeWorker) -> None:
    settled = models.settle(model(MODULE, (4, 8)))
    assert worker.kinds == ["module", "ir"]
    assert (settled.task, settled.has_pytorch, dict(settled.shapes)) == (Task.GRAPH, True, {"x": (4, 8)})
    assert settled.ports == (Port("x", "f32", ((0, None), (8, 8))),)
    assert models.settle(settled) == settled
    assert models.own_digest(settled) == "abc"


def test_a_module_is_made_once_a_run_for_all_its_arms(models: ModelLibrary, worker: FakeWorker) -> None:
    spec = model(MODULE, (4, 8))
    for precision in (Precision.FP32, Precision.FP16, Precision.INT8):
        models.files(spec, precision)
    models.files(spec, Precision.FP32, batch=2)
    models.files(models.settle(spec), Precision.FP32, onnx=True)
    assert worker.kinds == ["module", "ir", "inputs", "fp16", "int8", "inputs", "onnx"]
    assert {job.digest for job in worker.jobs if job.kind in (ArtefactKind.IR, ArtefactKind.ONNX)} == {"abc"}


def test_a_module_that_has_changed_is_exported_anew_by_another_run(
    models: ModelLibrary, worker: FakeWorker, tmp_path: Path
) -> None:
    spec = model(MODULE, (4, 8))
    models.files(spec, Precision.FP32)
    fresh(tmp_path, worker).files(spec, Precision.FP32)
    worker.module = "other"
    fresh(tmp_path, worker).files(spec, Precision.FP32)
    assert worker.kinds == ["module", "ir", "inputs", "module", "module", "ir", "inputs"]


def test_a_module_whose_code_fixes_the_batch_is_not_asked_for_another(models: ModelLibrary, worker: FakeWorker) -> None:
    worker.takes = "4,8"
    with pytest.raises(ModelError, match=r"not good for x of 2x8: .* It takes x \(4x8\)"):
        models.files(model(MODULE, (4, 8)), Precision.FP32, batch=2)
    with pytest.raises(ModelError, match=r"cannot be compiled for shape=1\.\.4x8"):
        models.settle(model(MODULE, ("1..4", 8)))
    worker.takes = "?,8"
    assert models.settle(model(MODULE, ("1..5", 8))).bounds == ((1, 5), (8, 8))


@pytest.mark.parametrize("missing", ["torch", "openvino"])
def test_a_package_that_a_module_takes_is_missed_before_it_is_made(
    models: ModelLibrary, worker: FakeWorker, missing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(builders, "find_spec", lambda name: None if name == missing else find_spec("sys"))
    with pytest.raises(ExtraMissingError, match=f"needs the package {missing!r}"):
        models.settle(model(MODULE, (4, 8)))
    assert worker.kinds == []


# ONNX files


def test_a_directory_has_an_onnx_file_of_its_own(models: ModelLibrary, worker: FakeWorker) -> None:
    files = models.files(model("minilm"), Precision.FP32, onnx=True)
    assert worker.kinds == ["weights", "ir", "inputs", "onnx"]
    assert files.onnx is not None
    assert files.digest != models.files(model("minilm"), Precision.FP32).digest
    assert tuple(worker.jobs[-1].shapes) == ("input_ids", "attention_mask", "token_type_ids")
    models.files(model("minilm", (2, 8)), Precision.FP32, onnx=True)
    assert worker.kinds[4:] == ["inputs"]


def test_the_onnx_file_of_a_vision_model_is_for_the_size_of_its_images(
    models: ModelLibrary, worker: FakeWorker
) -> None:
    for shape in (None, (2, 3, 224, 224), (1, 3, 192, 192)):
        models.files(model("resnet50", shape), Precision.FP32, onnx=True)
    assert [job.call.dims for job in worker.jobs if job.kind is ArtefactKind.ONNX] == [
        (1, 3, 224, 224),
        (1, 3, 192, 192),
    ]


def test_an_onnx_file_of_the_users_is_used_in_place(models: ModelLibrary, worker: FakeWorker, tmp_path: Path) -> None:
    path = onnx_bytes.dense(tmp_path / "m.onnx")
    files = models.files(model("m.onnx", (1, 16), base=tmp_path), Precision.FP32, onnx=True)
    assert (files.onnx, worker.kinds) == (path, ["ir", "inputs"])
    assert models.exports(model("m.onnx", (1, 16), base=tmp_path), Precision.FP32, onnx=True) == ()


def test_there_is_no_onnx_file_of_an_ir(models: ModelLibrary, tmp_path: Path) -> None:
    write_ir(tmp_path / "m.xml", "x", "?,8", "f32")
    for ask in (models.files, models.exports):
        with pytest.raises(ModelError, match="OpenVINO writes no ONNX"):
            ask(model("m.xml", (1, 8), base=tmp_path), Precision.FP32, onnx=True)


def test_making_an_onnx_file_anew_is_one_step(models: ModelLibrary) -> None:
    (of_directory,) = models.exports(model("minilm"), Precision.FP32, onnx=True)
    (of_module,) = models.exports(model(MODULE, (4, 8)), Precision.FP32, onnx=True)
    assert [job.kind.value for job in (of_directory, of_module)] == ["onnx", "onnx"]
    assert [job.kind.value for job in models.exports(model(MODULE, (4, 8)), Precision.INT8)] == ["ir", "int8"]


@pytest.mark.parametrize("missing", ["onnx", "onnxscript"])
def test_a_package_that_the_export_to_onnx_takes_is_asked_for_early(
    missing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(builders, "find_spec", lambda name: None if name == missing else find_spec("sys"))
    builders.require_builders(model("minilm"), Precision.FP32, generates=False)
    with pytest.raises(ExtraMissingError, match=f"the package {missing!r}") as refused:
        builders.require_builders(model("minilm"), Precision.FP32, generates=False, onnx=True)
    assert refused.value.remedy == 'pip install "pytest-ovperf[onnxruntime]"'


# What the user brings


def test_the_users_own_call_decides_on_the_shapes(models: ModelLibrary, worker: FakeWorker) -> None:
    settled = models.settle(model("minilm", inputs="json:load"))
    assert dict(settled.shapes) == dict.fromkeys(["input_ids", "attention_mask", "token_type_ids"], (2, 7))
    assert not settled.static
    files = models.files(settled, Precision.FP32)
    assert worker.kinds == ["own_inputs", "weights", "ir", "inputs"]
    assert (worker.jobs[0].own, worker.jobs[0].batch) == ("json:load", None)
    assert worker.jobs[-1].inputs is not None
    assert worker.jobs[-1].inputs.read_bytes() == b"mine"
    assert files.spec == settled


def test_the_users_function_is_called_once_a_run_for_each_batch(models: ModelLibrary, worker: FakeWorker) -> None:
    spec = model("minilm", inputs="json:load")
    for batch in (None, 8, None, 8):
        models.files(spec, Precision.FP32, batch=batch)
    assert [job.batch for job in worker.jobs if job.kind is ArtefactKind.OWN_INPUTS] == [None, 8]


def test_changed_data_are_noticed_by_the_next_run(models: ModelLibrary, worker: FakeWorker, tmp_path: Path) -> None:
    spec = model("minilm", inputs="json:load", calibration="json:dumps")
    models.files(spec, Precision.INT8)
    worker.jobs.clear()
    fresh(tmp_path, worker).files(spec, Precision.INT8)
    assert worker.kinds == ["own_inputs", "own_calibration"]
    worker.jobs.clear()
    worker.data = b"others"
    fresh(tmp_path, worker).files(spec, Precision.INT8)
    assert worker.kinds == ["own_inputs", "inputs", "own_calibration", "int8"]


def test_only_int8_is_calibrated_with_the_users_data(models: ModelLibrary, worker: FakeWorker) -> None:
    spec = model("minilm", calibration="json:dumps")
    models.files(spec, Precision.FP16)
    assert "own_calibration" not in worker.kinds
    files = models.files(spec, Precision.INT8)
    assert worker.jobs[-1].calibration is not None
    assert worker.jobs[-2].weights == files.weights
    assert models.exports(spec, Precision.INT8)[-1].calibration == worker.jobs[-1].calibration
    assert files.digest != models.files(model("minilm"), Precision.INT8).digest


@pytest.mark.parametrize(
    ("own", "shape", "said"),
    [
        ({"tokens": (2, 7)}, None, "'tokens', which the model does not take"),
        ({"input_ids": (2, 600)}, None, "returned cannot be used. The shape 2x600 does not fit"),
        ({"input_ids": (2, 7)}, (1, 7), "'input_ids' is 2x7, and 'minilm' is asked to be compiled for shape=1x7"),
        ({"input_ids": (2, 7)}, ("1..2", "1..6"), r"compiled for shape=1\.\.2x1\.\.6"),
    ],
)
def test_a_call_that_does_not_fit_is_told_before_anything_is_built(
    models: ModelLibrary,
    worker: FakeWorker,
    own: dict[str, tuple[int, ...]],
    shape: tuple[int | str, ...] | None,
    said: str,
) -> None:
    worker.own = own
    with pytest.raises(ModelError, match=said):
        models.settle(model("minilm", shape, inputs="json:load"))
    assert worker.kinds == ["own_inputs"]


def test_a_call_within_the_bounds_of_the_shape_leaves_them_as_they_are(models: ModelLibrary) -> None:
    settled = models.settle(model("minilm", ("1..4", "1..16"), inputs="json:load"))
    assert settled.shapes["input_ids"] == (2, 7)
    compiled = compiled_shapes(settled, settled.shapes, UNTUNED)
    assert compiled == dict.fromkeys(settled.shapes, ((1, 4), (1, 16)))


def test_a_file_of_open_sizes_takes_them_from_the_users_call(
    models: ModelLibrary, worker: FakeWorker, tmp_path: Path
) -> None:
    write_ir(tmp_path / "m.xml", "x", "?,8", "f32")
    worker.own = {"": (3, 8)}
    assert dict(models.settle(model("m.xml", base=tmp_path, inputs="json:dump")).shapes) == {"x": (3, 8)}


def test_a_module_is_called_with_the_users_call(models: ModelLibrary, worker: FakeWorker) -> None:
    worker.own = {"x": (3, 8)}
    settled = models.settle(model(MODULE, inputs="json:dump"))
    assert dict(settled.shapes) == {"x": (3, 8)}
    assert worker.kinds == ["own_inputs", "module", "ir"]
    assert len({job.inputs for job in worker.jobs[1:]}) == 1
    with pytest.raises(ModelError, match="'x' is 3x8, and 'json:loads' is asked to be compiled for shape=2x8"):
        models.settle(model(MODULE, (2, 8), inputs="json:dump"))


def test_a_hub_model_keeps_what_was_said_of_its_data(models: ModelLibrary, worker: FakeWorker) -> None:
    settled = models.settle(model("owner/name", inputs="json:load"))
    assert (settled.data.inputs, settled.shapes["input_ids"]) == ("json:load", (2, 7))
    assert worker.kinds == ["weights", "own_inputs"]


def test_generation_does_not_leave_the_users_inputs_out_silently(models: ModelLibrary, worker: FakeWorker) -> None:
    with pytest.raises(ModelError, match=r"inputs='json:load' would not be used: text is generated from") as refused:
        models.files(model("gpt2", inputs="json:load"), Precision.FP32, kind=WorkloadKind.GENERATE)
    assert "prompt=64" in refused.value.remedy
    assert worker.kinds == ["own_inputs"]
    models.files(model("gpt2"), Precision.FP32, kind=WorkloadKind.GENERATE)
    assert worker.kinds[1:] == ["weights", "stateful", "prompts"]


def test_functions_without_a_model_have_nothing_to_build(models: ModelLibrary, worker: FakeWorker) -> None:
    files = models.files(model("calls"), Precision.NATIVE)
    assert (files.weights, files.ir, files.onnx, files.inputs, worker.kinds) == (None, None, None, None, [])
    with_inputs = models.files(model("calls", inputs="json:load"), Precision.NATIVE)
    assert with_inputs.inputs is not None
    assert with_inputs.shapes == {"input_ids": (2, 7)}
