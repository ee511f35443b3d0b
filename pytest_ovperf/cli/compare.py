"""``ovperf compare``: runs that were saved before, the last one judged against the first."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_ovperf.errors import OvperfError, RunFileError, SettingsError
from pytest_ovperf.hooks.options import fraction, positive
from pytest_ovperf.runs.storage import DEFAULT_STORAGE

from .place import shows_colours

if TYPE_CHECKING:
    from pytest_ovperf.runs.compared import Compared

_REGRESSED = 1
_FAILED = 2

_EPILOG = f"""\
A RUN is a file of pytest-benchmark (--benchmark-json, --benchmark-save, --benchmark-autosave), whoever wrote it; a
folder, which stands for all runs in it, oldest first; a number or a name in the storage; or a pattern in quotes.
The first run is what is compared against, the last one is judged, those between them are history. One run alone is
shown with the verdicts it gave itself.

  ovperf compare main.json branch.json
  ovperf compare 0003 0007
  ovperf compare {DEFAULT_STORAGE} --html=history.html
  ovperf compare "*_nightly.json" --format=markdown

exit status:
  0  nothing regressed
  1  something regressed
  2  wrong usage, nothing to compare, or a RUN or the page that could not be read or written; all others are
     compared and shown all the same, and 1 is returned where one of them regressed
"""


def add_compare(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the subcommand to ``commands``."""
    compare = commands.add_parser(
        "compare",
        help="compare saved runs, from this plugin or plain pytest-benchmark",
        description="Compare saved runs: judge the last one against the first.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    compare.add_argument("runs", nargs="+", metavar="RUN", help="a file, a folder, a number or name, a pattern")
    compare.add_argument(
        "--storage",
        default=DEFAULT_STORAGE,
        metavar="DIR",
        help="where numbers and names are looked up (default: %(default)s)",
    )
    compare.add_argument(
        "--tolerance",
        metavar="PERCENT",
        help="the change let pass (default: what the last run let pass for each comparison, 10 for plain benchmarks)",
    )
    compare.add_argument(
        "--format",
        choices=("table", "markdown", "json"),
        default="table",
        help="what is printed (default: %(default)s)",
    )
    compare.add_argument("--html", type=Path, metavar="FILE", help="also write a page that shows all of it in pictures")
    compare.set_defaults(run=_compare)


def _compare(options: argparse.Namespace) -> int:
    """Print the comparison and return the exit status, as the help says."""
    try:
        compared, complete = _compared(options)
    except OvperfError as error:
        print(f"ovperf: {error}", file=sys.stderr)
        return _FAILED
    _print(_shown(compared, options.format))
    if options.html is not None:
        try:
            _write_page(compared, options.html)
        except OvperfError as error:
            print(f"ovperf: {error}", file=sys.stderr)
            complete = False
    if compared.regressed:
        return _REGRESSED
    return 0 if complete else _FAILED


def _compared(options: argparse.Namespace) -> tuple[Compared, bool]:
    """Read and judge. Tells too whether every run could be read; of each that could not, standard error has a line."""
    from pytest_ovperf.runs.reading import read_runs  # noqa: PLC0415
    from pytest_ovperf.runs.storage import find_runs, storage_folder  # noqa: PLC0415
    from pytest_ovperf.verdict.comparing import compare  # noqa: PLC0415  (only the command that needs it pays for it)

    tolerance = None
    if options.tolerance is not None:
        tolerance = fraction(
            positive(options.tolerance.strip().removesuffix("%"), "--tolerance", "percent"), "--tolerance"
        )
    if options.html is not None:
        from pytest_ovperf.reports.html.page import require_extra  # noqa: PLC0415

        require_extra()  # said before anything is read
    reading = read_runs(find_runs(options.runs, storage_folder(options.storage)))
    for error in reading.unreadable:
        print(f"ovperf: {error}", file=sys.stderr)
    if not reading.runs or (reading.unreadable and len(reading.runs) == 1):
        left = f"only {reading.runs[0].name} could be read" if reading.runs else "no run could be read"
        raise RunFileError(f"There is nothing to compare: {left}.", remedy="Mend or replace the files named above.")
    warnings = [" ".join(str(error).split()) for error in reading.unreadable]
    return compare(reading.runs, tolerance=tolerance, warnings=warnings), not reading.unreadable


def _print(text: str) -> None:
    """Print at once, before what follows on standard error; a reader that has seen enough, such as head, may leave."""
    try:
        print(text, end="", flush=True)
    except BrokenPipeError:
        # Python flushes again at its end, and would complain of the pipe then.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _shown(compared: Compared, form: str) -> str:
    encoding = sys.stdout.encoding or "ascii"
    if form == "json":
        from pytest_ovperf.reports.comparison_json import comparison_json  # noqa: PLC0415  (only the format that is asked for)

        return f"{comparison_json(compared)}\n"
    if form == "markdown":
        from pytest_ovperf.reports.comparison_markdown import comparison_markdown  # noqa: PLC0415

        return comparison_markdown(compared, encoding=encoding)
    from pytest_ovperf.reports.comparison_text import comparison_text  # noqa: PLC0415

    width = shutil.get_terminal_size().columns
    return comparison_text(compared, width=width, colour=shows_colours(), encoding=encoding)


def _write_page(compared: Compared, path: Path) -> None:
    from pytest_ovperf.reports.html.page import comparison_page  # noqa: PLC0415  (only the option that asks for it)

    try:
        path.write_text(comparison_page(compared), encoding="utf-8", newline="\n")
    except OSError as error:
        raise SettingsError(
            f"The page {path} cannot be written: {error.strerror or error}.",
            remedy="Let --html name a file in a folder that exists and can be written.",
        ) from error
