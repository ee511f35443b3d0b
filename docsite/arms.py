"""The page of arms: from the table of those that can be asked for by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_ovperf.arms import ARMS, Engine, Precision

from .text import code, page, table

if TYPE_CHECKING:
    from collections.abc import Mapping

_INTRODUCTION = """
An arm is what is timed: an engine at a precision. `speedup("openvino-int8", over="openvino-fp32")` compares two.

- `openvino-fp32[streams=2,hint=throughput]`: an arm with [settings](../how-to/tuning.md).
- `openvino-fp32@AUTO:CPU`: an arm on a device of its own. Without an `@` it runs on the test's device.
- `shop.search:with_openvino`: [a function of your own](../how-to/my-functions.md), by its import path.
"""

_ENGINES: Mapping[Engine, str] = {
    Engine.PYTORCH: "PyTorch, eager, on the CPU",
    Engine.OPENVINO: "OpenVINO; generating text: through optimum-intel",
    Engine.GENAI: "OpenVINO GenAI, generating text",
    Engine.ONNXRUNTIME: "ONNX Runtime, on the CPU",
    Engine.CALL: "a function of your own",
}
_PRECISIONS: Mapping[Precision, str] = {
    Precision.FP32: "FP32",
    Precision.FP16: "weights kept in FP16, executed in FP32",
    Precision.BF16: "BF16",
    Precision.INT8: "quantised to INT8 after training, by NNCF; what is not quantised, and all that a language model "
    "computes, is in FP32",
    Precision.INT4: "weights in INT4, executed in FP32",
    Precision.NATIVE: "the FP32 files, executed in whatever precision the device chooses",
}


def arms_page() -> str:
    """Return the page."""
    rows = [(code(name), _ENGINES[engine], _PRECISIONS[precision]) for name, (engine, precision) in ARMS.items()]
    return page("Arms", _INTRODUCTION, table(["arm", "executed by", "precision"], rows))
