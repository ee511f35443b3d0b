"""``ovperf noise``: how noisy this machine is, what it can show all the same, and what disturbs it."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_ovperf.hooks.options import positive

from .place import add_cache_dir, cache_dir, encoding, width

if TYPE_CHECKING:
    import argparse

_INTERRUPTED = 130  # what shells report of a command that Ctrl-C ended


def add_noise(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the subcommand to ``commands``."""
    noise = commands.add_parser("noise", help="how noisy this machine is, what it can show, and what disturbs it")
    noise.add_argument("--seconds", default="60", metavar="SECONDS", help="how long to measure (default: %(default)s)")
    noise.add_argument(
        "--model", default="mobilenet_v2", metavar="MODEL", help="what to race against itself (default: %(default)s)"
    )
    noise.add_argument("--ov-device", default="CPU", metavar="DEVICE", help="where (default: %(default)s)")
    add_cache_dir(noise, "where built models are kept")
    noise.add_argument("--json", action="store_true", help="print all of it as one JSON document, for scripts")
    noise.set_defaults(run=_check_noise)


def _check_noise(options: argparse.Namespace) -> int:
    """Check, print, and return the exit status."""
    from pytest_ovperf.reports.live import LiveLine  # noqa: PLC0415
    from pytest_ovperf.reports.noise_json import noise_json  # noqa: PLC0415
    from pytest_ovperf.reports.noise_text import noise_text  # noqa: PLC0415
    from pytest_ovperf.session.noise_check import NoiseQuestion, check_noise  # noqa: PLC0415  (only the command that needs it pays for it)

    question = NoiseQuestion(
        seconds=positive(options.seconds, "--seconds", "seconds"),
        model=options.model,
        device=options.ov_device,
        cache_dir=cache_dir(options),
        base=Path.cwd(),
    )
    live = LiveLine(StandardError())
    try:
        findings = check_noise(question, live)
    except KeyboardInterrupt:
        live.end()
        print("ovperf: interrupted before anything was measured", file=sys.stderr)
        return _INTERRUPTED
    if options.json:
        print(noise_json(findings))
    else:
        print(noise_text(findings, width=width(), encoding=encoding()))
    return _INTERRUPTED if findings.interrupted else 0


class StandardError:
    """The terminal behind standard error: what is being measured goes there, the findings to standard output."""

    @property
    def width(self) -> int:
        """Cells in a line."""
        return shutil.get_terminal_size().columns

    @property
    def column(self) -> int:
        """Cells of the current line that are filled: none, since every line here is ended."""
        return 0

    @property
    def encoding(self) -> str:
        """What it takes."""
        return getattr(sys.stderr, "encoding", None) or "ascii"

    @property
    def rewritable(self) -> bool:
        """Whether a line can be taken back."""
        capable = "WT_SESSION" in os.environ if sys.platform == "win32" else os.environ.get("TERM", "dumb") != "dumb"
        return capable and sys.stderr.isatty()

    def write(self, text: str, /) -> None:
        """Write at once."""
        sys.stderr.write(text)
        sys.stderr.flush()
