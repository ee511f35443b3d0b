from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from pytest_ovperf.arms import Precision
from pytest_ovperf.errors import ExtraMissingError, ModelError
from pytest_ovperf.models import jobs, recipes
from pytest_ovperf.models.cache import ArtefactCache
from pytest_ovperf.models.jobs import ArtefactKind, BuildJob, run_job
from pytest_ovperf.models.library import ModelLibrary
from pytest_ovperf.models.recipe import package_versions
from pytest_ovperf.models.sources import resolve
from pytest_ovperf.models.spec import (
    CallShape,
    CallsSource,
    CatalogueSource,
    DirectorySource,
    HubSource,
    IrSource,
    OnnxSource,
    Source,
    Task,
    TorchSource,
)
from tests.fakes import onnx_bytes
from tests.unit.models.build_fakes import CONFIG, FakeWorker, write_ir


@pytest.fixture
def worker() -> FakeWorker:
    return FakeWorker()


def fresh(root: Path, worker: FakeWorker) -> ModelLibrary:
    return ModelLibrary(ArtefactCache(root), worker, lambda _text: None)


@pytest.fixture
def models(tmp_path: Path, worker: FakeWorker) -> ModelLibrary:
    return fresh(tmp_path / "cache", worker)


def test_each_artefact_is_made_from_the_one_before(models: ModelLibrary, worker: FakeWorker, tmp_path: Path) -> None:
    files = models.files(resolve("gpt2", shape=None, base=tmp_path), Precision.INT8)
    assert worker.kinds == ["weights", "ir", "inputs", "int8"]
    weights, ir, inputs, int8 = worker.jobs
    assert (weights.weights, weights.ir) == (None, None)
    assert (ir.weights, ir.ir) == (files.weights, None)
    assert inputs.ir == int8.ir
    assert files.ir != int8.ir
    assert int8.call == CallShape((1, 64), 50257)


def test_int8_is_not_built_until_it_is_asked_for(models: ModelLibrary, worker: FakeWorker, tmp_path: Path) -> None:
    spec = resolve("gpt2", shape=None, base=tmp_path)
    fp32 = models.files(spec, Precision.FP32)
    assert "int8" not in worker.kinds
    assert models.files(spec, Precision.BF16) == fp32
    int8 = models.files(spec, Precision.INT8)
    assert (int8.inputs, int8.weights) == (fp32.inputs, fp32.weights)
    assert int8.digest != fp32.digest


def test_another_run_builds_nothing_again(tmp_path: Path, models: ModelLibrary, worker: FakeWorker) -> None:
    spec = resolve("gpt2", shape=None, base=tmp_path)
    files = models.files(spec, Precision.INT8)
    idle = FakeWorker()
    assert fresh(tmp_path / "cache", idle).files(spec, Precision.INT8) == files
    assert idle.kinds == []
    assert len(worker.kinds) == 4


@pytest.mark.parametrize("name", ["gpt2", "owner/name", "owner/name@v1"])
def test_a_model_that_a_project_has_registered_under_its_own_name_is_not_made_again(
    name: str, tmp_path: Path, models: ModelLibrary
) -> None:
    spec = resolve(name, shape=None, base=tmp_path)
    registered = replace(spec, name="searcher")
    assert recipes.weights_recipe(registered) == recipes.weights_recipe(spec)
    assert recipes.weights_recipe(spec).name == name
    if not isinstance(spec.source, HubSource):
        assert models.files(registered, Precision.INT8).ir == models.files(spec, Precision.INT8).ir


def test_another_shape_needs_other_inputs_but_no_other_ir(
    models: ModelLibrary, worker: FakeWorker, tmp_path: Path
) -> None:
    models.files(resolve("gpt2", shape=None, base=tmp_path), Precision.FP32)
    files = models.files(resolve("gpt2", shape=(2, 8), base=tmp_path), Precision.FP32)
    assert worker.kinds == ["weights", "ir", "inputs", "inputs"]
    assert files.shapes == {"input_ids": (2, 8)}


def test_another_batch_needs_no_other_quantisation(models: ModelLibrary, worker: FakeWorker, tmp_path: Path) -> None:
    for batch in (1, 4):
        models.files(resolve("minilm", shape=(batch, 64), base=tmp_path), Precision.INT8)
    assert worker.kinds.count("int8") == 1
    models.files(resolve("minilm", shape=(1, 32), base=tmp_path), Precision.INT8)
    assert worker.kinds.count("int8") == 2


@pytest.mark.parametrize(
    ("name", "package", "rebuilt"),
    [
        ("gpt2", "torch", ["weights", "ir", "inputs", "int8"]),
        ("gpt2", "optimum-intel", ["ir", "inputs", "int8"]),
        ("gpt2", "nncf", ["int8"]),
        ("gpt2", "numpy", ["inputs", "int8"]),
        ("resnet50", "numpy", ["weights", "ir", "inputs", "int8"]),  # its statistics are of images that numpy draws
    ],
)
def test_a_new_release_rebuilds_what_it_makes_and_what_follows(
    name: str,
    package: str,
    rebuilt: list[str],
    models: ModelLibrary,
    worker: FakeWorker,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    spec = resolve(name, shape=None, base=tmp_path)
    models.files(spec, Precision.INT8)
    worker.jobs.clear()
    versions = package_versions
    monkeypatch.setattr(
        recipes,
        "package_versions",
        lambda names: {name: "99" if name == package else version for name, version in versions(names).items()},
    )
    models.files(spec, Precision.INT8)
    assert worker.kinds == rebuilt


def test_fp16_weights_are_made_of_the_ir_and_do_not_depend_on_the_workload(
    models: ModelLibrary, worker: FakeWorker, tmp_path: Path
) -> None:
    files = [models.files(resolve("minilm", shape=shape, base=tmp_path), Precision.FP16) for shape in (None, (2, 8))]
    assert worker.kinds == ["weights", "ir", "inputs", "fp16", "inputs"]
    assert files[0].ir == files[1].ir
    assert worker.jobs[3].ir == models.files(resolve("minilm", shape=None, base=tmp_path), Precision.FP32).ir


def test_an_arms_own_batch_has_inputs_of_its_own_and_nothing_else(
    models: ModelLibrary, worker: FakeWorker, tmp_path: Path
) -> None:
    spec = resolve("minilm", shape=None, base=tmp_path)
    one, eight = models.files(spec, Precision.INT8), models.files(spec, Precision.INT8, batch=8)
    assert worker.kinds == ["weights", "ir", "inputs", "int8", "inputs"]
    assert (one.shapes, eight.shapes) == ({"input_ids": (1, 128)}, {"input_ids": (8, 128)})
    assert (eight.ir, eight.digest, eight.spec) == (one.ir, one.digest, spec)


def test_the_inputs_of_a_batch_are_those_of_a_model_with_that_batch(
    models: ModelLibrary, worker: FakeWorker, tmp_path: Path
) -> None:
    models.files(resolve("minilm", shape=(8, 128), base=tmp_path), Precision.FP32)
    worker.jobs.clear()
    models.files(resolve("minilm", shape=None, base=tmp_path), Precision.FP32, batch=8)
    assert worker.kinds == []


def test_there_are_no_int4_weights_for_single_inferences(
    models: ModelLibrary, worker: FakeWorker, tmp_path: Path
) -> None:
    with pytest.raises(ModelError, match="no INT4 weights of minilm"):
        models.files(resolve("minilm", shape=None, base=tmp_path), Precision.INT4)
    assert worker.kinds == []


def test_an_ir_is_used_in_place(models: ModelLibrary, worker: FakeWorker, tmp_path: Path) -> None:
    path = ir_file(tmp_path)
    files = models.files(resolve("m.xml", shape=(1, 8), base=tmp_path), Precision.INT8)
    assert worker.kinds == ["inputs", "int8"]
    assert (files.weights, files.shapes) == (None, {"ids": (1, 8)})
    assert [job.ir for job in worker.jobs] == [path, path]
    assert models.files(resolve("m.xml", shape=(1, 8), base=tmp_path), Precision.FP32).ir == path


def test_an_ir_whose_weights_changed_is_another_model(tmp_path: Path, worker: FakeWorker) -> None:
    path = ir_file(tmp_path)
    for weights in (b"one", b"other"):
        path.with_suffix(".bin").write_bytes(weights)
        fresh(tmp_path / "cache", worker).files(resolve("m.xml", shape=(1, 8), base=tmp_path), Precision.FP16)
    assert worker.kinds == ["inputs", "fp16"] * 2


def test_an_onnx_model_is_converted_once(models: ModelLibrary, worker: FakeWorker, tmp_path: Path) -> None:
    path = onnx_bytes.dense(tmp_path / "m.onnx", external="weights.data")
    for precision in (Precision.FP32, Precision.FP16, Precision.NATIVE):
        models.files(resolve("m.onnx", shape=(1, 16), base=tmp_path), precision)
    assert worker.kinds == ["ir", "inputs", "fp16"]
    assert worker.jobs[0].source == OnnxSource(path)
    (tmp_path / "weights.data").write_bytes(b"others")
    fresh(tmp_path / "cache", worker).files(resolve("m.onnx", shape=(1, 16), base=tmp_path), Precision.FP32)
    assert worker.kinds[3:] == ["ir", "inputs"]


def test_a_graph_is_calibrated_one_sample_at_a_time_where_it_takes_one(
    models: ModelLibrary, worker: FakeWorker, tmp_path: Path
) -> None:
    ir_file(tmp_path)
    ir_file(tmp_path, name="fixed.xml", shape="4,8")
    for name, batch in (("m.xml", None), ("m.xml", 16), ("fixed.xml", None), ("fixed.xml", 16)):
        models.files(resolve(name, shape=(4, 8), base=tmp_path), Precision.INT8, batch=batch)
    calibrated = [job.shapes for job in worker.jobs if job.kind is ArtefactKind.INT8]
    assert calibrated == [{"ids": (1, 8)}, {"ids": (4, 8)}]


def test_an_export_is_every_step_from_what_the_user_has(models: ModelLibrary, tmp_path: Path) -> None:
    path = ir_file(tmp_path)
    onnx_bytes.dense(tmp_path / "m.onnx", dims=(1, 16))

    def steps(name: str, precision: Precision, shape: tuple[int, ...] | None = None) -> list[tuple[str, Path | None]]:
        return [
            (job.kind.value, job.ir) for job in models.exports(resolve(name, shape=shape, base=tmp_path), precision)
        ]

    assert steps("minilm", Precision.FP32) == [("ir", None)]
    assert steps("minilm", Precision.INT8) == [("ir", None), ("int8", None)]
    assert steps("m.onnx", Precision.FP16) == [("ir", None), ("fp16", None)]
    assert steps("m.xml", Precision.FP16, (1, 8)) == [("fp16", path)]
    assert steps("m.xml", Precision.FP32, (1, 8)) == []


def ir_file(base: Path, *, name: str = "m.xml", shape: str = "?,?") -> Path:
    path = base.resolve() / name
    write_ir(path, "ids", shape, "i64")
    return path


def hugging_face_directory(path: Path) -> Path:
    path.mkdir()
    (path / "config.json").write_text(json.dumps(CONFIG), encoding="utf-8")
    (path / "model.safetensors").write_bytes(b"mine")
    return path


def test_a_directory_is_used_in_place(models: ModelLibrary, worker: FakeWorker, tmp_path: Path) -> None:
    path = hugging_face_directory(tmp_path / "mine")
    files = models.files(resolve("mine", shape=None, base=tmp_path), Precision.FP32)
    assert files.weights == path.resolve()
    assert worker.kinds == ["ir", "inputs"]


def test_a_directory_whose_weights_changed_is_exported_again(tmp_path: Path, worker: FakeWorker) -> None:
    path = hugging_face_directory(tmp_path / "mine")
    spec = resolve("mine", shape=None, base=tmp_path)
    fresh(tmp_path / "cache", worker).files(spec, Precision.FP32)
    (path / "model.safetensors").write_bytes(b"tuned")
    fresh(tmp_path / "cache", worker).files(spec, Precision.FP32)
    assert worker.kinds == ["ir", "inputs"] * 2


def test_what_a_user_brought_is_known_by_its_content(tmp_path: Path, worker: FakeWorker) -> None:
    mine, graph = hugging_face_directory(tmp_path / "mine"), ir_file(tmp_path)
    onnx_bytes.dense(tmp_path / "m.onnx", dims=(1, 16))
    shapes = {"mine": None, "m.xml": (1, 8), "m.onnx": (1, 16)}
    specs = {name: resolve(name, shape=shape, base=tmp_path) for name, shape in shapes.items()}

    def digests() -> dict[str, str]:
        library = fresh(tmp_path / "cache", worker)
        return {name: library.own_digest(spec) for name, spec in specs.items()}

    before = digests()
    assert digests() == before
    (mine / "model.safetensors").write_bytes(b"tuned")
    graph.with_suffix(".bin").write_bytes(b"tuned")
    after = digests()
    assert after["mine"] != before["mine"]
    assert after["m.xml"] != before["m.xml"]
    assert after["m.onnx"] == before["m.onnx"] != ""


def test_what_is_made_here_has_no_digest_of_its_own(models: ModelLibrary) -> None:
    assert models.own_digest(resolve("minilm", shape=None, base=Path())) == ""


def test_a_hub_model_is_fetched_once_and_then_a_directory(
    models: ModelLibrary, worker: FakeWorker, tmp_path: Path
) -> None:
    spec = resolve("owner/name", shape=(1, 8), base=tmp_path)
    settled = models.settle(spec)
    assert isinstance(settled.source, DirectorySource)
    assert (settled.name, settled.task, settled.static) == ("owner/name", Task.FEATURE_EXTRACTION, True)
    assert dict(settled.shapes) == dict.fromkeys(["input_ids", "attention_mask", "token_type_ids"], (1, 8))
    assert models.files(spec, Precision.FP32).spec == settled
    assert worker.kinds == ["weights", "ir", "inputs"]


def test_a_hub_model_that_is_fetched_again_is_the_same_model(tmp_path: Path, worker: FakeWorker) -> None:
    spec, seconds = resolve("owner/name", shape=None, base=tmp_path), iter(range(100))
    first, again = (  # in another cache, at another time
        ModelLibrary(ArtefactCache(tmp_path / name, clock=lambda: float(next(seconds))), worker, lambda _text: None)
        for name in ("first", "again")
    )
    assert first.files(spec, Precision.FP32).digest == again.files(spec, Precision.FP32).digest


def test_a_shape_that_does_not_fit_a_hub_model_shows_once_it_is_fetched(models: ModelLibrary, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="at most 64 tokens"):
        models.settle(resolve("owner/name", shape=(1, 65), base=tmp_path))


@pytest.mark.parametrize(
    "source",
    [
        CatalogueSource("gpt2"),
        DirectorySource(Path("x").resolve()),
        HubSource("a/b", "v1"),
        IrSource(Path("x.xml").resolve()),
        OnnxSource(Path("x.onnx").resolve()),
        TorchSource("shop.nets:make"),
        CallsSource(),
    ],
)
def test_a_job_survives_json(source: Source) -> None:
    job = BuildJob(ArtefactKind.IR, "m", source, Task.TEXT_GENERATION, "AutoModel", CallShape((1, 8), 100))
    own = replace(job, digest="abc", own="a:b", batch=8, inputs=Path("n"), calibration=Path("c"))
    graph = replace(job, shapes={"ids": (1, 8), "x": ()})
    for version in (job, replace(job, weights=Path("w"), ir=Path("i")), graph, own):
        assert BuildJob.from_json(json.loads(json.dumps(version.to_json()))) == version


JOB = BuildJob(
    ArtefactKind.WEIGHTS, "m", CatalogueSource("gpt2"), Task.TEXT_GENERATION, "AutoModel", CallShape((1, 8), 100)
)


def test_a_missing_package_names_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(_module: str) -> None:
        raise ModuleNotFoundError(name="optimum.exporters")

    monkeypatch.setattr(jobs, "_heavy", missing)
    with pytest.raises(ExtraMissingError, match=r"pytest-ovperf\[all\]"):
        run_job(JOB, tmp_path, lambda _text: None)


def test_a_missing_module_of_our_own_is_not_blamed_on_the_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(_module: str) -> None:
        raise ModuleNotFoundError(name="pytest_ovperf.models.making.seeding")

    monkeypatch.setattr(jobs, "_heavy", missing)
    with pytest.raises(ModuleNotFoundError):
        run_job(JOB, tmp_path, lambda _text: None)


def test_an_ir_cannot_be_built_from_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "_heavy", lambda _module: jobs)
    monkeypatch.setattr(jobs, "export_ir", None, raising=False)
    with pytest.raises(ModelError, match="without what it is made from"):
        run_job(replace(JOB, kind=ArtefactKind.IR), tmp_path, lambda _text: None)
