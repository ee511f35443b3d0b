"""What to do next: read off the verdicts that were given, with commands that can be copied."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence  # noqa: TC003  (public annotations stay resolvable)
from dataclasses import dataclass
from itertools import chain
from pathlib import PurePosixPath

from pytest_ovperf.records import ComparisonRecord, VerdictKind
from pytest_ovperf.settings import UpdateMode

from . import figures
from .rows import device_of, short_names

#: More tests than this are not named one by one in a command.
NAMED_AT_MOST = 3
#: More lines than this are not listed.
LISTED_AT_MOST = 10
_SAFE_WORD = re.compile(r"[\w@%+=:,./-]+", re.ASCII)
_RISKY_IN_DOUBLE_QUOTES = re.compile(r'["$`\\!]')


@dataclass(frozen=True, slots=True)
class UnusedBaseline:
    """A stored baseline that no test of the run asked for: its file and the entry in it."""

    file: str
    entry: str


@dataclass(frozen=True, slots=True)
class RunFacts:
    """What the advice needs to know of a run beside its records.

    ``devices`` are the device expressions of ``--ov-device``, ``selection`` the paths and node ids that the user gave
    to pytest, ``budget_s`` the seconds that one comparison might take. ``written`` are the baseline files that this
    run wrote, as the user would write their paths, ``beside`` the folders that belong to them. ``options`` are what
    else a later run has to be given. ``movements`` say what most of the run has in common, ``notes`` what there is to
    say of the models. ``explain`` tells that all comparisons were to be explained.
    """

    devices: tuple[str, ...] = ("CPU",)
    selection: tuple[str, ...] = ()
    budget_s: float = 0.0
    update: UpdateMode = UpdateMode.NONE
    written: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()
    unused: tuple[UnusedBaseline, ...] = ()
    options: tuple[str, ...] = ()
    movements: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    explain: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """A piece of advice: a sentence, the lines it lists, and the commands to copy, in that order."""

    text: str
    listed: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()


def next_steps(records: Sequence[ComparisonRecord], run: RunFacts) -> tuple[Step, ...]:
    """Return what to do about these records, the most pressing first. Nothing where everything is as it should be."""
    # What this run has recorded needs no more advice than to be looked at.
    still_open = [record for record in records if record.judged and not record.stored]
    by_kind = {kind: [record for record in still_open if record.verdict.kind is kind] for kind in VerdictKind}
    return tuple(
        chain(
            map(Step, run.movements),
            _about_regressed(by_kind[VerdictKind.REGRESSED], run),
            _about_inconclusive(by_kind[VerdictKind.INCONCLUSIVE], run),
            _about_missing(by_kind[VerdictKind.NO_BASELINE], run),
            _about_improved(by_kind[VerdictKind.IMPROVED], run),
            _about_stored([record for record in records if record.stored], run),
            _about_unused(run.unused),
            _about_notes(records, run.notes),
        ),
    )


def rerun(record: ComparisonRecord, *options: str) -> str:
    """Return the command that runs this record's test alone, on its device, as this run was told to."""
    return _command((record.folder + record.test,), (device_of(record),), (*record.given, *options))


def budget_to_settle(records: Sequence[ComparisonRecord], budget_s: float = 0.0) -> int | None:
    """Return the seconds a comparison to ask for, so that all these would settle; ``None`` where that is unknown."""
    needed = [
        max(budget_s, record.seconds) + record.verdict.seconds_to_settle
        for record in records
        if record.verdict.seconds_to_settle is not None
    ]
    if not needed or not math.isfinite(max(needed)):
        return None
    step = 5 if max(needed) < 60 else 30  # noqa: PLR2004  (a round number, never one that is too small)
    return step * math.ceil(max(needed) / step)


def quoted(argument: str) -> str:
    """Return ``argument`` as it is typed into a shell, in the double quotes that every shell knows where those do."""
    if _SAFE_WORD.fullmatch(argument):
        return argument
    if _RISKY_IN_DOUBLE_QUOTES.search(argument):
        return "'" + argument.replace("'", "'\"'\"'") + "'"
    return f'"{argument}"'


def _about_regressed(records: list[ComparisonRecord], run: RunFacts) -> list[Step]:
    if not records:
        return []
    steps = [Step(f"{len(records)} regressed. To measure again:", commands=_commands_for(records, run, failed=True))]
    meant = [record for record in records if record.target is None and not record.comparison.is_race]
    if meant:
        steps.append(
            Step(
                "If the change is meant, record it as the new baseline and commit the file:",
                commands=_commands_for(meant, run, f"--update-baselines={UpdateMode.ALL}"),
            ),
        )
    return steps


def _about_inconclusive(records: list[ComparisonRecord], run: RunFacts) -> list[Step]:
    if not records:
        return []
    budget = budget_to_settle(records, run.budget_s)
    if budget is None:
        text = (
            f"{len(records)} inconclusive, and how much more time would settle that cannot be told. Close what else "
            "runs on this machine and measure again:"
        )
        return [Step(text, commands=_commands_for(records, run))]
    more = max(record.verdict.seconds_to_settle or 0.0 for record in records)
    each = " a comparison" if len(records) > 1 else ""
    text = f"{len(records)} inconclusive. About {figures.duration(more)} more{each} should settle it:"
    return [Step(text, commands=_commands_for(records, run, f"--ov-budget={budget}"))]


def _about_missing(records: list[ComparisonRecord], run: RunFacts) -> list[Step]:
    if not records:
        return []
    if run.update is not UpdateMode.NONE:
        return [Step(f"{len(records)} still without a baseline: what was measured was not fit to be recorded.")]
    command = _command(run.selection, run.devices, (*run.options, f"--update-baselines={UpdateMode.NEW}"))
    return [Step(f"{len(records)} without a baseline on this hardware. To record the first one:", commands=(command,))]


def _about_improved(records: list[ComparisonRecord], run: RunFacts) -> list[Step]:
    gained = [record for record in records if record.target is None and not record.comparison.is_race]
    if not gained:
        return []
    return [
        Step(
            f"{len(gained)} improved. To hold on to the gain, record it:",
            commands=_commands_for(gained, run, f"--update-baselines={UpdateMode.ALL}"),
        ),
    ]


def _about_stored(records: list[ComparisonRecord], run: RunFacts) -> list[Step]:
    if not records and not run.written:
        return []
    names = short_names([record.test for record in records])
    listed = _shortened([f"{names[record.test]}: {_old_and_new(record)}" for record in records])
    where = f" in {', '.join(run.written)}" if 0 < len(run.written) <= NAMED_AT_MOST else ""
    commands: tuple[str, ...] = ()
    if run.written:
        files = _common(run.written)
        paths = " ".join(map(quoted, files))
        beside = [path for path in run.beside if str(PurePosixPath(path).parent) not in files]
        # A file that git does not know yet shows no difference until it is announced.
        commands = (f"git add --intent-to-add {' '.join([paths, *map(quoted, beside)])}", f"git diff -- {paths}")
    look = ". Look at them before you commit:" if commands else ":"
    return [Step(f"{figures.count(len(records), 'baseline')} recorded{where}{look}", listed, commands)]


def _about_unused(unused: tuple[UnusedBaseline, ...]) -> list[Step]:
    if not unused:
        return []
    which = "1 stored baseline belongs" if len(unused) == 1 else f"{len(unused)} stored baselines belong"
    text = f"{which} to no test of this run. To remove one, delete its entry from its file; git keeps the old value:"
    return [Step(text, listed=_shortened([f"{entry.file}: {entry.entry}" for entry in unused]))]


def _about_notes(records: Sequence[ComparisonRecord], notes: Sequence[str]) -> list[Step]:
    names = short_names([record.test for record in records])
    tests_by_note: dict[str, list[str]] = {}
    for record in records:
        for note in record.notes:
            tests_by_note.setdefault(note, []).append(names[record.test])
    listed = [
        f"{tests[0] if len(tests) == 1 else figures.count(len(tests), 'comparison')}: {note}"
        for note, tests in tests_by_note.items()
    ]
    listed += notes
    return [Step("Notes:", listed=_shortened(listed))] if listed else []


def _commands_for(
    records: list[ComparisonRecord],
    run: RunFacts,
    *options: str,
    failed: bool = False,
) -> tuple[str, ...]:
    """Name the tests while they are few; else repeat what failed, or the whole selection."""
    tests = tuple(dict.fromkeys(record.folder + record.test for record in records))
    if len(tests) <= NAMED_AT_MOST:
        return tuple(_command((test,), run.devices, (*run.options, *options)) for test in tests)
    if failed:
        return (_command(run.selection, run.devices, (*run.options, "--last-failed", *options)),)
    return (_command(run.selection, run.devices, (*run.options, *options)),)


def _command(selection: Sequence[str], devices: Sequence[str], options: Sequence[str]) -> str:
    asked = [f"--ov-device={','.join(devices)}"] if devices else []
    return " ".join(["pytest", *map(quoted, [*selection, *asked, *options])])


def _old_and_new(record: ComparisonRecord) -> str:
    now = figures.speedup(record.speedup.ratio)
    if record.baseline is None or record.verdict.expected is None:
        return f"new: {now}"
    return f"{figures.speedup(record.verdict.expected)} → {now}"


def _shortened(listed: list[str]) -> tuple[str, ...]:
    if len(listed) <= LISTED_AT_MOST:
        return tuple(listed)
    return (*listed[: LISTED_AT_MOST - 1], f"… and {len(listed) - LISTED_AT_MOST + 1} more")


def _common(paths: tuple[str, ...]) -> tuple[str, ...]:
    """Return the paths while they are few, else the folders they lie in."""
    if len(paths) <= NAMED_AT_MOST:
        return paths
    return tuple(dict.fromkeys(str(PurePosixPath(path).parent) for path in paths))
