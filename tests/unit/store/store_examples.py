"""A machine, an entry with an execution graph and stores to put it in, for tests of what is on disk."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_ovperf.arms import Side
from pytest_ovperf.hardware.profile import HardwareProfile
from pytest_ovperf.records import StoredBaseline
from pytest_ovperf.store.keys import EntryKey
from pytest_ovperf.store.layers import KeptLayers
from pytest_ovperf.store.store import BaselineStore
from tests.unit.graphs.graph_examples import encoder, profiled

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PROFILE = HardwareProfile(
    vendor="GenuineIntel",
    brand="Intel(R) Xeon(R) Processor",
    family="6",
    model="207",
    stepping="2",
    physical_cores=2,
    logical_cores=2,
    isa=("avx2",),
    memory_gib=24,
    virtual=True,
    system="Linux",
    arch="x86_64",
)
BIGGER = replace(PROFILE, physical_cores=8, logical_cores=16)
KEY = EntryKey("suites/test_speed.py", "test_a[CPU]", "distilbert · a over b on CPU · latency · infer 1x128")
STORED = StoredBaseline(
    log_ratios=(0.5, 0.51),
    tolerance=0.05,
    candidate_cost=1e6,
    reference_cost=2e6,
    fidelity=None,
    provenance={"openvino": "2026.4.1"},
    days=("2026-01-02", "2026-01-02"),
    launch_s=4.2,
)
OTHER = replace(STORED, log_ratios=(0.7,), days=("2026-01-03",))
GRAPH = encoder(2)
KEPT = KeptLayers(GRAPH, profiled(GRAPH))
SLOWER = KeptLayers(GRAPH, profiled(GRAPH, factor=2.0))


def store_in(folder: Path, profile: HardwareProfile = PROFILE, *, lock_timeout_s: float = 30.0) -> BaselineStore:
    """The store of a machine, everything of it below ``folder``."""
    return BaselineStore(folder / "baselines", profile, lock_dir=folder / "locks", lock_timeout_s=lock_timeout_s)


def each(*uses: Callable[[], object]) -> tuple[Callable[[], object], ...]:
    """The ways to use a store that a test goes through."""
    return uses


def files_below(folder: Path) -> list[str]:
    """Every file in a folder and those below it."""
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def put_candidate(store: BaselineStore, kept: KeptLayers = KEPT, key: EntryKey = KEY) -> None:
    """Put `STORED` with the candidate's layers alone."""
    store.put(key, STORED, {Side.CANDIDATE: kept})


def found_in(store: BaselineStore, key: EntryKey = KEY) -> StoredBaseline:
    """What is stored, which must be there."""
    found = store.find(key)
    assert found is not None
    return found


def graphs_of(store: BaselineStore) -> list[str]:
    """Every file of graphs and times, and what else is there."""
    return files_below(store.folder / "graphs")


def path_of(store: BaselineStore, ending: str) -> Path:
    """The only graph, or the only times."""
    (path,) = (store.folder / "graphs").glob(f"*{ending}")
    return path
