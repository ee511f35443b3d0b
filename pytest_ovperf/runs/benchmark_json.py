"""pytest-benchmark's JSON document, and the blocks of ours in it that make it a whole `RunView`.

Versions 3 to 5 of pytest-benchmark write the same members, as far as they are read here. In documents of ours, which it
writes with the entries of `benchmark_entries`, objects named ``ovperf`` hold the rest::

    {"machine_info": {…, "ovperf": {"machine": {…}, "devices": {…}}},
     "benchmarks": [{…, "extra_info": {…, "ovperf": {"schema": 5, "side": "candidate", "key": "…",
                                                     "arm": {…}, "comparison": {…}}}},
                    {…, "extra_info": {…, "ovperf": {"schema": 5, "side": "reference", "key": "…", "arm": {…}}}}],
     "ovperf": {"schema": 5, "started": "…", "commit": "…", "versions": {…}, "notes": […],
                "untimed": […], "figures": […], "ladders": […], "compiled": […]}, …}

Entries are times, so what a comparison of bytes came to stands whole among ``untimed``, as do absolute figures, ladders
and what was compiled only in lists of their own. Older schemas are still read: 4 knew neither scores nor
what data outputs were compared on, 3 neither execution graphs nor what was compiled, 2 no arms of other environments,
1 none of the other lists.

An arm has the times of its blocks by launch, in nanoseconds. ``comparison.layers`` is what is known of the arms'
execution graphs: ``digest``, ``changes`` against ``old``, the sentences of the reports, and by groups of layers (60 at
most, and the others together) what changed and what they took and take. Numbers that are not finite are texts there and
``null`` elsewhere, so the file is valid JSON for everybody.

What machines are compared by stays the same from run to run, so that pytest-benchmark does not warn of another machine.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping  # noqa: TC003  (public annotations stay resolvable)
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from math import isfinite
from typing import Any, TypeVar

from pytest_ovperf.errors import RunFileError

from .plain import Place, from_data, to_data, whole_text
from .view import ArmView, BenchmarkView, ComparisonView, CompiledView, FigureView, LadderView, RunView, Statistics

_T = TypeVar("_T")

#: The version of the blocks: what this code writes, and the newest that it reads.
SCHEMA = 5

#: The name of every block.
BLOCK = "ovperf"

_NO_COMMIT = ("unversioned", "unknown", "")
_OF_ARM = ("statistics", "blocks_ns")  # what `arm_block` writes elsewhere, or in a form of its own
_SIDES = ("candidate", "reference")
_STATISTICS = ("min", "q1", "median", "q3", "max", "mean", "stddev")


def machine_block(machine: Mapping[str, str], devices: Mapping[str, str]) -> dict[str, Any]:
    """Return what ``machine_info`` is to hold of ours."""
    return {"machine": dict(machine), "devices": dict(devices)}


def run_block(run: RunView) -> dict[str, Any]:
    """Return what the document itself is to hold of ours."""
    names = ("started", "commit", "versions", "notes", "figures", "ladders", "compiled")
    untimed = [view for view in run.comparisons if not is_timed(view)]
    return {"schema": SCHEMA, **{name: to_data(getattr(run, name)) for name in names}, "untimed": to_data(untimed)}


def is_timed(view: ComparisonView) -> bool:
    """Whether both arms have times, without which they are no entries of pytest-benchmark's."""
    return view.candidate.statistics is not None and view.reference.statistics is not None


def arm_block(view: ComparisonView, side: str) -> dict[str, Any]:
    """Return what the entry of one arm is to hold of ours; the comparison itself stands with the candidate.

    The blocks' times are one text a launch: a number a line would make files ten times as long.
    """
    arm: ArmView = getattr(view, side)
    data = {name: value for name, value in to_data(arm).items() if name not in _OF_ARM}
    data["blocks_ns"] = [" ".join(str(round(each)) for each in launch) for launch in arm.blocks_ns]
    block: dict[str, Any] = {"schema": SCHEMA, "side": side, "key": view.key, "arm": data}
    if side == "candidate":
        block["comparison"] = {name: value for name, value in to_data(view).items() if name not in _SIDES}
    return block


def view_of(document: object, name: str) -> RunView:
    """Return the run that a parsed document holds, to be called ``name``.

    Entries of ours become comparisons, all others benchmarks; so does an arm of ours whose other one is missing.
    Entries with figures that are no finite numbers are left out; the run's notes say so.
    Raises `RunFileError` that names the place, for a document that is not pytest-benchmark's, is damaged, or was
    written by a newer version of this package.
    """
    top = Place(document)
    found = [_entry(place) for place in top.at("benchmarks").items()]
    notes = [
        f"{entry.fullname} is left out: its figures are no finite numbers."
        for entry in found
        if entry.statistics is None
    ]
    comparisons, rest, alone = _paired([entry for entry in found if entry.statistics is not None])
    notes += [f"{entry.fullname} is shown by itself: the comparison's other arm is missing." for entry in alone]
    run = _run(top, name, tuple(notes))
    return replace(run, comparisons=(*comparisons, *run.comparisons), benchmarks=_benchmarks(rest))


@dataclass(frozen=True, slots=True)
class _Entry:
    """One entry of a document. ``block`` is what it holds of ours, ``statistics`` is ``None`` for senseless figures."""

    place: Place
    fullname: str
    statistics: Statistics | None
    block: Place | None
    side: str = ""
    key: str = ""


def _entry(place: Place) -> _Entry:
    fullname = place.at("fullname").text()
    statistics = _statistics(place.at("stats"))
    extra = place.get("extra_info")
    block = extra.get(BLOCK) if extra else None
    if block is None:
        return _Entry(place, fullname, statistics, None)
    _check_schema(block)
    side = block.at("side")
    if side.value not in _SIDES:
        raise side.wrong(f"one of {', '.join(_SIDES)}")
    return _Entry(place, fullname, statistics, block, side.text(), block.at("key").text())


def _check_schema(block: Place) -> None:
    schema = block.at("schema").whole(1)
    if schema > SCHEMA:
        raise RunFileError(
            f"{block.path}.schema: it is {schema}, and this version of pytest-ovperf reads up to {SCHEMA}.",
            remedy="Upgrade the package: pip install --upgrade pytest-ovperf",
        )


def _statistics(stats: Place) -> Statistics | None:
    figures = {name: stats.at(name).number() for name in _STATISTICS}
    calls = stats.at("rounds").whole(1)
    for name, value in figures.items():
        if value < 0:
            raise stats.at(name).wrong("a time in seconds")
    if not all(map(isfinite, figures.values())):
        return None
    return Statistics(**{f"{name}_s": value for name, value in figures.items()}, calls=calls)


def _paired(entries: list[_Entry]) -> tuple[tuple[ComparisonView, ...], list[_Entry], list[_Entry]]:
    """Return the comparisons, the entries that are none, and those of these whose other arm is missing."""
    sides: dict[str, dict[str, _Entry]] = {}
    for entry in entries:
        if entry.block is None:
            continue
        of_key = sides.setdefault(entry.key, {})
        if entry.side in of_key:
            raise entry.block.at("key").wrong(f"another key than {of_key[entry.side].place.path} has")
        of_key[entry.side] = entry
    whole = {key: of_key for key, of_key in sides.items() if len(of_key) == len(_SIDES)}
    comparisons = tuple(_comparison(of_key["candidate"], of_key["reference"]) for of_key in whole.values())
    rest = [entry for entry in entries if entry.key not in whole]
    return comparisons, rest, [entry for entry in rest if entry.block is not None]


def _comparison(candidate: _Entry, reference: _Entry) -> ComparisonView:
    assert candidate.block is not None  # noqa: S101  (only entries of ours are paired)
    place = candidate.block.at("comparison")
    return from_data(ComparisonView, place, candidate=_arm(candidate), reference=_arm(reference))


def _arm(entry: _Entry) -> ArmView:
    assert entry.block is not None  # noqa: S101  (see `_comparison`)
    place = entry.block.at("arm")
    members = place.mapping()
    known: dict[str, object] = {"statistics": entry.statistics}
    if "blocks_ns" in members:
        known["blocks_ns"] = tuple(_blocks(launch) for launch in place.at("blocks_ns").items())
        place = Place({each: value for each, value in members.items() if each != "blocks_ns"}, place.path)
    return from_data(ArmView, place, **known)


def _blocks(launch: Place) -> tuple[float, ...]:
    try:
        return tuple(float(int(each)) for each in launch.text().split())
    except (ValueError, OverflowError):
        raise launch.wrong("whole numbers of nanoseconds, with blanks between them") from None


def _benchmarks(entries: list[_Entry]) -> tuple[BenchmarkView, ...]:
    seen: Counter[str] = Counter()
    views: list[BenchmarkView] = []
    for entry in entries:
        assert entry.statistics is not None  # noqa: S101  (the others are left out before)
        seen[entry.fullname] += 1  # one test may run twice: --count, or named twice
        number = f" ({seen[entry.fullname]})" if seen[entry.fullname] > 1 else ""
        group, params = entry.place.get("group"), entry.place.get("params")
        views.append(
            BenchmarkView(
                key=entry.fullname + number,
                group=_shown(group.value) if group else "",
                params={
                    whole_text(each): _shown(value) for each, value in (params.mapping() if params else {}).items()
                },
                statistics=entry.statistics,
            )
        )
    return tuple(views)


def _shown(value: object) -> str:
    return whole_text(value) if isinstance(value, str) else json.dumps(value)


def _run(top: Place, name: str, notes: tuple[str, ...]) -> RunView:
    """Return the run without what its entries hold."""
    machine_info = top.get("machine_info") or Place({})
    run = RunView(
        name=name,
        started=_started(top),
        commit=_commit(top),
        machine=_plain_machine(machine_info),
        versions=_plain_versions(top, machine_info),
        devices={},
        comparisons=(),
        notes=notes,
    )
    machine, block = machine_info.get(BLOCK), top.get(BLOCK)
    if machine is not None:
        run = replace(run, machine=_texts(machine.at("machine")), devices=_texts(machine.at("devices")))
    if block is None:
        return run
    _check_schema(block)
    return replace(
        run,
        started=block.at("started").text(),
        commit=block.at("commit").text(),
        versions=_texts(block.at("versions")),
        notes=(*(each.text() for each in block.at("notes").items()), *notes),
        comparisons=_listed(ComparisonView, block.get("untimed")),
        figures=_listed(FigureView, block.get("figures")),
        ladders=_listed(LadderView, block.get("ladders")),
        compiled=_listed(CompiledView, block.get("compiled")),
    )


def _listed(kind: type[_T], place: Place | None) -> tuple[_T, ...]:
    return () if place is None else tuple(from_data(kind, item) for item in place.items())


def _texts(place: Place) -> dict[str, str]:
    return {whole_text(name): place.at(name).text() for name in place.mapping()}


def _started(top: Place) -> str:
    """Return when the document was written, which before version 5 was in UTC without saying so."""
    written = top.get("datetime")
    if written is None:
        return ""
    try:
        moment = datetime.fromisoformat(written.text())
    except ValueError:
        raise written.wrong("a date and time") from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).isoformat()


def _commit(top: Place) -> str:
    info = top.get("commit_info")
    commit = info.get("id") if info else None
    return "" if commit is None or commit.value in _NO_COMMIT else commit.text()


def _plain_machine(info: Place) -> dict[str, str]:
    """Return what can be told of a machine from pytest-benchmark's own facts, which a project may replace by others."""
    cpu = info.get("cpu") or Place({})
    facts = {
        "cpu": cpu.get("brand_raw") or cpu.get("brand") or info.get("processor"),
        "cpu count": cpu.get("count"),
        **{name: info.get(name) for name in ("machine", "system", "release", "node")},
    }
    return _told(facts)


def _plain_versions(top: Place, info: Place) -> dict[str, str]:
    return _told({"python": info.get("python_version"), "pytest-benchmark": top.get("version")})


def _told(facts: Mapping[str, Place | None]) -> dict[str, str]:
    return {name: _shown(place.value) for name, place in facts.items() if place is not None and place.value != ""}
