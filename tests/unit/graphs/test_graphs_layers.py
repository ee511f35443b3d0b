"""What OpenVINO says of its layers becomes a graph whose names do not depend on what was compiled before."""

from __future__ import annotations

import pytest
from hypothesis import given

from pytest_ovperf.graphs.layers import UNLISTED, Graph, Profile, graph_of, profile_of
from tests.unit.graphs.graph_examples import graphs, layer, row


def test_a_row_is_a_layer_and_its_kernel_does_not_repeat_the_precision() -> None:
    (it,) = graph_of(
        [row("l.query/MatMul", kernel="brgemm_avx512_i8", precision="i8", originals="l.query/MatMul,l.query/Add,")]
    ).layers
    assert (it.name, it.kind, it.kernel, it.precision) == ("l.query/MatMul", "FullyConnected", "brgemm_avx512", "i8")
    assert (it.layout, it.shape, it.originals) == ("abc", "1x64x384", ("l.query/MatMul", "l.query/Add"))


@pytest.mark.parametrize(
    ("kernel", "precision", "shown"),
    [
        ("brgconv_avx512_1x1_f32", "f32", ("brgconv_avx512_1x1", "f32")),
        ("brgemm_avx512_amx_bf16", "bf16", ("brgemm_avx512_amx", "bf16")),
        ("brgemm_avx512_I8", "u8", ("brgemm_avx512", "u8")),
        ("convolution_gpu_bfyx_f16__f16", "f16", ("convolution_gpu_bfyx_f16", "f16")),
        ("jit_avx512_f32", "u8", ("jit_avx512", "f32")),
        ("convolution_gpu_bfyx_os_iyx_osv16", "f16", ("convolution_gpu_bfyx_os_iyx_osv16", "f16")),
        ("unknown", "", ("unknown", "")),
    ],
)
def test_the_precision_is_the_kernels_own_where_it_names_one(
    kernel: str, precision: str, shown: tuple[str, str]
) -> None:
    (it,) = graph_of([row("a", kernel=kernel, precision=precision)]).layers
    assert (it.kernel, it.precision) == shown


def test_sizes_that_are_open_are_question_marks() -> None:
    assert graph_of([row("a", shape=[-1, None, "?", 384])]).layers[0].shape == "?x?x?x384"
    assert graph_of([row("a", shape="1..8x384")]).layers[0].shape == "1..8x384"


def test_a_layer_with_a_made_up_name_is_called_after_the_first_operation_that_the_model_names() -> None:
    (it,) = graph_of([row("Multiply_18748", originals="Multiply_18748,Multiply_8557,conv/BatchNorm,relu/Clamp")]).layers
    assert it.name == "conv/BatchNorm"
    assert it.originals == ("Multiply#", "Multiply#", "conv/BatchNorm", "relu/Clamp")


def test_made_up_names_without_one_are_numbered_in_order() -> None:
    made_up = ("Transpose_901", "Transpose_17", "Convert_5", "Constant_18_flatten_reshape")
    assert graph_of(row(name) for name in made_up).names == ("Transpose#1", "Transpose#2", "Convert#1", "Constant#1")


def test_the_counter_of_the_process_is_nowhere_in_the_graph() -> None:
    def compiled(counter: int) -> Graph:
        conv, scale = f"Multiply_{counter}", f"Softmax_{counter + 7}"
        return graph_of(
            [
                row("x", "Input"),
                row(f"x_abcd_acdb_{conv}", "Reorder", originals=""),
                row(conv, originals=f"{conv},conv/BatchNorm"),
                row(f"{conv}_acdb_abcd_{scale}", "Reorder", originals=""),
                row(scale, originals=f"{scale},"),
            ]
        )

    assert compiled(7086) == compiled(10513)
    assert compiled(7086).names == (
        "x",
        "x_abcd_acdb_conv/BatchNorm",
        "conv/BatchNorm",
        "conv/BatchNorm_acdb_abcd_Softmax#1",
        "Softmax#1",
    )


@pytest.mark.parametrize("name", ["aten::view/Reshape_1", "block_35_conv", "conv_3x3", "MobilenetV2/Conv_1/Relu"])
def test_names_of_the_model_stay_as_they_are(name: str) -> None:
    assert graph_of([row(name)]).names == (name,)


def test_names_that_several_layers_have_are_numbered() -> None:
    assert Graph((layer("a"), layer("b"), layer("a"))).names == ("a#1", "b", "a#2")


@given(graphs)
def test_names_are_one_of_a_kind_and_numbering_them_again_changes_nothing(graph: Graph) -> None:
    assert len(set(graph.names)) == len(graph.names)
    assert Graph(graph.layers) == graph


def test_times_follow_the_layers_names() -> None:
    rows = [row("Multiply_12", originals="Multiply_12,conv/Add"), row("Transpose_3"), row("idle", "Reshape")]
    profile = profile_of(rows, {"Multiply_12": 5000.0, "Transpose_3": 700.0, "idle": 0.0}, 6000.0)
    assert profile.times == {"conv/Add": 5000.0, "Transpose#1": 700.0}
    assert (profile.layers_ns, profile.call_ns) == (5700.0, 6000.0)


def test_the_time_of_a_layer_that_the_graph_does_not_list_is_kept() -> None:
    profile = profile_of([row("a")], {"a": 10.0, "hidden": 4.0, "never run": 0.0}, 20.0)
    assert [(it.name, it.kind) for it in profile.graph.layers] == [("a", "FullyConnected"), ("hidden", UNLISTED)]
    assert profile.layers_ns == 14.0


def test_times_of_layers_that_are_not_there_are_refused() -> None:
    with pytest.raises(ValueError, match="no layer b"):
        Profile(Graph((layer("a"),)), {"b": 1.0}, 1.0)
