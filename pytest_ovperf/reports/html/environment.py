"""What has changed around a measurement: then and now beside each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_ovperf.reports import figures

from . import wording
from .content import FactChange, Facts, RunHead
from .wording import NOTHING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pytest_ovperf.runs.compared import Compared, EnvironmentDifference
    from pytest_ovperf.runs.view import BaselineView, ComparisonView, RunView

#: How facts are made, not what they are about: no change of theirs explains a figure.
_WHEN = ("date", "commit")
_OF_RUN = {"machine": "", "versions": "", "devices": "device "}


def since_baseline(view: ComparisonView, baseline: BaselineView, run: RunView) -> Facts | None:
    """Return what was true when the baseline was recorded beside what is true now."""
    now = {
        **run.versions,
        **_facts_of(view),
        "device": ", ".join(dict.fromkeys(_full_names(view, run))),
        "date": run.started[:10],
        "commit": wording.commit(run.commit),
    }
    then = {**baseline.provenance, "commit": wording.commit(baseline.provenance.get("commit", ""))}
    names = [name for name in then if then[name] and name != "estimator"]
    return _facts("Since the baseline was recorded", "baseline", "now", _changes(names, then, now))


def since_first(then: tuple[ComparisonView, RunView], now: tuple[ComparisonView, RunView]) -> Facts | None:
    """Return what the first run says of a comparison and of itself beside what the last one does."""
    before, after = (
        {**run.machine, **run.versions, **_facts_of(view), "commit": wording.commit(run.commit)}
        for view, run in (then, now)
    )
    return _facts("Since the first run", "first run", "last run", _changes({**before, **after}, before, after))


def run_heads(compared: Compared) -> tuple[RunHead, ...]:
    """Return the runs, each with what is different from the run before."""
    last = len(compared.runs) - 1
    heads = []
    for index, run in enumerate(compared.runs):
        role = "judged" if index == last else "compared against" if index == 0 else ""
        measured = len(run.comparisons) + len(run.benchmarks)
        heads.append(
            RunHead(
                number=index + 1,
                name=run.name,
                role=role if last else "",
                started=figures.moment(run.started),
                commit=wording.commit(run.commit),
                count=str(measured),
                changes=_since_before(compared, index),
            )
        )
    return tuple(heads)


def changes_by_run(compared: Compared) -> list[list[str]]:
    """Return for each run what has changed since the run before, in words, for the pictures of history."""
    return [
        [f"{fact.name}: {fact.then} → {fact.now}" for fact in _since_before(compared, index)]
        for index in range(len(compared.runs))
    ]


def _since_before(compared: Compared, index: int) -> tuple[FactChange, ...]:
    """Return in what a run differs from the last run before it that says anything of the fact."""
    found = []
    for fact in compared.differences:
        told = [_told(fact, run, value) for run, value in zip(compared.runs, fact.values, strict=True)]
        now, then = told[index], next((value for value in reversed(told[:index]) if value), "")
        if now and then and now != then:
            found.append(FactChange(f"{_OF_RUN.get(fact.about, '')}{fact.name}", then, now, changed=True))
    return tuple(found)


def _told(fact: EnvironmentDifference, run: RunView, value: str) -> str:
    """Return what a run says of a fact: a package or device that it leaves out was not there, if it names any."""
    named = {"versions": run.versions, "devices": run.devices}.get(fact.about)
    return value or ("none" if named else "")


def _facts_of(view: ComparisonView) -> dict[str, str]:
    """Return what a comparison says of its own arms, by the names that baselines use."""
    candidate, reference = view.candidate, view.reference
    return {
        **view.versions,
        "candidate inference precision": candidate.precision,
        "reference inference precision": reference.precision,
        "executed on": ", ".join(dict.fromkeys((*candidate.devices, *reference.devices))),
        "threads": str(candidate.threads) if candidate.threads else "",
    }


def _full_names(view: ComparisonView, run: RunView) -> Iterable[str]:
    for arm in (view.candidate, view.reference):
        for name in arm.devices or (arm.device,):
            if name in run.devices:
                yield run.devices[name]


def _changes(names: Iterable[str], then: Mapping[str, str], now: Mapping[str, str]) -> list[FactChange]:
    changes = []
    for name in names:
        before, after = then.get(name, ""), now.get(name, "")
        if before or after:
            changed = bool(before and after) and before != after
            changes.append(FactChange(name, before or NOTHING, after or NOTHING, changed))
    return changes


def _facts(caption: str, then: str, now: str, changes: Sequence[FactChange]) -> Facts | None:
    """Put what explains a figure first: a version, then whatever else, then the day and the commit."""
    if not changes:
        return None
    moved = [change for change in changes if change.changed]
    return Facts(
        caption=caption,
        then=then,
        now=now,
        changed=tuple(sorted(moved, key=lambda change: change.name in _WHEN)),
        same=tuple(change for change in changes if not change.changed),
    )
