"""A worker with an arm that costs nothing: it answers as a real one does, without an engine."""

from __future__ import annotations

import json
import sys

import numpy as np

SEEN = {"wall_ns": 9000, "steal_ns": None, "others_ns": 40, "switches": 2}
LAYERS = [{"name": "product", "kind": "FullyConnected", "shape": [1, -1]}]
FACTS = {"precision": sys.argv[1], "devices": ["CPU"], "threads": 2, "load_ns": 5, "versions": {"fake": "1"}}

for line in sys.stdin:
    request = json.loads(line)
    value: dict[str, object] = {}
    match request["do"]:
        case "load":
            value = FACTS
        case "block":
            value = {"latency_ns": [request["min_ns"]] * request["min_calls"], "interference": SEEN}
        case "graph":
            value = {"layers": LAYERS}
        case "profile":
            value = {"layers": LAYERS, "times": {"product": 1e3 * request["calls"]}, "call_ns": 9e3, "facts": FACTS}
        case "outputs":
            np.savez(request["path"], logits=np.ones((1, 3), dtype=np.float32))
    sys.stdout.write(json.dumps({"id": request["id"], "ok": True, "value": value}) + "\n")
    sys.stdout.flush()
    if request["do"] == "stop":
        break
