"""What a run would measure, as far as its baselines tell."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_ovperf.models.spec import (
    CallsSource,
    CatalogueSource,
    DirectorySource,
    HubSource,
    IrSource,
    ModelSpec,
    OnnxSource,
    Source,
    Task,
    TorchSource,
)
from pytest_ovperf.records import StoredBaseline
from pytest_ovperf.reports.plan_text import plan_text
from pytest_ovperf.settings import DEFAULT_BUDGET_S, Layered, UpdateMode
from pytest_ovperf.stats.noise import NOISE, PairKind
from pytest_ovperf.stats.sequential import BASELINE_LAUNCHES, LOOKS, MOST_BASELINE_LAUNCHES
from pytest_ovperf.store.keys import EntryKey
from pytest_ovperf.store.store import BaselineStore
from pytest_ovperf.verdict.planning import Choice, Fate, Hindrance, Plan, PlannedTest, Written, plan
from pytest_ovperf.verdict.recording import detects
from tests.unit.session.session_fakes import PROFILE, settings

if TYPE_CHECKING:
    from collections.abc import Collection

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
        ("m · openvino-int8@GPU over openvino-fp32@CPU · latency · infer 1x3", PairKind.OPENVINO),
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


# What the plan of a suite says that has no baseline yet

MODEL = ModelSpec("net.onnx", OnnxSource(Path("/shop/net.onnx")), Task.GRAPH, "", {"ids": (1, 16)}, static=True)
WRITTEN = (Written("a over b"), Written("c over d · ttft", repeated=True), Written("e", compares=False))


def new_suite(folder: Path, *, update: UpdateMode = UpdateMode.NONE, built: Collection[str] = ()) -> Plan:
    """Return the plan of a test of a model file that has no baseline, and of one that compares outputs."""
    chosen = settings(folder, update=update)
    store = BaselineStore(chosen.baselines_dir, PROFILE, lock_dir=folder / "locks")
    found = plan([replace(TEST, model=MODEL, written=WRITTEN)], chosen, store, 0.001, built)
    choices = (Choice("device", "CPU", "performance/pytest.ini"), Choice("baselines", "x" * 90, "default"))
    return replace(found, devices=(("CPU", "Some CPU"),), choices=choices, outputs_only=1)


def text_of(found: Plan, width: int = 80) -> str:
    return plan_text(found, width=width, colour=False, encoding="utf-8")


def sentences(found: Plan) -> str:
    return " ".join(text_of(found).split())


def test_what_a_test_says_in_its_source_is_planned_with_its_budget(tmp_path: Path) -> None:
    found = new_suite(tmp_path)
    assert [(each.written, each.seconds[1], each.compares) for each in found.comparisons] == [
        (WRITTEN[0], DEFAULT_BUDGET_S, True),
        (WRITTEN[1], 0, True),  # how often, nobody knows
        (WRITTEN[2], 0, False),
    ]
    lines = [line.strip() for line in text_of(found).splitlines()]
    assert {"a over b", "c over d · ttft (in a loop)", "e: absolute figures"} <= set(lines)


def test_what_cannot_be_measured_is_said_with_the_reason_and_takes_no_time(tmp_path: Path) -> None:
    refused = Written("a over b", hindered=Hindrance(Fate.REFUSED, "There is no b here."))
    chosen = settings(tmp_path)
    store = BaselineStore(chosen.baselines_dir, PROFILE, lock_dir=tmp_path / "locks")
    found = plan([replace(TEST, model=MODEL, written=(refused, refused, Written("a over c")))], chosen, store, 0.001)
    assert [each.seconds[1] for each in found.comparisons] == [0, 0, DEFAULT_BUDGET_S]
    said = sentences(found)
    assert "1 comparison, 0 of them known" in said
    assert said.count("a over b would be refused: There is no b here.") == 1
    assert "What has no baseline gets 20 s, its budget" in said
    assert "a over b: refused" in text_of(found)


def test_a_baseline_goes_before_what_the_source_says(tmp_path: Path) -> None:
    (found,) = planned(tmp_path, replace(TEST, written=WRITTEN)).comparisons
    assert (found.label, found.written) == (LATENCY, None)


def test_the_plan_says_on_what_it_is_measured(tmp_path: Path) -> None:
    said = sentences(new_suite(tmp_path))
    assert "Model: net.onnx, the ONNX file" in said
    assert "; a call is 1x16." in said
    assert "Device: CPU, Some CPU." in said
    assert "1 test more compares outputs." in said


def test_the_plan_says_for_how_long_as_far_as_it_is_known(tmp_path: Path) -> None:
    said = sentences(new_suite(tmp_path))
    assert "What has no baseline gets 20 s" in said
    assert "nothing of net.onnx is in the cache yet" in said
    assert "Building what is not in the cache comes on top." in sentences(new_suite(tmp_path, built={"net.onnx"}))
    recording = sentences(new_suite(tmp_path, update=UpdateMode.NEW))
    assert f"takes {BASELINE_LAUNCHES} to {MOST_BASELINE_LAUNCHES} launches" in recording
    known = sentences(planned(tmp_path / "known"))
    assert f"Time: {LOOKS[0] * LAUNCH_S:.1f} s to {LOOKS[-1] * LAUNCH_S:.0f} s for what is known." in known


@pytest.mark.parametrize("width", [80, 160])
def test_the_plan_keeps_to_its_width_and_shows_where_settings_are_from(tmp_path: Path, width: int) -> None:
    text = text_of(new_suite(tmp_path), width)
    assert max(map(len, text.splitlines())) <= width
    assert "performance/pytest.ini" in text
    assert text.endswith("Nothing was measured: this is the plan.\n")


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (CatalogueSource("minilm"), "of the catalogue, its weights drawn from a seed"),
        (DirectorySource(Path("encoder")), "the Hugging Face directory encoder"),
        (HubSource("owner/name", "main"), "owner/name of the Hugging Face hub, revision main"),
        (IrSource(Path("net.xml")), "the OpenVINO IR net.xml"),
        (TorchSource("shop.nets:make"), "the module that shop.nets:make makes"),
        (CallsSource(), "functions of your own and no model"),
    ],
)
def test_every_source_is_told(tmp_path: Path, source: Source, said: str) -> None:
    found = new_suite(tmp_path)
    (model,) = found.models
    told = replace(found, models=(replace(model, spec=replace(model.spec, source=source)),))
    assert f"Model: net.onnx, {said}" in sentences(told)
