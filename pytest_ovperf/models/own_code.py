"""Functions of the user's own, found by their import path. Imported where they are called: inside workers.

A worker starts with nothing of the tests' folder in its module path, so that no file there shadows a module that an
engine wants. What the parent would have found is looked up behind everything else, once user code is asked for.
"""

from __future__ import annotations

import importlib
import os
import sys
from typing import Any

from pytest_ovperf.errors import ModelError

#: The environment variable in which a worker gets its parent's module path.
PATH_VARIABLE = "OVPERF_MODULE_PATH"


def find_own(path: str) -> Any:  # noqa: ANN401  (whatever the user wrote)
    """Return the object that an import path such as ``shop.nets:make`` names.

    Raises `ModelError` when its module is not found or fails while it is imported, and when it has no such object.
    """
    _extend_module_path()
    module_name, _, names = path.partition(":")
    try:
        found: Any = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        raise ModelError(
            f"{path!r} cannot be imported: there is no module {error.name!r}.",
            remedy="Install what it belongs to, or put its folder on pytest's module path: pythonpath = . in the ini "
            "file.",
        ) from error
    except Exception as error:  # it is the user's code that runs
        raise ModelError(
            f"Importing {module_name!r} for {path!r} failed: {type(error).__name__}: {error}",
            remedy=f"Try it alone: python -c 'import {module_name}'.",
        ) from error
    for name in names.split("."):
        try:
            found = getattr(found, name)
        except AttributeError:
            raise ModelError(
                f"{module_name!r} has no {names!r}.", remedy="Mend the import path; it is module:function."
            ) from None
    return found


def _extend_module_path() -> None:
    parents = os.environ.get(PATH_VARIABLE, "").split(os.pathsep)
    sys.path += [entry for entry in parents if entry and entry not in sys.path]
