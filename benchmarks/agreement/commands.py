"""The two commands: ``measure`` cases turn by turn, and ``report`` what was measured."""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_ovperf.errors import OvperfError
from pytest_ovperf.hooks.cache_dir import default_cache_dir
from pytest_ovperf.metrics import Metric

from .records import Case
from .report import markdown, read_outcomes, write_outcomes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .records import Outcome

RESULTS = Path(__file__).resolve().parent / "results"
KEPT = "agreement.json"
TABLE = "agreement.md"
MODELS = ("mobilenet_v2", "resnet50", "distilbert", "minilm", "gpt2")
ARMS = ("openvino-fp32", "openvino-int8")
METRICS = ("latency", "throughput")


def cases_of(models: Sequence[str], arms: Sequence[str], metrics: Sequence[str]) -> list[Case]:
    """Return every case that was asked for, those of one model together."""
    return [Case(model, arm, Metric(metric)) for model in models for metric in metrics for arm in arms]


def merged(kept: Sequence[Outcome], new: Outcome, *, extend: bool) -> list[Outcome]:
    """Return ``kept`` with ``new`` in the place of its case's old outcome, or its launches added to it."""
    old = next((outcome for outcome in kept if outcome.case == new.case), None)
    others = [outcome for outcome in kept if outcome.case != new.case]
    if old is not None and extend and (old.machine, old.versions) == (new.machine, new.versions):
        new = replace(new, launches=old.launches + new.launches)
    return [*others, new]


def main() -> None:
    """Measure or report."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.agreement", description=__doc__)
    parser.add_argument("command", nargs="?", choices=("measure", "report"), default="measure")
    parser.add_argument("--models", nargs="+", default=MODELS, metavar="MODEL")
    parser.add_argument("--arms", nargs="+", default=ARMS, metavar="ARM", help="as in a test: openvino-int8[streams=2]")
    parser.add_argument("--metrics", nargs="+", choices=METRICS, default=METRICS)
    parser.add_argument("--launches", type=int, default=6, help="undisturbed launches a case (default: %(default)s)")
    parser.add_argument("--repeats", type=int, default=3, help="disturbed launches that are taken again, at most")
    parser.add_argument("--seconds", type=int, default=6, help="whole seconds that a launch measures (%(default)s)")
    parser.add_argument("--turn", type=float, default=0.4, help="seconds of a turn (default: %(default)s)")
    parser.add_argument(
        "--extend", action="store_true", help="add launches to those that are kept of the same versions"
    )
    parser.add_argument("--into", type=Path, default=RESULTS, help="folder of results (default: %(default)s)")
    parser.add_argument("--cache", type=Path, default=default_cache_dir(), help="where built models are kept")
    arguments = parser.parse_args()
    try:
        if arguments.command == "measure":
            _measure(arguments)
        _report(arguments.into)
    except (OvperfError, ValueError) as error:
        sys.exit(str(error))


def _measure(arguments: argparse.Namespace) -> None:
    """Measure case by case, and write after each, so that an interruption loses nothing."""
    from .measuring import Bench, Effort  # noqa: PLC0415  (reads the machine's drivers)
    from .turns import Timing  # noqa: PLC0415

    bench = Bench(arguments.cache)
    effort = Effort(arguments.launches, arguments.repeats, Timing(arguments.seconds, arguments.turn))
    path = arguments.into / KEPT
    for case in cases_of(arguments.models, arguments.arms, arguments.metrics):
        started = time.monotonic()
        outcome = bench.measure(case, effort, lambda text: print(text, flush=True))
        write_outcomes(path, merged(read_outcomes(path), outcome, extend=arguments.extend))
        print(f"{case}: {len(outcome.launches)} launches in {time.monotonic() - started:.0f} s", flush=True)


def _report(into: Path) -> None:
    outcomes = read_outcomes(into / KEPT)
    if not outcomes:
        raise ValueError(f"Nothing has been measured yet: there is no {into / KEPT}.")
    (into / TABLE).write_text(markdown(outcomes), encoding="utf-8", newline="\n")
    print(f"wrote {into / TABLE}")
