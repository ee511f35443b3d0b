"""Runs as the files that pytest-benchmark writes of them, for tests that read."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pytest_ovperf.runs.benchmark_json import BLOCK, arm_block, machine_block, run_block

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_ovperf.runs.view import RunView, Statistics


def stats(times: Statistics) -> dict[str, Any]:
    names = ("min", "q1", "median", "q3", "max", "mean", "stddev")
    return {**{name: getattr(times, f"{name}_s") for name in names}, "rounds": times.calls, "iterations": 1}


def document(run: RunView) -> dict[str, Any]:
    """Return the document that holds the run's comparisons and its plain benchmarks."""
    ours = [
        {
            "fullname": f"{view.key} {side}",
            "stats": stats(getattr(view, side).statistics),
            "extra_info": {BLOCK: arm_block(view, side)},
        }
        for view in run.comparisons
        for side in ("candidate", "reference")
    ]
    plain = [
        {"fullname": view.key, "group": view.group, "params": dict(view.params), "stats": stats(view.statistics)}
        for view in run.benchmarks
    ]
    return {
        "machine_info": {BLOCK: machine_block(run.machine, run.devices)},
        "commit_info": {"id": run.commit},
        "benchmarks": [*ours, *plain],
        "datetime": run.started,
        "version": "5.3.1",
        BLOCK: run_block(run),
    }


def plain_document(
    medians_s: dict[str, float], *, started: str = "2026-11-21T20:55:21+00:00", cpu: str = "a CPU"
) -> dict[str, Any]:
    """Return a document of plain pytest-benchmark, whose quartiles lie 5 % around the medians."""
    return {
        "machine_info": {"node": "host", "system": "Linux", "cpu": {"brand_raw": cpu, "count": 2}},
        "commit_info": {"id": "unversioned"},
        "benchmarks": [
            {
                "group": None,
                "name": name,
                "fullname": f"test_plain.py::{name}",
                "params": None,
                "extra_info": {},
                "stats": {
                    "min": median * 0.9,
                    "q1": median * 0.95,
                    "median": median,
                    "q3": median * 1.05,
                    "max": median * 2,
                    "mean": median,
                    "stddev": median / 10,
                    "rounds": 50,
                },
            }
            for name, median in medians_s.items()
        ],
        "datetime": started,
        "version": "5.3.1",
    }


def write(path: Path, content: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content), encoding="utf-8")
    return path
