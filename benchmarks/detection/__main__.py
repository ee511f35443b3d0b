"""Console entry: ``python -m benchmarks.detection replay|live|report``."""

from __future__ import annotations

import os

# One thread for matrices: two processes share two cores. Read when numpy is first imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")

if __name__ == "__main__":
    from benchmarks.detection.commands import main

    main()
