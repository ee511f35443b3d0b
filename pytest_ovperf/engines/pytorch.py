# ruff: noqa: ANN401  (torch and transformers come without types that this project reads)
"""PyTorch, by way of transformers' Auto classes, on the CPU.

What importing costs (two busy cores, best of three, a small BERT loaded): the Auto class 5.9 s, 5.3 s with scikit-learn
out of sight, of which torch 1.8 s and torch._dynamo, which transformers' attention masks import, 1.3 s. Naming the
concrete class instead saves nothing that could be told from noise, so the Auto class, which knows better, it is.
"""

from __future__ import annotations

import inspect
import time
from typing import TYPE_CHECKING, Any

from pytest_ovperf.errors import ModelError
from pytest_ovperf.hiding import hidden
from pytest_ovperf.records import ArmFacts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from .protocol import LoadRequest

#: How the engine's own type names are written in `ArmFacts.precision`.
_PRECISIONS = {"torch.float32": "f32", "torch.bfloat16": "bf16", "torch.float16": "f16"}


class PyTorchModel:
    """A transformers model in evaluation mode with its inputs as tensors."""

    def __init__(self, torch: Any, model: Any, inputs: Mapping[str, Any], facts: ArmFacts) -> None:
        self._torch = torch
        self._model = model
        self._inputs = dict(inputs)
        self._facts = facts

    def facts(self) -> ArmFacts:
        """Return what torch says about the loaded model."""
        return self._facts

    def call(self) -> None:
        """Run one forward pass."""
        with self._torch.inference_mode():
            self._model(**self._inputs)

    def outputs(self) -> dict[str, NDArray[Any]]:
        """Return the floating-point outputs of one forward pass as float32, named by transformers."""
        with self._torch.inference_mode():
            result = self._model(**self._inputs)
        return {
            name: tensor.detach().to(self._torch.float32).cpu().numpy().copy()
            for name, tensor in named_tensors(result, self._torch.is_tensor).items()
            if tensor.is_floating_point()
        }


def load(request: LoadRequest) -> PyTorchModel:
    """Load the weights directory of ``request`` in float32. Raises `ModelError` for what cannot be read or fed."""
    import numpy as np  # noqa: PLC0415  (a worker imports what its arm needs, when it needs it)

    # transformers imports scikit-learn, and with it half of SciPy, for a feature of text generation: 0.6 s of a start.
    with hidden("sklearn"):
        import torch  # noqa: PLC0415
        import transformers  # noqa: PLC0415

        auto_class = _auto_class(transformers, request)
    if request.threads:
        torch.set_num_threads(request.threads)
    if torch.get_num_interop_threads() != 1:  # it may be set only once in a process
        torch.set_num_interop_threads(1)
    # The promise is FP32; at "medium" oneDNN would multiply in bf16.
    torch.set_float32_matmul_precision("highest")
    start_ns = time.perf_counter_ns()
    model = _read(auto_class, request).to(torch.float32).eval()
    with np.load(request.inputs) as arrays:
        inputs = {name: torch.from_numpy(arrays[name]) for name in arrays.files}
    keywords = forward_keywords(model, inputs)
    return PyTorchModel(torch, model, keywords, _facts(torch, transformers, model, time.perf_counter_ns() - start_ns))


def named_tensors(result: Any, is_tensor: Any) -> dict[str, Any]:
    """Return the tensors of a model's result by name: keys of a ModelOutput, else ``output_0`` and so on."""
    if is_tensor(result):
        return {"output_0": result}
    if hasattr(result, "items"):
        return {str(name): value for name, value in result.items() if is_tensor(value)}
    return {f"output_{index}": value for index, value in enumerate(result) if is_tensor(value)}


def forward_keywords(model: Any, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return the keyword arguments of a forward pass, the cache of past keys switched off where there is one.

    Raises `ModelError` for an input that the model does not name: it might be swallowed by ``**kwargs`` unnoticed.
    """
    parameters = inspect.signature(model.forward).parameters
    unknown = sorted(set(inputs) - set(parameters))
    if unknown:
        raise ModelError(
            f"{type(model).__name__} takes no input {', '.join(map(repr, unknown))}; it takes {', '.join(parameters)}.",
            remedy="Run `ovperf cache clear`, so that the inputs are made again for this model.",
        )
    if hasattr(model.config, "use_cache"):
        model.config.use_cache = False
    off = {"use_cache": False} if "use_cache" in parameters else {}
    return {**inputs, **off}


def _auto_class(transformers: Any, request: LoadRequest) -> Any:
    name = request.auto_class or "AutoModel"
    try:
        return getattr(transformers, name)
    except AttributeError as error:
        raise ModelError(
            f"transformers {transformers.__version__} has no class {name!r}.",
            remedy="Name a task that transformers knows, or `pip install -U transformers`.",
        ) from error


def _read(auto_class: Any, request: LoadRequest) -> Any:
    if request.weights is None:
        raise ModelError(
            "This model has no PyTorch weights, so no PyTorch arm can run it.",
            remedy="Compare two OpenVINO arms, or name a Hugging Face directory in the marker `model`.",
        )
    try:
        return auto_class.from_pretrained(request.weights, local_files_only=True)
    except (OSError, ValueError) as error:
        raise ModelError(
            f"{auto_class.__name__} cannot read {request.weights}:\n{error}",
            remedy="Check the directory, or run `ovperf cache clear` if it lies in the cache.",
        ) from error


def _facts(torch: Any, transformers: Any, model: Any, load_ns: int) -> ArmFacts:
    parameter = next(model.parameters())
    dtype = str(parameter.dtype)
    return ArmFacts(
        precision=_PRECISIONS.get(dtype, dtype),
        devices=(str(parameter.device).upper(),),
        threads=torch.get_num_threads(),
        load_ns=load_ns,
        versions={"torch": str(torch.__version__), "transformers": str(transformers.__version__)},
    )
