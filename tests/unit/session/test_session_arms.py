"""What an arm is asked to load: the shape of its data, or the bounds that the user gave."""

from __future__ import annotations

import json
import re
from contextlib import nullcontext
from itertools import chain
from typing import TYPE_CHECKING, cast

import pytest

from pytest_ovperf.arms import Precision, parse_arm
from pytest_ovperf.engines.protocol import LoadRequest
from pytest_ovperf.errors import ArmError
from pytest_ovperf.metrics import WorkloadKind
from pytest_ovperf.models.library import ModelFiles, ModelLibrary
from pytest_ovperf.models.shapes import call_shapes
from pytest_ovperf.models.sources import resolve
from pytest_ovperf.models.spec import IrSource, ModelSpec, Task
from pytest_ovperf.session.arms import Arms, require_runnable
from pytest_ovperf.tuning import Hint, Tuning
from tests.fakes import onnx_bytes

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


class FakeLibrary:
    """A library whose models need no building; they have one input beside those of the workload's shape."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.asked: list[tuple[Precision, WorkloadKind, int | None, tuple[int, int] | None]] = []

    def settle(self, spec: ModelSpec) -> ModelSpec:
        return spec

    def files(
        self,
        spec: ModelSpec,
        precision: Precision,
        *,
        kind: WorkloadKind,
        batch: int | None,
        prompt: tuple[int, int] | None = None,
        onnx: bool = False,
    ) -> ModelFiles:
        self.asked.append((precision, kind, batch, prompt))
        shapes = {**call_shapes(spec, batch), "beam_idx": (1,)}
        file = self._folder / "m.onnx" if onnx else None
        return ModelFiles(self._folder, self._folder / "m.xml", self._folder / "i.npz", "digest", shapes, spec, file)


def request_for(folder: Path, shape: Sequence[int | str] | None, name: str = "openvino-fp32") -> LoadRequest:
    arm = parse_arm(name, "CPU")
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


def test_the_tuning_goes_along_and_decides_on_batch_and_shape(tmp_path: Path) -> None:
    request = request_for(tmp_path, None, "openvino-int8[batch=4,shape=?x16,hint=throughput]")
    assert request.tuning == Tuning(hint=Hint.THROUGHPUT, batch=4, shape="?x16")
    assert request.shape == {
        "input_ids": (-1, 16),
        "attention_mask": (-1, 16),
        "position_ids": (-1, 16),
        "beam_idx": (1,),
    }


def test_pytorch_is_compiled_for_nothing_and_reads_the_weights(tmp_path: Path) -> None:
    request = request_for(tmp_path, (1, 8), "pytorch-fp32[batch=4]")
    assert (request.shape, request.ir, request.weights) == (None, None, tmp_path)
    assert request.auto_class == "AutoModelForCausalLM"


def test_onnx_runtime_reads_the_onnx_file_and_nothing_else(tmp_path: Path) -> None:
    request = request_for(tmp_path, (1, 8), "onnxruntime-fp32[batch=4]")
    assert (request.onnx, request.ir, request.weights, request.shape) == (tmp_path / "m.onnx", None, None, None)


@pytest.mark.parametrize("source", ["tiny-gpt2", "m.onnx"])
def test_a_function_is_given_the_model_as_its_user_named_it(source: str, tmp_path: Path) -> None:
    onnx_bytes.dense(tmp_path / "m.onnx", dims=(1, 16))
    arm = parse_arm("shop.search:setup", "CPU")
    arms = Arms(cast("ModelLibrary", FakeLibrary(tmp_path)), threads=1, alone=nullcontext)
    request = arms.prepare(resolve(source, shape=None, base=tmp_path), arm)[1][arm]
    assert (request.function, request.ir, request.inputs) == ("shop.search:setup", None, tmp_path / "i.npz")
    assert (request.weights, request.onnx) == (
        (tmp_path, None) if source == "tiny-gpt2" else (None, tmp_path / "m.onnx")
    )


def test_a_request_says_what_will_be_asked_of_it(tmp_path: Path) -> None:
    library = FakeLibrary(tmp_path)
    arms = Arms(cast("ModelLibrary", library), threads=1, alone=nullcontext)
    spec, arm = resolve("tiny-gpt2", shape=None, base=tmp_path), parse_arm("openvino-fp32[batch=2]", "CPU")
    streamed = arms.prepare(spec, arm, kind=WorkloadKind.STREAM)[1][arm]
    loaded = arms.prepare(spec, arm, kind=WorkloadKind.LOAD, prompt=(4, 8), new_tokens=3)[1][arm]
    assert (streamed.kind, streamed.new_tokens) == (WorkloadKind.STREAM, 0)
    assert (loaded.kind, loaded.new_tokens, loaded.shape) == (WorkloadKind.LOAD, 3, None)
    assert library.asked == [
        (Precision.FP32, WorkloadKind.STREAM, 2, None),
        (Precision.FP32, WorkloadKind.GENERATE, 2, (4, 8)),
    ]


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("openvino-fp32[shape=1x8]", "shape=1x8 leaves no room for what one call gives to 'tiny-gpt2'"),
        ("openvino-fp32[shape=1..4x16,batch=8]", "leaves no room"),
    ],
)
def test_a_shape_without_room_for_the_call_is_refused_before_anything_is_built(
    name: str, reason: str, tmp_path: Path
) -> None:
    library = FakeLibrary(tmp_path)
    arms = Arms(cast("ModelLibrary", library), threads=1, alone=nullcontext)
    sound = parse_arm("openvino-int8", "CPU")
    with pytest.raises(ArmError, match=reason):
        arms.prepare(resolve("tiny-gpt2", shape=None, base=tmp_path), sound, parse_arm(name, "CPU"))
    assert library.asked == []


def test_a_file_of_an_exported_model_is_not_for_pytorch_and_generates_nothing(tmp_path: Path) -> None:
    onnx_bytes.dense(tmp_path / "m.onnx", dims=(1, 16))
    spec, library = resolve("m.onnx", shape=None, base=tmp_path), FakeLibrary(tmp_path)
    arms = Arms(cast("ModelLibrary", library), threads=1, alone=nullcontext)
    with pytest.raises(ArmError, match=r"pytorch-fp32 cannot run 'm\.onnx'") as refused:
        arms.prepare(spec, parse_arm("openvino-fp32", "CPU"), parse_arm("pytorch-fp32", "CPU"))
    assert "the directory that it was exported from" in refused.value.remedy
    assert 'speedup("openvino-fp32", over="onnxruntime-fp32")' in refused.value.remedy
    with pytest.raises(ArmError, match="cannot generate text"):
        arms.prepare(spec, parse_arm("openvino-int8", "CPU"), kind=WorkloadKind.GENERATE, new_tokens=4)
    assert library.asked == []


@pytest.mark.parametrize("arm", ["pytorch-fp32", "onnxruntime-fp32"])
def test_what_remains_of_an_ir_can_be_pasted_into_a_test(arm: str, tmp_path: Path) -> None:
    ir = ModelSpec("m.xml", IrSource(tmp_path / "m.xml"), Task.GRAPH, "", {"x": (1, 4)}, static=False)
    with pytest.raises(ArmError, match=f"{arm} cannot run 'm.xml': an OpenVINO IR") as refused:
        require_runnable(ir, parse_arm(arm, "CPU"), generates=False)
    assert "onnxruntime" not in refused.value.remedy
    pasted = re.findall(r'speedup\("([^"]+)", over="([^"]+)"', refused.value.remedy)
    assert len(pasted) == 2
    for name in chain.from_iterable(pasted):
        require_runnable(ir, parse_arm(name, "CPU"), generates=False)


class FakeWorker:
    """An arm's process that only notes what becomes of it."""

    started: list[FakeWorker]

    def __init__(self) -> None:
        self.is_open = True

    @classmethod
    def start(cls, *_asked: object) -> FakeWorker:
        cls.started.append(cls())
        return cls.started[-1]

    def loaded(self) -> None:
        pass

    def outputs(self) -> dict[str, object]:
        return {}

    def score(self, _function: str) -> float:
        return 0.5

    def close(self) -> None:
        self.is_open = False


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[FakeWorker]:
    monkeypatch.setattr(FakeWorker, "started", [], raising=False)
    monkeypatch.setattr("pytest_ovperf.session.arms.ArmWorker", FakeWorker)
    return FakeWorker.started


@pytest.mark.parametrize("before", ["nothing", "compared"])
def test_a_process_in_which_a_score_was_taken_is_ended_and_never_timed(
    started: list[FakeWorker], before: str, tmp_path: Path
) -> None:
    arm = parse_arm("openvino-fp32", "CPU")
    arms = Arms(cast("ModelLibrary", FakeLibrary(tmp_path)), threads=1, alone=nullcontext)
    requests = arms.prepare(resolve("tiny-gpt2", shape=None, base=tmp_path), arm)[1]
    if before == "compared":
        arms.outputs(requests)
    assert [arms.scores(requests, "shop.task:accuracy")[arm] for _ in range(2)] == [0.5, 0.5]  # taken once
    assert [worker.is_open for worker in started] == [False]
    assert arms.open(requests[arm], arm) is not cast("object", started[0])


def test_a_process_whose_outputs_were_compared_is_kept_for_the_next_trial(
    started: list[FakeWorker], tmp_path: Path
) -> None:
    arm = parse_arm("openvino-fp32", "CPU")
    arms = Arms(cast("ModelLibrary", FakeLibrary(tmp_path)), threads=1, alone=nullcontext)
    requests = arms.prepare(resolve("tiny-gpt2", shape=None, base=tmp_path), arm)[1]
    arms.outputs(requests)
    assert arms.open(requests[arm], arm) is cast("object", started[0])
