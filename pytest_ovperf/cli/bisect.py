"""``ovperf bisect``: the first release of OpenVINO in which an arm got worse, found by racing releases."""

from __future__ import annotations

import argparse
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_ovperf.errors import SettingsError
from pytest_ovperf.hooks.options import fraction, positive

from .noise import StandardError
from .place import add_cache_dir, cache_dir, encoding, shows_colours, width

if TYPE_CHECKING:
    from pytest_ovperf.reports.bisect_findings import BisectFindings, BisectPlan, ReleaseRace, Skipped

_INTERRUPTED = 130  # what shells report of a command that Ctrl-C ended
_DEFAULT_BUDGET_S = "120"

_EPILOG = """\
Each release is raced over the good one, turn by turn on the same files, which
this environment makes once. A release without an environment gets one, made
once and kept in the cache. Ctrl-C loses nothing but the launch under way: the
same command goes on.

  ovperf bisect --good 2024.4.0 --bad 2026.4.1 \\
      --model minilm --arm openvino-int8
  ovperf bisect --good 2025.4.1 --bad /opt/nightly/bin/python \\
      --model my_model.xml --arm openvino-fp32 --output bug.md

exit status:
  0  the release was found, or a range of releases of which it is one
  1  no loss is proven between the ends, the step that was found is not
     confirmed, or an error
  2  unknown words
"""


def add_bisect(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the subcommand to ``commands``."""
    action = commands.add_parser(
        "bisect",
        help="find the first release of OpenVINO in which an arm got worse",
        description="Find the first release of OpenVINO in which an arm got worse, by racing releases.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    release = "a release such as 2024.4.0, or the interpreter of an environment"
    action.add_argument("--good", required=True, metavar="RELEASE", help=f"{release}, in which it was as it should be")
    action.add_argument("--bad", required=True, metavar="RELEASE", help="the same, in which it is worse")
    action.add_argument("--model", required=True, metavar="MODEL", help="as in the marker: a name, a folder, an .xml …")
    action.add_argument("--arm", required=True, metavar="ARM", help="such as openvino-int8 or openvino-fp32[streams=2]")
    action.add_argument("--device", "--ov-device", default="CPU", metavar="DEVICE", help="where (default: %(default)s)")
    action.add_argument("--metric", default="latency", metavar="METRIC", help="of what (default: %(default)s)")
    action.add_argument(
        "--versions", metavar="A,B,C", help="the releases to search among (default: all that the package index has)"
    )
    action.add_argument(
        "--shape", metavar="SIZES", help="of each input, such as 1,128 or 1,1..128 (default: the model's)"
    )
    action.add_argument(
        "--tolerance", metavar="PERCENT", help="the loss let pass (default: that of a race, 2 for latency)"
    )
    action.add_argument(
        "--budget",
        default=_DEFAULT_BUDGET_S,
        metavar="SECONDS",
        help="for each race, beside the launches that an estimate and a suspicion need (default: %(default)s)",
    )
    action.add_argument("--output", type=Path, metavar="FILE.md", help="write the bug report there, not to the screen")
    action.add_argument("--again", action="store_true", help="measure anew what an interrupted search has raced")
    add_cache_dir(action, "where models, environments and races are kept", "--cache-dir")
    action.set_defaults(run=_bisect)


def _bisect(options: argparse.Namespace) -> int:
    """Search, print, and return the exit status."""
    from pytest_ovperf.reports.bisect_findings import Ending  # noqa: PLC0415
    from pytest_ovperf.reports.bisect_text import interrupted_text  # noqa: PLC0415
    from pytest_ovperf.reports.live import LiveLine  # noqa: PLC0415
    from pytest_ovperf.session.bisecting import run  # noqa: PLC0415  (only the command that needs it pays for it)
    from pytest_ovperf.session.bisecting.asked import BisectQuestion  # noqa: PLC0415

    tolerance = None
    if options.tolerance is not None:
        percent = positive(options.tolerance.strip().removesuffix("%"), "--tolerance", "percent")
        tolerance = fraction(percent, "--tolerance")
    question = BisectQuestion(
        good=options.good,
        bad=options.bad,
        model=options.model,
        arm=options.arm,
        device=options.device,
        metric=options.metric,
        budget_s=positive(options.budget, "--budget", "seconds"),
        cache_dir=cache_dir(options),
        base=Path.cwd(),
        versions=options.versions,
        shape=None if options.shape is None else _shape(options.shape),
        tolerance=tolerance,
        again=options.again,
        command=_command(options),
    )
    _require_place(options.output)
    live, printed = LiveLine(StandardError()), _Printed()
    try:
        findings = run.bisect(question, live, printed)
    except KeyboardInterrupt:
        live.end()
        print(f"ovperf: {interrupted_text(printed.plan)}", file=sys.stderr)
        return _INTERRUPTED
    _print(findings, options.output)
    return 0 if findings.searched.ending in (Ending.FOUND, Ending.RANGE) else 1


class _Printed:
    """Prints each step of a search when it is over."""

    def __init__(self) -> None:
        self.plan: BisectPlan | None = None
        self._number = 0

    def planned(self, plan: BisectPlan) -> None:
        from pytest_ovperf.reports.bisect_text import plan_text  # noqa: PLC0415

        self.plan = plan
        print(plan_text(plan, width=width(), encoding=encoding()), flush=True)

    def raced(self, race: ReleaseRace) -> None:
        from pytest_ovperf.reports.bisect_text import race_text  # noqa: PLC0415

        self._number += 1
        print(race_text(race, self._number, width=width(), encoding=encoding()), flush=True)

    def skipped(self, skipped: Skipped) -> None:
        from pytest_ovperf.reports.bisect_text import skipped_text  # noqa: PLC0415

        print(skipped_text(skipped, width=width(), encoding=encoding()), flush=True)


def _print(findings: BisectFindings, output: Path | None) -> None:
    from pytest_ovperf.reports.bisect_findings import Ending  # noqa: PLC0415
    from pytest_ovperf.reports.bisect_markdown import bug_report  # noqa: PLC0415
    from pytest_ovperf.reports.bisect_text import findings_text  # noqa: PLC0415

    found, colour = findings.searched.ending is not Ending.NO_LOSS, shows_colours()
    text = findings_text(findings, width=width(), encoding=encoding(), colour=colour, layers=output is not None)
    print(f"\n{text}")
    report = bug_report(findings)
    if output is not None:
        try:
            output.write_text(report, encoding="utf-8", newline="\n")
        except OSError as error:
            raise SettingsError(f"{output} cannot be written: {error}", remedy="Name another file.") from error
        print(f"\nThe bug report is in {output}.")
    elif found:
        print("\nFor a bug report (--output=FILE.md writes it to a file):\n")
        print(report.encode(encoding(), "xmlcharrefreplace").decode(encoding()), end="")


def _command(options: argparse.Namespace) -> str:
    """Return the command that repeats the search elsewhere: without what is about this machine's folders."""
    words = ["ovperf", "bisect", f"--good={options.good}", f"--bad={options.bad}"]
    words += [f"--model={options.model}", f"--arm={options.arm}"]
    for name, usual in (
        ("device", "CPU"),
        ("metric", "latency"),
        ("versions", None),
        ("shape", None),
        ("tolerance", None),
        ("budget", _DEFAULT_BUDGET_S),
    ):
        value = getattr(options, name)
        words += [f"--{name}={value}"] if value != usual else []
    return shlex.join(words)


def _shape(text: str) -> tuple[int | str, ...]:
    """Return sizes of ``1,128`` or ``1,1..128``; what is no size is left to whoever knows the model."""
    sizes = [each.strip() for each in text.split(",")]
    return tuple(int(each) if each.isdecimal() else each for each in sizes)


def _require_place(output: Path | None) -> None:
    """Raise `SettingsError` before anything is measured for a report that nobody could write."""
    if output is not None and (output.is_dir() or not output.absolute().parent.is_dir()):
        raise SettingsError(
            f"There is no folder for --output={output}.", remedy="Name a file in a folder that is there."
        )
