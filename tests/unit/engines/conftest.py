"""An OpenVINO that does not exist, and a request for an arm that it could load."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.unit.engines.openvino_fakes import FakeModel, FakeOpenVino, FakePort, FakeRequest, FakeTensor, FakeType
from tests.unit.request_examples import request_of

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_ovperf.engines.protocol import LoadRequest


@pytest.fixture
def fake() -> FakeOpenVino:
    request = FakeRequest([FakeTensor(np.ones((1, 3), np.float16)), FakeTensor(np.ones(1, np.int64))])
    model = FakeModel(
        inputs=[FakePort({"ids", "17"}, FakeType("int64"))],
        outputs=[FakePort({"logits", "99"}, FakeType("float16")), FakePort({"labels"}, FakeType("int64"))],
        request=request,
        properties={
            "EXECUTION_DEVICES": ["CPU"],
            "INFERENCE_PRECISION_HINT": FakeType("float32"),
            "INFERENCE_NUM_THREADS": 2,
        },
    )
    return FakeOpenVino(model)


@pytest.fixture
def asked(tmp_path: Path) -> LoadRequest:
    np.savez(tmp_path / "inputs.npz", ids=np.arange(4, dtype=np.int64).reshape(1, 4), unused=np.ones(1))
    shape = {"ids": (1, 4), "not-an-input-of-this-model": (1,)}
    return request_of("openvino-fp32", inputs=tmp_path / "inputs.npz", shape=shape)
