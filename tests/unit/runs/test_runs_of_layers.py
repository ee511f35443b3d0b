"""What reports and files keep of execution graphs: enough to show them, and never the graphs themselves."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pytest_ovperf.graphs.text import digest
from pytest_ovperf.graphs.times import CALM
from pytest_ovperf.runs.benchmark_json import view_of
from pytest_ovperf.runs.of_layers import MOST_GROUPS, layers_views
from tests.unit.reports.layer_examples import BASELINE, CHANGED, FAST, LOST, SAME, SLOW, UNKNOWN, UNTIMED, many
from tests.unit.runs.run_builders import comparison, document_of, measured


def test_a_change_is_told_with_its_layers_its_times_and_its_share() -> None:
    (view,) = layers_views([LOST])
    assert (view.arm, view.old, view.layers, view.changes) == ("openvino-int8", BASELINE, 13, 3)
    assert view.digest == digest(SLOW.graph)
    group = view.groups[0]
    assert (group.name, group.layers, group.changed) == ("encoder.layer.*.up/MatMul", 3, True)
    assert group.what == "FullyConnected int8 → f32, brgemm_avx512_amx → brgemm_avx512"
    assert (group.old_ns, group.new_ns) == (3 * 200e3, 3 * 450e3)
    assert group.share == pytest.approx(0.5)


def test_layers_that_did_not_change_are_there_with_their_times_and_idle_ones_are_not() -> None:
    (view,) = layers_views([LOST])
    same = {group.name: group for group in view.groups if not group.changed}
    assert set(same) == {"encoder.layer.*.down/MatMul", "encoder.layer.*.act/Gelu", "encoder.layer.*.norm/MVN"}
    assert same["encoder.layer.*.norm/MVN"].what == "MVN jit_avx512 f32"


def test_all_groups_together_take_what_all_layers_take() -> None:
    for known in (LOST, many(200)):
        (view,) = layers_views([known])
        assert view.times is not None
        parts = [*view.groups, *([view.others] if view.others else [])]
        assert sum(part.old_ns or 0.0 for part in parts) == pytest.approx(view.times.old_layers_ns)
        assert sum(part.new_ns or 0.0 for part in parts) == pytest.approx(view.times.new_layers_ns)


def test_without_times_only_what_changed_is_told() -> None:
    (view,) = layers_views([CHANGED])
    (group,) = view.groups
    assert (group.layers, group.old_ns, group.new_ns, group.share) == (3, None, None, None)
    assert view.times is None
    assert view.heaviest == "FullyConnected int8 → f32, brgemm_avx512_amx → brgemm_avx512 in 3 layers"


def test_a_call_that_takes_as_long_as_it_did_has_no_shares() -> None:
    (view,) = layers_views([SAME])
    assert view.times is not None
    assert abs(view.times.new_call_ns / view.times.old_call_ns - 1) < CALM
    assert {group.share for group in view.groups} == {None}
    assert (view.changes, view.heaviest) == (0, "")


def test_what_is_not_known_is_left_open() -> None:
    same, unknown, unread = layers_views([UNTIMED, UNKNOWN, replace(UNKNOWN, graph=replace(FAST.graph, layers=()))])
    assert (same.changes, same.groups, same.sentences) == (0, (), ())
    assert (unknown.changes, unknown.digest, unknown.notes) == (None, digest(FAST.graph), UNKNOWN.notes)
    assert unread.digest == ""


def test_however_many_layers_there_are_few_are_kept_and_the_others_counted() -> None:
    (view,) = layers_views([many(1500)])
    assert view.others is not None
    assert len(view.groups) == MOST_GROUPS
    assert sum(group.layers for group in view.groups) + view.others.layers == 1500


def test_a_file_keeps_all_of_it() -> None:
    given = replace(comparison(), layers=layers_views([LOST, many(100), UNKNOWN]))
    (read,) = view_of(document_of(measured(given)), "x").comparisons
    assert read.layers == given.layers
