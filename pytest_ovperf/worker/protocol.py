"""The language between parent and worker: one JSON object a line, UTF-8.

Parent to worker: ``{"id": 1, "do": "load", …}``. Worker to parent, any number of ``{"id": 1, "progress": "…"}`` and
then one of ``{"id": 1, "ok": true, "value": {…}}`` and ``{"id": 1, "ok": false, "error": {"kind", "message", "remedy",
"trace"}}``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping  # noqa: TC003  (dataclass annotations stay resolvable)
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Request:
    """A command for the worker; ``number`` ties the answers to it."""

    number: int
    do: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Progress:
    """News of a command that is still being carried out."""

    number: int
    text: str


@dataclass(frozen=True, slots=True)
class Success:
    """The command was carried out."""

    number: int
    value: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Failure:
    """The command failed. ``kind`` is the exception's class name; ``remedy`` is empty for foreign exceptions."""

    number: int
    kind: str
    message: str
    remedy: str
    trace: str


Answer = Progress | Success | Failure


def encode_request(request: Request) -> bytes:
    """Return the request as one line."""
    return _line({**request.arguments, "id": request.number, "do": request.do})


def decode_request(line: bytes) -> Request:
    """Return the request in ``line``. Raises `ValueError` for anything else."""
    fields = _fields(line)
    number, do = fields.pop("id", None), fields.pop("do", None)
    if not isinstance(number, int) or not isinstance(do, str):
        raise ValueError("a request has an integer 'id' and a string 'do'")  # noqa: TRY004  (one kind of error for one kind of mistake)
    return Request(number, do, fields)


def encode_answer(answer: Answer) -> bytes:
    """Return the answer as one line."""
    if isinstance(answer, Progress):
        return _line({"id": answer.number, "progress": answer.text})
    if isinstance(answer, Success):
        return _line({"id": answer.number, "ok": True, "value": dict(answer.value)})
    error = {"kind": answer.kind, "message": answer.message, "remedy": answer.remedy, "trace": answer.trace}
    return _line({"id": answer.number, "ok": False, "error": error})


def decode_answer(line: bytes) -> Answer:
    """Return the answer in ``line``. Raises `ValueError` for anything else, an unfinished line included."""
    fields = _fields(line)
    match fields:
        case {"id": int(number), "progress": str(text)}:
            return Progress(number, text)
        case {"id": int(number), "ok": True, "value": dict(value)}:
            return Success(number, value)
        case {"id": int(number), "ok": False, "error": {"kind": str(kind), "message": str(message), **rest}}:
            return Failure(number, kind, message, str(rest.get("remedy", "")), str(rest.get("trace", "")))
    raise ValueError("neither progress nor a reply")


def _line(fields: Mapping[str, Any]) -> bytes:
    return json.dumps(fields, allow_nan=False, separators=(",", ":")).encode() + b"\n"


def _fields(line: bytes) -> dict[str, Any]:
    if not line.endswith(b"\n"):
        raise ValueError("the line has no end")
    fields = json.loads(line)
    if not isinstance(fields, dict):
        raise ValueError("not a JSON object")  # noqa: TRY004  (one kind of error for one kind of mistake)
    return fields
