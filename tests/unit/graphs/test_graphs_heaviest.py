"""What is said of a single profile: the sorts of layers that take most."""

from __future__ import annotations

from dataclasses import replace

from pytest_ovperf.graphs.heaviest import heaviest
from tests.unit.graphs.graph_examples import encoder, profiled


def test_layers_that_look_and_compute_alike_are_one_sort() -> None:
    said = heaviest(profiled(encoder(blocks=3)))
    assert said == (
        "with counters on, a call takes 3.34 ms, its layers 3.24 ms: "
        "6 layers FullyConnected brgemm_avx512 f32 3.00 ms (90 %), 3 layers Subgraph jit_avx512 f32 180 µs (5 %)"
    )


def test_sorts_that_take_next_to_nothing_are_not_named() -> None:
    assert "MVN" not in heaviest(profiled(encoder(blocks=1)))


def test_at_most_three_sorts_are_named() -> None:
    kernels = encoder(blocks=5)
    each_its_own = replace(
        kernels, layers=tuple(replace(it, kernel=f"kernel{place}") for place, it in enumerate(kernels.layers))
    )
    assert heaviest(profiled(each_its_own)).count("FullyConnected") == 3


def test_a_profile_in_which_no_layer_took_any_time_has_its_call() -> None:
    empty = replace(profiled(encoder()), times={}, call_ns=1000.0)
    assert heaviest(empty) == "with counters on, a call takes 1.00 µs, its layers 0"
