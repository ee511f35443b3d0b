"""Both engines in real worker processes, on a BERT of two small layers made here."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import psutil
import pytest

from pytest_ovperf.engines.protocol import LoadRequest
from pytest_ovperf.errors import ArmUnavailableError, ExtraMissingError, MeasurementError, ModelError
from pytest_ovperf.records import Arm, Engine, Precision
from pytest_ovperf.worker.arm import ArmWorker

if TYPE_CHECKING:
    from pathlib import Path

np = pytest.importorskip("numpy")
openvino = pytest.importorskip("openvino")
torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

SHAPE = (1, 12)
FP32 = Arm(Engine.OPENVINO, Precision.FP32, "CPU")
PYTORCH = Arm(Engine.PYTORCH, Precision.FP32, "CPU")


@dataclass(frozen=True)
class Artefacts:
    weights: Path
    ir: Path
    inputs: Path

    def request(self, arm: Arm, *, threads: int = 1) -> LoadRequest:
        return LoadRequest(
            engine=arm.engine,
            precision=arm.precision,
            device=arm.device,
            weights=self.weights,
            auto_class="AutoModel",
            ir=self.ir,
            inputs=self.inputs,
            shape={"input_ids": SHAPE, "attention_mask": SHAPE},
            threads=threads,
        )


@pytest.fixture(scope="session")
def artefacts(tmp_path_factory: pytest.TempPathFactory) -> Artefacts:
    folder = tmp_path_factory.mktemp("tiny-bert")
    torch.manual_seed(1)
    config = transformers.BertConfig(
        hidden_size=64, num_hidden_layers=2, num_attention_heads=2, intermediate_size=128, vocab_size=100
    )
    model = transformers.BertModel(config, add_pooling_layer=False).eval()
    model.save_pretrained(folder / "weights")
    inputs = {
        "input_ids": np.arange(12, dtype=np.int64).reshape(SHAPE),
        "attention_mask": np.ones(SHAPE, dtype=np.int64),
    }
    np.savez(folder / "inputs.npz", **inputs)
    example = {name: torch.from_numpy(array) for name, array in inputs.items()}
    ir = openvino.convert_model(torch.export.export(model, (), example, strict=False))
    ir.outputs[0].get_tensor().set_names({"last_hidden_state"})
    openvino.save_model(ir, folder / "model.xml", compress_to_fp16=False)
    return Artefacts(folder / "weights", folder / "model.xml", folder / "inputs.npz")


def has_bf16() -> bool:
    return "BF16" in openvino.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")


def test_both_engines_load_side_by_side_agree_and_take_times(artefacts: Artefacts) -> None:
    with (
        ArmWorker.start(PYTORCH, artefacts.request(PYTORCH)) as reference,
        ArmWorker.start(FP32, artefacts.request(FP32)) as candidate,
    ):
        facts = [worker.loaded() for worker in (candidate, reference)]
        assert [(fact.precision, fact.devices, fact.threads) for fact in facts] == [("f32", ("CPU",), 1)] * 2
        assert all(fact.load_ns > 0 for fact in facts)
        assert facts[0].versions["openvino"].startswith(openvino.__version__.split("-")[0])
        assert facts[1].versions["torch"] == torch.__version__

        for worker in (candidate, reference):
            times = worker.block(min_ns=1_000_000, min_calls=5).latency_ns
            assert len(times) >= 5
            assert all(time_ns > 0 for time_ns in times)

        ours, theirs = candidate.outputs(), reference.outputs()
    common = set(ours) & set(theirs)
    assert common == {"last_hidden_state"}
    one, other = ours["last_hidden_state"].ravel(), theirs["last_hidden_state"].ravel()
    assert one.shape == (12 * 64,)
    assert one @ other / (np.linalg.norm(one) * np.linalg.norm(other)) > 0.999


def test_the_bf16_arm_computes_in_bf16_or_is_unavailable(artefacts: Artefacts) -> None:
    arm = Arm(Engine.OPENVINO, Precision.BF16, "CPU")
    with ArmWorker.start(arm, artefacts.request(arm)) as worker:
        if has_bf16():
            assert worker.loaded().precision == "bf16"
        else:
            with pytest.raises(ArmUnavailableError, match="bf16"):
                worker.loaded()


@pytest.mark.parametrize("device", ["AUTO:CPU", "AUTO", "HETERO:CPU"])
def test_facts_are_read_through_devices_that_choose_devices(artefacts: Artefacts, device: str) -> None:
    arm = replace(FP32, device=device)
    with ArmWorker.start(arm, artefacts.request(arm)) as worker:
        facts = worker.loaded()
    assert (facts.precision, facts.devices, facts.threads) == ("f32", ("CPU",), 1)


def test_a_model_without_a_shape_is_compiled_as_it_was_exported(artefacts: Artefacts) -> None:
    with ArmWorker.start(FP32, replace(artefacts.request(FP32), shape=None)) as worker:
        worker.loaded()
        assert worker.outputs()["last_hidden_state"].shape == (1, 12, 64)


def test_an_arm_has_no_other_process_beside_it(artefacts: Artefacts) -> None:
    with ArmWorker.start(FP32, artefacts.request(FP32)) as worker:
        worker.loaded()
        assert psutil.Process(worker.pid).children(recursive=True) == []


def test_a_device_that_is_not_there_is_unavailable_with_openvinos_own_words(artefacts: Artefacts) -> None:
    arm = replace(FP32, device="GPU.7")
    with (
        ArmWorker.start(arm, artefacts.request(arm)) as worker,
        pytest.raises(ArmUnavailableError, match="Exception from "),
    ):
        worker.loaded()


def test_a_damaged_ir_is_a_model_error_with_openvinos_own_words(artefacts: Artefacts, tmp_path: Path) -> None:
    damaged = tmp_path / "model.xml"
    damaged.write_text("<net", encoding="utf-8")
    request = replace(artefacts.request(FP32), ir=damaged)
    with ArmWorker.start(FP32, request) as worker, pytest.raises(ModelError, match="Exception from "):
        worker.loaded()


def test_a_shape_that_does_not_fit_is_a_model_error(artefacts: Artefacts) -> None:
    request = replace(artefacts.request(FP32), shape={"input_ids": (1, 12), "attention_mask": (1, 12, 3)})
    with ArmWorker.start(FP32, request) as worker, pytest.raises(ModelError, match=r"model\.xml"):
        worker.loaded()


def test_inputs_that_the_pytorch_model_does_not_know_are_refused(artefacts: Artefacts, tmp_path: Path) -> None:
    np.savez(tmp_path / "inputs.npz", pixels=np.ones((1, 3)))
    request = replace(artefacts.request(PYTORCH), inputs=tmp_path / "inputs.npz")
    with ArmWorker.start(PYTORCH, request) as worker, pytest.raises(ModelError, match="'pixels'"):
        worker.loaded()


@pytest.mark.parametrize(("arm", "package"), [(FP32, "openvino"), (PYTORCH, "transformers")])
def test_a_missing_package_names_the_extra_that_brings_it(
    artefacts: Artefacts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arm: Arm, package: str
) -> None:
    # Stands before the real package on the path, and fails as an absent one does.
    stub = f"raise ModuleNotFoundError('absent', name={package!r})"
    (tmp_path / f"{package}.py").write_text(stub, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")]))
    with ArmWorker.start(arm, artefacts.request(arm)) as worker, pytest.raises(ExtraMissingError) as caught:
        worker.loaded()
    assert repr(package) in caught.value.seen
    assert f"pytest-ovperf[{arm.engine}]" in caught.value.remedy


def test_another_number_of_threads_than_asked_for_is_refused(artefacts: Artefacts) -> None:
    more_than_there_are = 4096
    request = artefacts.request(FP32, threads=more_than_there_are)
    with ArmWorker.start(FP32, request) as worker, pytest.raises(MeasurementError, match="4096"):
        worker.loaded()
