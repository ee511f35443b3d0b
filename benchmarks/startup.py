"""What the installed and unused plugin costs a project: the same run with it and without it, turn by turn.

    python benchmarks/startup.py [--runs 40]

Each pair runs pytest on one empty test, once with ``-p no:ovperf``, in random order. What is printed is the median of
the differences with a 95 % interval (of the order statistics, so nothing is assumed of the noise).
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

WITH: tuple[str, ...] = ()
WITHOUT = ("-p", "no:ovperf")


def run_ms(folder: Path, arguments: tuple[str, ...]) -> float:
    """Return the wall time in milliseconds of one pytest run over ``folder``."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments]
    environment = {name: value for name, value in os.environ.items() if name != "PYTEST_ADDOPTS"}
    started = time.perf_counter()
    subprocess.run(command, cwd=folder, env=environment, check=True, stdout=subprocess.DEVNULL)  # noqa: S603
    return (time.perf_counter() - started) * 1e3


def median_interval(values: list[float]) -> tuple[float, float, float]:
    """Return the median and its 95 % interval from the order statistics (the sign test turned round)."""
    ordered = sorted(values)
    reach = 0.98 * len(ordered) ** 0.5  # half of 1.96 standard deviations of a fair coin
    low = max(0, round(len(ordered) / 2 - reach) - 1)
    high = min(len(ordered) - 1, round(len(ordered) / 2 + reach))
    return statistics.median(ordered), ordered[low], ordered[high]


def main() -> None:
    """Run the pairs and print the difference."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=40, help="pairs to run (default: %(default)s)")
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory(prefix="ovperf-startup-") as name:
        folder = Path(name)
        (folder / "test_empty.py").write_text("def test_empty():\n    pass\n", encoding="utf-8")
        (folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
        for arguments in (WITH, WITHOUT):
            run_ms(folder, arguments)
        pairs: list[dict[tuple[str, ...], float]] = []
        for _ in range(runs):
            order = random.sample((WITH, WITHOUT), 2)
            pairs.append({arguments: run_ms(folder, arguments) for arguments in order})
    median, low, high = median_interval([pair[WITH] - pair[WITHOUT] for pair in pairs])
    whole = statistics.median(pair[WITHOUT] for pair in pairs)
    print(f"the plugin adds {median:.1f} ms ({low:.1f} to {high:.1f}) to a run of {whole:.0f} ms, {runs} pairs")


if __name__ == "__main__":
    main()
