"""Where an IR comes from, as a bug report tells it; the artefacts are built by nobody."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from pytest_ovperf.arms import Precision
from pytest_ovperf.errors import ModelError
from pytest_ovperf.models.cache import ArtefactCache
from pytest_ovperf.models.layout import MANIFEST_NAME
from pytest_ovperf.models.library import ModelLibrary
from pytest_ovperf.models.origin import Origin, origin_of
from pytest_ovperf.models.sources import resolve
from pytest_ovperf.models.spec import NO_DATA, HubSource, IrSource, ModelSpec, OnnxSource, OwnData, Task
from tests.unit.models.build_fakes import FakeWorker

if TYPE_CHECKING:
    from pathlib import Path


def built(folder: Path, name: str, precision: Precision, data: OwnData = NO_DATA) -> tuple[ModelSpec, Path]:
    library = ModelLibrary(ArtefactCache(folder), FakeWorker(), lambda _text: None)
    spec = replace(resolve(name, shape=None, base=folder), data=data)
    ir = library.files(spec, precision).ir
    assert ir is not None
    return spec, ir


def origin(folder: Path, name: str, precision: Precision) -> Origin:
    return origin_of(*built(folder, name, precision))


def test_each_step_is_told_in_order_with_the_packages_that_made_it(tmp_path: Path) -> None:
    found = origin(tmp_path, "tiny-bert", Precision.INT8)
    assert found.source.startswith("tiny-bert, an architecture of pytest-ovperf's catalogue: BertModel of transformers")
    weights, exported, quantised = found.steps
    assert weights.startswith("weights written with torch ")
    assert exported.startswith("exported to OpenVINO's format in FP32 with openvino ")
    assert quantised.startswith("quantised to INT8 by nncf.quantize, calibrated on seeded samples with nncf ")
    assert list(found.files) == ["openvino_model.xml"]
    assert all(len(digest) == 64 for digest in found.files.values())


def test_a_language_model_has_its_weights_compressed(tmp_path: Path) -> None:
    assert "INT8_ASYM" in origin(tmp_path, "tiny-gpt2", Precision.INT8).steps[-1]


def test_a_file_of_the_users_own_is_named_and_nothing_made_up_about_it(tmp_path: Path) -> None:
    ir = tmp_path / "mine.xml"
    ir.write_text("<net/>", encoding="utf-8")
    ir.with_suffix(".bin").write_bytes(b"weights")
    spec = ModelSpec("mine.xml", IrSource(ir), Task.GRAPH, "", {}, static=False)
    found = origin_of(spec, ir)
    assert (found.source, found.steps, list(found.files)) == ("the file mine.xml", (), ["mine.xml", "mine.bin"])


def test_a_conversion_and_a_model_of_the_hub_are_called_what_they_are(tmp_path: Path) -> None:
    spec, ir = built(tmp_path, "tiny-bert", Precision.FP32)
    onnx = ModelSpec("m", OnnxSource(tmp_path / "m.onnx"), Task.GRAPH, "", {}, static=False)
    assert origin_of(onnx, ir).steps[-1].startswith("converted to OpenVINO's format")
    hub = ModelSpec("a/b", HubSource("a/b", "main"), spec.task, "AutoModel", {}, static=False)
    found = origin_of(hub, ir)
    assert found.source == "a/b of the Hugging Face hub, revision main"
    assert found.steps[0].startswith("fetched")


def test_a_damaged_note_in_the_cache_leaves_out_what_it_would_tell(tmp_path: Path) -> None:
    spec, ir = built(tmp_path, "tiny-bert", Precision.INT8)
    (ir.parent / MANIFEST_NAME).write_text("{", encoding="utf-8")
    assert origin_of(spec, ir).steps == ()


def test_files_that_are_gone_are_an_error(tmp_path: Path) -> None:
    spec, ir = built(tmp_path, "tiny-bert", Precision.FP32)
    ir.unlink()
    with pytest.raises(ModelError, match="cannot be read"):
        origin_of(spec, ir)


@pytest.mark.parametrize(
    ("name", "said"),
    [("json:loads", "the torch.nn.Module that json:loads() returns"), ("calls", "functions of the user's own")],
)
def test_the_users_own_code_is_named(name: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "m.xml").write_bytes(b"")
    spec = resolve(name, shape=None if name == "calls" else (1, 8), base=tmp_path)
    assert said in origin_of(spec, tmp_path / "m.xml").source


@pytest.mark.parametrize(
    ("calibration", "told"),
    [("json:queries", "json:queries()"), ("{base}/queries", "the calls in the folder queries")],
)
def test_calibration_on_the_users_own_data_is_told_without_its_place(
    calibration: str, told: str, tmp_path: Path
) -> None:
    data = OwnData(calibration=calibration.format(base=tmp_path.as_posix()))
    spec, ir = built(tmp_path, "tiny-bert", Precision.INT8, data)
    assert f"calibrated on {told} with nncf " in origin_of(spec, ir).steps[-1]
    assert "seeded samples" not in origin_of(spec, ir).steps[-1]
