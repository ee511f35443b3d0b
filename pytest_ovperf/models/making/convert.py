"""Rewrite graphs: an ONNX file as OpenVINO IR, an IR with its weights kept in FP16. Imported inside workers only."""

from __future__ import annotations

from typing import TYPE_CHECKING

import openvino as ov

from pytest_ovperf.errors import ModelError
from pytest_ovperf.models.layout import IR_NAME

from .quiet import quietly

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def convert_onnx(source: Path, target: Path, say: Callable[[str], None]) -> None:
    """Convert the ONNX model ``source`` to ``target / IR_NAME``; no weight is compressed.

    Raises `ModelError` when OpenVINO cannot read it.
    """
    say("converting from ONNX")
    with quietly():
        try:
            model = ov.Core().read_model(source)
        except RuntimeError as error:
            raise ModelError(
                f"OpenVINO could not read {source}:\n{error}",
                remedy="Export it again with operations that OpenVINO knows, or use a release of it that knows these.",
            ) from error
        ov.save_model(model, target / IR_NAME, compress_to_fp16=False)


def compress_to_fp16(source: Path, target: Path, say: Callable[[str], None]) -> None:
    """Save the IR ``source`` as ``target / IR_NAME`` with its floating-point weights in FP16.

    They are widened again when the model is compiled; those that OpenVINO marks as sensitive stay as they are.
    """
    say("keeping the weights in FP16")
    ov.save_model(ov.Core().read_model(source), target / IR_NAME, compress_to_fp16=True)
