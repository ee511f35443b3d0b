"""A model of the user's own with their own data: a real directory, really quantised and run."""

from __future__ import annotations

import shutil
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from pytest_ovperf.arms import Precision
from pytest_ovperf.errors import ModelError
from pytest_ovperf.models.cache import ArtefactCache
from pytest_ovperf.models.jobs import run_job
from pytest_ovperf.models.library import ModelFiles, ModelLibrary
from pytest_ovperf.models.sources import resolve
from pytest_ovperf.models.spec import OwnData
from tests.fakes import onnx_bytes

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.integration.user_suite import Suite

    #: Returns the files of the encoder in INT8 or another precision, with so much of the user's data.
    Built = Callable[..., ModelFiles]

pytest.importorskip("nncf")
tokenizers = pytest.importorskip("tokenizers")

WORDS = ("where", "is", "my", "parcel", "late", "again", "thanks")

#: The user's module, whose calibration data lie in a file beside it.
SHOP = """
    from pathlib import Path

    import numpy as np

    def one_query():
        return {"input_ids": [[3, 5, 6, 7]]}

    def some_queries(batch):
        return {"input_ids": np.full((batch, 6), 3)}

    def queries():
        word = int(Path(__file__).with_name("word.txt").read_text())
        for length in (3, 5, 7):
            yield {"input_ids": np.full((1, length), word)}

    def pictures():
        yield {"pixel_values": np.ones((1, 3, 4, 4))}

    def strangers():
        yield {"input_ids": [[1, 2]]}
        yield {"input_ids": [[1, 4000]]}

    def long_ones():
        yield {"input_ids": [[1, 2]]}
        yield {"input_ids": np.ones((1, 99))}

    def broken():
        yield {"input_ids": [[1, 2]]}
        raise OSError("queries.csv is gone")
"""


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory, model_cache: Path) -> Path:
    """Return a Hugging Face directory with weights and a tokenizer of a few words."""
    weights = library(model_cache).files(resolve("tiny-bert", shape=None, base=Path()), Precision.FP32).weights
    assert weights is not None
    folder = tmp_path_factory.mktemp("shop")
    shutil.copytree(weights, folder / "encoder")
    known = {word: place for place, word in enumerate(("[PAD]", "[UNK]", *WORDS))}
    tokenizer = tokenizers.Tokenizer(tokenizers.models.WordLevel(known, unk_token="[UNK]"))  # noqa: S106
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    tokenizer.save(str(folder / "encoder" / "tokenizer.json"))
    (folder / "encoder" / "tokenizer_config.json").write_text(
        '{"tokenizer_class": "PreTrainedTokenizerFast", "unk_token": "[UNK]"}', encoding="utf-8"
    )
    return folder / "encoder"


def write_shop(folder: Path) -> None:
    (folder / "shopdata.py").write_text(textwrap.dedent(SHOP), encoding="utf-8")
    (folder / "word.txt").write_text("3", encoding="utf-8")


@pytest.fixture
def built(encoder: Path, model_cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Built:
    """Return what builds the encoder as each run does anew; the user's module is in ``tmp_path``."""
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "shopdata", raising=False)
    write_shop(tmp_path)

    def build(precision: Precision = Precision.INT8, *, batch: int | None = None, **data: str) -> ModelFiles:
        spec = resolve(str(encoder), shape=None, base=tmp_path, data=OwnData(**data))
        return library(model_cache).files(spec, precision, batch=batch)

    return build


def library(cache: Path) -> ModelLibrary:
    return ModelLibrary(
        ArtefactCache(cache), lambda job, target: run_job(job, target, lambda _text: None), lambda _text: None
    )


def read(files: ModelFiles) -> dict[str, Any]:
    assert files.inputs is not None
    with np.load(files.inputs) as saved:
        return dict(saved)


def test_int8_differs_by_what_it_is_calibrated_with(built: Built, tmp_path: Path) -> None:
    drawn, own = built(), built(calibration="shopdata:queries")
    assert own.digest != drawn.digest
    assert own.ir.with_suffix(".bin").read_bytes() != drawn.ir.with_suffix(".bin").read_bytes()  # type: ignore[union-attr]
    assert built(calibration="shopdata:queries").digest == own.digest
    (tmp_path / "word.txt").write_text("4", encoding="utf-8")
    assert built(calibration="shopdata:queries").digest != own.digest


def test_the_same_calls_make_the_same_artefact_wherever_they_come_from(built: Built, tmp_path: Path) -> None:
    (tmp_path / "calls").mkdir()
    for number, length in enumerate((3, 5, 7)):
        np.savez(tmp_path / "calls" / f"{number}.npz", input_ids=np.full((1, length), 3))
    assert built(calibration="calls").digest == built(calibration="shopdata:queries").digest


def test_texts_are_read_by_the_directory_s_own_tokenizer(built: Built, tmp_path: Path) -> None:
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "queries.txt").write_text("where is my parcel\nlate again\nthanks\n", encoding="utf-8")
    (tmp_path / "calls").mkdir()
    for number, ids in enumerate(([2, 3, 4, 5], [6, 7], [8])):
        np.savez(tmp_path / "calls" / f"{number}.npz", input_ids=[ids], attention_mask=[[1] * len(ids)])
    assert built(calibration="texts").digest == built(calibration="calls").digest


def test_inputs_decide_the_shapes_and_what_follows_from_them_is_filled_in(built: Built) -> None:
    files = built(Precision.FP32, inputs="shopdata:one_query")
    assert set(files.shapes.values()) == {(1, 4)}
    arrays = read(files)
    assert {name: array.tolist() for name, array in arrays.items()} == {
        "input_ids": [[3, 5, 6, 7]],
        "attention_mask": [[1, 1, 1, 1]],
        "token_type_ids": [[0, 0, 0, 0]],
    }
    assert {array.dtype.name for array in arrays.values()} == {"int64"}


def test_a_batch_is_asked_of_the_function(built: Built) -> None:
    assert read(built(Precision.FP32, inputs="shopdata:some_queries"))["input_ids"].shape == (1, 6)
    files = built(Precision.FP32, inputs="shopdata:some_queries", batch=4)
    assert read(files)["attention_mask"].shape == files.shapes["input_ids"] == (4, 6)
    with pytest.raises(ModelError, match=r"one_query takes no argument 'batch', so it makes no inputs for \[batch=4\]"):
        built(Precision.FP32, inputs="shopdata:one_query", batch=4)


@pytest.mark.parametrize(
    ("function", "told"),
    [
        ("pictures", "Call 1 of shopdata:pictures has 'pixel_values', which the model does not take; it takes input_i"),
        ("strangers", "Call 2 of shopdata:strangers, input 'input_ids', holds 4000, and the model looks its values up"),
        ("long_ones", "Call 2 of shopdata:long_ones cannot be run by the model (input_ids 1x99, "),
        ("broken", "shopdata:broken failed before call 2:\n"),
        ("nowhere", "there is no 'nowhere' in "),
    ],
)
def test_calls_that_do_not_fit_are_told_by_function_and_number(built: Built, function: str, told: str) -> None:
    with pytest.raises(ModelError) as caught:
        built(calibration=f"shopdata:{function}")
    assert told in caught.value.seen


def test_a_file_is_quantised_with_calls_of_one_s_own(model_cache: Path, tmp_path: Path) -> None:
    onnx_bytes.dense(tmp_path / "net.onnx", outputs=64)
    (tmp_path / "calls").mkdir()
    rng = np.random.default_rng(20)
    for number in range(4):
        np.save(tmp_path / "calls" / f"{number}.npy", rng.uniform(0, 9, (2, 16)))
    drawn, own = (
        library(model_cache).files(
            resolve("net.onnx", shape=(1, 16), base=tmp_path, data=OwnData(calibration=calibration)), Precision.INT8
        )
        for calibration in ("", "calls")
    )
    assert own.digest != drawn.digest
    np.save(tmp_path / "calls" / "4.npy", np.ones((2, 15)))
    with pytest.raises(ModelError, match=r"4\.npy, input 'features', is 2x15, and the model takes features \(\?x16\)"):
        library(model_cache).files(
            resolve("net.onnx", shape=(1, 16), base=tmp_path, data=OwnData(calibration="calls")), Precision.INT8
        )


def test_a_suite_runs_on_the_data_that_a_marker_names(suite: Suite, encoder: Path) -> None:
    suite.pytester.makeini("[pytest]\npythonpath = .")
    write_shop(suite.pytester.path)
    suite.write(f"""
        import pytest

        @pytest.mark.model({str(encoder)!r}, inputs="shopdata:one_query", calibration="shopdata:queries")
        def test_int8_is_faithful(fidelity):
            assert fidelity("openvino-int8", over="openvino-fp32").cosine >= 0.5

        @pytest.mark.model({str(encoder)!r}, inputs="shopdata:one_query")
        def test_int8_is_faithful_on_drawn_calibration(fidelity):
            assert fidelity("openvino-int8", over="openvino-fp32").cosine >= 0.5

        @pytest.mark.model({str(encoder)!r}, inputs="shopdata:one_query", calibration="shopdata:broken")
        def test_broken(fidelity):
            fidelity("openvino-int8", over="openvino-fp32")
    """)
    result = suite.run()
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(
        [
            "E * shopdata:broken failed before call 2:",
            'E *raise OSError("queries.csv is gone")',
            "*: INT8 calibrated on inputs drawn at random may lose more than with yours: give them with calibration=",
        ]
    )
    assert "own_samples.py" not in result.stdout.str()
    assert "fidelity on inputs drawn at random" not in result.stdout.str()
