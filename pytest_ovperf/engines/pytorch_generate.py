# ruff: noqa: ANN401  (torch and transformers come without types that this project reads)
"""Text generation by transformers' ``generate``: greedy, exactly as many tokens as asked for, whatever they are.

The time to the first token is taken where ``generate`` hands it to a streamer, which it does for every batch: one call
of the streamer for the prompts, then one for each step, with a token of each prompt. The same code drives PyTorch and
optimum-intel, which puts OpenVINO behind the same method.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final

from pytest_ovperf.errors import MeasurementError
from pytest_ovperf.tuning import Mode

from .protocol import Generated
from .pytorch import read_model

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from pytest_ovperf.records import ArmFacts

    from .protocol import LoadRequest

#: Tokens of a generation that only brings the model back into the caches: one of the prompt, one of its own kind.
_TOUCH_TOKENS: Final = 2

#: What ``generate`` wants to be told to pad finished prompts with; none finishes before the others.
_PADDING: Final = 0


class FirstToken:
    """A streamer, as transformers knows it, that notes when the first token was handed to it."""

    def __init__(self) -> None:
        self._handed = 0
        self.at_ns = 0

    def put(self, _ids: Any) -> None:
        """Take the prompts first, then the tokens of one step at a time."""
        self._handed += 1
        if self._handed == 2:  # noqa: PLR2004  (the prompts, then the first tokens)
            self.at_ns = time.perf_counter_ns()

    def end(self) -> None:
        """Be told that there are no more."""


class TransformersGenerator:
    """A model with transformers' ``generate`` and its prompts as tensors.

    ``inputs`` are ``input_ids`` and ``attention_mask``, both (batch, tokens of the longest prompt).
    """

    def __init__(self, torch: Any, model: Any, inputs: Mapping[str, Any], new_tokens: int, facts: ArmFacts) -> None:
        self._torch = torch
        self._model = model
        self._inputs = dict(inputs)
        self._new_tokens = new_tokens
        self._facts = facts

    def facts(self) -> ArmFacts:
        """Return what the engine says about the loaded model."""
        return self._facts

    def call(self) -> None:
        """Continue the prompts once."""
        self.generate()

    def generate(self) -> Generated:
        """Continue the prompts and return the times of it. Raises `MeasurementError` if tokens are missing."""
        return self._timed(self._new_tokens)[0]

    def touch(self) -> None:
        """Take the prompts in and hand out two tokens."""
        self._timed(min(_TOUCH_TOKENS, self._new_tokens))

    def tokens(self) -> NDArray[Any]:
        """Return the new ids of one generation: (batch, new tokens)."""
        ids: NDArray[Any] = self._timed(self._new_tokens)[1].cpu().numpy()
        return ids

    def outputs(self) -> dict[str, NDArray[Any]]:
        """Return the logits that the first new token of each prompt is chosen by, as float32, and the new tokens."""
        with self._torch.inference_mode():
            told = self._model.generate(
                **self._inputs, max_new_tokens=1, output_logits=True, return_dict_in_generate=True
            )
        logits = told.logits[0].to(self._torch.float32).cpu().numpy().copy()
        return {"logits": logits, "tokens": self.tokens()}

    def _timed(self, new_tokens: int) -> tuple[Generated, Any]:
        first = FirstToken()
        start_ns = time.perf_counter_ns()
        with self._torch.inference_mode():
            ids = self._model.generate(**self._inputs, max_new_tokens=new_tokens, streamer=first)
        end_ns = time.perf_counter_ns()
        new = ids[:, self._inputs["input_ids"].shape[1] :]
        check_count(new.shape[1], new_tokens)
        return Generated(first.at_ns - start_ns, end_ns - start_ns), new


def check_count(generated: int, asked: int) -> None:
    """Raise `MeasurementError` unless a prompt got as many tokens as were asked for: rates would count others."""
    if generated != asked:
        raise MeasurementError(
            f"The engine generated {generated} tokens for a prompt, not the {asked} asked for.",
            remedy="Ask for fewer with new_tokens=; if it stays so, report it with the engine's version.",
        )


def never_ending(transformers: Any) -> Any:
    """Return the ``GenerationConfig`` of a greedy generation that no token ends."""
    return transformers.GenerationConfig(do_sample=False, eos_token_id=None, pad_token_id=_PADDING, use_cache=True)


def load(request: LoadRequest) -> TransformersGenerator:
    """Load the weights directory of ``request`` in the arm's precision, with its prompts; raises as `pytorch.load`."""
    read = read_model(request)
    read.model.config.use_cache = True  # which `pytorch` switches off for a single forward pass
    read.model.generation_config = never_ending(read.transformers)
    facts = read.facts(mode=Mode.SYNC)
    inputs = {name: read.keywords[name] for name in ("input_ids", "attention_mask")}
    return TransformersGenerator(read.torch, read.model, inputs, request.new_tokens, facts)
