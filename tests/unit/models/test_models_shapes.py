"""What one call of an arm gives to each input, and what the model is compiled for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_ovperf.errors import ArmError
from pytest_ovperf.models.shapes import ANY_SIZE, call_shapes, compiled_shapes
from pytest_ovperf.models.spec import IrSource, ModelSpec, Port, Task
from pytest_ovperf.tuning import UNTUNED, Tuning

if TYPE_CHECKING:
    from pytest_ovperf.models.shapes import Dimensions

from pathlib import PurePath

OPEN = (0, None)


def exported(*, static: bool = False, bounds: tuple[tuple[int, int], ...] | None = None) -> ModelSpec:
    """Return a text model of 1x8 that this package exports, with dimensions that are all open."""
    shape = tuple(most for _, most in bounds) if bounds else (1, 8)
    shapes = dict.fromkeys(["ids", "mask"], shape)
    return ModelSpec(
        "m", _source(), Task.FEATURE_EXTRACTION, "AutoModel", shapes, static=static or bool(bounds), bounds=bounds
    )


def graph(*ports: Port, static: bool = False, **shapes: tuple[int, ...]) -> ModelSpec:
    return ModelSpec("m.xml", _source(), Task.GRAPH, "", shapes, static=static, ports=ports)


def _source() -> IrSource:
    return IrSource(PurePath("m.xml"))  # type: ignore[arg-type]  # nothing is read


def compiled(spec: ModelSpec, tuning: str = "") -> dict[str, Dimensions] | None:
    settings = Tuning.parse(tuning)
    return compiled_shapes(spec, call_shapes(spec, settings.batch), settings)


IDS = Port("ids", "i64", (OPEN, OPEN))
FIXED = Port("pixels", "f32", ((1, 1), (3, 3), (8, 8), (8, 8)))


def test_a_batch_takes_the_place_of_the_models_own() -> None:
    assert call_shapes(exported(), None) == {"ids": (1, 8), "mask": (1, 8)}
    assert call_shapes(exported(), 4) == {"ids": (4, 8), "mask": (4, 8)}


def test_an_input_that_does_not_begin_with_the_batch_has_none() -> None:
    spec = graph(ids=(2, 8), scale=(), table=(3, 2))
    assert call_shapes(spec, 4) == {"ids": (4, 8), "scale": (), "table": (3, 2)}


def test_what_is_exported_dynamic_stays_so_unless_it_is_told_otherwise() -> None:
    assert compiled(exported()) is None
    assert compiled(exported(), "batch=8") is None
    assert compiled(exported(static=True)) == {"ids": (1, 8), "mask": (1, 8)}


def test_static_fixes_the_call_and_dynamic_undoes_what_the_marker_fixed() -> None:
    assert compiled(exported(), "shape=static") == {"ids": (1, 8), "mask": (1, 8)}
    assert compiled(exported(), "shape=static,batch=4") == {"ids": (4, 8), "mask": (4, 8)}
    assert compiled(exported(static=True), "shape=dynamic") is None


@pytest.mark.parametrize(
    ("tuning", "dims"),
    [
        ("shape=?x8", (ANY_SIZE, 8)),
        ("shape=1..4x8", ((1, 4), 8)),
        ("shape=1x?", (1, ANY_SIZE)),
        ("shape=1..1x8", (1, 8)),
        ("shape=4x8,batch=4", (4, 8)),
        ("shape=?x8,batch=4", (ANY_SIZE, 8)),
    ],
)
def test_dimensions_are_compiled_as_they_are_written(tuning: str, dims: tuple[int, ...]) -> None:
    assert compiled(exported(), tuning) == {"ids": dims, "mask": dims}


@pytest.mark.parametrize("tuning", ["shape=4x8", "shape=2..4x8", "shape=1x4", "shape=1x8x1", "shape=1..4x8,batch=5"])
def test_dimensions_without_room_for_the_call_are_refused(tuning: str) -> None:
    with pytest.raises(ArmError, match=r"leaves no room for what one call gives to 'm': ids \dx8"):
        compiled(exported(), tuning)


def test_bounds_of_the_marker_hold_the_batch_of_an_arm() -> None:
    spec = exported(bounds=((1, 4), (8, 8)))
    assert compiled(spec) == {"ids": ((1, 4), 8), "mask": ((1, 4), 8)}
    assert compiled(spec, "batch=2") == {"ids": ((1, 4), 8), "mask": ((1, 4), 8)}
    with pytest.raises(ArmError, match=r"batch=8 is outside the bounds of 'm', whose shape is 1\.\.4x8"):
        compiled(spec, "batch=8")


def test_a_fixed_batch_beside_bounds_follows_the_arm() -> None:
    assert compiled(exported(bounds=((1, 1), (2, 8))), "batch=4") == {"ids": (4, (2, 8)), "mask": (4, (2, 8))}


def test_a_file_of_fixed_sizes_stays_as_it_is_and_is_reshaped_to_another_batch() -> None:
    spec = graph(FIXED, pixels=(1, 3, 8, 8))
    assert compiled(spec) is None
    assert compiled(spec, "batch=4") == {"pixels": (4, 3, 8, 8)}


def test_dimensions_are_for_the_dynamic_inputs_of_a_file() -> None:
    spec = graph(IDS, Port("extra", "f32", ((1, 1), (8, 8))), ids=(1, 8), extra=(1, 8))
    assert compiled(spec, "shape=?x8") == {"ids": (ANY_SIZE, 8), "extra": (1, 8)}


def test_nothing_is_dynamic_in_a_file_of_fixed_sizes() -> None:
    with pytest.raises(ArmError, match=r"of fixed sizes, pixels \(1x3x8x8\)"):
        compiled(graph(FIXED, pixels=(1, 3, 8, 8)), "shape=dynamic")


def test_a_file_that_is_left_as_it_is_must_take_the_call() -> None:
    bounded = Port("ids", "i64", ((1, 4), OPEN))
    assert compiled(graph(bounded, ids=(1, 8)), "shape=dynamic,batch=4") is None
    with pytest.raises(ArmError, match=r"no room for a call of ids 8x8: 'm\.xml' takes ids \(1\.\.4x\?\)"):
        compiled(graph(bounded, ids=(1, 8)), "shape=dynamic,batch=8")


@given(
    batch=st.integers(1, 64),
    own=st.lists(st.integers(1, 9), min_size=1, max_size=4).map(tuple),
    shape=st.sampled_from([None, "static", "dynamic"]),
)
def test_what_is_compiled_always_takes_the_call(batch: int, own: tuple[int, ...], shape: str | None) -> None:
    spec = graph(Port("x", "f32", tuple(OPEN for _ in own)), x=own)
    calls = call_shapes(spec, batch)
    assert calls == {"x": (batch, *own[1:])}
    tuning = UNTUNED if shape is None else Tuning(shape=shape)
    assert compiled_shapes(spec, calls, tuning) == (calls if shape == "static" else None)
