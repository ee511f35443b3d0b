"""Where the time went: the sums of groups are those of the layers, and what no layer explains is told."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given

from pytest_ovperf.graphs.layers import Graph, Profile
from pytest_ovperf.graphs.times import attribute
from tests.unit.graphs.graph_examples import encoder, fused, layer, profiled, profiles


@given(profiles(), profiles())
def test_groups_add_up_to_the_layers_and_with_what_is_unexplained_to_the_call(old: Profile, new: Profile) -> None:
    found = attribute(old, new)
    assert found.old_layers_ns == pytest.approx(old.layers_ns)
    assert found.new_layers_ns == pytest.approx(new.layers_ns)
    assert sum(group.change_ns for group in found.groups) == pytest.approx(found.layers_change_ns, abs=1e-3)
    assert found.layers_change_ns + found.unexplained_ns == pytest.approx(new.call_ns - old.call_ns, abs=1e-3)


@given(profiles(), profiles())
def test_the_largest_change_comes_first(old: Profile, new: Profile) -> None:
    changes = [abs(group.change_ns) for group in attribute(old, new).groups]
    assert changes == sorted(changes, reverse=True)


@given(profiles())
def test_nothing_changed_between_a_profile_and_itself(profile: Profile) -> None:
    found = attribute(profile, profile)
    assert all(group.change_ns == 0 and not group.changes for group in found.groups)
    assert (found.unexplained_ns, found.everywhere, found.is_calm) == (0.0, None, True)


@given(profiles(), profiles())
def test_back_is_there_with_the_sign_turned(old: Profile, new: Profile) -> None:
    there, back = attribute(old, new), attribute(new, old)
    assert back.layers_change_ns == pytest.approx(-there.layers_change_ns, abs=1e-3)
    assert back.unexplained_ns == pytest.approx(-there.unexplained_ns, abs=1e-3)


def test_a_lost_fusion_costs_what_both_layers_take_more() -> None:
    found = attribute(profiled(fused(encoder())), profiled(encoder()))
    first = found.groups[0]
    assert (first.old_ns, first.new_ns) == (500e3, 560e3)
    assert first.chief.name == "encoder.layer.0.up/MatMul"
    assert found.layers_change_ns == pytest.approx(3 * 60e3)


def test_the_share_is_of_a_calls_change() -> None:
    old, new = profiled(encoder(1)), profiled(encoder(1), FullyConnected=1.5, between_us=200)
    found = attribute(old, new)
    assert found.call_change_ns == pytest.approx(600e3)
    assert [found.share(group.change_ns) for group in found.groups[:2]] == pytest.approx([250 / 600] * 2)
    assert found.share(found.unexplained_ns) == pytest.approx(100 / 600)


def test_a_call_that_takes_as_long_as_it_did_has_no_shares() -> None:
    found = attribute(profiled(encoder()), profiled(encoder(), MVN=1.2))
    assert found.is_calm
    assert found.share(4e3) == 0.0


@pytest.mark.parametrize(
    ("latency_ns", "seen"), [((100.0, 150.0), True), ((100.0, 300.0), False), ((100.0, 101.0), True)]
)
def test_counters_must_show_what_the_comparison_saw(latency_ns: tuple[float, float], *, seen: bool) -> None:
    old, new = profiled(encoder()), profiled(encoder(), FullyConnected=1.5)
    assert attribute(old, new, latency_ns).is_reproduced is seen
    assert attribute(old, new).is_reproduced


def test_one_thread_less_slows_everything() -> None:
    found = attribute(profiled(encoder()), profiled(encoder(), 1.9))
    assert found.everywhere is not None
    assert found.everywhere.factor == pytest.approx(1.9)


def test_what_changed_in_the_graph_is_not_the_machines_fault() -> None:
    other = Graph(tuple(replace(it, precision="i8") for it in encoder().layers))
    assert attribute(profiled(encoder()), profiled(other, 1.9)).everywhere is None


def test_a_new_conversion_is_a_group_of_its_own() -> None:
    reorder = layer("x_abc_acb_y", "Reorder", originals=())
    found = attribute(profiled(encoder()), profiled(Graph((*encoder().layers, reorder))))
    assert (found.groups[0].chief.name, found.groups[0].old_ns, found.groups[0].new_ns) == ("x_abc_acb_y", 0.0, 30e3)


def test_the_order_of_the_times_does_not_matter() -> None:
    profile = profiled(encoder(), 1.3)
    turned = replace(profile, times=dict(reversed(list(profile.times.items()))))
    assert attribute(profiled(encoder()), turned) == attribute(profiled(encoder()), profile)
