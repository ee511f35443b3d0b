from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from pytest_ovperf.engines.openvino import compile_facts, load
from pytest_ovperf.engines.readback import precision_name
from pytest_ovperf.errors import ModelError
from tests.unit.engines.openvino_fakes import FakeOpenVino, FakePort, FakeType

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_ovperf.engines.protocol import LoadRequest


def test_a_model_is_reshaped_compiled_and_fed_without_copies(fake: FakeOpenVino, asked: LoadRequest) -> None:
    load(asked, package=fake)
    assert fake.model.shapes == {"ids": (1, 4)}
    assert fake.compiled_with is not None
    assert fake.compiled_with[0] == "CPU"
    tensor = fake.model.request.tensors[0]
    assert tensor.shared_memory
    assert tensor.data.tolist() == [[0, 1, 2, 3]]


def test_without_a_shape_the_model_stays_as_exported(fake: FakeOpenVino, asked: LoadRequest) -> None:
    load(replace(asked, shape=None), package=fake)
    assert fake.model.shapes is None


def test_integers_are_narrowed_to_what_the_model_takes(fake: FakeOpenVino, asked: LoadRequest) -> None:
    fake.model.inputs[0].element_type = FakeType("int32")
    load(asked, package=fake)
    assert fake.model.request.tensors[0].data.dtype == np.int32


def test_floats_are_not_fed_to_an_input_of_integers(fake: FakeOpenVino, asked: LoadRequest) -> None:
    assert asked.inputs is not None
    np.savez(asked.inputs, ids=np.ones((1, 4), np.float32))
    with pytest.raises(ModelError, match="'ids' is float32, the model wants int64"):
        load(asked, package=fake)


def test_an_input_without_data_is_named(fake: FakeOpenVino, asked: LoadRequest) -> None:
    fake.model.inputs.append(FakePort({"mask"}, FakeType("int64")))
    with pytest.raises(ModelError, match="input mask has no data; there is ids, unused"):
        load(asked, package=fake)


def test_a_timed_call_is_one_synchronous_inference_without_copies(fake: FakeOpenVino, asked: LoadRequest) -> None:
    load(asked, package=fake).call()
    assert fake.model.request.infers == [{"share_outputs": True}]


def test_outputs_are_floats_under_every_name_they_have(fake: FakeOpenVino, asked: LoadRequest) -> None:
    outputs = load(asked, package=fake).outputs()
    assert set(outputs) == {"logits", "99"}
    assert outputs["logits"].dtype == np.float32


def test_outputs_without_a_name_are_numbered(fake: FakeOpenVino, asked: LoadRequest) -> None:
    fake.model.outputs[0].names = set()
    assert set(load(asked, package=fake).outputs()) == {"output_0"}


def test_facts_are_what_the_compiled_model_says(fake: FakeOpenVino, asked: LoadRequest) -> None:
    facts = load(asked, package=fake).facts()
    assert (facts.precision, facts.devices, facts.threads) == ("f32", ("CPU",), 2)
    assert facts.versions == {"openvino": "2026.4.1-fake"}


def test_facts_are_found_one_level_down_behind_auto(fake: FakeOpenVino, asked: LoadRequest) -> None:
    fake.model.properties = {
        "EXECUTION_DEVICES": ["(CPU)"],
        "DEVICE_PROPERTIES": {
            "CPU": {"INFERENCE_PRECISION_HINT": FakeType("bfloat16"), "INFERENCE_NUM_THREADS": 3},
        },
    }
    facts = load(replace(asked, device="AUTO:CPU"), package=fake).facts()
    assert (facts.precision, facts.devices, facts.threads) == ("bf16", ("(CPU)",), 3)


def test_what_a_device_does_not_say_is_named_unknown(fake: FakeOpenVino, asked: LoadRequest) -> None:
    fake.model.properties = {"EXECUTION_DEVICES": ["CPU"]}
    facts = load(asked, package=fake).facts()
    assert (facts.precision, facts.threads) == ("unknown", 0)


@pytest.mark.parametrize(("value", "name"), [("f16", "f16"), (FakeType("bfloat16"), "bf16"), ("undefined", "dynamic")])
def test_a_type_has_one_name(value: object, name: str) -> None:
    assert precision_name(value) == name


def test_compiling_needs_no_inputs(fake: FakeOpenVino, asked: LoadRequest, tmp_path: Path) -> None:
    facts = compile_facts(replace(asked, inputs=tmp_path / "none.npz"), package=fake)
    assert (facts.precision, facts.devices) == ("f32", ("CPU",))


def test_facts_tell_the_devices_that_execute_now(fake: FakeOpenVino, asked: LoadRequest) -> None:
    fake.model.properties["EXECUTION_DEVICES"] = ["CPU"]
    model = load(replace(asked, device="AUTO:CPU"), package=fake)
    fake.model.properties["EXECUTION_DEVICES"] = ["GPU"]
    assert model.facts().devices == ("GPU",)


def test_a_model_without_ir_is_refused(fake: FakeOpenVino, asked: LoadRequest) -> None:
    with pytest.raises(ModelError, match="no OpenVINO IR"):
        load(replace(asked, ir=None), package=fake)
