"""What a file is that is not a run: known by its first bytes or its keys, so that an error can name it."""

from __future__ import annotations

from collections.abc import Mapping

_COMPRESSED = (b"\x1f\x8b", b"PK\x03\x04", b"BZh", b"\xfd7zXZ", b"\x28\xb5\x2f\xfd")

#: Keys that tell a JSON document apart, all of which must be there, and what it then is; the first that fits counts.
_DOCUMENTS: tuple[tuple[frozenset[str], str], ...] = (
    (frozenset({"benchmarks", "machine_info"}), ""),
    (frozenset({"benchmarks", "datetime"}), ""),  # a project's hook may leave the machine out
    (frozenset({"schema", "machine", "module", "tests"}), "a file of baselines of pytest-ovperf"),
    (frozenset({"schema", "runs", "rows"}), "what ovperf compare --format=json printed"),
    (frozenset({"context", "benchmarks"}), "a result of Google Benchmark"),
    (frozenset({"benchmarks", "metadata", "version"}), "a result of pyperf"),
    (frozenset({"results", "commit_hash"}), "a result of asv"),
    (frozenset({"results"}), "a JSON document with results of another tool, such as hyperfine"),
    (frozenset({"tests", "summary"}), "a report of pytest-json-report"),
)


def kind_of_bytes(content: bytes) -> str:
    """Return what a file is that no JSON parser needs to look at; empty where it may be JSON."""
    start = content.lstrip(b"\xef\xbb\xbf \t\r\n")
    if not start:
        return "an empty file"
    if content.startswith(_COMPRESSED):
        return "a compressed file"
    if start.startswith(b"<"):
        head = start[:2048].lower()
        if b"<testsuite" in head:
            return "a JUnit XML report"
        return "an HTML page" if b"<html" in head or b"<!doctype html" in head else "XML"
    return ""


def kind_of_document(document: object) -> str:
    """Return what a JSON document is if it is not a run of pytest-benchmark; empty where it has a run's outline."""
    if not isinstance(document, Mapping):
        return f"a JSON document that holds {_type_name(document)}"
    for keys, kind in _DOCUMENTS:
        if keys <= document.keys():
            return kind
    shown = ", ".join(repr(key) for key in list(document)[:4])
    return f"a JSON document with the keys {shown}" if shown else "an empty JSON document"


def _type_name(value: object) -> str:
    if value is None or isinstance(value, bool):
        return "a single word"
    kinds = {list: "a list", str: "a text", int: "a number", float: "a number"}
    return kinds.get(type(value), "something else")
