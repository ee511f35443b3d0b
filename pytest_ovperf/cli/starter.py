"""What ``ovperf init`` has to write: the files of a first suite, their text made for one model."""

from __future__ import annotations

import json
import os
import re
import sys
from dataclasses import dataclass
from importlib import metadata, resources
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_ovperf.errors import ModelError
from pytest_ovperf.models.graphs import FILE_READERS, example_shape
from pytest_ovperf.models.sources import is_import_path, resolve
from pytest_ovperf.models.spec import CallsSource, DirectorySource, IrSource, OnnxSource, Task

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_ovperf.models.spec import ModelSpec, Port

#: The folder of the suite, in the project.
SUITE = "performance"
#: The workflow, in the project.
WORKFLOW = ".github/workflows/performance.yml"
#: What measuring needs and a new release of which may change: pinned where it is installed.
_PINNED = ("openvino", "openvino-genai", "torch", "transformers", "optimum-intel", "nncf", "onnxruntime")
_LONGEST_NAME = 40
_EXAMPLE_IMAGE = (1, 3, 224, 224)
#: What can be asked of an ONNX file, and of no IR.
_OVER_ONNX_RUNTIME = """\
# def test_openvino_beats_onnx_runtime(speedup, baseline):  # pip install "pytest-ovperf[onnxruntime]"
#     assert speedup("openvino-fp32", over="onnxruntime-fp32") >= baseline


"""


@dataclass(frozen=True, slots=True)
class StarterFile:
    """A file to write: where, as a path from the project with slashes, its text, and what it is in a few words."""

    path: str
    text: str
    about: str


@dataclass(frozen=True, slots=True)
class StarterModel:
    """The model of a first suite, and the shape of a call by input where that is ``open``: examples to replace.

    ``place`` is where it lies, as the user named it, for one that is a directory or a file.

    The empty name is that of a module's only input.
    """

    spec: ModelSpec
    open: Mapping[str, tuple[int, ...]]
    place: Path


def starter_model(name: str, base: Path, project: Path) -> StarterModel:
    """Return the model that ``name`` stands for: a relative path seen from ``base``, code of the folder ``project``.

    Raises `ModelError` as a marker of that name would; sizes that a model file leaves open are given examples.
    """
    sizes = _open_sizes(name, base)
    if is_import_path(name):  # a function that makes a module: what that is given, nobody can tell yet
        sizes = {"": _EXAMPLE_IMAGE}
        here = project.resolve()
        sys.path[:0] = [str(here / "src"), str(here)]  # as the settings that are written have it
    spec = resolve(name, shape=sizes.get("") or sizes or None, base=base)
    if isinstance(spec.source, CallsSource):
        raise ModelError(
            f"{name!r} stands for functions of your own and for no model.",
            remedy='Leave --model out; in what is written, name the model "calls" and the arms by your functions.',
        )
    return StarterModel(spec, sizes, base / Path(name).expanduser())


def _open_sizes(name: str, base: Path) -> dict[str, tuple[int, ...]]:
    """Return examples of the sizes that a model file leaves open; nothing for what is no such file."""
    try:
        path = base / Path(name).expanduser()
        reader = FILE_READERS.get(path.suffix.lower()) if path.is_file() else None
    except (OSError, RuntimeError):
        return {}  # whoever resolves the name says so
    ports: tuple[Port, ...] = reader(path)[1] if reader else ()
    return {port.name: example_shape(port) for port in ports if port.is_open}


def starter_files(model: StarterModel, project: Path) -> tuple[StarterFile, ...]:
    """Return all files of a first suite of ``model`` in the folder ``project``."""
    slug, kind = _slug(model.spec), _kind(model.spec)
    is_onnx = isinstance(model.spec.source, OnnxSource)
    words = {
        "NAME": slug,
        "MODEL": _marker_words(model, project / SUITE),
        "SOURCE": _source_words(model, project / SUITE),
        "OPEN": " The sizes of a call are not known:\n# put those of yours in the place of these."
        if model.open
        else "",
        "RIVALS": "OpenVINO, or with ONNX Runtime" if is_onnx else "OpenVINO",
        "RIVAL": _OVER_ONNX_RUNTIME if is_onnx else "",
        "PYTHONPATH": "../src .." if (project / "src").is_dir() else "..",
        "PYTHON": f"{sys.version_info.major}.{sys.version_info.minor}",
        "TORCH": _pin("torch"),
        "PINS": "\n".join([_pin("pytest-ovperf", "[all]"), *(_pin(name) for name in _PINNED if _version(name))]),
    }
    return (
        StarterFile(f"{SUITE}/pytest.ini", _filled("pytest.ini", words), "settings of the tests in this folder alone"),
        StarterFile(f"{SUITE}/perf_{slug}.py", _filled(f"perf_{kind}.py", words), "the tests, with what else there is"),
        StarterFile(f"{SUITE}/requirements.txt", _filled("requirements.txt", words), "what the workflow installs"),
        StarterFile(WORKFLOW, _filled("performance.yml", words), "pull requests and every night, on GitHub"),
    )


def _kind(spec: ModelSpec) -> str:
    if isinstance(spec.source, IrSource | OnnxSource):
        return "graph"
    return "generation" if spec.task is Task.TEXT_GENERATION else "both"


def _slug(spec: ModelSpec) -> str:
    """Return what a module's name can hold of a model's."""
    source = spec.source
    name = spec.name
    if isinstance(source, DirectorySource):
        name = source.path.name
    elif isinstance(source, IrSource | OnnxSource):
        name = source.path.stem
    words = re.findall(r"[A-Za-z0-9]+", name.partition("@")[0])
    return "_".join(words).lower()[-_LONGEST_NAME:].strip("_") or "model"


def _marker_words(model: StarterModel, suite: Path) -> str:
    """Return what stands in the brackets of the marker: the source, and the sizes of a call where that leaves any."""
    words = _source_words(model, suite)
    return f"{words}, shape={_shape_words(model)}" if model.open else words


def _source_words(model: StarterModel, suite: Path) -> str:
    """Return the model's source as a test names it: a path as it is seen from the folder of the suite."""
    source = model.spec.source
    name = model.spec.name
    if isinstance(source, DirectorySource | IrSource | OnnxSource):
        name = _seen_from(suite, model.place)
    return json.dumps(name, ensure_ascii=False)


def _shape_words(model: StarterModel) -> str:
    """Return one shape where all inputs have it, else a mapping."""
    (first, *others) = model.spec.shapes.values()
    if all(shape == first for shape in others):
        return str(first)
    pairs = ", ".join(f"{json.dumps(name, ensure_ascii=False)}: {shape}" for name, shape in model.open.items())
    return f"{{{pairs}}}"


def _seen_from(folder: Path, path: Path) -> str:
    """Return a relative path where one leads there; on Windows none leads to another drive."""
    try:
        return Path(os.path.relpath(path.absolute(), folder.absolute())).as_posix()
    except ValueError:
        return path.as_posix()


def _version(name: str) -> str:
    """Return the release of an installed package without what tells builds apart, empty for one that is not there."""
    try:
        return metadata.version(name).partition("+")[0]
    except metadata.PackageNotFoundError:
        return ""


def _pin(name: str, extra: str = "") -> str:
    version = _version(name)
    return f"{name}{extra}=={version}" if version else f"{name}{extra}"


def _filled(name: str, words: Mapping[str, str]) -> str:
    """Return a template with its words put in: ``@WORD@``, since both YAML and Python have uses for a dollar."""
    text = resources.files(__package__).joinpath("templates", f"{name}.txt").read_text(encoding="utf-8")
    return re.sub(r"@([A-Z]+)@", lambda found: words[found[1]], text)
