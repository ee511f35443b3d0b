"""A measuring whose arms take no time, and the profile of a machine that does not exist."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING

from pytest_ovperf.hardware.profile import HardwareProfile
from pytest_ovperf.settings import Layered, Settings, UpdateMode
from pytest_ovperf.stats.sequential import LookPlan
from pytest_ovperf.verdict.asked import Asked
from pytest_ovperf.verdict.explaining import NO_LAYERS, Layers
from pytest_ovperf.verdict.measured import Measuring
from tests.unit.trial.trial_fakes import COMPARISON, FakeWorld

if TYPE_CHECKING:
    from pathlib import Path

PROFILE = HardwareProfile(
    vendor="GenuineIntel",
    brand="Imagined CPU",
    family="6",
    model="1",
    stepping="1",
    physical_cores=2,
    logical_cores=2,
    isa=("avx2",),
    memory_gib=8,
    virtual=False,
    system="Linux",
    arch="x86_64",
)
ASKED = Asked("test_speed.py::test_it[CPU]", COMPARISON, "Imagined CPU", None, None, None)


def measuring(
    world: FakeWorld | None = None, *, budget_s: float = 1e6, budget: float = 0.005, layers: Layers = NO_LAYERS
) -> Measuring:
    """Return a measuring of `COMPARISON` whose candidate is twice as fast unless ``world`` says otherwise."""
    trial = (world or FakeWorld()).trial(want_outputs=True)
    return Measuring(trial, lambda: LookPlan(budget), budget_s, nullcontext, layers)


def settings(
    folder: Path, *, update: UpdateMode = UpdateMode.NONE, strict: bool = False, explain: bool = False
) -> Settings:
    return Settings(
        devices=("CPU",),
        baselines_dir=folder / "baselines",
        cache_dir=folder / "cache",
        update=update,
        budget_s=Layered(),
        tolerance=Layered(),
        strict=strict,
        root=folder,
        explain=explain,
    )
