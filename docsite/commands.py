"""The page of the ``ovperf`` commands: from its parser of arguments."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from pytest_ovperf.cli import main
from pytest_ovperf.hooks.cache_dir import default_cache_dir

from .text import code, coded, page, sentences, table

if TYPE_CHECKING:
    from collections.abc import Iterator

_INTRODUCTION = """
`ovperf` comes with the package. Each command explains itself, too: `ovperf compare --help`. Where nothing else is said,
the exit status is 0, 1 for an error, 2 for words that the command does not know, and 130 after Ctrl-C.
"""


def commands_page() -> str:
    """Return the page."""
    return page("The ovperf command", _INTRODUCTION, *_sections(main._parser(), ""))  # noqa: SLF001  (the parser is what is documented)


def _sections(parser: argparse.ArgumentParser, said: str) -> Iterator[str]:
    """Give a section for every command that does something by itself, in the order of the help."""
    below = next((action for action in parser._actions if isinstance(action, argparse._SubParsersAction)), None)  # noqa: SLF001  (argparse shows its parts in no other way)
    if below is None:
        yield _section(parser, said)
        return
    helps = {action.dest: action.help or "" for action in below._choices_actions}  # noqa: SLF001  (see above)
    for name, command in below.choices.items():
        yield from _sections(command, helps.get(name, ""))


def _section(parser: argparse.ArgumentParser, said: str) -> str:
    actions = [action for action in parser._actions if not isinstance(action, argparse._HelpAction)]  # noqa: SLF001  (see above)
    rows = [(code(_written(action)), _help(parser, action)) for action in actions]
    parts = [f"## {parser.prog}", sentences(parser.description or said)]
    if rows:
        parts.append(table(["argument", "says"], rows))
    if parser.epilog:
        parts.append(f"```text\n{parser.epilog.strip()}\n```")
    return "\n\n".join(parts)


def _written(action: argparse.Action) -> str:
    value = action.metavar or ("|".join(map(str, action.choices)) if action.choices else action.dest.upper())
    value = value if isinstance(value, str) else " ".join(value)
    many = "…" if action.nargs in ("+", "*") else ""
    if not action.option_strings:
        return f"{value}{many}" if action.nargs not in ("*", "?") else f"[{value}{many}]"
    names = ", ".join(action.option_strings)
    return names if action.nargs == 0 else f"{names} {value}{many}"


def _help(parser: argparse.ArgumentParser, action: argparse.Action) -> str:
    known = {**vars(action), "prog": parser.prog}
    needed = " Needed." if action.required and action.option_strings else ""
    # Where that is differs by machine and user, and a page does not.
    said = ((action.help or "") % known).replace(str(default_cache_dir()), "the user's cache")
    return coded(sentences(said)) + needed
