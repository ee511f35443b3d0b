"""What the installed and unused plugin costs a project: the same run with it and without it, turn by turn.

    python benchmarks/startup.py [--runs 60]

Each pair runs pytest on one empty test, once with ``-p no:ovperf``, in random order, and without other plugins: their
start-up is noise here. What is printed is the median of the differences with a 95 % interval (of the order statistics,
so nothing is assumed of the noise): in processor time where the system tells it, which neighbours disturb least, and
in wall time.
"""

from __future__ import annotations

import argparse
import math
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

WITH = ("-p", "pytest_ovperf.plugin")
WITHOUT: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Cost:
    """One run in milliseconds; ``cpu`` is ``nan`` where the system does not tell."""

    wall: float
    cpu: float


def children_cpu_ms() -> float:
    """Return the processor time of all ended children so far."""
    try:
        import resource  # noqa: PLC0415  (not on Windows)
    except ImportError:
        return math.nan
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (used.ru_utime + used.ru_stime) * 1e3


def run(folder: Path, arguments: tuple[str, ...]) -> Cost:
    """Return what one pytest run over ``folder`` costs."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments]
    unusual = ("PYTEST_ADDOPTS", "PYTHONDONTWRITEBYTECODE")
    environment = {name: value for name, value in os.environ.items() if name not in unusual}
    environment["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    cpu, wall = children_cpu_ms(), time.perf_counter()
    subprocess.run(command, cwd=folder, env=environment, check=True, stdout=subprocess.DEVNULL)  # noqa: S603
    return Cost((time.perf_counter() - wall) * 1e3, children_cpu_ms() - cpu)


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
    parser.add_argument("--runs", type=int, default=60, help="pairs to run (default: %(default)s)")
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory(prefix="ovperf-startup-") as name:
        folder = Path(name)
        (folder / "test_empty.py").write_text("def test_empty():\n    pass\n", encoding="utf-8")
        (folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
        for arguments in (WITH, WITHOUT):
            run(folder, arguments)
        pairs: list[dict[tuple[str, ...], Cost]] = []
        for _ in range(runs):
            order = random.sample((WITH, WITHOUT), 2)
            pairs.append({arguments: run(folder, arguments) for arguments in order})
    for kind in ("cpu", "wall"):
        median, low, high = median_interval(
            [getattr(pair[WITH], kind) - getattr(pair[WITHOUT], kind) for pair in pairs]
        )
        whole = statistics.median(getattr(pair[WITHOUT], kind) for pair in pairs)
        print(f"{kind}: the plugin adds {median:.1f} ms ({low:.1f} to {high:.1f}) to {whole:.0f} ms, {runs} pairs")


if __name__ == "__main__":
    main()
