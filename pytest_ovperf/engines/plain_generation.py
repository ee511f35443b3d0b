# ruff: noqa: ANN401  (OpenVINO ships no types; its objects are Any here)
"""A stateful language model that continues its prompts by OpenVINO Runtime alone, an inference for each token.

The packages that generate keep their compiled model to themselves, and GenAI's attention is another than that of the
IR. Here it is the IR as it is, compiled with the arm's properties.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .feeding import read_inputs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from numpy.typing import NDArray

    from .protocol import LoadRequest


class PlainGenerator:
    """A compiled language model with a request and its prompts: token ids and mask of (batch, tokens)."""

    def __init__(self, compiled: Any, request: LoadRequest) -> None:
        arrays = read_inputs(request)
        self._ids, self._mask = arrays["input_ids"], arrays["attention_mask"]
        self._taken = {name for port in compiled.inputs for name in port.get_names()}
        self.infer_request = compiled.create_infer_request()

    def steps(self, tokens: int, infer: Callable[[Mapping[str, Any]], Any]) -> Iterator[Any]:
        """Generate so many tokens greedily; yield what ``infer`` returns for each inference's inputs by name.

        ``infer`` must run `infer_request` with them.
        """
        import numpy as np  # noqa: PLC0415

        self.infer_request.reset_state()
        ids, mask = self._ids, self._mask
        for _ in range(tokens):
            given = inputs_of(ids, mask)
            yield infer({name: given[name] for name in given if name in self._taken})
            ids = self.logits().argmax(axis=-1)[:, None].astype(self._ids.dtype)
            mask = np.concatenate([mask, np.ones_like(mask[:, :1])], axis=1)

    def logits(self) -> NDArray[Any]:
        """Return the logits of the last inference at the end of its ids: (batch, vocabulary), in their own type."""
        logits: NDArray[Any] = self.infer_request.get_tensor("logits").data[:, -1]
        return logits


def inputs_of(ids: NDArray[Any], mask: NDArray[Any]) -> dict[str, NDArray[Any]]:
    """Return what a model may take for new ``ids`` (batch, new) after those that its state holds.

    ``mask`` is that of all ids, held and new: (batch, held + new).
    """
    import numpy as np  # noqa: PLC0415

    positions = np.maximum(mask.cumsum(axis=1) - 1, 0)
    return {
        "input_ids": ids,
        "attention_mask": mask,
        "position_ids": positions[:, -ids.shape[1] :],
        "beam_idx": np.arange(len(ids), dtype=np.int32),
    }
