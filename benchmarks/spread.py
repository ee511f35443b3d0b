"""How much each ratio of the recorded baselines spreads from launch to launch.

python benchmarks/spread.py [BASELINES_FOLDER]
"""

from __future__ import annotations

import math
import statistics
import sys
from pathlib import Path

from pytest_ovperf.npu.record import FOLDER as WHAT_COMPILES
from pytest_ovperf.store.schema import decode


def main() -> None:
    """Print each comparison's standard deviation over launches within a recording, and its recordings."""
    root = Path(sys.argv[1] if len(sys.argv) > 1 else "baselines")
    for path in sorted(root.rglob("*.json")):
        if path.parent.name == WHAT_COMPILES:
            continue  # the NPU compiler's record: nothing in it was timed
        file = decode(path.read_text(encoding="utf-8"), path)
        print(f"{file.profile}: {file.module}")
        for entries in file.tests.values():
            for label, stored in entries.items():
                recordings = list(stored.by_day.values())
                means = [statistics.fmean(values) for values in recordings]
                squares = sum(
                    (value - mean) ** 2 for mean, values in zip(means, recordings, strict=True) for value in values
                )
                spread = math.sqrt(squares / (stored.launches - len(recordings)))
                ratios = ", ".join(
                    f"{math.exp(mean):.3f}x from {len(values)}" for mean, values in zip(means, recordings, strict=True)
                )
                print(f"  ±{spread:5.1%} a launch; recordings: {ratios}  {label}")


if __name__ == "__main__":
    main()
