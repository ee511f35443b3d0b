"""Functions of the user's own by their import path, and whether a worker process will find them there.

Nothing is imported for it: the parent's process stays free of what the user's modules bring along.
"""

from __future__ import annotations

import difflib
import inspect
import os
import pkgutil
import sys
import sysconfig
from dataclasses import dataclass
from importlib.machinery import PathFinder
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_ovperf.arms import IMPORT_PATH
from pytest_ovperf.errors import ModelError, SettingsError

from .source_text import may_hold, names_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

_ON_PATH = "Put its folder on pytest's module path (pythonpath = . in the ini file)"


@dataclass(frozen=True, slots=True)
class Found:
    """What a module's name stands for: its file, empty for what has none, and its folders if it is a package."""

    file: str
    folders: tuple[str, ...] = ()


def import_path(function: str | Callable[..., Any], said: str) -> str:
    """Return the import path of ``function``, which may be one already; ``said`` is what errors call it.

    Raises `SettingsError` for text that is none, and for functions that a worker process could not import.
    """
    if isinstance(function, str):
        if not IMPORT_PATH.fullmatch(function):
            raise SettingsError(
                f"{said} is {function!r}, which is no import path.", remedy="Write module:function: shop.data:queries."
            )
        return function
    module, name = getattr(function, "__module__", None), getattr(function, "__qualname__", None)
    if not isinstance(module, str) or not isinstance(name, str):
        raise _refusal(said, repr(function), "it has no name of its own")
    if "<lambda>" in name:
        raise _refusal(said, "a lambda", "it has no name that a worker process could import it by")
    if "<locals>" in name:
        raise _refusal(said, name.replace(".<locals>", ""), "it is made inside another function")
    if module == "__main__":
        raise _refusal(said, name, "it belongs to the script that was started (__main__)")
    names = _names_of(function, module)
    if not _is_there(function, name, names):
        raise _refusal(said, f"{module}:{name}", f"in {module} this name stands for something else")
    _require_same_file(said, module, name, names)
    return f"{module}:{name}"


def _refusal(said: str, what: str, why: str) -> SettingsError:
    return SettingsError(
        f"{said} is {what}, which no worker process can import: {why}.",
        remedy="Define it with def at the top of a module, or give its import path: shop.data:queries.",
    )


def _names_of(function: Callable[..., Any], module: str) -> Mapping[str, Any]:
    """Return what the names in the function's own module stand for.

    Of several modules of one name, such as conftest, only the last is in ``sys.modules``: the function knows its own.
    """
    own: Any = inspect.unwrap(function)
    names: dict[str, Any] = getattr(getattr(own, "__func__", own), "__globals__", {})
    return names if names.get("__name__") == module else vars(sys.modules.get(module, object))


def _is_there(function: object, name: str, names: Mapping[str, Any]) -> bool:
    first, *others = name.split(".")
    found = names.get(first)
    for other in others:
        found = getattr(found, other, None)
    return found == function


def _require_same_file(said: str, module: str, name: str, names: Mapping[str, Any]) -> None:
    """Raise `SettingsError` where a worker that imports ``module`` would find nothing, or another file."""
    own, found = names.get("__file__"), find_module(module)
    if found is None:
        raise SettingsError(
            f"{said} is {name} of {own or module}, which no worker process can import: there is no module {module!r} "
            "on the module path.",
            remedy=f"{_ON_PATH}, or move the function into a module that is installed.",
        )
    if own and found.file and not _is_same(own, found.file):
        raise SettingsError(
            f"{said} is {name} of {own}, which no worker process can import: by the name {module!r} it would find "
            f"{found.file}.",
            remedy="Move the function into a module whose name there is only once.",
        )


def _is_same(one: str, other: str) -> bool:
    try:
        return Path(one).samefile(other)
    except OSError:  # in an archive
        return one == other


def require_function(path: str, what: str) -> None:
    """Raise `ModelError` where nothing can be behind the import path ``path``; ``what`` names the path.

    Refused are a module that is nowhere, and a function that nothing in the text of its module could bring.
    """
    module, _, function = path.partition(":")
    known, *below = module.split(".")
    found = find_module(known)
    if found is None:
        raise ModelError(
            f"{what} {path!r} cannot be imported: there is no module {known!r}.",
            remedy=f"Mend the import path (module:function), or install what it belongs to. {_ON_PATH} if it is the "
            "project's own.",
        )
    for name in (*below, function.partition(".")[0]):
        inner = find_module(f"{known}.{name}")
        is_open = not found.file and found.folders  # a package without __init__.py is its folders and nothing else
        if inner is None and (is_open or not may_hold(found.file, name)):
            near = _near(found, name, is_function=known == module)
            raise ModelError(
                f"{what} {path!r} cannot be imported: there is no {name!r} in {found.file or found.folders[0]}.",
                remedy=f"{near}Mend the import path (module:function).",
            )
        if inner is None:
            return  # whatever the package makes of the name, and of what is below it
        known, found = f"{known}.{name}", inner


def _near(module: Found, name: str, *, is_function: bool) -> str:
    """Return what may have been meant instead of ``name``, as the start of a remedy."""
    known = names_in(module.file) if is_function else [each.name for each in pkgutil.iter_modules(module.folders)]
    near = difflib.get_close_matches(name, known)
    return f"Did you mean {' or '.join(map(repr, near))}? " if near else ""


def find_module(module: str) -> Found | None:
    """Return what a worker process that imports ``module`` will find, ``None`` where that is nothing."""
    top, *below = module.split(".")
    found = _search(top, _module_path()) or _found_otherwise(top)
    for depth, _ in enumerate(below, start=2):
        if found is None:
            return None
        found = _search(".".join(module.split(".")[:depth]), found.folders)
    return found


def _module_path() -> list[str]:
    """Return the module path of a worker: what its interpreter starts with goes before what pytest has put in front."""
    entries = [_resolved(entry) for entry in sys.path]
    library = {_resolved(sysconfig.get_path(kind)) for kind in ("stdlib", "platstdlib")}
    start = next((index for index, entry in enumerate(entries) if entry in library), 0)
    given = [_resolved(entry) for entry in os.environ.get("PYTHONPATH", "").split(os.pathsep) if entry]
    return list(dict.fromkeys([*given, *entries[start:], *entries[:start]]))


def _resolved(entry: str) -> str:
    return str(Path(entry).resolve())


def _search(module: str, folders: Sequence[str]) -> Found | None:
    """Look for ``module`` in ``folders``; parts of a package without ``__init__.py`` may lie in several."""
    parts: list[str] = []
    for folder in folders:
        finder: Any = pkgutil.get_importer(folder)
        spec = None if finder is None else finder.find_spec(module)
        if spec is not None and spec.loader is not None:
            return Found(spec.origin or "", tuple(spec.submodule_search_locations or ()))
        if spec is not None:
            parts += spec.submodule_search_locations or ()
    return Found("", tuple(parts)) if parts else None


def _found_otherwise(module: str) -> Found | None:
    """Ask whatever else brings modules: the interpreter for its own, editable installations."""
    for finder in _other_finders():
        spec = finder.find_spec(module, None)
        if spec is not None:
            file = spec.origin if spec.has_location else ""
            return Found(file or "", tuple(spec.submodule_search_locations or ()))
    return None


def _other_finders() -> Iterator[Any]:
    """Yield the finders of this process that a worker has as well: pytest's own rewrites, and finds nothing more."""
    for finder in sys.meta_path:
        kind = finder if isinstance(finder, type) else type(finder)
        if finder is not PathFinder and not kind.__module__.startswith("_pytest.") and hasattr(finder, "find_spec"):
            yield finder
