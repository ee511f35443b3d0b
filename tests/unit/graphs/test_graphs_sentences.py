"""What a reader is told: the heaviest first, few lines, and what is not known."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given

from pytest_ovperf.graphs.changes import compare
from pytest_ovperf.graphs.layers import Graph, Layer, Profile
from pytest_ovperf.graphs.sentences import sentences
from pytest_ovperf.graphs.times import attribute
from pytest_ovperf.graphs.wording import factor_text, name_text, time_text
from tests.unit.graphs.graph_examples import encoder, fused, graphs, layer, profiled, profiles


def told(old: Profile, new: Profile, latency_ns: tuple[float, float] | None = None) -> list[str]:
    return sentences(compare(old.graph, new.graph, old.times, new.times), attribute(old, new, latency_ns))


def quantised(it: Layer) -> Layer:
    return replace(it, precision="i8") if it.kind == "FullyConnected" else it


def in_block_1(it: Layer) -> Layer:
    return replace(it, precision="f32") if ".1.up" in it.name else quantised(it)


@given(graphs)
def test_of_a_graph_and_itself_there_is_nothing_to_say(graph: Graph) -> None:
    assert sentences(compare(graph, graph)) == []


@given(graphs, graphs)
def test_graphs_are_told_apart_in_eight_lines_at_most(old: Graph, new: Graph) -> None:
    changes = compare(old, new)
    lines = sentences(changes)
    assert len(lines) <= 8
    assert lines or not changes


@given(profiles(), profiles())
def test_times_are_told_in_eight_lines_at_most(old: Profile, new: Profile) -> None:
    lines = told(old, new, (1.0, 9.0))
    assert 1 <= len(lines) <= 8
    assert all(line and "\n" not in line for line in lines)


def test_fp32_forced_on_a_quantised_model() -> None:
    assert told(profiled(encoder(6, quantised)), profiled(encoder(6), FullyConnected=3.0)) == [
        (
            "with counters on, a call takes 18.6 ms and took 6.58 ms (+12.0 ms, +182 %), its layers together"
            " +12.0 ms (100 % of the change)"
        ),
        "all 12 layers that computed in int8 compute in f32 now",
        (
            "6 layers like encoder.layer.*.up/MatMul (FullyConnected int8 → f32): 3.00 ms → 9.00 ms, +6.00 ms"
            " (50 % of the change)"
        ),
        (
            "6 layers like encoder.layer.*.down/MatMul (FullyConnected int8 → f32): 3.00 ms → 9.00 ms, +6.00 ms"
            " (50 % of the change)"
        ),
        "the other 12 layers together as before",
    ]


def test_one_operation_left_out_of_quantisation() -> None:
    old = profiled(encoder(6, quantised))
    new = profiled(encoder(6, in_block_1))
    new = replace(new, times={**new.times, "encoder.layer.1.up/MatMul": 1.7e6}, call_ns=new.call_ns + 1.2e6)
    assert told(old, new)[:2] == [
        (
            "with counters on, a call takes 7.78 ms and took 6.58 ms (+1.20 ms, +18 %), its layers together"
            " +1.20 ms (100 % of the change)"
        ),
        "encoder.layer.1.up/MatMul (FullyConnected int8 → f32): 500 µs → 1.70 ms, +1.20 ms (100 % of the change)",
    ]


def test_another_layout_at_the_models_entrance() -> None:
    transpose = layer("Transpose#", "Transpose", "jit_uni", layout="acb", originals=("Transpose#",))
    ids, *rest = encoder(2).layers
    old, new = encoder(2), Graph((ids, transpose, *rest))
    assert sentences(compare(old, new)) == ["Transpose#1 (Transpose jit_uni f32 to acb added)"]
    slower = profiled(new)
    slower = replace(slower, times={**slower.times, "Transpose#1": 4e5}, call_ns=slower.call_ns + 4e5)
    assert told(profiled(old), slower)[1] == (
        "Transpose#1 (Transpose jit_uni f32 to acb added): 0 → 400 µs, +400 µs (100 % of the change)"
    )


def test_one_thread_less() -> None:
    lines = told(profiled(encoder()), profiled(encoder(), 1.9))
    assert lines == [
        (
            "with counters on, a call takes 6.26 ms and took 3.34 ms (+2.92 ms, +87 %), its layers together"
            " +2.92 ms (100 % of the change)"
        ),
        (
            "nearly every layer is slower by about the same factor, 1.9x (most of the time between 1.9x and 1.9x), and"
            " the graph is the same: look at threads, the clock, memory and other work on the machine rather than at"
            " one kernel"
        ),
    ]


def test_denormal_inputs() -> None:
    old, first = profiled(encoder()), "encoder.layer.0.up/MatMul"
    slow = replace(old, times={**old.times, first: 50e6}, call_ns=old.call_ns + 49.5e6)
    assert told(old, slow)[1] == (
        f"{first} (FullyConnected brgemm_avx512 f32, same kernel): 500 µs → 50.0 ms, +49.5 ms (100 % of the change);"
        " a kernel that stayed and is that much slower may have been given denormal numbers: look at what it takes in,"
        " or let CPU_DENORMALS_OPTIMIZATION=YES take them for 0"
    )


def test_bytes_are_never_denormal() -> None:
    old, first = profiled(encoder(change=quantised)), "encoder.layer.0.up/MatMul"
    slow = replace(old, times={**old.times, first: 50e6}, call_ns=old.call_ns + 49.5e6)
    assert "denormal" not in " ".join(told(old, slow))


def test_everything_is_faster() -> None:
    assert (
        "every layer is faster by about the same factor, 2x" in told(profiled(encoder(), 2.0), profiled(encoder()))[1]
    )


def test_what_goes_beyond_what_all_have_in_common_is_told_as_well() -> None:
    old, new = profiled(encoder(12)), profiled(encoder(12), 1.2)
    name = "encoder.layer.2.down/MatMul"
    lines = told(old, replace(new, times={**new.times, name: 5 * new.times[name]}))
    assert lines[2].startswith(f"beyond that, {name} (FullyConnected brgemm_avx512 f32, same kernel): 500 µs → 3.00 ms")


def test_what_moved_less_than_all_others_is_not_held_against_it() -> None:
    old, new = profiled(encoder()), profiled(encoder(), 2.0)
    lines = told(old, replace(new, times={**new.times, "encoder.layer.2.down/MatMul": 6e5}))
    assert "about the same factor, 2x" in lines[1]
    assert not any("layer.2.down" in line for line in lines)


def test_a_changed_layer_goes_before_what_slowed_everything_by_less() -> None:
    old, new = profiled(encoder(12, quantised)), profiled(encoder(12, in_block_1), 1.1)
    name = "encoder.layer.1.up/MatMul"
    slow = replace(new, times={**new.times, name: 3 * new.times[name]}, call_ns=new.call_ns + 2 * new.times[name])
    lines = told(old, slow)
    assert lines[1].startswith(f"{name} (FullyConnected int8 → f32): 500 µs → 1.65 ms")
    assert lines[2] == (
        "what stayed as it was is slower by about the same factor, 1.10x (most of the time between 1.10x and 1.10x):"
        " look at threads, the clock, memory and other work on the machine as well"
    )


def test_layers_as_they_were_are_not_named_beside_one_that_changed_for_what_they_always_differ_by() -> None:
    old, new = profiled(encoder(6, quantised)), profiled(encoder(6, in_block_1))
    name = "encoder.layer.1.up/MatMul"
    slow = {it: taken * (1.02 if "down" in it else 1.0) for it, taken in new.times.items()} | {name: 1.7e6}
    lines = told(old, replace(new, times=slow, call_ns=new.call_ns + 1.26e6))
    assert lines[1].startswith(name)
    assert lines[2:] == ["the other 23 layers together +60.0 µs (5 % of the change)"]


def test_several_conversions_more_are_a_finding_of_their_own() -> None:
    def graph(*kinds: str) -> Graph:
        between = (layer(f"{at}/x", kind) for at, kind in enumerate(kinds))
        return Graph((layer("a"), *between, layer("b")))

    few, many = graph("Convert"), graph("Transpose", "Reorder", "Transpose")
    assert sentences(compare(few, many))[0] == (
        "2 conversions more than before (1 Reorder, 2 Transpose): the data's layout or type changes more often on the"
        " way"
    )
    assert sentences(compare(many, few))[0].startswith("2 conversions fewer than before (1 Reorder, 2 Transpose)")


def test_a_kernel_of_one_kind_is_not_everything() -> None:
    lines = told(profiled(encoder()), profiled(encoder(), FullyConnected=1.9))
    assert not any("about the same factor" in line for line in lines)
    assert lines[1].startswith(
        "3 layers like encoder.layer.*.up/MatMul (FullyConnected brgemm_avx512 f32, same kernel): 1.50 ms → 2.85 ms"
    )


def test_lost_fusions_are_one_line() -> None:
    assert told(profiled(fused(encoder())), profiled(encoder()))[1] == (
        "3 layers like encoder.layer.*.up/MatMul (FullyConnected → FullyConnected + Subgraph (fusion lost)):"
        " 1.50 ms → 1.68 ms, +180 µs (100 % of the change)"
    )


def test_more_roles_than_lines_are_folded_by_kind() -> None:
    def graph(precision: str) -> Graph:
        return Graph(
            tuple(layer(f"l.{block}.{role}", precision=precision) for block in range(2) for role in "abcdefgh")
        )

    assert sentences(compare(graph("i8"), graph("f32"))) == [
        "all 16 layers that computed in int8 compute in f32 now",
        "16 layers such as l.*.a (FullyConnected int8 → f32)",
    ]


def test_what_no_layer_explains_is_told() -> None:
    lines = told(profiled(encoder()), profiled(encoder(), between_us=500))
    assert lines[0].endswith("its layers together as before")
    assert lines[-1] == (
        "not explained by layers: +400 µs (100 % of the change), between and around them: starting threads, handing"
        " over inputs and outputs, or waiting for the processor"
    )


def test_a_change_that_counters_do_not_show_is_not_explained() -> None:
    lines = told(profiled(encoder()), profiled(encoder()), (3e6, 4e6))
    assert lines == [
        "with counters on, a call takes 3.34 ms, about as long as it did (3.34 ms)",
        (
            "the comparison saw 4.00 ms instead of 3.00 ms; with counters on, most of that was not there, so what"
            " follows does not explain it"
        ),
    ]


def test_what_moved_both_ways_is_told_although_the_call_takes_as_long_as_it_did() -> None:
    old, new = profiled(encoder()), profiled(encoder(), FullyConnected=0.7, Subgraph=6.0)
    assert told(old, replace(new, call_ns=old.call_ns)) == [
        "with counters on, a call takes 3.34 ms, about as long as it did (3.34 ms)",
        "3 layers like encoder.layer.*.act/Gelu (Subgraph jit_avx512 f32, same kernel): 180 µs → 1.08 ms, +900 µs",
        *(
            f"3 layers like encoder.layer.*.{role}/MatMul (FullyConnected brgemm_avx512 f32, same kernel):"
            " 1.50 ms → 1.05 ms, -450 µs"
            for role in ("up", "down")
        ),
        "the other 3 layers together as before",
    ]


def test_of_changes_with_times_the_heaviest_is_told_first() -> None:
    old, new = profiled(encoder()), profiled(encoder(change=quantised))
    single = Graph(tuple(replace(it, kernel="ref") if ".0.norm" in it.name else it for it in new.graph.layers))
    slow = {**new.times, "encoder.layer.0.norm/MVN": 9e6}
    assert sentences(compare(old.graph, single, old.times, slow))[0] == (
        "encoder.layer.0.norm/MVN (MVN jit_avx512 → ref)"
    )
    assert sentences(compare(old.graph, single))[-1] == "encoder.layer.0.norm/MVN (MVN jit_avx512 → ref)"


def test_a_new_export_says_that_names_changed() -> None:
    assert sentences(compare(encoder(), encoder(prefix="blocks"))) == [
        "12 layers of 13 do the same as before under another name"
    ]


def test_idle_layers_are_mentioned_only_where_nothing_else_is() -> None:
    def graph(precision: str, product: str) -> Graph:
        return Graph((layer("a", precision=product), layer("r", "Reshape", "unknown", precision)))

    assert sentences(compare(graph("i8", "f32"), graph("f32", "f32"))) == [
        "1 layer that only hands data on differs in precision, layout or shape"
    ]
    assert sentences(compare(graph("i8", "i8"), graph("f32", "f32"))) == ["a (FullyConnected int8 → f32)"]


@pytest.mark.parametrize(
    ("time_ns", "text"),
    [
        (0, "0"),
        (850, "850 ns"),
        (12_345, "12.3 µs"),
        (999_600, "1.00 ms"),
        (4_100_000, "4.10 ms"),
        (1.25e9, "1.25 s"),
    ],
)
def test_a_time_has_three_digits(time_ns: float, text: str) -> None:
    assert time_text(time_ns) == text


def test_long_names_lose_their_beginning() -> None:
    name = "__module.resnet.encoder.stages.0.layers.1.layer.2.normalization/aten::batch_norm/BatchNormInference/Twice"
    assert name_text(name) == "…layers.1.layer.2.normalization/aten::batch_norm/BatchNormInference/Twice"
    assert name_text("__module.encoder.Add") == "encoder.Add"


@pytest.mark.parametrize(
    ("factor", "text"),
    [(1.036, "1.04x"), (1.199, "1.2x"), (1.87, "1.9x"), (2.0, "2x"), (19.4, "19x"), (99.6, "100x"), (143.0, "143x")],
)
def test_a_factor_near_1_is_not_told_as_1(factor: float, text: str) -> None:
    assert factor_text(factor) == text
