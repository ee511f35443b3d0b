"""Turn the raw times that runs of the suite have kept into recordings: `python -m benchmarks.collect CACHE`.

Every comparison becomes one recording with all its launches in the order of time, whatever run they are from: what
hours differ by is in it. Of a comparison that was measured again within a run, the last trace holds all its launches.
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_ovperf.arms import Engine
from pytest_ovperf.trial.traces import trace_from_data

if TYPE_CHECKING:
    from pytest_ovperf.arms import Arm
    from pytest_ovperf.records import Block, Launch, Trace


def arm_name(arm: Arm) -> str:
    """Return what recordings call an arm."""
    return "torch" if arm.engine is Engine.PYTORCH else str(arm.precision)


def launch_data(trace: Trace, launch: Launch) -> dict[str, Any]:
    """Return a launch as recordings hold it."""
    sides = (trace.comparison.candidate, trace.comparison.reference)
    names = [arm_name(arm) for arm in sides]
    blocks = [[round_.candidate for round_ in launch.rounds], [round_.reference for round_ in launch.rounds]]
    facts = (launch.candidate, launch.reference)
    return {
        "started_unix": round(launch.started_unix, 1),
        "seconds": round(launch.seconds, 2),
        "arms": {
            name: {"load_ns": its.load_ns, "blocks": [_block_data(block) for block in taken]}
            for name, its, taken in zip(names, facts, blocks, strict=True)
        },
        "order": [names if round_.candidate_first else names[::-1] for round_ in launch.rounds],
    }


def _block_data(block: Block) -> dict[str, Any]:
    return {"ns": list(block.latency_ns), **(asdict(block.interference) if block.interference else {})}


def main() -> None:
    """Write one file a comparison."""
    parser = argparse.ArgumentParser(description="Turn kept raw times of suite runs into recordings.")
    parser.add_argument("cache", type=Path, help="the cache folder of the runs")
    parser.add_argument("--into", type=Path, default=Path("benchmarks/traces"))
    parser.add_argument("--machine", default="", help="the hardware profile's name, to be kept with the data")
    arguments = parser.parse_args()
    found: dict[str, dict[float, tuple[Trace, Launch]]] = {}
    for path in sorted((arguments.cache / "traces").glob("*.json.gz")):
        trace = trace_from_data(json.loads(gzip.decompress(path.read_bytes())))
        name = f"{trace.comparison.model}-{arm_name(trace.comparison.candidate)}-{arm_name(trace.comparison.reference)}"
        launches = found.setdefault(re.sub(r"[^a-z0-9_]+", "-", name), {})
        launches.update({launch.started_unix: (trace, launch) for launch in trace.launches})
    for name, launches in found.items():
        ordered = [launches[started] for started in sorted(launches)]
        trace, first = ordered[0]
        about = {
            "model": trace.comparison.model,
            "machine": arguments.machine,
            "date": datetime.fromtimestamp(first.started_unix, UTC).date().isoformat(),
            "load": "quiet",
            "versions": {**first.reference.versions, **first.candidate.versions},
        }
        document = {"schema": 1, "about": about, "launches": [launch_data(*each) for each in ordered]}
        path = arguments.into / f"suite-{name}.json.gz"
        path.write_bytes(gzip.compress(json.dumps(document, separators=(",", ":")).encode(), mtime=0))
        print(f"{path.name}: {len(ordered)} launches")


if __name__ == "__main__":
    main()
