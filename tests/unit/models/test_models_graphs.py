"""Models that are files: what is read of an OpenVINO IR and of an ONNX file, and what a call gives to their inputs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_ovperf.errors import ModelError
from pytest_ovperf.models.graphs import graph_files
from pytest_ovperf.models.ir_file import read_ir_ports
from pytest_ovperf.models.onnx_file import read_onnx
from pytest_ovperf.models.sources import configuration_of, resolve
from pytest_ovperf.models.spec import IrSource, ModelSpec, OnnxSource, OwnData, Port, Task
from tests.fakes import onnx_bytes

if TYPE_CHECKING:
    from pathlib import Path


def parameter(name: str, shape: str, kind: str = "i64", names: str | None = None) -> str:
    port = f'names="{name if names is None else names}"' if names != "" else ""
    return f"""<layer id="0" name="{name}" type="Parameter" version="opset1">
        <data shape="{shape}" element_type="{kind}"/><output><port id="0" {port}/></output></layer>"""


def ir(base: Path, *layers: str, name: str = "m.xml", weights: bool = True) -> Path:
    path = base / name
    constant = '<layer id="9" name="w" type="Const" version="opset1"><output><port id="0"/></output></layer>'
    path.write_text(
        f'<?xml version="1.0"?><net name="m" version="11"><layers>{"".join(layers)}{constant}</layers></net>',
        encoding="utf-8",
    )
    if weights:
        path.with_suffix(".bin").write_bytes(b"weights")
    return path


TEXT = (parameter("ids", "?,?"), parameter("mask", "?,?"))


def resolved(path: Path, shape: tuple[int | str, ...] | dict[str, tuple[int, ...]] | None = None) -> ModelSpec:
    return resolve(path.name, shape=shape, base=path.parent)


def test_the_inputs_of_an_ir_are_those_of_its_xml(tmp_path: Path) -> None:
    path = ir(
        tmp_path,
        parameter("a", "1..8,?,3", "f32"),
        parameter("b", "2..,..4,-1", "f16"),
        parameter("c", ""),
        parameter("d", "..."),
    )
    assert read_ir_ports(path) == (
        Port("a", "f32", ((1, 8), (0, None), (3, 3))),
        Port("b", "f16", ((2, None), (0, 4), (0, None))),
        Port("c", "i64", ()),
        Port("d", "i64", None),
    )


def test_of_several_names_the_first_is_the_inputs_own_and_a_comma_may_be_part_of_one(tmp_path: Path) -> None:
    path = ir(tmp_path, parameter("x", "1", names="z,b\\,c"))
    assert read_ir_ports(path)[0].name == "b,c"


def test_the_inputs_of_a_loops_body_are_none_of_the_models(tmp_path: Path) -> None:
    loop = f'<layer id="5" name="l" type="Loop"><body><layers>{parameter("inner", "?")}</layers></body></layer>'
    assert [port.name for port in read_ir_ports(ir(tmp_path, parameter("x", "1"), loop))] == ["x"]


@pytest.mark.parametrize(
    ("layers", "reason"),
    [
        (['<layer id="1" name="past" type="ReadValue"/>', parameter("x", "1")], "keeps a state"),
        ([parameter("x", "1", names="")], "has no tensor name"),
        ([parameter("x", "1,many")], "a shape that cannot be read: '1,many'"),
        ([], "has no inputs"),
    ],
)
def test_an_ir_that_cannot_be_measured_is_refused(layers: list[str], reason: str, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=reason):
        resolved(ir(tmp_path, *layers))


def test_an_ir_without_its_weights_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"there is no m\.bin beside it"):
        resolved(ir(tmp_path, parameter("x", "1"), weights=False))


@pytest.mark.parametrize(
    ("text", "reason"), [("<net", "cannot be read as an OpenVINO IR"), ("<a/>", "begins with <a>")]
)
def test_a_file_that_is_no_ir_is_refused(text: str, reason: str, tmp_path: Path) -> None:
    (tmp_path / "m.xml").write_text(text, encoding="utf-8")
    with pytest.raises(ModelError, match=reason):
        resolved(tmp_path / "m.xml")


def test_the_inputs_of_an_onnx_file_are_read_without_its_weights(tmp_path: Path) -> None:
    path = onnx_bytes.dense(tmp_path / "m.onnx", listed=True)
    assert read_onnx(path).ports == (Port("features", "f32", ((0, None), (16, 16))),)


def test_an_onnx_input_may_leave_even_its_rank_open(tmp_path: Path) -> None:
    port = read_onnx(onnx_bytes.dense(tmp_path / "m.onnx", dims=None)).ports[0]
    assert port.dims is None
    assert port.is_open


def test_weights_in_a_file_of_their_own_belong_to_the_model(tmp_path: Path) -> None:
    path = onnx_bytes.dense(tmp_path / "m.onnx", external="m.onnx_data")
    assert graph_files(path) == (path, tmp_path / "m.onnx_data")
    (tmp_path / "m.onnx_data").unlink()
    with pytest.raises(ModelError, match=r"keeps them in m\.onnx_data, which is not beside it"):
        resolved(path)


@pytest.mark.parametrize("content", [b"", b"not a model", b"\x3a\xff\xff", b"\x0b", b"\x3a\x00"])
def test_a_file_that_is_no_onnx_model_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "m.onnx").write_bytes(content)
    with pytest.raises(ModelError, match=r"cannot be read as an ONNX model|has no inputs"):
        resolved(tmp_path / "m.onnx")


@settings(deadline=None)
@given(end=st.integers(0, 700))
def test_an_onnx_file_that_was_cut_off_is_refused_and_nothing_worse(
    end: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = onnx_bytes.dense(tmp_path_factory.mktemp("cut") / "m.onnx")
    whole = path.read_bytes()
    path.write_bytes(whole[: min(end, len(whole) - 20)])
    with pytest.raises(ModelError):
        read_onnx(path)


def test_a_file_is_a_graph_without_a_pytorch_side(tmp_path: Path) -> None:
    path = ir(tmp_path, *TEXT)
    spec = resolved(path, (1, 8))
    assert (spec.source, spec.task, spec.has_pytorch) == (IrSource(path.resolve()), Task.GRAPH, False)
    assert spec.shapes == {"ids": (1, 8), "mask": (1, 8)}
    assert spec.shape_text == "1x8"
    with pytest.raises(ModelError, match="no configuration"):
        configuration_of(spec)


def test_an_onnx_file_is_found_by_its_suffix(tmp_path: Path) -> None:
    path = onnx_bytes.dense(tmp_path / "m.ONNX", dims=(1, 16))
    spec = resolved(path)
    assert (spec.source, spec.shapes, spec.static) == (OnnxSource(path.resolve()), {"features": (1, 16)}, False)


def test_sizes_that_the_file_leaves_open_have_to_be_said(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"leaves the sizes of ids \(\?x\?\), mask \(\?x\?\) open") as refused:
        resolved(ir(tmp_path, *TEXT, parameter("fixed", "1,4")))
    assert "shape=(1, 128)" in refused.value.remedy


def test_the_example_has_what_the_file_says(tmp_path: Path) -> None:
    with pytest.raises(ModelError) as refused:
        resolved(ir(tmp_path, parameter("pixels", "?,3,224,224", "f32")))
    assert "shape=(1, 3, 224, 224)" in refused.value.remedy


def test_bounds_of_the_file_are_called_with_the_largest_size(tmp_path: Path) -> None:
    spec = resolved(ir(tmp_path, parameter("x", "1..8,16")))
    assert (spec.shapes, spec.static) == ({"x": (8, 16)}, False)


def test_a_shape_goes_to_the_inputs_that_take_it(tmp_path: Path) -> None:
    layers = (*TEXT, parameter("pixels", "1,3,8,8", "f32"), parameter("extra", "1,5"))
    assert resolved(ir(tmp_path, *layers), (1, 8)).shapes == {
        "ids": (1, 8),
        "mask": (1, 8),
        "pixels": (1, 3, 8, 8),
        "extra": (1, 5),
    }


def test_a_shape_with_bounds_is_that_of_a_call_of_the_largest_size(tmp_path: Path) -> None:
    spec = resolved(ir(tmp_path, *TEXT), (1, "2..8"))
    assert (spec.shapes["ids"], spec.bounds) == ((1, 8), ((1, 1), (2, 8)))


def test_the_only_input_of_fixed_sizes_may_be_given_others(tmp_path: Path) -> None:
    assert resolved(ir(tmp_path, parameter("x", "1,16")), (4, 16)).shapes == {"x": (4, 16)}


def test_a_fixed_size_beside_an_open_one_is_meant(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"shape 1x8 fits no input of 'm\.xml'; they are x \(\?x16\)") as refused:
        resolved(ir(tmp_path, parameter("x", "?,16")), (1, 8))
    assert "shape=(1, 16)" in refused.value.remedy


def test_shapes_can_be_given_by_input(tmp_path: Path) -> None:
    spec = resolved(
        ir(tmp_path, *TEXT, parameter("image", "?,3,?,?", "f32")),
        {"ids": (1, 8), "mask": (1, 8), "image": (1, 3, 32, 32)},
    )
    assert spec.shapes == {"ids": (1, 8), "mask": (1, 8), "image": (1, 3, 32, 32)}
    assert spec.static
    assert spec.shape_text == "1x8+1x3x32x32"


@pytest.mark.parametrize(
    ("shape", "reason"),
    [
        ((1, 2, 3), r"shape 1x2x3 fits no input of 'm\.xml'; they are ids \(\?x\?\), mask"),
        ({"words": (1, 8)}, "no input 'words'"),
        ({"ids": (1, 8, 8)}, "no input 'ids' of 3 dimensions"),
        ({"ids": (1, 8)}, r"leaves the sizes of mask"),
        ((0, 8), "a size below 1"),
    ],
)
def test_a_shape_that_does_not_fit_is_answered_with_the_inputs(
    shape: tuple[int, ...] | dict[str, tuple[int, ...]], reason: str, tmp_path: Path
) -> None:
    with pytest.raises(ModelError, match=reason) as refused:
        resolved(ir(tmp_path, *TEXT), shape)
    assert "shape=" in refused.value.remedy


def test_shapes_by_input_are_for_files_only(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"'tiny-bert' is none") as refused:
        resolve("tiny-bert", shape={"input_ids": (1, 8)}, base=tmp_path)
    assert "shape=(1, 128)" in refused.value.remedy


def test_what_is_not_measured_may_leave_sizes_open(tmp_path: Path) -> None:
    path = ir(tmp_path, *TEXT, parameter("scale", "1", "f32"))
    spec = resolve(path.name, shape=None, base=tmp_path, measured=False)
    assert (spec.shapes, spec.static, spec.has_sizes) == ({"scale": (1,)}, False, False)
    with pytest.raises(ModelError, match="leaves the sizes of ids"):
        resolve(path.name, shape=None, base=tmp_path)


def test_a_function_that_makes_inputs_says_their_sizes(tmp_path: Path) -> None:
    spec = resolve(ir(tmp_path, *TEXT).name, shape=None, base=tmp_path, data=OwnData(inputs="json:load"))
    assert not spec.has_sizes
    assert resolved(ir(tmp_path, *TEXT), (1, 8)).has_sizes


@pytest.mark.parametrize("name", ["gone.xml", "gone.onnx"])
def test_a_model_file_that_does_not_exist_is_not_looked_for_on_the_hub(name: str, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no such directory or file"):
        resolved(tmp_path / name)
