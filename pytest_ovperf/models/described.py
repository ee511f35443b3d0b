"""A model as a project describes it, to name it in markers: where it comes from, and the data that go with it."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from os import PathLike
from typing import TYPE_CHECKING, Any

from pytest_ovperf.errors import SettingsError

from .own.importable import import_path
from .spec import NO_DATA, OwnData

if TYPE_CHECKING:
    from pathlib import Path

#: A function by its import path, such as ``shop.data:queries``, or itself, where a worker process can import it.
Function = str | Callable[..., Any]

#: The shape of one call, checked: sizes, or sizes such as ``"1..128"``; or that of each input by name.
Shape = tuple[int | str, ...] | Mapping[str, tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class Model:
    """A model of the user's own, for the hook ``pytest_ovperf_models`` or a project's own ``model`` fixture.

    ``source`` is whatever ``@pytest.mark.model`` can name: a Hugging Face directory, a hub id, an ``.xml``, an
    ``.onnx``, the import path of a function that makes a ``torch.nn.Module``, or ``"calls"``. ``shape`` is that of one
    call, as in the marker. ``inputs`` is a function that returns one call's arrays by input name; ``calibration`` one
    that yields such calls for quantisation, or a folder that holds them; ``score`` one that tells how well an arm does
    the model's task. A relative path is looked for from the root of the tests.
    """

    source: str | PathLike[str]
    shape: Sequence[int | str] | Mapping[str, Sequence[int]] | None = None
    inputs: Function | None = None
    calibration: Function | str | PathLike[str] | None = None
    score: Function | None = None

    def __str__(self) -> str:
        """Return its source and its shape, by which it can be told from others."""
        given: object = self.source  # whatever it is: this is for the names of test cases, before anything is checked
        source = os.fspath(given) if isinstance(given, (str, PathLike)) else repr(given)
        if isinstance(self.shape, Mapping):
            return "-".join([source, *(f"{name}-{_sizes(sizes)}" for name, sizes in self.shape.items())])
        return source if self.shape is None else f"{source}-{_sizes(self.shape)}"


@dataclass(frozen=True, slots=True)
class Description:
    """What somebody said of a model, checked, with every function by its import path.

    ``name`` is what the model is called in reports and baselines, ``source`` what is looked up. In ``data`` a folder of
    calibration data may still be relative. ``place`` is where it was said.
    """

    name: str
    source: str
    shape: Shape | None = None
    data: OwnData = NO_DATA
    place: str = field(default="", compare=False)

    def over(self, other: Description) -> Description:
        """Return what ``other`` says, with what this one says itself in its place; the name is this one's."""
        own = {word: getattr(self.data, word) for word in ("inputs", "calibration", "score")}
        return replace(
            other,
            name=self.name,
            shape=other.shape if self.shape is None else self.shape,
            data=replace(other.data, **{word: said for word, said in own.items() if said}),
        )


def describe(model: Model, *, said: str, name: str | None = None) -> Description:
    """Return what ``model`` says, checked without looking for anything that it names.

    ``said`` is what errors call it, such as the marker as it was written; ``name`` is what it is registered as. Raises
    `SettingsError` for what is of a wrong type, and for functions that no worker could import.
    """
    source, own_name = _source(model.source, said)
    return Description(
        own_name if name is None else name,
        source,
        _shape(model.shape, said),
        OwnData(
            inputs=_function("inputs", model.inputs, said),
            calibration=_calibration(model.calibration, said),
            score=_function("score", model.score, said),
        ),
        said,
    )


def _source(source: object, said: str) -> tuple[str, str]:
    """Return what to look up, and what to call it: a `Path` is called alike on all systems, and is nothing else."""
    if isinstance(source, str):
        return source, source
    if not isinstance(source, PathLike):
        raise SettingsError(
            f"{said} does not name one model.",
            remedy='Write its name or its path: "minilm", "models/encoder", "net.onnx", "shop.nets:make".',
        )
    name = os.fspath(source).replace(os.sep, "/")
    return _as_path(source), name if "/" in name or "." in name else f"./{name}"


def _as_path(path: Path | PathLike[str]) -> str:
    """Return a path as text that is taken for nothing else, such as a name of the catalogue."""
    text = os.fspath(path)
    return text if os.path.isabs(text) or text.startswith((".", "~")) else os.path.join(".", text)  # noqa: PTH117, PTH118  (a Path drops the dot)


def _function(word: str, function: object, said: str) -> str:
    if function is None:
        return ""
    if isinstance(function, str) or callable(function):
        return import_path(function, f"{word}= of {said}")
    raise SettingsError(
        f"{said} has for {word} {function!r}, which is no function.",
        remedy=f'Give a function or its import path: {word}="shop.data:{word}".',
    )


def _calibration(given: object, said: str) -> str:
    if isinstance(given, str) and given:
        return given
    if isinstance(given, PathLike):
        return _as_path(given)
    if given is None or callable(given):
        return _function("calibration", given, said)
    raise SettingsError(
        f"{said} has for calibration {given!r}, which is no function and no folder.",
        remedy='Give a function, its import path, or a folder: calibration="shop.data:queries".',
    )


def _shape(shape: object, said: str) -> Shape | None:
    if shape is None:
        return None
    if isinstance(shape, Mapping):
        return _shapes_by_input(shape, said)
    if not isinstance(shape, (tuple, list)) or not all(type(dim) in (int, str) for dim in shape):
        raise SettingsError(
            f"{said} has a shape that is no list of whole numbers.", remedy='shape=(1, 128) or (1, "1..128")'
        )
    return tuple(shape)


def _shapes_by_input(shapes: Mapping[object, object], said: str) -> Mapping[str, tuple[int, ...]]:
    found: dict[str, tuple[int, ...]] = {}
    for name, shape in shapes.items():
        if (
            not isinstance(name, str)
            or not isinstance(shape, (tuple, list))
            or any(type(dim) is not int for dim in shape)
        ):
            raise SettingsError(
                f"{said} has no list of whole numbers for the input {name!r}.",
                remedy='shape={"input_ids": (1, 128), "pixel_values": (1, 3, 224, 224)}',
            )
        found[name] = tuple(shape)
    return found


def _sizes(sizes: object) -> str:
    return "x".join(map(str, sizes)) if isinstance(sizes, (tuple, list)) else str(sizes)
