# ruff: noqa: ANN401  (openvino, torch and transformers come without types that this project reads)
"""Text generation by optimum-intel's ``OVModelForCausalLM``: OpenVINO behind transformers' own ``generate``.

It is compiled with the same properties as an arm that infers. What its cache of past keys is kept in is the model's or
the device's choice, unless the arm says ``KV_CACHE_PRECISION=…``; it is read back and recorded.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pytest_ovperf.errors import ModelError
from pytest_ovperf.hiding import COMPANIONS, hidden

from . import graph
from .capability import check_capability
from .feeding import read_inputs
from .properties import check_properties, compile_properties
from .pytorch_generate import TransformersGenerator, never_ending
from .readback import precision_name, read_facts
from .refusals import REFUSALS, Subject

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from pytest_ovperf.records import ArmFacts

    from .protocol import Generated, LoadRequest

#: The property that says what the cache of past keys is kept in.
KV_CACHE = "KV_CACHE_PRECISION"


class OptimumGenerator(TransformersGenerator):
    """The same, with what OpenVINO refuses turned into errors with a cause."""

    def __init__(  # noqa: PLR0913, PLR0917  (what a generator is made of)
        self, torch: Any, model: Any, inputs: Mapping[str, Any], new_tokens: int, facts: ArmFacts, subject: Subject
    ) -> None:
        super().__init__(torch, model, inputs, new_tokens, facts)
        self._subject = subject

    def _timed(self, new_tokens: int) -> tuple[Generated, Any]:
        try:
            return super()._timed(new_tokens)
        except REFUSALS as error:
            raise self._subject.failure(error, f"generate on {self._subject.device}") from error

    def outputs(self) -> dict[str, NDArray[Any]]:
        """Return the logits that the first new token of each prompt is chosen by, as float32, and the new tokens."""
        with self._subject.trying(f"generate on {self._subject.device}"):
            return super().outputs()

    def layers(self) -> list[dict[str, Any]]:
        """Return the layers of the model as optimum-intel compiled it, in order, as its last step left them."""
        self.touch()
        return graph.layers(self._model.request.get_compiled_model())


def load(request: LoadRequest) -> OptimumGenerator:
    """Load the stateful IR of ``request`` through optimum-intel, with its prompts.

    Raises `DeviceAbsentError`, `ArmUnavailableError`, `ModelError` and `DeviceFailureError` as `openvino.load` does.
    """
    with hidden(*COMPANIONS):  # as the other engines do
        import openvino  # noqa: PLC0415
        import torch  # noqa: PLC0415
        import transformers  # noqa: PLC0415
        from optimum.intel import OVModelForCausalLM  # noqa: PLC0415
    if request.cpu_threads:
        torch.set_num_threads(request.cpu_threads)  # what is chosen from the logits is chosen by torch
    core = openvino.Core()
    check_capability(core, request)
    check_properties(core, request)
    start_ns = time.perf_counter_ns()
    model, subject = _compiled(OVModelForCausalLM, request)
    load_ns = time.perf_counter_ns() - start_ns  # the prompts are not the model's to load
    inputs = {name: torch.from_numpy(array) for name, array in read_inputs(request).items()}
    model.generation_config = never_ending(transformers)
    facts = _facts(openvino, model, request, load_ns)
    return OptimumGenerator(torch, model, inputs, request.new_tokens, facts, subject)


def require_ir(request: LoadRequest) -> Path:
    """Return the path of the request's IR. Raises `ModelError` where there is none."""
    if request.ir is None or not request.ir.is_file():
        raise ModelError(
            f"There is no OpenVINO IR for generation{'' if request.ir is None else f' at {request.ir}'}.",
            remedy="Name a language model that can be exported; `ovperf cache clear` lets it be built again.",
        )
    return request.ir


def _compiled(model_class: Any, request: LoadRequest) -> tuple[Any, Subject]:
    ir = require_ir(request)
    # Left to itself, optimum-intel keeps a GPU's compiled models beside the IR, which is the artefact cache here.
    properties = {"CACHE_DIR": "", **compile_properties(request)}
    try:
        model = model_class.from_pretrained(
            ir.parent, device=request.device, ov_config=properties, compile=False, local_files_only=True
        )
    except (*REFUSALS, OSError, KeyError) as error:
        raise ModelError(
            f"optimum-intel cannot read {ir}:\n{error}",
            remedy="If the file is damaged, `ovperf cache clear` lets it be built again.",
        ) from error
    subject = Subject.of(model.model, request.device)
    with subject.trying(f"compile for {request.device} the model {ir}"):
        model.compile()
    return model, subject


def _facts(openvino: Any, model: Any, request: LoadRequest, load_ns: int) -> ArmFacts:
    compiled = model.request.get_compiled_model()
    facts = read_facts(openvino, compiled, request, load_ns)
    settings = dict(facts.settings)
    try:
        settings[KV_CACHE] = precision_name(compiled.get_property(KV_CACHE))
    except RuntimeError:  # the device has no such property
        settings.pop(KV_CACHE, None)
    return replace(facts, requests=1, settings=settings)
