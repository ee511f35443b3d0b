"""The models that a project registers by name: by the hook ``pytest_ovperf_models`` and the ini value ``ov_models``."""

from __future__ import annotations

import inspect
import traceback
from collections.abc import Mapping
from dataclasses import replace
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_ovperf.errors import SettingsError
from pytest_ovperf.models.catalogue import CATALOGUE
from pytest_ovperf.models.described import Description, Model, describe
from pytest_ovperf.models.sources import CALLS, looks_like_path

from .model_lines import parse_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pytest

    #: A name, what stands for it, and where that was said.
    Entry = tuple[object, object, str]

_HOOK = "pytest_ovperf_models"


def registered_models(config: pytest.Config) -> dict[str, Description]:
    """Return every model that the run's project and plugins register, by name. Raises `SettingsError`."""
    return merged([*_of_ini(config), *_of_hooks(config)])


def merged(entries: Iterable[Entry]) -> dict[str, Description]:
    """Return the models of ``entries`` by name. Raises `SettingsError` for what cannot be registered.

    The same name twice is fine where both say the same.
    """
    found: dict[str, Description] = {}
    for name, value, place in entries:
        described = _described(name, value, place)
        before = found.setdefault(described.name, described)
        if before != described:
            raise SettingsError(
                f"Two models are registered as {described.name!r}: by {before.place} and by {described.place}.",
                remedy="Give one of them another name.",
            )
    return found


def _described(name: object, value: object, place: str) -> Description:
    if not isinstance(name, str):
        raise SettingsError(
            f"{place} names a model {name!r}, which is no text.", remedy='Write it as text: {"encoder": …}.'
        )
    wrong = _wrong_name(name)
    if wrong:
        raise SettingsError(
            f"{place} registers a model as {name!r}, which {wrong}.", remedy="Choose another name, such as encoder."
        )
    if isinstance(value, (str, PathLike)):
        value = Model(value)
    if not isinstance(value, Model):
        raise SettingsError(
            f"{place} registers {value!r} as {name!r}, which is no model.",
            remedy='Write {"encoder": pytest_ovperf.Model("models/encoder")}, or the source alone.',
        )
    return replace(describe(value, said=f"{name!r} of {place}", name=name), place=place)


def _wrong_name(name: str) -> str:
    """Return why a model cannot be registered by ``name``, empty where it can."""
    if name in CATALOGUE:
        return "is a model of the catalogue"
    if name == CALLS:
        return "stands for no model at all"
    if not name or name != name.strip():
        return "is empty or has white space around it"
    if ":" in name:
        return "has a colon, as import paths have"
    if "/" in name or looks_like_path(name):
        return "looks like a path"
    return ""


def _of_ini(config: pytest.Config) -> Iterator[Entry]:
    for line in config.getini("ov_models"):
        name, model = parse_line(line)
        yield name, model, f"the line {line!r} of the ini value ov_models"


def _of_hooks(config: pytest.Config) -> Iterator[Entry]:
    # Each answer by itself, so that a mistake can be told with its place: pytest would only hand out all of them.
    for answering in config.hook.pytest_ovperf_models.get_hookimpls():
        place = f"{_HOOK} in {_where(answering, config)}"
        answer = _asked(answering, config, place)
        if answer is None:
            continue
        if not isinstance(answer, Mapping):
            raise SettingsError(
                f"{place} returned {answer!r}, and not models by name.",
                remedy='Return {"encoder": pytest_ovperf.Model("models/encoder")}.',
            )
        for name, value in answer.items():
            yield name, value, place


def _asked(answering: Any, config: pytest.Config, place: str) -> object:  # noqa: ANN401  (pluggy's HookImpl)
    arguments = {"config": config}
    try:
        answer: object = answering.function(*(arguments[name] for name in answering.argnames))
    except Exception as error:  # it is the user's code that runs
        behind_us = error.__traceback__.tb_next if error.__traceback__ else None
        lines = "".join([*traceback.format_tb(behind_us), *traceback.format_exception_only(error)]).rstrip()
        raise SettingsError(f"{place} failed:\n{lines}", remedy="Mend it, whose lines are shown above.") from error
    return answer


def _where(answering: Any, config: pytest.Config) -> str:  # noqa: ANN401  (see above)
    function = inspect.unwrap(answering.function)
    code = getattr(function, "__code__", None)
    if code is None:
        return str(answering.plugin_name)
    path = Path(code.co_filename)
    shown = path.relative_to(config.rootpath).as_posix() if path.is_relative_to(config.rootpath) else str(path)
    return f"{shown}:{code.co_firstlineno}"
