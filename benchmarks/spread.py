"""How much each ratio of the recorded baselines spreads from launch to launch.

python benchmarks/spread.py [BASELINES_FOLDER]
"""

from __future__ import annotations

import math
import statistics
import sys
from pathlib import Path

from pytest_ovperf.store.schema import decode


def main() -> None:
    """Print a table per machine: the ratio, its standard deviation over launches, and how many launches."""
    root = Path(sys.argv[1] if len(sys.argv) > 1 else "baselines")
    for path in sorted(root.rglob("*.json")):
        file = decode(path.read_text(encoding="utf-8"), path)
        print(f"{file.profile}: {file.module}")
        for entries in file.tests.values():
            for label, stored in entries.items():
                ratio = math.exp(statistics.fmean(stored.log_ratios))
                spread = statistics.stdev(stored.log_ratios)
                launches = ", ".join(f"{math.exp(value):.3f}" for value in stored.log_ratios)
                print(f"  {ratio:6.3f}x  ±{spread:5.1%} a launch  ({launches})  {label}")


if __name__ == "__main__":
    main()
