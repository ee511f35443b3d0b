"""What an arm is asked to load: the shape of its data, or the bounds that the user gave."""

from __future__ import annotations

import json
from contextlib import nullcontext
from typing import TYPE_CHECKING, cast

import pytest

from pytest_ovperf.arms import Arms
from pytest_ovperf.engines.protocol import LoadRequest
from pytest_ovperf.models.library import ModelFiles, ModelLibrary
from pytest_ovperf.models.sources import resolve
from pytest_ovperf.records import Precision, parse_arm

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pytest_ovperf.models.spec import ModelSpec


class FakeLibrary:
    """A library whose models need no building; they have one input beside those of the workload's shape."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def settle(self, spec: ModelSpec) -> ModelSpec:
        return spec

    def files(self, spec: ModelSpec, _: Precision) -> ModelFiles:
        shapes = {**spec.shapes, "beam_idx": (1,)}
        return ModelFiles(self._folder, self._folder / "m.xml", self._folder / "i.npz", "digest", shapes, spec)


def request_for(folder: Path, shape: Sequence[int | str] | None) -> LoadRequest:
    arm = parse_arm("openvino-fp32", "CPU")
    arms = Arms(cast("ModelLibrary", FakeLibrary(folder)), threads=1, alone=nullcontext)
    return arms.prepare(resolve("tiny-gpt2", shape=shape, base=folder), arm)[1][arm]


def test_without_a_shape_a_model_is_compiled_as_exported(tmp_path: Path) -> None:
    assert request_for(tmp_path, None).shape is None


def test_a_fixed_shape_is_that_of_the_data(tmp_path: Path) -> None:
    shape = request_for(tmp_path, (1, 8)).shape
    assert shape == {"input_ids": (1, 8), "attention_mask": (1, 8), "position_ids": (1, 8), "beam_idx": (1,)}


def test_bounds_take_the_place_of_the_shape_that_they_were_given_for(tmp_path: Path) -> None:
    shape = request_for(tmp_path, (1, "2..8")).shape
    bounded = dict.fromkeys(["input_ids", "attention_mask", "position_ids"], (1, (2, 8)))
    assert shape == {**bounded, "beam_idx": (1,)}


@pytest.mark.parametrize("shape", [None, (1, 8), (1, "2..8")])
def test_a_request_survives_the_way_to_the_worker(tmp_path: Path, shape: Sequence[int | str] | None) -> None:
    asked = request_for(tmp_path, shape)
    assert LoadRequest.from_json(json.loads(json.dumps(asked.to_json()))) == asked
