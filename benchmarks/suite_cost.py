"""What a run of the reference suite costs: wall time with a cold and a warm cache, and peak memory of all processes.

    python benchmarks/suite_cost.py [PYTEST ARGUMENT …]

Memory is sampled twice a second as the sum of the resident sets of pytest and everything it started: shared pages are
counted once a process, so the sum is an upper bound.
"""

from __future__ import annotations

import argparse
import contextlib
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

SAMPLE_S = 0.5
MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Cost:
    """One run: seconds of wall time, the largest summed resident set, and pytest's own last line."""

    seconds: float
    peak_bytes: int
    last_line: str


def resident_bytes(process: psutil.Process) -> int:
    """Return the summed resident sets of a process and all its descendants, those that just ended left out."""
    total = 0
    with contextlib.suppress(psutil.Error):
        for each in (process, *process.children(recursive=True)):
            with contextlib.suppress(psutil.Error):
                total += each.memory_info().rss
    return total


def run(cache_dir: Path, arguments: list[str]) -> Cost:
    """Run the suite once with that cache."""
    command = [sys.executable, "-m", "pytest", "--ov-device=CPU", f"--ov-cache-dir={cache_dir}", *arguments]
    started = time.monotonic()
    with tempfile.TemporaryFile() as output, subprocess.Popen(command, stdout=output, stderr=output) as process:  # noqa: S603
        watched, peak = psutil.Process(process.pid), 0
        while process.poll() is None:
            peak = max(peak, resident_bytes(watched))
            time.sleep(SAMPLE_S)
        seconds = time.monotonic() - started
        output.seek(0)
        lines = output.read().decode("utf-8", errors="replace").strip().splitlines()
    return Cost(seconds, peak, lines[-1] if lines else "no output")


def main() -> None:
    """Run twice and print both costs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("arguments", nargs="*", help="passed on to pytest")
    arguments = parser.parse_args().arguments
    with tempfile.TemporaryDirectory(prefix="ovperf-cost-", ignore_cleanup_errors=True) as folder:
        for name in ("cold", "warm"):
            cost = run(Path(folder), arguments)
            minutes, seconds = divmod(round(cost.seconds), 60)
            print(
                f"{name} cache: {minutes} min {seconds:02d} s, peak {cost.peak_bytes / MIB:.0f} MiB · {cost.last_line}"
            )


if __name__ == "__main__":
    main()
