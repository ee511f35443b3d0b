# ruff: noqa: ANN401  (torch comes without types that this project reads)
"""What stands for a ``torch.nn.Module`` of the user's own, from run to run. Imported inside workers only.

What was made of a module is used again as long as nothing that decides on it has changed: weights, structure, numbers
that its parts keep, and code. Code of the user's is all that has been imported from beside it; that of an installed
package is told by the files of the module's classes and by the package's release, torch's by the artefact's recipe.
"""

from __future__ import annotations

import hashlib
import inspect
import re
import sys
import sysconfig
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import torch

from pytest_ovperf.errors import ModelError
from pytest_ovperf.models.own.code import find_own
from pytest_ovperf.models.recipe import DIGEST_LENGTH, file_sha256

if TYPE_CHECKING:
    from collections.abc import Iterator

_TORCH: Final = "torch"
_OURS: Final = Path(__file__).resolve().parents[2]
_STANDARD: Final = {Path(sysconfig.get_path(kind)).resolve() for kind in ("stdlib", "platstdlib")}
_INSTALLED: Final = frozenset({"site-packages", "dist-packages"})

#: Where an object lies, which is elsewhere in each process.
_ADDRESS: Final = re.compile(r" at 0x[0-9A-Fa-f]+")


def module_digest(factory: str, module: Any) -> str:
    """Return what stands for ``module``, made by the function of the import path ``factory`` and not yet called.

    Raises `ModelError` for a module whose weights are still to be made by its first call.
    """
    total = hashlib.sha256(_steady(module))
    for name, value in sorted(_state(module).items()):
        total.update(f"\0{name}\0".encode())
        for piece in _pieces(value, f"{name} of the module of {factory}"):
            total.update(piece)
    for name, part in module.named_modules():
        total.update(f"\0{name}\0{_numbers(part)!r}".encode())
    for name, told in sorted(set(_code(factory, module))):
        total.update(f"\0{name}\0{told}".encode())
    return total.hexdigest()[:DIGEST_LENGTH]


def _state(module: Any) -> dict[str, Any]:
    """Return weights and buffers, those that are not saved included."""
    return {**dict(module.named_parameters()), **dict(module.named_buffers()), **module.state_dict()}


def _pieces(value: Any, told: str) -> Iterator[bytes]:
    """Yield the content of what a module keeps; packed weights are tensors in a tuple."""
    if torch.is_tensor(value):
        if torch.nn.parameter.is_lazy(value):
            raise ModelError(
                f"{told} has no values before the first call, which would draw others in each process.",
                remedy="Call the module once in the function that makes it, and load its weights or seed them.",
            )
        yield f"{value.dtype}{tuple(value.shape)}\0".encode()
        plain = value.dequantize() if value.is_quantized else value
        flat = plain.detach().cpu().to_dense().contiguous().reshape(-1)
        yield memoryview(flat.view(torch.uint8).numpy()).tobytes()
    elif isinstance(value, Mapping):
        for key in sorted(value, key=repr):
            yield repr(key).encode()
            yield from _pieces(value[key], told)
    elif isinstance(value, (tuple, list)):
        for each in value:
            yield from _pieces(each, told)
    else:
        yield _steady(value)


def _steady(value: Any) -> bytes:
    """Return how ``value`` is written, without what differs from process to process."""
    return _ADDRESS.sub("", repr(value)).encode()


def _numbers(part: Any) -> dict[str, Any]:
    """Return the numbers that a part of a module keeps, which none of its weights and often no text of it tells."""
    return {name: value for name, value in sorted(vars(part).items()) if _is_number(value)}


def _is_number(value: Any) -> bool:
    return isinstance(value, (bool, int, float)) or (isinstance(value, (tuple, list)) and all(map(_is_number, value)))


def _code(factory: str, module: Any) -> Iterator[tuple[str, str]]:
    """Yield the name of each Python module that the module's code is in, with the digest of its file, or a release."""
    beside: set[Path] = set()
    for own in {type(part) for part in module.modules()} | {inspect.unwrap(find_own(factory))}:
        name = str(getattr(own, "__module__", None) or "")
        top = name.partition(".")[0]
        file = _file_of(inspect.getmodule(own))
        if top == _TORCH or file is None:
            continue
        yield name, file_sha256(file)
        if _is_installed(file):
            yield top, str(getattr(sys.modules.get(top), "__version__", ""))
        else:
            beside.add(file.parents[name.count(".")])
    for name, loaded in list(sys.modules.items()):
        file = _file_of(loaded)
        is_torch = name.partition(".")[0] == _TORCH
        if file and not is_torch and not _is_installed(file) and any(file.is_relative_to(folder) for folder in beside):
            yield name, file_sha256(file)


def _file_of(module: Any) -> Path | None:
    path = getattr(module, "__file__", None)
    file = Path(path).resolve() if isinstance(path, str) else None
    return file if file is not None and file.is_file() else None


def _is_installed(file: Path) -> bool:
    """Tell whether a file is of a package that is installed, of Python's own library, or of this package."""
    return bool(_INSTALLED.intersection(file.parts)) or any(
        file.is_relative_to(folder) for folder in (_OURS, *_STANDARD)
    )
