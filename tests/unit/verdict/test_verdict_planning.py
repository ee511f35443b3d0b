"""What a run would measure, as far as its baselines tell."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from pytest_ovperf.records import StoredBaseline
from pytest_ovperf.reports.plan_text import plan_text
from pytest_ovperf.settings import DEFAULT_BUDGET_S, Layered, UpdateMode
from pytest_ovperf.stats.noise import NOISE, PairKind
from pytest_ovperf.stats.sequential import BASELINE_LAUNCHES, LOOKS, MOST_BASELINE_LAUNCHES
from pytest_ovperf.store.keys import EntryKey
from pytest_ovperf.store.store import BaselineStore
from pytest_ovperf.verdict.planning import Plan, PlannedTest, plan
from pytest_ovperf.verdict.recording import detects
from tests.unit.session.session_fakes import PROFILE, settings

if TYPE_CHECKING:
    from pathlib import Path

NODE = "test_speed.py::test_it[CPU]"
TEST = PlannedTest(NODE, None, None)
LAUNCH_S = 2.0
STORED = StoredBaseline((0.7, 0.71, 0.69, 0.7, 0.705, 0.695), 0.03, 1e7, 2e7, None, {}, launch_s=LAUNCH_S)
LATENCY = "m · openvino-int8 over openvino-fp32 on CPU · latency · infer 1x3"


def planned(
    folder: Path,
    test: PlannedTest = TEST,
    *,
    label: str = LATENCY,
    update: UpdateMode = UpdateMode.NONE,
    tolerance: float | None = None,
    budget_s: float | None = None,
) -> Plan:
    """Return the plan of one test that has a baseline of that label; the options are those of the command line."""
    chosen = replace(settings(folder, update=update), tolerance=Layered(tolerance), budget_s=Layered(budget_s))
    store = BaselineStore(chosen.baselines_dir, PROFILE, lock_dir=folder / "locks")
    store.put(EntryKey("test_speed.py", "test_it[CPU]", label), STORED)
    return plan([test], chosen, store, 0.001)


def test_a_baseline_tells_what_its_test_compares(tmp_path: Path) -> None:
    (found,) = planned(tmp_path).comparisons
    assert (found.test, found.label, found.tolerance) == (NODE, LATENCY, 0.03)
    assert found.detects == pytest.approx(detects(STORED, NOISE[PairKind.OPENVINO]), rel=1e-4)  # stored with six digits


def test_a_run_that_records_or_explains_times_layers_as_well(tmp_path: Path) -> None:
    assert planned(tmp_path, update=UpdateMode.NEW).times_layers
    assert not planned(tmp_path).times_layers
    chosen = settings(tmp_path, explain=True)
    store = BaselineStore(chosen.baselines_dir, PROFILE, lock_dir=tmp_path / "locks")
    found = plan([TEST], chosen, store, 0.001)
    assert found.times_layers
    assert "timed besides" in plan_text(found, width=80, colour=False, encoding="utf-8").replace("\n", " ")


def test_what_would_be_found_follows_the_tolerance_that_the_run_asks_for(tmp_path: Path) -> None:
    (found,) = planned(tmp_path, tolerance=0.2).comparisons
    assert found.tolerance == 0.2
    assert found.detects is not None
    assert found.detects > 1 - 1 / 1.2  # a fall within the tolerance is never called a regression


@pytest.mark.parametrize(
    ("label", "kind"),
    [
        ("m · openvino-int8 over pytorch-fp32 on CPU · latency · infer 1x3", PairKind.PYTORCH),
        ("m · openvino-int8 over onnxruntime-fp32 on CPU · latency · infer 1x3", PairKind.PYTORCH),
        ("m · openvino_shop:setup over openvino-fp32 on CPU · latency · infer", PairKind.PYTORCH),
        ("m · openvino-int8[streams=2] on AUTO:CPU over openvino on CPU · throughput · stream 1x3", PairKind.STREAM),
        ("m · openvino-int8 over openvino-fp32 on CPU · model_size · files 1x3", PairKind.FILES),
        ("m · genai-int8 over pytorch-fp32 on CPU · ttft · generate 1x64+32", PairKind.GENERATE_PYTORCH),
        ("nobody of ours wrote this", PairKind.PYTORCH),
    ],
)
def test_what_would_be_found_is_that_of_the_kind_of_pair(tmp_path: Path, label: str, kind: PairKind) -> None:
    (found,) = planned(tmp_path, label=label).comparisons
    assert found.detects == pytest.approx(detects(STORED, NOISE[kind]), rel=1e-4)


@pytest.mark.parametrize(
    ("update", "budget_s", "launches"),
    [
        (UpdateMode.NONE, None, (LOOKS[0], LOOKS[-1])),
        (UpdateMode.NONE, 5 * LAUNCH_S, (LOOKS[0], 5)),
        (UpdateMode.NONE, 1.0, (LOOKS[0], LOOKS[0])),
        (UpdateMode.EXTEND, 1.0, (BASELINE_LAUNCHES, BASELINE_LAUNCHES)),
        (UpdateMode.ALL, 1.0, (BASELINE_LAUNCHES, MOST_BASELINE_LAUNCHES)),
    ],
)
def test_the_time_is_that_of_the_fewest_and_of_the_most_launches(
    tmp_path: Path, update: UpdateMode, budget_s: float | None, launches: tuple[int, int]
) -> None:
    assert LOOKS[-1] * LAUNCH_S < DEFAULT_BUDGET_S
    (found,) = planned(tmp_path, update=update, budget_s=budget_s).comparisons
    assert found.seconds == tuple(number * LAUNCH_S for number in launches)


@pytest.mark.parametrize(
    ("compares", "update", "most_s"),
    [
        (True, UpdateMode.NONE, DEFAULT_BUDGET_S),
        (True, UpdateMode.NEW, 0),  # as many launches as it needs, and nobody knows how long one takes
        (False, UpdateMode.NONE, 0),
    ],
)
def test_a_test_without_a_baseline_takes_its_budget_at_most(
    tmp_path: Path, *, compares: bool, update: UpdateMode, most_s: float
) -> None:
    other = PlannedTest("test_speed.py::test_other", None, 0.1, compares)
    (found,) = planned(tmp_path, other, update=update).comparisons
    assert (found.label, found.seconds, found.compares) == ("", (0, most_s), compares)
    assert (found.baseline, found.tolerance, found.detects) == (None, None, None)


def test_a_run_that_races_asks_no_baseline_and_leaves_absolute_figures_out(tmp_path: Path) -> None:
    chosen = replace(settings(tmp_path), against="openvino==2025.4.1")
    store = BaselineStore(chosen.baselines_dir, PROFILE, lock_dir=tmp_path / "locks")
    store.put(EntryKey("test_speed.py", "test_it[CPU]", LATENCY), STORED)
    found = plan([TEST, replace(TEST, compares=False)], chosen, store, 0.001)
    assert found.against == "openvino==2025.4.1"
    (only,) = found.comparisons
    assert (only.label, only.baseline, only.seconds) == ("", None, (0.0, DEFAULT_BUDGET_S))
