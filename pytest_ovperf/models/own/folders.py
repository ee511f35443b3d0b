"""Calibration data in a folder: arrays in ``.npz`` or ``.npy``, or texts that the model's own tokenizer reads.

Imported inside workers only.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from pytest_ovperf.errors import ModelError
from pytest_ovperf.models.configuration import read_configuration
from pytest_ovperf.models.making.quiet import quietly

from .calls import OwnCall, own_call
from .data import CALIBRATION_SUFFIXES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from pytest_ovperf.models.configuration import Configuration

_WANTED: Final = (
    "one .npz a call, with arrays by input name; or one .npy a call, for a model of one input; or .txt files, one text "
    "a line"
)

#: The name that `numpy.savez` gives to a single array that has none.
_UNNAMED: Final = "arr_0"
#: From here on a tokenizer's greatest length says that there is none: transformers writes 10^30.
_ENDLESS: Final = 1 << 31
#: What a directory with a tokenizer has at least one of.
_TOKENIZER_FILES: Final = ("tokenizer.json", "tokenizer_config.json", "vocab.txt", "vocab.json", "*.model")
_BRING_ONE: Final = (
    "Save the model's own into it: tokenizer.save_pretrained(directory); or tokenise the texts yourself, in a function "
    "or into .npz files."
)


def read_folder(folder: str, say: Callable[[str], None], tokenizer: Path | None) -> Iterator[OwnCall]:
    """Return the calls in ``folder``, in the order of the files' names. ``tokenizer`` is the model's directory.

    Raises `ModelError` for a folder that cannot be listed, has no such files or several kinds of them, for one that
    cannot be read, and for texts where the model has no tokenizer.
    """
    files = _files(Path(folder))
    say(f"reading {len(files)} {files[0].suffix.lower()} file{'' if len(files) == 1 else 's'} of {folder}")
    if files[0].suffix.lower() == ".txt":
        directory = _directory(files[0], tokenizer)
        return _tokenised(files, _tokenizer(directory), read_configuration(directory))
    return map(_arrays, files)


def _files(folder: Path) -> list[Path]:
    try:
        paths = sorted(folder.iterdir(), key=lambda path: path.name)  # paths are compared otherwise on Windows
    except OSError as error:
        raise ModelError(
            f"The calibration folder {folder} cannot be read: {error}", remedy="Mend the path, or who may read it."
        ) from error
    found = [path for path in paths if path.suffix.lower() in CALIBRATION_SUFFIXES and not path.name.startswith(".")]
    if not found:
        raise ModelError(f"The calibration folder {folder} holds no calibration data.", remedy=f"Put in {_WANTED}.")
    firsts = {path.suffix.lower(): path.name for path in reversed(found)}
    if len(firsts) > 1:
        raise ModelError(
            f"The calibration folder {folder} mixes {' and '.join(sorted(firsts.values()))}.",
            remedy=f"Keep one kind in it: {_WANTED}.",
        )
    return found


def _arrays(path: Path) -> OwnCall:
    try:
        with path.open("rb") as file:
            loaded: Any = np.load(file, allow_pickle=False)
            value = loaded if isinstance(loaded, np.ndarray) else dict(loaded)
    except Exception as error:  # numpy raises a dozen kinds for damaged files
        raise ModelError(
            f"The calibration file {path} cannot be read: {type(error).__name__}: {error}",
            remedy="Write it with numpy.savez(file, input_name=array), or numpy.save(file, array) for a single input; "
            "without objects of Python.",
        ) from error
    is_unnamed = isinstance(value, dict) and list(value) == [_UNNAMED]
    return own_call(value[_UNNAMED] if is_unnamed else value, str(path))


# Texts


def _directory(text_file: Path, directory: Path | None) -> Path:
    """Return the directory whose tokenizer reads the texts. Raises `ModelError` where there is none."""
    if directory is None:
        raise ModelError(
            f"{text_file} is text, and the model is no directory that could bring a tokenizer.",
            remedy="Name the model's directory; or tokenise the texts yourself, in a function or into .npz files.",
        )
    if not any(next(directory.glob(pattern), None) for pattern in _TOKENIZER_FILES):
        raise ModelError(f"{text_file} is text, and there is no tokenizer in {directory}.", remedy=_BRING_ONE)
    return directory


def _tokenizer(directory: Path) -> Any:  # noqa: ANN401  (transformers is imported late)
    from transformers import AutoTokenizer  # noqa: PLC0415  (heavy, and only for texts)

    try:
        with quietly():
            return AutoTokenizer.from_pretrained(directory, local_files_only=True)
    except Exception as error:  # it reads the user's files, and raises whatever comes of it
        raise ModelError(
            f"The tokenizer in {directory} cannot be loaded: {type(error).__name__}: {error}", remedy=_BRING_ONE
        ) from error


def _tokenised(files: Sequence[Path], tokenizer: Any, configuration: Configuration) -> Iterator[OwnCall]:  # noqa: ANN401
    """Yield a call a line that is not empty, cut to what the model holds, with what the model takes."""
    limits = (configuration.max_positions, tokenizer.model_max_length)
    longest = min((size for size in limits if 0 < size < _ENDLESS), default=None)
    for path in files:
        for number, line in enumerate(_lines(path), 1):
            told = f"Line {number} of {path}"
            try:
                with quietly():
                    made = tokenizer(line.strip(), truncation=longest is not None, max_length=longest)
            except Exception as error:  # see above
                raise ModelError(
                    f"{told} cannot be tokenised: {type(error).__name__}: {error}", remedy="Mend it, or leave it out."
                ) from error
            if line.strip() and made["input_ids"]:
                arrays = {name: np.array([made[name]], np.int64) for name in configuration.inputs if name in made}
                yield OwnCall(told, arrays)


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8-sig").split("\n")
    except (OSError, ValueError) as error:
        raise ModelError(
            f"The calibration file {path} cannot be read: {error}", remedy="Write it in UTF-8, one text a line."
        ) from error
