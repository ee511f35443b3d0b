"""The logits of a stateful language model at the end of its prompts, by OpenVINO Runtime alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .plain_generation import inputs_of
from .refusals import Subject

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from .protocol import LoadRequest


def first_logits(request: LoadRequest, properties: Mapping[str, Any]) -> NDArray[Any]:
    """Return the logits that the first new token of each prompt is chosen by: float32, (batch, vocabulary).

    The IR of ``request`` is compiled with ``properties`` for this once. Raises `DeviceFailureError`.
    """
    import numpy as np  # noqa: PLC0415  (for workers)
    import openvino  # noqa: PLC0415

    with np.load(request.inputs) as arrays:
        given = inputs_of(arrays["input_ids"], arrays["attention_mask"])
    core = openvino.Core()
    with Subject(request.device).trying(f"compute the logits on {request.device} of {request.ir}"):
        compiled = core.compile_model(core.read_model(request.ir), request.device, dict(properties))
        names = {name for port in compiled.inputs for name in port.get_names()}
        result = compiled.create_infer_request().infer({name: given[name] for name in given if name in names})
        logits: NDArray[Any] = result["logits"][:, -1].astype(np.float32)
    return logits
