"""The three commands: ``replay`` recorded launches, race ``live``, and ``report`` what both said."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from pytest_ovperf.stats.disturbance import DISTURBED_SHARE

from .datasets import TRACES, Purpose, trace_files
from .live_records import read_races
from .replaying import Settings, read_tallies, replay, write_tallies
from .report import reporting_only, write_report
from .rules import Plan
from .traces import TraceError

RESULTS = Path(__file__).resolve().parent / "results"
TALLIES = "replay.json"
RACES = "live.jsonl"


def looks_of(text: str) -> tuple[int, ...]:
    """Return looks written as ``2,4,6``. Raises `argparse.ArgumentTypeError` for anything else."""
    try:
        looks = tuple(int(part) for part in text.split(","))
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no list of launches such as 2,4,6") from error
    if list(looks) != sorted(set(looks)) or looks[0] < 1:
        raise argparse.ArgumentTypeError(f"{text!r} does not ascend from 1 or more")
    return looks


def add_plan(parser: argparse.ArgumentParser) -> None:
    """Add the options of the plan of looks."""
    standard = Plan()
    parser.add_argument(
        "--stored", type=int, default=standard.stored, help="launches kept earlier (default: %(default)s)"
    )
    parser.add_argument("--looks", type=looks_of, default=standard.looks, help="today's launches to look after")
    parser.add_argument(
        "--comparisons",
        type=int,
        default=standard.comparisons,
        help="that share a run's false alarms (default: %(default)s)",
    )
    parser.add_argument(
        "--confirming",
        type=int,
        default=standard.confirming,
        help="launches at most to confirm a suspicion with, 0 for none (default: %(default)s)",
    )
    parser.add_argument("--race-tolerance", type=float, help="what a race lets pass (default: 2 %%)")


def plan_of(arguments: argparse.Namespace) -> Plan:
    """Return the plan that was asked for."""
    return Plan(
        arguments.stored, arguments.looks, arguments.comparisons, arguments.confirming, arguments.race_tolerance
    )


def main() -> None:
    """Run one of the commands."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.detection", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    replaying = commands.add_parser("replay", help="ask every rule the same questions of recorded launches")
    replaying.add_argument("traces", nargs="*", type=Path, help="trace files (default: all for the purpose)")
    replaying.add_argument("--purpose", type=Purpose, choices=list(Purpose), default=Purpose.REPORTING)
    replaying.add_argument("--folder", type=Path, default=TRACES, help="where traces are kept")
    replaying.add_argument("--draws", type=int, default=60, help="random draws a case (default: %(default)s)")
    replaying.add_argument(
        "--disturbed",
        type=float,
        default=DISTURBED_SHARE,
        help="drop rounds in which other work took more than this share of a block (default: %(default)s)",
    )
    replaying.add_argument("--keep-disturbed", action="store_true", help="drop no round")
    replaying.add_argument("--seed", type=int, default=0)
    replaying.add_argument("--workers", type=int, default=2)
    add_plan(replaying)
    live = commands.add_parser("live", help="race arms with known differences, for a stated time")
    live.add_argument("models", nargs="+", metavar="MODEL")
    live.add_argument("--seconds", type=float, default=300.0, help="time for this session (default: %(default)s)")
    live.add_argument("--neighbour", action="store_true", help="keep half a core busy meanwhile")
    live.add_argument("--scenarios", nargs="*", help="only these (default: all)")
    live.add_argument("--cache", type=Path, help="where models are kept (default: the package's own place)")
    add_plan(live)
    reporting = commands.add_parser("report", help="write report.md, report.json and roc.svg")
    for command in (replaying, live, reporting):
        command.add_argument("--into", type=Path, default=RESULTS, help="folder of results (default: %(default)s)")
    arguments = parser.parse_args()
    try:
        {"replay": _replay, "live": _live, "report": _report}[arguments.command](arguments)
    except (TraceError, ValueError, FileNotFoundError) as error:
        sys.exit(str(error))


def _replay(arguments: argparse.Namespace) -> None:
    paths = arguments.traces or trace_files(arguments.purpose, arguments.folder)
    if not paths:
        raise ValueError(f"There are no {arguments.purpose} traces in {arguments.folder}: record some first.")
    started = time.monotonic()
    settings = Settings(
        plan_of(arguments),
        arguments.draws,
        None if arguments.keep_disturbed else arguments.disturbed,
        arguments.seed,
    )
    tallies = replay(paths, settings, workers=arguments.workers)
    write_tallies(arguments.into / TALLIES, tallies, settings)
    verdicts = sum(tally.findings.total() for tally in tallies)
    print(f"{verdicts} verdicts on {len(paths)} recordings in {time.monotonic() - started:.0f} s")


def _live(arguments: argparse.Namespace) -> None:
    from .live import run_session  # noqa: PLC0415  (starts with the package's models and workers)

    run_session(
        arguments.into / RACES,
        arguments.models,
        plan=plan_of(arguments),
        seconds=arguments.seconds,
        with_neighbour=arguments.neighbour,
        only=arguments.scenarios,
        cache=arguments.cache,
    )


def _report(arguments: argparse.Namespace) -> None:
    path = arguments.into / TALLIES
    tallies, document = read_tallies(path) if path.exists() else ([], {})
    races = read_races(arguments.into / RACES)
    write_report(arguments.into, tallies, document, races)
    print(f"wrote {arguments.into / 'report.md'} and {arguments.into / 'report.json'}")
    kept = reporting_only(tallies)
    if kept:
        from .picture import draw  # noqa: PLC0415  (matplotlib is an extra)

        draw(arguments.into / "roc.svg", kept)
        print(f"wrote {arguments.into / 'roc.svg'}")
