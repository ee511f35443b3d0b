"""Arms of several releases in one search: each runs in its own environment, and none in one that is not there."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest

from pytest_ovperf.arms import Arm, parse_arm
from pytest_ovperf.environments.environment import Environment
from pytest_ovperf.errors import ArmUnavailableError
from pytest_ovperf.session.arms import Arms
from pytest_ovperf.session.released import ReleasedArm
from tests.unit.request_examples import request_of

if TYPE_CHECKING:
    from pytest_ovperf.engines.protocol import LoadRequest
    from pytest_ovperf.models.library import ModelLibrary

ARM = parse_arm("openvino-int8", "CPU")


def test_each_release_runs_in_its_own_environment_also_in_one_that_was_made_later(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    started: list[tuple[str, Environment]] = []

    def start(arm: Arm, _request: LoadRequest, environment: Environment) -> None:
        started.append((arm.release, environment))

    monkeypatch.setattr(ReleasedArm, "start", start)
    environments: dict[str, Environment] = {}
    arms = Arms(cast("ModelLibrary", None), 1, nullcontext, environments)
    with pytest.raises(ArmUnavailableError, match="races against nothing"):
        arms.open(request_of(ARM), replace(ARM, release="2024.4.0"))
    for release in ("2024.4.0", "2025.4.1"):
        environments[release] = Environment(Path("/opt", release), release, {})
        arms.open(request_of(ARM), replace(ARM, release=release))
    assert started == list(environments.items())
    with pytest.raises(ArmUnavailableError, match=r"races against OpenVINO 2024\.4\.0, OpenVINO 2025\.4\.1"):
        arms.open(request_of(ARM), replace(ARM, release="2026.4.1"))
