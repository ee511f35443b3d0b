"""OpenVINO IR and ONNX files, really read, converted, compressed, quantised and run."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from pytest_ovperf.arms import Precision, parse_arm
from pytest_ovperf.engines.protocol import open_engine
from pytest_ovperf.errors import ArmError, ModelError
from pytest_ovperf.models.cache import ArtefactCache
from pytest_ovperf.models.ir_file import read_ir_ports
from pytest_ovperf.models.jobs import run_job
from pytest_ovperf.models.library import ModelFiles, ModelLibrary
from pytest_ovperf.models.making.inputs import save_inputs
from pytest_ovperf.models.onnx_file import read_onnx
from pytest_ovperf.models.sizes import model_bytes
from pytest_ovperf.models.sources import resolve
from pytest_ovperf.models.spec import CallShape, Port
from pytest_ovperf.session.arms import Arms
from pytest_ovperf.stats.fidelity import compare
from tests.fakes import onnx_bytes

if TYPE_CHECKING:
    from pathlib import Path

pytest.importorskip("nncf")
ov = pytest.importorskip("openvino")

#: How alike the outputs have to stay with the weights kept in so few bits.
FAITHFUL = {Precision.FP16: 0.99999, Precision.INT8: 0.98}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the same layer as ONNX and as IR, of any batch and of batch 1, and a table of words."""
    folder = tmp_path_factory.mktemp("graphs")
    onnx_bytes.dense(folder / "open.onnx", outputs=512)
    onnx_bytes.dense(folder / "fixed.onnx", dims=(1, 16), outputs=512, external="fixed.weights")
    onnx_bytes.lookup(folder / "words.onnx", words=40)
    for name in ("open", "fixed"):
        ov.save_model(ov.Core().read_model(folder / f"{name}.onnx"), folder / f"{name}.xml", compress_to_fp16=False)
    return folder


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> ModelLibrary:
    cache = ArtefactCache(tmp_path_factory.mktemp("cache"))
    return ModelLibrary(cache, lambda job, target: run_job(job, target, lambda _text: None), lambda _text: None)


def inputs_of(files: ModelFiles) -> dict[str, Any]:
    assert files.inputs is not None
    with np.load(files.inputs) as arrays:
        return dict(arrays)


def outputs(models: ModelLibrary, folder: Path, model: str, arm: str, shape: tuple[int, ...] | None) -> dict[str, Any]:
    """Return what the arm computes on its inputs, loaded as a worker loads it."""
    asked = parse_arm(arm, "CPU")
    arms = Arms(models, threads=1, alone=nullcontext)
    _, requests = arms.prepare(resolve(model, shape=shape, base=folder), asked)
    return dict(open_engine(requests[asked]).outputs())


@pytest.mark.parametrize("model", ["open.onnx", "fixed.onnx", "open.xml", "fixed.xml"])
def test_a_file_computes_what_it_says(models: ModelLibrary, folder: Path, model: str) -> None:
    files = models.files(resolve(model, shape=(1, 16), base=folder), Precision.FP32)
    features = inputs_of(files)["features"]
    rng = np.random.default_rng(20)
    weight = rng.normal(0, 0.25, (16, 512)).astype(np.float32)
    expected = np.maximum(features @ weight + np.linspace(0, 1, 512, dtype=np.float32), 0)
    assert features.shape == (1, 16)
    assert np.abs(outputs(models, folder, model, "openvino-fp32", (1, 16))["logits"] - expected).max() < 1e-4


@pytest.mark.parametrize("model", ["open.onnx", "fixed.xml"])
@pytest.mark.parametrize(("precision", "smaller"), [(Precision.FP16, 0.6), (Precision.INT8, 0.5)])
def test_weights_in_fewer_bits_take_less_and_stay_faithful(
    models: ModelLibrary, folder: Path, model: str, precision: Precision, smaller: float
) -> None:
    spec = resolve(model, shape=(1, 16), base=folder)
    sizes = {
        kept: models.files(spec, kept).ir.with_suffix(".bin").stat().st_size  # type: ignore[union-attr]
        for kept in (Precision.FP32, precision)
    }
    assert sizes[precision] < smaller * sizes[Precision.FP32]
    assert model_bytes(ir=models.files(spec, precision).ir, weights=None) > sizes[precision]
    ours, theirs = (outputs(models, folder, model, f"openvino-{kept}", (1, 16)) for kept in (precision, Precision.FP32))
    assert compare(ours, theirs).cosine >= FAITHFUL[precision]


@pytest.mark.parametrize("model", ["open.onnx", "fixed.xml"])
def test_a_batch_begins_with_the_samples_of_a_smaller_one(models: ModelLibrary, folder: Path, model: str) -> None:
    one, four = (outputs(models, folder, model, arm, (1, 16)) for arm in ("openvino-fp32", "openvino-fp32[batch=4]"))
    assert four["logits"].shape == (4, 512)
    fidelity = compare(four, one)
    assert (fidelity.cosine, fidelity.top1) == pytest.approx((1.0, 1.0))
    assert not np.allclose(four["logits"][1], four["logits"][0])


@pytest.mark.parametrize("tuning", ["shape=static", "shape=dynamic", "shape=?x16", "shape=1..8x16,batch=2"])
def test_every_shape_computes_the_same(models: ModelLibrary, folder: Path, tuning: str) -> None:
    ours, theirs = (
        outputs(models, folder, "open.onnx", arm, (1, 16)) for arm in (f"openvino-fp32[{tuning}]", "openvino-fp32")
    )
    assert compare(ours, theirs).cosine == pytest.approx(1.0)


def test_words_are_drawn_from_the_table_that_they_are_looked_up_in(models: ModelLibrary, folder: Path) -> None:
    drawn = inputs_of(models.files(resolve("words.onnx", shape=(8, 64), base=folder), Precision.FP32))
    assert (drawn["attention_mask"] == 1).all()
    assert drawn["ids"].shape == (8, 64)
    assert set(np.unique(drawn["ids"])) == set(range(40))


@pytest.mark.parametrize("kind", ["bf16", "i4", "string"])
def test_an_input_that_no_data_can_be_drawn_for_is_told(models: ModelLibrary, tmp_path: Path, kind: str) -> None:
    given = ov.opset13.parameter(ov.PartialShape([1, 4]), getattr(ov.Type, kind))
    given.output(0).get_tensor().set_names({"x"})
    ov.save_model(ov.Model([ov.opset13.shape_of(given)], [given], "m"), tmp_path / "m.xml")
    with pytest.raises(ModelError, match=f"'x' is of the element type {kind}, for which no data can be drawn"):
        models.files(resolve("m.xml", shape=(1, 4), base=tmp_path), Precision.FP32)


def test_an_exported_input_of_another_type_is_told(tmp_path: Path) -> None:
    given = ov.opset13.parameter(ov.PartialShape([-1, -1]), np.float16)
    given.output(0).get_tensor().set_names({"input_ids"})
    ov.save_model(ov.Model([ov.opset13.relu(given)], [given], "m"), tmp_path / "m.xml")
    with pytest.raises(ModelError, match="'input_ids' of the element type f16, for which no data can be drawn"):
        save_inputs(tmp_path / "m.xml", CallShape((1, 4), 10), tmp_path, print)


def test_pytorch_has_no_part_in_a_file(models: ModelLibrary, folder: Path) -> None:
    with pytest.raises(ArmError, match=r"pytorch-fp32 cannot run 'open\.onnx'"):
        outputs(models, folder, "open.onnx", "pytorch-fp32", (1, 16))


def test_what_is_quantised_already_is_not_quantised_again(models: ModelLibrary, folder: Path) -> None:
    quantised = models.files(resolve("open.xml", shape=(1, 16), base=folder), Precision.INT8).ir
    with pytest.raises(ModelError, match="is quantised already"):
        models.files(resolve(str(quantised), shape=(1, 16), base=folder), Precision.INT8)


def test_an_operation_that_openvino_does_not_know_is_told(models: ModelLibrary, folder: Path, tmp_path: Path) -> None:
    content = (folder / "open.onnx").read_bytes().replace(b"Relu", b"Rela")
    (tmp_path / "m.onnx").write_bytes(content)
    with pytest.raises(ModelError, match=r"(?s)OpenVINO could not read .*Rela"):
        models.files(resolve("m.onnx", shape=(1, 16), base=tmp_path), Precision.FP32)


def test_the_inputs_are_read_as_openvino_reads_them(folder: Path, tmp_path: Path) -> None:
    operations = ov.opset13
    given = [
        operations.parameter(ov.PartialShape([ov.Dimension(1, 8), -1, 3]), np.float32),
        operations.parameter(ov.PartialShape([ov.Dimension(2, -1)]), np.int32),
        operations.parameter(ov.PartialShape([]), np.float16),
        operations.parameter(ov.PartialShape.dynamic(), np.int64),
    ]
    for one, names in zip(given, ({"b", "a,c"}, {"d"}, {"e"}, {"f"}), strict=True):
        one.output(0).get_tensor().set_names(names)
    ov.save_model(ov.Model([operations.abs(one) for one in given], given, "m"), tmp_path / "m.xml")
    assert read_ir_ports(tmp_path / "m.xml") == as_openvino_has_them(tmp_path / "m.xml")
    for name in ("open", "fixed", "words"):
        assert read_onnx(folder / f"{name}.onnx").ports == as_openvino_has_them(folder / f"{name}.onnx")


def as_openvino_has_them(path: Path) -> tuple[Port, ...]:
    return tuple(
        Port(
            min(port.get_names()),
            port.element_type.get_type_name(),
            None
            if port.partial_shape.rank.is_dynamic
            else tuple(
                (size.get_min_length(), size.get_max_length() if size.get_max_length() >= 0 else None)
                for size in port.partial_shape
            ),
        )
        for port in ov.Core().read_model(path).inputs
    )


def test_a_model_with_a_state_is_refused(tmp_path: Path) -> None:
    operations = ov.opset13
    given = operations.parameter(ov.PartialShape([1, 4]), np.float32)
    given.output(0).get_tensor().set_names({"x"})
    before = operations.read_value(given, "past")
    after = operations.assign(operations.add(before, given), "past")
    ov.save_model(ov.Model([operations.relu(before).output(0)], [after], [given], "m"), tmp_path / "m.xml")
    with pytest.raises(ModelError, match="keeps a state"):
        resolve("m.xml", shape=(1, 4), base=tmp_path)
