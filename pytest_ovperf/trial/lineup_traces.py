"""Every raw time of arms that were measured side by side, as plain JSON-able data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_ovperf.worker.facts import facts_to_json

from .traces import SCHEMA, arm_to_data, block_to_data, workload_to_data

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_ovperf.arms import Arm
    from pytest_ovperf.metrics import Workload

    from .lineup import LineupLaunch


def lineup_to_data(
    model: str, workload: Workload, arms: Sequence[Arm], launches: Sequence[LineupLaunch]
) -> dict[str, Any]:
    """Return the launches of a lineup as dictionaries, lists, strings, numbers and booleans.

    Whatever a launch holds of each arm stands in the order of ``arms``; ``orders`` names the arms of a round, in the
    order in which they ran, by their place among ``arms``.
    """
    return {
        "schema": SCHEMA,
        "lineup": {
            "model": model,
            "workload": workload_to_data(workload),
            "arms": [arm_to_data(arm) for arm in arms],
        },
        "launches": [_launch_to_data(arms, launch) for launch in launches],
    }


def _launch_to_data(arms: Sequence[Arm], launch: LineupLaunch) -> dict[str, Any]:
    return {
        "facts": [facts_to_json(launch.facts[arm]) for arm in arms],
        "blocks": [[block_to_data(block) for block in launch.blocks[arm]] for arm in arms],
        "orders": [[arms.index(arm) for arm in order] for order in launch.orders],
        "warm": [launch.warm[arm] for arm in arms],
        "started_unix": launch.started_unix,
        "seconds": launch.seconds,
    }
