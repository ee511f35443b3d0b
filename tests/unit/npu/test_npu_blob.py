"""Shapes as OpenVINO writes them, and a compiled model that cannot be run."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_ovperf.errors import ArmUnavailableError, ModelError
from pytest_ovperf.hardware.causes import ShapeKind
from pytest_ovperf.npu.blob import CompiledBlob, Dimension, Port, Shape, kind_of

BLOB = CompiledBlob(
    "4000",
    (Port("input_ids", Shape.parse("[1,128]")), Port("", Shape.parse("[?,3]"))),
    (Port("logits", Shape.parse("[1,128,7]")),),
    1 << 20,
    1.5,
    "a compiler",
)

sizes = st.integers(min_value=0, max_value=1 << 40)
dimensions = st.one_of(
    st.just(Dimension(0, None)),
    st.builds(Dimension, sizes, st.none()),
    st.tuples(sizes, sizes).map(lambda pair: Dimension(min(pair), max(pair))),
)


@given(st.lists(dimensions, max_size=6))
def test_a_shape_survives_its_text(found: list[Dimension]) -> None:
    shape = Shape(tuple(found))
    assert Shape.parse(str(shape)) == shape


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("[]", ShapeKind.STATIC),
        ("[1,3,224,224]", ShapeKind.STATIC),
        ("{1,128}", ShapeKind.STATIC),  # as OpenVINO's C API writes it
        ("[1,1..128]", ShapeKind.BOUNDED),
        ("[..5]", ShapeKind.BOUNDED),
        ("[?,3]", ShapeKind.UNBOUNDED),
        ("[2..,3]", ShapeKind.UNBOUNDED),
        ("[...]", ShapeKind.UNBOUNDED),
    ],
)
def test_how_far_a_shape_is_fixed(text: str, kind: ShapeKind) -> None:
    assert Shape.parse(text).kind is kind


def test_a_model_is_fixed_as_far_as_the_least_fixed_of_its_inputs_and_states() -> None:
    fixed, bounded, open_ = Shape.parse("[1]"), Shape.parse("[1..2]"), Shape.parse("[?]")
    assert kind_of((Port("a", fixed),)) is ShapeKind.STATIC
    assert kind_of((Port("a", fixed), Port("b", bounded))) is ShapeKind.BOUNDED
    assert kind_of((Port("a", fixed),), (open_,)) is ShapeKind.UNBOUNDED


def test_it_is_asked_as_a_compiled_model_is() -> None:
    assert BLOB.input("input_ids").partial_shape.is_static
    assert BLOB.input(0).shape == (1, 128)
    assert BLOB.inputs[1].partial_shape.is_dynamic
    assert BLOB.output().get_any_name() == "logits"
    assert [port.names for port in BLOB.inputs] == [{"input_ids"}, set()]
    assert len(BLOB.output().partial_shape) == 3


def test_a_dynamic_shape_has_no_sizes() -> None:
    with pytest.raises(ModelError, match="partial_shape"):
        _ = BLOB.inputs[1].shape


def test_a_port_that_is_not_there_is_named() -> None:
    with pytest.raises(ModelError, match="no output 'tokens'"):
        BLOB.output("tokens")


def test_whatever_would_run_it_is_refused_with_the_reason() -> None:
    for run in (BLOB.create_infer_request, BLOB, BLOB.infer_new_request):
        with pytest.raises(ArmUnavailableError, match="compiled for NPU 4000, not executed"):
            run()


def test_a_test_lets_it_refuse_in_its_own_way() -> None:
    reasons: list[str] = []
    BLOB.refusing_by(reasons.append).create_infer_request()
    assert reasons == ["compiled for NPU 4000, not executed"]
