"""A request for an arm, as far as a test does not care what is in it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from pytest_ovperf.arms import Arm, parse_arm
from pytest_ovperf.engines.protocol import LoadRequest


def request_of(arm: Arm | str, **changes: Any) -> LoadRequest:  # noqa: ANN401  (each field has a type of its own)
    """Return the request for an arm, on the CPU where it is given by its name, with files that do not exist."""
    asked = parse_arm(arm, "CPU") if isinstance(arm, str) else arm
    request = LoadRequest(
        engine=asked.engine,
        precision=asked.precision,
        device=asked.device,
        weights=None,
        auto_class=None,
        ir=Path("model.xml"),
        inputs=Path("inputs.npz"),
        shape=None,
        threads=2,
        tuning=asked.tuning,
    )
    return replace(request, **changes)
