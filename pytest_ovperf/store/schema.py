"""What a baseline file says, versions 2 to 5: text to typed data and back, byte for byte.

::

    {
      "machine": {…},                             the hardware profile, spelled out
      "module": "suites/test_speed.py",
      "schema": 2,
      "tests": {
        "test_int8_pays[CPU]": {
          "distilbert · openvino-int8 over openvino-fp32 on CPU · latency · infer 1x128": {
            "candidate_ns": 9123456,
            "fidelity": {"cosine", "max_abs_error", "top1"} or null; with a task's score also
                        {"reference_score", "score"}
            "launch_s": 4.2,                     what a launch takes, 0 where unknown
            "layers": {                          where graphs and times are kept: see `layer_names`
              "candidate": {"graph": "….graph.txt", "times": "….times.txt"},
              "reference": {"graph": "….graph.txt"}
            },
            "log_ratios": {"2026-11-21": [0.998, 1.01, 0.987]},
            "provenance": {"openvino": "2026.4.1", …},
            "reference_ns": 24834611,
            "tolerance": 0.05
          }
        }
      }
    }

What the metric costs either arm is in the unit that the name says: ``candidate_ns`` for times,
``candidate_ns_per_sample``, ``…_per_token`` and ``…_per_request`` for rates, ``candidate_bytes`` for memory and files.
``layers`` has the sides that have an execution graph, and is left out where neither has.

Only from version 3 on are there others than nanoseconds, from version 4 on ``layers``, and only in version 5 are there
scores: a file is written as the oldest version that can hold it, so that no file changes for what it does not hold. In
version 1, which is still read, the log ratios were one list and ``launch_s`` was not there.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_ovperf.arms import Side
from pytest_ovperf.errors import BaselineError
from pytest_ovperf.hardware.profile import HardwareProfile, wrong_fact
from pytest_ovperf.metrics import Unit
from pytest_ovperf.records import Fidelity, LayerFiles, Scores, StoredBaseline

from . import layer_names
from .document import Members, read_document
from .keys import metric_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

#: The newest version that this code reads, and the one that it writes where the older ones cannot hold the content.
SCHEMA = 5
_WITHOUT_SCORES = 4
_WITHOUT_LAYERS = 3
_OF_TIMES = 2

_FILE_NAMES = ("machine", "module", "schema", "tests")
_ENTRY_NAMES_1 = ("fidelity", "log_ratios", "provenance", "tolerance")
_ENTRY_NAMES = (*_ENTRY_NAMES_1, "launch_s")
_LAYERS = "layers"
_SIDES = tuple(str(side) for side in Side)
_NANOSECONDS = "ns"
#: What costs are counted in, by the unit that people are given.
_COUNTED_IN: Mapping[Unit, str] = {
    Unit.SECONDS: _NANOSECONDS,
    Unit.SAMPLES_PER_SECOND: "ns_per_sample",
    Unit.TOKENS_PER_SECOND: "ns_per_token",
    Unit.REQUESTS_PER_SECOND: "ns_per_request",
    Unit.BYTES: "bytes",
}
_FIDELITY_NAMES = ("cosine", "max_abs_error", "top1")
_SCORE_NAMES = ("reference_score", "score")
_MAX_NUMBER = 1e300  # what a user's own function may return, and an output differ by

_DIGITS = 6  # a millionth of a ratio is far below any noise, and a diff of more digits is unreadable
_MAX_LOG_RATIO = 20.0  # a factor of 485 million: past it something is damaged
_TOLERANCES = (0.0001, 0.9999)  # as the options have it: above nothing, and below what would let everything pass
_MAX_COST = 10**15  # a call of eleven days, a petabyte
_MAX_S = 1e6
_UNKNOWN_DAY = "unknown"


@dataclass(frozen=True, slots=True)
class BaselineFile:
    """All baselines of one test module on one machine: ``tests`` is test → comparison label → what was stored."""

    module: str
    profile: HardwareProfile
    tests: Mapping[str, Mapping[str, StoredBaseline]]


def rounded(stored: StoredBaseline) -> StoredBaseline:
    """Return ``stored`` as a file holds it: six significant digits, whole costs, launches together by day."""
    by_day = _by_day(stored)
    return StoredBaseline(
        log_ratios=tuple(_round(value) for values in by_day.values() for value in values),
        days=tuple(day for day, values in by_day.items() for _ in values),
        launch_s=_round(stored.launch_s),
        tolerance=_round(stored.tolerance),
        candidate_cost=float(_whole(stored.candidate_cost)),
        reference_cost=float(_whole(stored.reference_cost)),
        fidelity=stored.fidelity and _rounded_fidelity(stored.fidelity),
        provenance=dict(stored.provenance),
        layers=dict(stored.layers),
    )


def _rounded_fidelity(fidelity: Fidelity) -> Fidelity:
    scores = fidelity.scores
    return Fidelity(
        _round(fidelity.cosine),
        _round(fidelity.top1),
        _round(fidelity.max_abs_error),
        scores=scores and Scores(_round(scores.candidate), _round(scores.reference)),
    )


def encode(file: BaselineFile, source: Path) -> str:
    """Return the text of ``file``, the same for the same content.

    Raises `BaselineError` for content that `decode` would refuse: what cannot be read again is never written.
    """
    content = {
        "machine": file.profile.facts(),
        "module": file.module,
        "schema": _oldest_for(file),
        "tests": {
            test: {label: _entry_data(rounded(stored), _counted_in(label)) for label, stored in labels.items()}
            for test, labels in file.tests.items()
        },
    }
    text = _render(content, "") + "\n"
    try:
        decode(text, source)
    except BaselineError as error:
        raise BaselineError(
            f"This baseline is not written, since it could not be read again. {error.seen}",
            remedy="The measurement gave values that no baseline can hold; look at the test's own output.",
        ) from error
    return text


def decode(text: str, source: Path) -> BaselineFile:
    """Return what ``text`` says. ``source`` is the file's path, for messages.

    Raises `BaselineError` with file, line and remedy for a newer schema, for anything missing, unknown or of the
    wrong type, and for values that no measurement gives.
    """
    root = Members(read_document(text, source), source, "the file")
    version = root.whole("schema", 1, _MAX_COST)
    if version > SCHEMA:
        raise BaselineError(
            f"Baseline file {source}, line {root.line('schema')}: it has schema {version}, and this version of"
            f" pytest-ovperf reads schemas up to {SCHEMA}.",
            remedy="Upgrade the package: pip install --upgrade pytest-ovperf",
        )
    root.only(_FILE_NAMES)
    tests = {
        test: {label: _entry(label, entry, version) for label, entry in labels.children()}
        for test, labels in root.child("tests").children()
    }
    return BaselineFile(root.text("module"), _profile(root.child("machine")), tests)


def _oldest_for(file: BaselineFile) -> int:
    """Return the oldest version that can hold the content."""
    entries = [entry for labels in file.tests.values() for entry in labels.items()]
    if any(stored.fidelity is not None and stored.fidelity.scores is not None for _, stored in entries):
        return SCHEMA
    if any(stored.layers for _, stored in entries):
        return _WITHOUT_SCORES
    return _OF_TIMES if all(_counted_in(label) == _NANOSECONDS for label, _ in entries) else _WITHOUT_LAYERS


def _profile(machine: Members) -> HardwareProfile:
    facts = {name: node.value for name, node in machine.members.items()}
    wrong = wrong_fact(facts)
    if wrong is not None:
        name, expected = wrong
        raise machine.fail(name, f"does not fit 'machine': {expected}")
    return HardwareProfile.from_facts(facts)


def _counted_in(label: str) -> str:
    """Return what an entry's costs are counted in, by the metric in its label; nanoseconds where there is none."""
    metric = metric_of(label)
    return _NANOSECONDS if metric is None else _COUNTED_IN[metric.unit]


def _entry(label: str, entry: Members, version: int) -> StoredBaseline:
    unit = _NANOSECONDS if version <= _OF_TIMES else _counted_in(label)
    candidate, reference = f"candidate_{unit}", f"reference_{unit}"
    names = _ENTRY_NAMES_1 if version == 1 else _ENTRY_NAMES
    optional = (_LAYERS,) if version > _WITHOUT_LAYERS else ()
    entry.only(tuple(sorted((*names, candidate, reference))), optional)
    compared = entry.node("fidelity").value is not None
    provenance = entry.child("provenance")
    texts = {name: provenance.text(name) for name in provenance.members}
    by_day = _launches(entry, version, texts)
    return StoredBaseline(
        log_ratios=tuple(value for values in by_day.values() for value in values),
        days=tuple(day for day, values in by_day.items() for _ in values),
        launch_s=0.0 if version == 1 else entry.number("launch_s", 0.0, _MAX_S),
        tolerance=entry.number("tolerance", *_TOLERANCES),
        candidate_cost=float(entry.whole(candidate, 1, _MAX_COST)),
        reference_cost=float(entry.whole(reference, 1, _MAX_COST)),
        fidelity=_fidelity(entry.child("fidelity"), version) if compared else None,
        provenance=texts,
        layers=_layers(entry) if _LAYERS in entry.members else {},
    )


def _layers(entry: Members) -> dict[Side, LayerFiles]:
    layers = entry.child(_LAYERS)
    layers.only((), _SIDES)
    if not layers.members:
        raise entry.fail(_LAYERS, "must hold a side, and is left out where there is none")
    return {Side(side): _layer_files(files) for side, files in layers.children()}


def _layer_files(files: Members) -> LayerFiles:
    files.only(("graph",), ("times",))
    found = LayerFiles(files.text("graph"), files.text("times") if "times" in files.members else "")
    if not layer_names.is_graph(found.graph):
        raise files.fail("graph", "must be the name of a file with a digest and the ending '.graph.txt'")
    if "times" in files.members and not layer_names.is_times(found.times):
        raise files.fail("times", "must be the name of a file with two digests and the ending '.times.txt'")
    return found


def _launches(entry: Members, version: int, provenance: Mapping[str, str]) -> dict[str, tuple[float, ...]]:
    """Return the log ratios by day."""
    if version == 1:
        day = provenance.get("date", _UNKNOWN_DAY)
        return {day: entry.numbers("log_ratios", -_MAX_LOG_RATIO, _MAX_LOG_RATIO)}
    days = entry.child("log_ratios")
    if not days.members:
        raise entry.fail("log_ratios", "must hold the launches of one day or more, not none")
    return {day: days.numbers(day, -_MAX_LOG_RATIO, _MAX_LOG_RATIO) for day in days.members}


def _by_day(stored: StoredBaseline) -> dict[str, tuple[float, ...]]:
    """Return the log ratios by day, in order; launches of a day that nobody named are of the day of recording."""
    recorded = stored.provenance.get("date", _UNKNOWN_DAY)
    return {day: stored.by_day[day] for day in sorted(stored.by_day)} if stored.days else {recorded: stored.log_ratios}


def _fidelity(fidelity: Members, version: int) -> Fidelity:
    scored = version > _WITHOUT_SCORES and any(name in fidelity.members for name in _SCORE_NAMES)
    fidelity.only((*_FIDELITY_NAMES, *_SCORE_NAMES) if scored else _FIDELITY_NAMES)
    return Fidelity(
        cosine=fidelity.number("cosine", -1.0, 1.0),
        top1=fidelity.number("top1", 0.0, 1.0),
        max_abs_error=fidelity.number("max_abs_error", 0.0, _MAX_NUMBER),
        scores=_scores(fidelity) if scored else None,
    )


def _scores(fidelity: Members) -> Scores:
    candidate, reference = (fidelity.number(name, -_MAX_NUMBER, _MAX_NUMBER) for name in reversed(_SCORE_NAMES))
    return Scores(candidate, reference)


def _fidelity_data(fidelity: Fidelity) -> dict[str, float]:
    names = _FIDELITY_NAMES if fidelity.scores is None else (*_FIDELITY_NAMES, *_SCORE_NAMES)
    return {name: getattr(fidelity, name) for name in names}


def _entry_data(stored: StoredBaseline, unit: str) -> dict[str, object]:
    layers = {str(side): _layer_data(files) for side, files in stored.layers.items()}
    return {
        f"candidate_{unit}": _whole(stored.candidate_cost),
        "fidelity": stored.fidelity and _fidelity_data(stored.fidelity),
        "launch_s": stored.launch_s,
        **({_LAYERS: layers} if layers else {}),
        "log_ratios": {day: list(values) for day, values in stored.by_day.items()},
        "provenance": dict(stored.provenance),
        f"reference_{unit}": _whole(stored.reference_cost),
        "tolerance": stored.tolerance,
    }


def _layer_data(files: LayerFiles) -> dict[str, object]:
    return {"graph": files.graph, "times": files.times} if files.times else {"graph": files.graph}


def _render(value: object, indent: str) -> str:
    """Return JSON with sorted names, one member a line, and each list on one line: the way a diff reads best."""
    if not isinstance(value, dict) or not value:
        return json.dumps(value, ensure_ascii=False)
    inner = f"{indent}  "
    lines = [f"{inner}{json.dumps(name, ensure_ascii=False)}: {_render(value[name], inner)}" for name in sorted(value)]
    return "{\n" + ",\n".join(lines) + f"\n{indent}}}"


def _round(value: float) -> float:
    return float(f"{value:.{_DIGITS}g}") + 0.0  # adding zero turns -0.0 into 0.0


def _whole(cost: float) -> int:
    return round(cost) if math.isfinite(cost) else 0  # 0 is what no file may hold, so `encode` refuses it
