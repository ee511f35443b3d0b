from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, find, given, settings
from hypothesis import strategies as st

from pytest_ovperf.errors import ExtraMissingError, ModelError
from pytest_ovperf.models.sources import configuration_of, resolve
from pytest_ovperf.models.spec import IrSource, ModelSpec, Port, Task
from pytest_ovperf.models.varying import varying
from pytest_ovperf.strategies import shapes

if TYPE_CHECKING:
    from collections.abc import Mapping

MODELS = [resolve(name, shape=None, base=Path()) for name in ("minilm", "gpt2", "mobilenet_v2", "tiny-resnet")]


@st.composite
def graphs(draw: st.DrawFn) -> ModelSpec:
    """Draw a graph of one to three inputs, each dimension fixed, bounded or open, and a call that it takes."""
    ports, call = [], {}
    for index in range(draw(st.integers(1, 3))):
        dims, sizes = [], []
        for _ in range(draw(st.integers(0, 4))):
            least = draw(st.integers(0, 9))
            most = draw(st.none() | st.integers(max(least, 1), 40))
            dims.append((least, most))
            sizes.append(draw(st.integers(max(least, 1), most or 50)))
        kind = draw(st.sampled_from(["f32", "i64", "u8"]))
        ports.append(Port(f"input_{index}", kind, tuple(dims)))
        call[f"input_{index}"] = tuple(sizes)
    return ModelSpec("net.xml", IrSource(Path("net.xml")), Task.GRAPH, "", call, static=True, ports=tuple(ports))


@given(st.data(), st.sampled_from(MODELS))
def test_every_shape_that_is_drawn_fits_the_configuration(data: st.DataObject, model: ModelSpec) -> None:
    drawn = data.draw(shapes(model))
    known = configuration_of(model)
    for dims in drawn.values():
        known.check_shape(model.name, dims)
    assert len(set(drawn.values())) == 1
    assert varying(model).check(drawn) == drawn


@given(st.data(), graphs())
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_every_shape_that_is_drawn_is_taken_by_the_inputs_of_a_graph(data: st.DataObject, model: ModelSpec) -> None:
    try:
        strategy = shapes(model)
    except ModelError:  # bounds of two inputs that leave the batch of both no size
        assert any(size.most is not None and size.least > size.most for size in varying(model).sizes)
        return
    drawn = data.draw(strategy)
    assert all(port.admits(drawn[port.name]) for port in model.ports)


@given(st.data(), st.integers(1, 30), st.integers(0, 30), st.integers(1, 512), st.integers(0, 200))
def test_the_bounds_that_are_given_are_respected(
    data: st.DataObject, low: int, more: int, short: int, longer: int
) -> None:
    length = (short, min(short + longer, 512))
    drawn = data.draw(shapes(MODELS[0], batch=(low, low + more), length=length))
    for batch, tokens in drawn.values():
        assert low <= batch <= low + more
        assert length[0] <= tokens <= length[1]


def test_examples_shrink_to_the_smallest_shape_that_still_fails() -> None:
    def is_wrong(drawn: Mapping[str, tuple[int, ...]]) -> bool:
        batch, tokens = drawn["input_ids"]
        return batch > 3 and tokens >= 17

    assert find(shapes(MODELS[0]), is_wrong)["input_ids"] == (4, 17)
    assert find(shapes(MODELS[2]), lambda _: True) == {"pixel_values": (1, 3, 32, 32)}


def test_a_size_may_be_one_number() -> None:
    assert find(shapes(MODELS[0], batch=2, length=7), lambda _: True)["attention_mask"] == (2, 7)


def test_without_hypothesis_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "hypothesis", None)
    with pytest.raises(ExtraMissingError, match="Drawing shapes needs the package 'hypothesis'") as refused:
        shapes(MODELS[0])
    assert refused.value.remedy == 'pip install "pytest-ovperf[hypothesis]"'


def test_importing_the_strategies_imports_no_hypothesis() -> None:
    asked = "import sys, pytest_ovperf.strategies; print('hypothesis' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", asked], check=True, capture_output=True, text=True)  # noqa: S603
    assert run.stdout.strip() == "False"
