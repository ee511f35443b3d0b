"""The logits of a stateful language model at the end of its prompts, by OpenVINO Runtime alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .plain_generation import PlainGenerator
from .refusals import Subject

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from .protocol import LoadRequest


def first_logits(request: LoadRequest, properties: Mapping[str, Any]) -> NDArray[Any]:
    """Return the logits that the first new token of each prompt is chosen by: float32, (batch, vocabulary).

    The IR of ``request`` is compiled with ``properties`` for this once. Raises `DeviceFailureError`.
    """
    import openvino  # noqa: PLC0415  (for workers)

    core = openvino.Core()
    with Subject(request.device).trying(f"compute the logits on {request.device} of {request.ir}"):
        compiled = core.compile_model(core.read_model(request.ir), request.device, dict(properties))
        model = PlainGenerator(compiled, request)
        next(model.steps(1, model.infer_request.infer))
        return model.logits().astype("float32")
