"""A worker with an arm that costs nothing: it answers as a real one does, without an engine."""

from __future__ import annotations

import json
import sys

import numpy as np

SEEN = {"wall_ns": 9000, "steal_ns": None, "others_ns": 40, "switches": 2}
FACTS = {"precision": sys.argv[1], "devices": ["CPU"], "threads": 2, "load_ns": 5, "versions": {"fake": "1"}}

for line in sys.stdin:
    request = json.loads(line)
    value: dict[str, object] = {}
    match request["do"]:
        case "load":
            value = FACTS
        case "block":
            value = {"latency_ns": [request["min_ns"]] * request["min_calls"], "interference": SEEN}
        case "outputs":
            np.savez(request["path"], logits=np.ones((1, 3), dtype=np.float32))
    sys.stdout.write(json.dumps({"id": request["id"], "ok": True, "value": value}) + "\n")
    sys.stdout.flush()
    if request["do"] == "stop":
        break
