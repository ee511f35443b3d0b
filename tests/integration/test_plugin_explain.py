"""What a run says of execution graphs and of where the time goes, as users see it: real arms of a tiny model."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_ovperf.arms import Side
from pytest_ovperf.graphs.layers import Graph
from pytest_ovperf.store import files
from pytest_ovperf.store.keys import EntryKey
from pytest_ovperf.store.layers import KeptLayers
from pytest_ovperf.store.schema import decode
from pytest_ovperf.store.store import BaselineStore
from tests.integration.user_suite import INT8_PAYS, Suite

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

#: How many times faster a baseline says that the candidate was, so that what is measured is a regression on any machine
#: under the tests' tolerance of 60 %.
FAR_BEYOND = 6.0
#: Ends an arm's process before it can show its graph.
DIES_WHEN_ASKED = """
    import psutil

    from pytest_ovperf.worker.arm import ArmWorker

    ask = ArmWorker.graph

    def dying(arm):
        psutil.Process(arm.pid).kill()
        return ask(arm)

    ArmWorker.graph = dying
"""


def named(folder: Path, kind: str) -> set[str]:
    return {path.name for path in folder.rglob(f"*.{kind}.txt")}


def plant_fallen_products(suite: Suite) -> None:
    """Let the baseline say that the candidate's matrix products had another kernel when it was recorded."""
    path = suite.baseline_file()
    file = decode(files.read_text(path) or "", path)
    store = BaselineStore(suite.baselines, file.profile)
    ((test, entries),) = file.tests.items()
    ((label, stored),) = entries.items()
    kept = store.layers(stored)[Side.CANDIDATE]
    fallen = (replace(it, kernel="gemm_of_old") if it.kind == "FullyConnected" else it for it in kept.graph.layers)
    store.put(EntryKey(file.module, test, label), stored, {Side.CANDIDATE: KeptLayers(Graph(tuple(fallen)))})


def test_a_baseline_names_graphs_and_times_and_recording_anew_finds_the_same_graphs(
    suite: Suite, recorded: Path, with_baseline: Callable[[float], None]
) -> None:
    before = named(recorded, "graph")
    assert {name.split(".")[0] for name in before} == {
        "tiny-bert-openvino-int8-infer-1x16",
        "tiny-bert-openvino-fp32-infer-1x16",
    }
    assert len(named(recorded, "times")) == 2
    with_baseline(1.0)
    result = suite.run("--update-baselines")
    result.assert_outcomes(passed=1)
    assert named(suite.baselines, "graph") == before
    assert len(named(suite.baselines, "times")) == 2
    result.stdout.no_fnmatch_line("Graph of*")
    result.stdout.fnmatch_lines(["*git add --intent-to-add *test_speed.json *graphs"])


def test_a_graph_that_changed_is_a_note_and_no_failure(suite: Suite, with_baseline: Callable[[float], None]) -> None:
    with_baseline(1.0)
    plant_fallen_products(suite)
    result = suite.run()
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines_random(["Graph of openvino-int8 (tiny-bert)*", "*gemm_of_old*"])
    result.stdout.no_fnmatch_line("Graph of openvino-fp32*")


def test_a_regression_says_where_the_time_went(suite: Suite, with_baseline: Callable[[float], None]) -> None:
    with_baseline(FAR_BEYOND)
    result = suite.run("-vv", "--benchmark-json=b.json")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "E *Layers of openvino-int8, now and in the baseline of 2*:",
            "E *with counters on, a call takes *",
            "E *Layers of openvino-fp32, now and in the baseline of 2*:",
            "E *with counters on, a call takes *",
        ]
    )
    kept = json.loads((suite.pytester.path / "b.json").read_text(encoding="utf-8"))
    assert "layers" in json.dumps(kept["benchmarks"][0]["extra_info"])


def test_asked_to_explain_an_ok_is_explained_too_and_without_times_now_alone(
    suite: Suite, with_baseline: Callable[[float], None]
) -> None:
    with_baseline(1.0)
    plant_fallen_products(suite)  # which leaves no times of the candidate
    suite.pytester.makeini("[pytest]\nov_explain = true\n")
    result = suite.run()
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines_random(
        [
            "*the baseline has no times of its layers; --update-baselines=extend adds them*",
            "*with counters on, a call takes *its layers *FullyConnected*",
            "Layers of openvino-fp32 (tiny-bert, infer 1x16), now and in the baseline of 2*",
        ]
    )


def test_an_arm_that_dies_when_it_is_asked_costs_a_note_and_nothing_measured(suite: Suite) -> None:
    suite.write(INT8_PAYS)
    suite.pytester.makeconftest(DIES_WHEN_ASKED)
    result = suite.run("--ov-explain", "--benchmark-json=b.json")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines_random(
        ["*no-baseline*", "*its execution graph could not be read: *", "*the worker ended during 'graph'*"]
    )
    kept = json.loads((suite.pytester.path / "b.json").read_text(encoding="utf-8"))
    assert len(kept["benchmarks"]) == 2


def test_what_is_explained_needs_no_graphs_in_old_baselines(
    suite: Suite, with_baseline: Callable[[float], None]
) -> None:
    with_baseline(1.0)
    path = suite.baseline_file()
    document = json.loads(path.read_text(encoding="utf-8"))
    for entries in document["tests"].values():
        for entry in entries.values():
            del entry["layers"]
    path.write_text(json.dumps({**document, "schema": 3}, indent=2), encoding="utf-8")
    shutil.rmtree(path.parent / "graphs")
    result = suite.run()
    result.assert_outcomes(passed=1)
    result.stdout.no_fnmatch_line("Graph of*")
