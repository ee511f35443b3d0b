"""Starts a real worker, prints its process number, and waits to be killed without a chance to clean up."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from pytest_ovperf.worker.client import Worker

with Worker.start("orphan", log_dir=Path(sys.argv[1])) as worker:
    value = worker.request("hello", timeout_s=60)
    sys.stdout.write(f"{value['pid']}\n")
    sys.stdout.flush()
    threading.Event().wait()
