"""Results as they are kept in git: JSON that a reviewer can read the changes of."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


def one_line_each(document: Mapping[str, Any]) -> str:
    """Return ``document`` as JSON: a line for each of its values, and for each element of those that are lists."""
    lines = [f" {json.dumps(name)}: {_written(value)}" for name, value in document.items()]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _written(value: object) -> str:
    if not isinstance(value, list) or not value:
        return json.dumps(value, ensure_ascii=False)
    return "[\n" + ",\n".join(f"  {json.dumps(each, ensure_ascii=False)}" for each in value) + "\n ]"
