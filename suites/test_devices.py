"""Several devices behind one name: what AUTO and HETERO themselves cost over the one device that they choose."""

from __future__ import annotations

import pytest

pytestmark = [
    pytest.mark.device("AUTO:CPU", "HETERO:CPU"),
    # The shorter the call, the more of it is the detour.
    pytest.mark.parametrize("model", ["mobilenet_v2", "minilm"], indirect=True),
]


def test_the_detour_costs_little(speedup, fidelity, baseline):
    assert fidelity("openvino-fp32", over="openvino-fp32@CPU").cosine >= 0.9999
    assert speedup("openvino-fp32", over="openvino-fp32@CPU") >= baseline
