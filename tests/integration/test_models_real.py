"""The tiny catalogue models, really built, exported, quantised and run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pytest_ovperf.arms import Precision
from pytest_ovperf.errors import ModelError
from pytest_ovperf.metrics import WorkloadKind
from pytest_ovperf.models.cache import ArtefactCache
from pytest_ovperf.models.jobs import ArtefactKind, BuildJob, run_job
from pytest_ovperf.models.library import ModelFiles, ModelLibrary
from pytest_ovperf.models.sizes import model_bytes
from pytest_ovperf.models.sources import resolve
from pytest_ovperf.models.spec import CallShape, CatalogueSource, Task
from pytest_ovperf.stats.fidelity import compare

pytest.importorskip("nncf")
pytest.importorskip("optimum.exporters.openvino")
torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")
ov = pytest.importorskip("openvino")

TINY = {"tiny-mobilenet_v2": 0.96, "tiny-resnet": 0.97, "tiny-bert": 0.98, "tiny-gpt2": 0.98}


@pytest.fixture(scope="module")
def models(model_cache: Path) -> ModelLibrary:
    cache = ArtefactCache(model_cache)
    return ModelLibrary(cache, lambda job, target: run_job(job, target, lambda _text: None), lambda _text: None)


def files(models: ModelLibrary, name: str, precision: Precision) -> ModelFiles:
    return models.files(resolve(name, shape=None, base=Path()), precision)


def load_inputs(path: Path | None) -> dict[str, Any]:
    assert path is not None
    with np.load(path) as arrays:
        return dict(arrays)


def run_openvino(built: ModelFiles, inputs: dict[str, Any]) -> Any:  # noqa: ANN401
    compiled = ov.Core().compile_model(str(built.ir), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    return np.array(compiled(inputs)[0])


def run_pytorch(built: ModelFiles, inputs: dict[str, Any]) -> Any:  # noqa: ANN401
    loader = getattr(transformers, built.spec.auto_class)
    model = loader.from_pretrained(built.weights, local_files_only=True).eval()
    with torch.inference_mode():
        result = model(**{name: torch.from_numpy(array) for name, array in inputs.items()})
    return (result["logits"] if "logits" in result else result["last_hidden_state"]).numpy()


def cosine(one: Any, other: Any) -> float:  # noqa: ANN401
    return float((one * other).sum() / np.linalg.norm(one) / np.linalg.norm(other))


@pytest.mark.parametrize("name", TINY)
def test_openvino_computes_what_pytorch_computes(models: ModelLibrary, name: str) -> None:
    built = files(models, name, Precision.FP32)
    inputs = load_inputs(built.inputs)
    assert {key: array.shape for key, array in inputs.items()} == dict(built.shapes) == dict(built.spec.shapes)
    expected = run_pytorch(built, inputs)
    assert np.abs(run_openvino(built, inputs) - expected).max() < 1e-4
    assert 0.3 < expected.std() < 3


@pytest.mark.parametrize(("name", "least"), TINY.items())
def test_int8_stays_faithful_and_is_smaller(models: ModelLibrary, name: str, least: float) -> None:
    fp32, int8 = (files(models, name, precision) for precision in (Precision.FP32, Precision.INT8))
    inputs = load_inputs(fp32.inputs)
    assert cosine(run_openvino(int8, inputs), run_openvino(fp32, inputs)) >= least
    assert fp32.ir is not None
    assert int8.ir is not None
    assert int8.ir.with_suffix(".bin").stat().st_size < 0.6 * fp32.ir.with_suffix(".bin").stat().st_size


@pytest.mark.parametrize("name", ["tiny-mobilenet_v2", "tiny-bert"])
def test_fp16_weights_take_half_and_change_next_to_nothing(models: ModelLibrary, name: str) -> None:
    fp32, fp16 = (files(models, name, precision) for precision in (Precision.FP32, Precision.FP16))
    inputs = load_inputs(fp32.inputs)
    assert cosine(run_openvino(fp16, inputs), run_openvino(fp32, inputs)) >= 0.9999
    assert fp32.ir is not None
    assert fp16.ir is not None
    kept, halved = (ir.with_suffix(".bin").stat().st_size for ir in (fp32.ir, fp16.ir))
    assert 0.45 < halved / kept < 0.55
    assert model_bytes(ir=fp32.ir, weights=None) - model_bytes(ir=fp16.ir, weights=None) > 0.4 * kept
    assert model_bytes(ir=None, weights=fp32.weights) > 0.9 * kept


@pytest.mark.parametrize("name", ["tiny-resnet", "tiny-gpt2"])
def test_each_sample_of_a_batch_is_computed_as_if_it_were_alone(models: ModelLibrary, name: str) -> None:
    spec = resolve(name, shape=None, base=Path())
    one, three = (models.files(spec, Precision.FP32, batch=batch) for batch in (None, 3))
    assert three.ir == one.ir
    ours, theirs = run_openvino(three, load_inputs(three.inputs)), run_openvino(one, load_inputs(one.inputs))
    assert len(ours) == 3
    fidelity = compare({"logits": ours}, {"logits": theirs})
    assert (fidelity.cosine, fidelity.top1) == pytest.approx((1.0, 1.0))


@pytest.mark.parametrize("name", TINY)
def test_other_inputs_give_other_outputs(models: ModelLibrary, name: str) -> None:
    built = files(models, name, Precision.FP32)
    inputs = load_inputs(built.inputs)
    main = "pixel_values" if "pixel_values" in inputs else "input_ids"
    other = {**inputs, main: np.ascontiguousarray(inputs[main][..., ::-1])}
    assert cosine(run_openvino(built, inputs), run_openvino(built, other)) < 0.999


def test_the_same_seed_gives_the_same_weights(tmp_path: Path) -> None:
    job = BuildJob(
        ArtefactKind.WEIGHTS,
        "tiny-resnet",
        CatalogueSource("tiny-resnet"),
        Task.IMAGE_CLASSIFICATION,
        "AutoModelForImageClassification",
        CallShape((1, 3, 64, 64), 0),
    )
    one, other = tmp_path / "one", tmp_path / "other"
    for target in (one, other):
        target.mkdir()
        run_job(job, target, lambda _text: None)
    assert (one / "model.safetensors").read_bytes() == (other / "model.safetensors").read_bytes()


def test_a_saved_directory_goes_the_same_way(models: ModelLibrary) -> None:
    weights = files(models, "tiny-gpt2", Precision.FP32).weights
    built = models.files(resolve(str(weights), shape=(2, 8), base=Path()), Precision.FP32)
    inputs = load_inputs(built.inputs)
    assert weights is not None
    assert built.weights is not None
    assert built.weights.samefile(weights)
    assert inputs["input_ids"].shape == (2, 8)
    assert np.abs(run_openvino(built, inputs) - run_pytorch(built, inputs)).max() < 1e-4


def test_a_matrix_that_no_group_divides_is_compressed_all_the_same(models: ModelLibrary, tmp_path: Path) -> None:
    odd = {"n_embd": 64, "n_inner": 100, "n_layer": 1, "n_head": 4, "n_positions": 64}
    config = transformers.GPT2Config(vocab_size=256, bos_token_id=0, eos_token_id=0, **odd)
    transformers.GPT2LMHeadModel(config).save_pretrained(tmp_path / "odd")
    spec = resolve("odd", shape=(1, 8), base=tmp_path)
    full, small = (
        models.files(spec, precision, kind=WorkloadKind.GENERATE).ir for precision in (Precision.FP32, Precision.INT4)
    )
    assert full is not None
    assert small is not None
    assert model_bytes(ir=small, weights=None) < 0.7 * model_bytes(ir=full, weights=None)


def test_weights_that_do_not_load_are_a_model_error(models: ModelLibrary, tmp_path: Path) -> None:
    source = files(models, "tiny-bert", Precision.FP32).weights
    broken = tmp_path / "broken"
    broken.mkdir()
    assert source is not None
    (broken / "config.json").write_bytes((source / "config.json").read_bytes())
    (broken / "model.safetensors").write_bytes(b"not tensors")
    with pytest.raises(ModelError, match="could not load"):
        models.files(resolve("broken", shape=None, base=tmp_path), Precision.FP32)


def test_an_architecture_that_is_not_exported_is_a_model_error(models: ModelLibrary, tmp_path: Path) -> None:
    small = {"block_sizes": [1], "d_model": 16, "n_head": 2, "d_head": 8, "d_inner": 16}
    transformers.FunnelBaseModel(transformers.FunnelConfig(vocab_size=64, **small)).save_pretrained(tmp_path / "funnel")
    with pytest.raises(ModelError, match=r"optimum-intel could not export .*funnel for feature-extraction: ValueError"):
        models.files(resolve("funnel", shape=None, base=tmp_path), Precision.FP32)


@pytest.mark.parametrize(
    ("raised", "told"),
    [
        (NotImplementedError("no such operator"), ModelError),  # a RuntimeError, too
        (TypeError("forward() got an unexpected keyword"), ModelError),
        (ImportError("this transformers is too old"), ModelError),
        (ModuleNotFoundError("No module named 'nncf'"), ModuleNotFoundError),  # is told as a missing extra
        (MemoryError(), MemoryError),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory"), RuntimeError),
    ],
)
def test_what_an_exporter_raises_is_a_model_error_unless_it_is_no_fault_of_the_model(
    models: ModelLibrary, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, raised: Exception, told: type[Exception]
) -> None:
    def fail(*_arguments: object, **_options: object) -> None:
        raise raised

    from pytest_ovperf.models.making import export  # noqa: PLC0415  (heavy)

    weights = files(models, "tiny-bert", Precision.FP32).weights
    assert weights is not None
    monkeypatch.setattr(export, "export_from_model", fail)
    with pytest.raises(told):
        export.export_ir(weights, "AutoModel", Task.FEATURE_EXTRACTION, tmp_path, lambda _text: None)


def test_a_hub_that_cannot_be_reached_says_what_to_do(
    models: ModelLibrary, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    huggingface_hub = pytest.importorskip("huggingface_hub")
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(ModelError, match="name that directory instead"):
        models.settle(resolve("owner/name", shape=None, base=tmp_path))
