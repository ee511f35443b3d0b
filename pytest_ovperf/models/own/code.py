"""Functions of the user's own, found by their import path. Imported where they are called: inside workers.

A worker starts with nothing of the tests' folder in its module path, so that no file there shadows a module that an
engine wants. What the parent would have found is looked up behind everything else, once user code is asked for.
"""

from __future__ import annotations

import importlib
import os
import sys
import traceback
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pytest_ovperf.errors import MeasurementError, ModelError, OvperfError

if TYPE_CHECKING:
    from collections.abc import Iterator

#: The environment variable in which a worker gets its parent's module path.
PATH_VARIABLE = "OVPERF_MODULE_PATH"

#: Frames that say nothing to whoever wrote the function: those of this package, and of the import system.
_OURS: Final = (str(Path(__file__).resolve().parents[2]) + os.sep, "<frozen importlib")

#: Functions of torch's that lead from a module to its forward, twice for each module.
_PASSING_ON: Final = frozenset({"_wrapped_call_impl", "_call_impl"})

_MOST_FRAMES: Final = 12


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
    except (Exception, SystemExit) as error:  # it is the user's code that runs
        failure = own_failure(error, path, f"when {module_name!r} was imported")
        raise ModelError(failure.seen, remedy=f'Mend it; to try it alone: python -c "import {module_name}".') from error
    for name in names.split("."):
        try:
            found = getattr(found, name)
        except AttributeError:
            raise ModelError(
                f"{module_name!r} has no {names!r}.", remedy="Mend the import path; it is module:function."
            ) from None
    return found


@contextmanager
def calling_own(path: str, tried: str) -> Iterator[None]:
    """Turn what the user's code raises inside into a `ModelError` with their frames alone; see `own_failure`.

    What a device or the want of memory did passes as it is. Not for timed code.
    """
    try:
        yield
    except (MemoryError, MeasurementError):
        raise
    except (Exception, SystemExit) as error:  # it is the user's code that runs
        raise own_failure(error, path, tried) from error


def own_failure(error: BaseException, path: str, tried: str) -> ModelError:
    """Return the error for what a function of the user's raised; ``tried`` says when, such as ``when it was called``.

    An error of ours that came of what the function did, such as an input that a model has not, keeps its remedy.
    """
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if not frame.filename.startswith(_OURS) and frame.name not in _PASSING_ON
    ]
    shown = "".join(traceback.format_list(frames[-_MOST_FRAMES:]))
    if isinstance(error, OvperfError):
        return ModelError(f"{path} failed {tried}:\n{shown}{error.seen}", remedy=error.remedy)
    said = "".join(traceback.format_exception_only(error)).rstrip()
    return ModelError(f"{path} failed {tried}:\n{shown}{said}", remedy=f"Mend {path}, whose lines are shown above.")


def _extend_module_path() -> None:
    parents = os.environ.get(PATH_VARIABLE, "").split(os.pathsep)
    sys.path += [entry for entry in parents if entry and entry not in sys.path]
