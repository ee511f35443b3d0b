"""What a test measures as far as its source says it: read, for the plan, without running anything of it."""

from __future__ import annotations

import ast
import inspect
import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .selecting import is_ours

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    import pytest

    from pytest_ovperf.verdict.planning import Hindrance, Written

_ASKING = frozenset({"speedup", "measure", "ladder"})
_LOOPS = (ast.For, ast.AsyncFor, ast.While, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
#: What stands for a word that is known only when the test runs.
_OPEN = "…"
_USUAL = "latency"
_UNKNOWN = object()


@dataclass(frozen=True, slots=True)
class Asked:
    """A comparison of which the source has every word: its arms, candidate first, and what else is said by name."""

    arms: tuple[str, str]
    said: Mapping[str, object]


def written(item: pytest.Item, hindrance: Callable[[Asked], Hindrance | None] = lambda _: None) -> tuple[Written, ...]:
    """Return what a test asks our fixtures for in its own body, in order.

    Words that it is parametrized with are put in; others that only running it tells are an ellipsis. Nothing where its
    source cannot be read, or where functions that it calls do the asking. ``hindrance`` says what is in a comparison's
    way, if anything is.
    """
    from pytest_ovperf.verdict.planning import Written  # noqa: PLC0415  (paid only where a plan is asked for)

    callspec = getattr(item, "callspec", None)
    params: Mapping[str, object] = callspec.params if callspec else {}
    # A project may have functions or fixtures of its own by these names.
    asking = {name for name in _ASKING if is_ours(item, name)}
    try:
        source = inspect.getsource(inspect.unwrap(item.function))  # type: ignore[attr-defined]  # what is none is caught
        found = list(_calls(ast.parse(textwrap.dedent(source)), asking, repeated=False))
    except Exception:  # noqa: BLE001  (whatever stands in for a function or its file: the plan does without)
        return ()
    return tuple(
        Written(
            _words(call, name, params),
            compares=name == "speedup",
            repeated=repeated,
            hindered=_hindered(call, params, hindrance) if name == "speedup" else None,
        )
        for call, name, repeated in found
    )


def _hindered(
    call: ast.Call, params: Mapping[str, object], hindrance: Callable[[Asked], Hindrance | None]
) -> Hindrance | None:
    """Return what is in a comparison's way, as far as its source has every word of it."""
    said: dict[str, object] = {}
    if call.args:
        said["candidate"] = call.args[0]
    said |= {keyword.arg or "": keyword.value for keyword in call.keywords}
    known = {name: _value(node, params) for name, node in said.items()}
    arms = known.pop("candidate", None), known.pop("over", None)
    is_open = "" in known or any(value is _UNKNOWN for value in known.values())
    if is_open or not all(isinstance(arm, str) for arm in arms):
        return None
    return hindrance(Asked((str(arms[0]), str(arms[1])), known))


def _calls(node: ast.AST, asking: Collection[str], *, repeated: bool) -> Iterator[tuple[ast.Call, str, bool]]:
    """Yield the calls of what is ``asking`` below ``node``, each with its name, and whether it is in a loop."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Call) and isinstance(child.func, ast.Name) and child.func.id in asking:
            yield child, child.func.id, repeated
        yield from _calls(child, asking, repeated=repeated or isinstance(child, _LOOPS))


def _words(call: ast.Call, name: str, params: Mapping[str, object]) -> str:
    """Return in words what a call asks for."""
    said = {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg}
    first = call.args[0] if call.args else said.get("candidate") or said.get("name") or said.get("arms")
    if name == "ladder":
        rungs = first.elts if isinstance(first, ast.List | ast.Tuple) else ()
        return f"{len(rungs)} arms side by side" if rungs else "arms side by side"
    arm = _word(first, params)
    if name == "measure":
        return arm
    metric = _word(said["metric"], params) if "metric" in said else _USUAL
    return f"{arm} over {_word(said.get('over'), params)}" + ("" if metric == _USUAL else f" · {metric}")


def _word(node: ast.expr | None, params: Mapping[str, object]) -> str:
    """Return a word that stands in the source, or that the test is parametrized with."""
    value = _value(node, params)
    return value if isinstance(value, str) else _OPEN


def _value(node: object, params: Mapping[str, object]) -> object:
    """Return the value that stands in the source or that the test is parametrized with, else `_UNKNOWN`."""
    if isinstance(node, ast.Name):
        return params.get(node.id, _UNKNOWN)
    try:
        return ast.literal_eval(node)  # type: ignore[arg-type]  # what is no node is refused as well
    except (ValueError, TypeError):
        return _UNKNOWN
