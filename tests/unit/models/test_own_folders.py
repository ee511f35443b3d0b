"""Calibration data in a folder."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest

from pytest_ovperf.errors import ModelError
from pytest_ovperf.models.own.calls import OwnCall, read_calibration
from pytest_ovperf.models.own.samples import MOST_CALLS, save_own_calibration

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "data").mkdir()
    return tmp_path / "data"


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """Return a directory of a model that holds 6 tokens, with a tokenizer of a few words."""
    tokenizers = pytest.importorskip("tokenizers")
    pytest.importorskip("transformers")
    directory = tmp_path / "model"
    directory.mkdir()
    config = {"model_type": "distilbert", "architectures": ["DistilBertModel"], "vocab_size": 9}
    (directory / "config.json").write_text(json.dumps({**config, "max_position_embeddings": 6}), encoding="utf-8")
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "where", "is", "my", "parcel", "ü"]
    tokenizer = tokenizers.Tokenizer(
        tokenizers.models.WordLevel({word: place for place, word in enumerate(words)}, unk_token="[UNK]")  # noqa: S106
    )
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    tokenizer.save(str(directory / "tokenizer.json"))
    (directory / "tokenizer_config.json").write_text(
        json.dumps({"tokenizer_class": "PreTrainedTokenizerFast", "unk_token": "[UNK]"}), encoding="utf-8"
    )
    return directory


def saved(folder: Path, target: Path, tokenizer: Path | None = None) -> list[OwnCall]:
    save_own_calibration(str(folder), target, lambda _text: None, tokenizer=tokenizer)
    return read_calibration(target / "calibration.npz")


def test_every_npz_is_a_call_in_the_order_of_names(folder: Path, tmp_path: Path) -> None:
    for name, value in (("b", 2), ("a", 1)):
        np.savez(folder / f"{name}.npz", ids=np.full((1, 3), value), mask=np.ones((1, 3), np.int8))
    found = saved(folder, tmp_path)
    assert [int(call.arrays["ids"][0, 0]) for call in found] == [1, 2]
    assert found[0].told == str(folder / "a.npz")
    assert found[0].arrays["mask"].dtype == np.int8


def test_every_npy_is_a_call_of_a_model_with_one_input(folder: Path, tmp_path: Path) -> None:
    np.save(folder / "a.npy", np.ones((1, 2), np.float32))
    assert saved(folder, tmp_path)[0].arrays[""].tolist() == [[1.0, 1.0]]


def test_an_array_that_numpy_named_itself_is_for_the_only_input(folder: Path, tmp_path: Path) -> None:
    np.savez(folder / "a.npz", np.ones((1, 2), np.float32))
    assert list(saved(folder, tmp_path)[0].arrays) == [""]


def test_other_files_do_not_count(folder: Path, tmp_path: Path) -> None:
    np.save(folder / "a.npy", np.ones((1, 2)))
    (folder / ".notes.txt").write_text("", encoding="utf-8")
    (folder / "readme.md").write_text("", encoding="utf-8")
    assert len(saved(folder, tmp_path)) == 1


def test_more_files_than_are_taken_are_said_to_be_left_out(folder: Path, tmp_path: Path) -> None:
    for number in range(MOST_CALLS + 1):
        np.save(folder / f"{number:03}.npy", np.array([[number]]))
    said: list[str] = []
    save_own_calibration(str(folder), tmp_path, said.append, tokenizer=None)
    assert len(read_calibration(tmp_path / "calibration.npz")) == MOST_CALLS
    assert said[-1].endswith("and leaving out the rest")


def test_a_folder_without_data_is_told(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="holds no calibration data"):
        saved(folder, tmp_path)


def test_a_folder_that_is_not_there_is_told(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="gone cannot be read"):
        saved(folder / "gone", tmp_path)


def test_a_folder_of_several_kinds_is_told_by_the_first_of_each(folder: Path, tmp_path: Path) -> None:
    for name in ("a.npy", "b.npy", "c.npz"):
        (folder / name).touch()
    with pytest.raises(ModelError, match=r"mixes a\.npy and c\.npz"):
        saved(folder, tmp_path)


@pytest.mark.parametrize("content", [b"", b"not an array", b"PK\x03\x04 cut off"])
@pytest.mark.parametrize("suffix", [".npy", ".npz"])
def test_a_damaged_file_is_told_by_its_path(folder: Path, tmp_path: Path, content: bytes, suffix: str) -> None:
    (folder / f"a{suffix}").write_bytes(content)
    with pytest.raises(ModelError, match=rf"The calibration file .*a\{suffix} cannot be read"):
        saved(folder, tmp_path)


def test_objects_of_python_are_not_loaded(folder: Path, tmp_path: Path) -> None:
    np.save(folder / "a.npy", np.array([{"ids": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(ModelError, match=r"a\.npy cannot be read: ValueError: Object arrays"):
        saved(folder, tmp_path)


# Texts


def test_every_line_that_is_not_empty_is_tokenised(folder: Path, directory: Path, tmp_path: Path) -> None:
    (folder / "b.txt").write_text("my parcel\n", encoding="utf-8")
    (folder / "a.txt").write_text("where is my parcel\r\n\n   \nis ü\n", encoding="utf-8-sig")
    found = saved(folder, tmp_path, directory)
    assert [call.arrays["input_ids"].tolist() for call in found] == [[[4, 5, 6, 7]], [[5, 8]], [[6, 7]]]
    assert found[1].told == f"Line 4 of {folder / 'a.txt'}"


def test_a_text_has_the_inputs_that_the_model_takes(folder: Path, directory: Path, tmp_path: Path) -> None:
    (folder / "a.txt").write_text("my parcel", encoding="utf-8")
    arrays = saved(folder, tmp_path, directory)[0].arrays
    assert sorted(arrays) == ["attention_mask", "input_ids"]  # of the tokenizer's token types it takes none
    assert arrays["attention_mask"].tolist() == [[1, 1]]


def test_a_text_is_cut_to_what_the_model_holds(folder: Path, directory: Path, tmp_path: Path) -> None:
    (folder / "a.txt").write_text("my " * 50, encoding="utf-8")
    assert saved(folder, tmp_path, directory)[0].arrays["input_ids"].shape == (1, 6)


def test_a_model_that_holds_any_number_of_tokens_is_given_whole_texts(
    folder: Path, directory: Path, tmp_path: Path
) -> None:
    config = json.loads((directory / "config.json").read_text(encoding="utf-8"))
    (directory / "config.json").write_text(json.dumps({**config, "max_position_embeddings": 0}), encoding="utf-8")
    (folder / "a.txt").write_text("my " * 50, encoding="utf-8")
    assert saved(folder, tmp_path, directory)[0].arrays["input_ids"].shape == (1, 50)


def test_texts_that_are_all_empty_are_no_calibration(folder: Path, directory: Path, tmp_path: Path) -> None:
    (folder / "a.txt").write_text("\n \n", encoding="utf-8")
    with pytest.raises(ModelError, match="it is empty"):
        saved(folder, tmp_path, directory)


def test_texts_in_another_encoding_are_told_by_their_file(folder: Path, directory: Path, tmp_path: Path) -> None:
    (folder / "a.txt").write_bytes("Straße".encode("latin-1"))
    with pytest.raises(ModelError, match=r"a\.txt cannot be read") as caught:
        saved(folder, tmp_path, directory)
    assert "UTF-8" in caught.value.remedy


def test_texts_need_a_directory(folder: Path, tmp_path: Path) -> None:
    (folder / "a.txt").write_text("my parcel", encoding="utf-8")
    with pytest.raises(ModelError, match="the model is no directory that could bring a tokenizer"):
        saved(folder, tmp_path)


def test_texts_need_a_tokenizer_in_the_directory(folder: Path, directory: Path, tmp_path: Path) -> None:
    for name in ("tokenizer.json", "tokenizer_config.json"):
        (directory / name).unlink()
    (folder / "a.txt").write_text("my parcel", encoding="utf-8")
    with pytest.raises(ModelError, match="there is no tokenizer in") as caught:
        saved(folder, tmp_path, directory)
    assert "save_pretrained" in caught.value.remedy


def test_a_damaged_tokenizer_is_told(folder: Path, directory: Path, tmp_path: Path) -> None:
    (directory / "tokenizer.json").write_text("{", encoding="utf-8")
    (folder / "a.txt").write_text("my parcel", encoding="utf-8")
    with pytest.raises(ModelError, match=r"The tokenizer in .* cannot be loaded"):
        saved(folder, tmp_path, directory)
