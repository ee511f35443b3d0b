"""What the text of a module says that it holds: for mistakes to be told without running it."""

from __future__ import annotations

import re
import tokenize
from pathlib import Path

#: With one of these, a module may hold names that are not in its text.
_DYNAMIC = ("import *", "__getattr__", "__path__", "globals(", "vars(", "locals(", "exec(", "setattr(", "sys.modules")
_DEFINED = re.compile(r"^(?:async +def|def|class) +([A-Za-z_]\w*)", re.MULTILINE)


def may_hold(file: str, name: str) -> bool:
    """Tell whether the module in ``file`` may have ``name``. False only if nothing in its text could bring it.

    True for whatever is no Python source that can be read.
    """
    text = _text(file)
    if text is None or any(word in text for word in _DYNAMIC):
        return True
    return re.search(rf"\b{re.escape(name)}\b", text) is not None


def names_in(file: str) -> list[str]:
    """Return the names of the functions and classes that are written at the top of the module in ``file``."""
    return list(dict.fromkeys(_DEFINED.findall(_text(file) or "")))


def _text(file: str) -> str | None:
    if not file.endswith(".py"):
        return None
    try:
        with tokenize.open(Path(file)) as source:
            return source.read()
    except (OSError, SyntaxError, UnicodeDecodeError):  # in an archive, or nothing that Python would read
        return None
