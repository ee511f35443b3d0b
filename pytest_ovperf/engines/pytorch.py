# ruff: noqa: ANN401  (torch and transformers come without types that this project reads)
"""PyTorch, by way of transformers' Auto classes, on the CPU, in float32 or bfloat16.

What importing costs (two busy cores, best of three, a small BERT loaded): the Auto class 5.9 s, 5.3 s with scikit-learn
out of sight, of which torch 1.8 s and torch._dynamo, which transformers' attention masks import, 1.3 s. Naming the
concrete class instead saves nothing that could be told from noise, so the Auto class, which knows better, it is.
"""

from __future__ import annotations

import inspect
import time
from collections.abc import Mapping  # noqa: TC003  (dataclass annotations stay resolvable)
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pytest_ovperf.arms import Precision
from pytest_ovperf.errors import ModelError
from pytest_ovperf.hiding import hidden
from pytest_ovperf.records import ArmFacts
from pytest_ovperf.tuning import Mode

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .protocol import LoadRequest

#: How the engine's own type names are written in `ArmFacts.precision`.
_PRECISIONS = {"torch.float32": "f32", "torch.bfloat16": "bf16", "torch.float16": "f16"}


class PyTorchModel:
    """A transformers model in evaluation mode with its inputs as tensors; ``torch`` is the package."""

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
    """Load the weights directory of ``request`` in the arm's precision.

    Raises `ModelError` for what cannot be read or fed.
    """
    read = read_model(request)
    return PyTorchModel(read.torch, read.model, read.keywords, read.facts(mode=Mode.SYNC))


@dataclass(frozen=True, slots=True)
class Read:
    """A model that is read and set up for inference, which took ``load_ns``, with its inputs."""

    torch: Any
    transformers: Any
    model: Any
    keywords: Mapping[str, Any]
    load_ns: int

    def facts(self, *, mode: Mode, requests: int = 1) -> ArmFacts:
        """Return what torch says; ``requests`` calls share its threads."""
        parameter = next(self.model.parameters())
        dtype = str(parameter.dtype)
        return ArmFacts(
            precision=_PRECISIONS.get(dtype, dtype),
            devices=(str(parameter.device).upper(),),
            threads=self.torch.get_num_threads(),
            load_ns=self.load_ns,
            versions={"torch": str(self.torch.__version__), "transformers": str(self.transformers.__version__)},
            requests=requests,
            settings={"mode": str(mode)},
        )


def read_model(request: LoadRequest) -> Read:
    """Import the packages, set torch up for ``request`` and read its model and inputs; raises as `load` does."""
    import numpy as np  # noqa: PLC0415  (a worker imports what its arm needs, when it needs it)

    # transformers imports scikit-learn, and with it half of SciPy, for a feature of text generation: 0.6 s of a start.
    with hidden("sklearn"):
        import torch  # noqa: PLC0415
        import transformers  # noqa: PLC0415

        auto_class = _auto_class(transformers, request)
    if request.cpu_threads:
        torch.set_num_threads(request.cpu_threads)
    if torch.get_num_interop_threads() != 1:  # it may be set only once in a process
        torch.set_num_interop_threads(1)
    # The promise is FP32; at "medium" oneDNN would multiply in bf16.
    torch.set_float32_matmul_precision("highest")
    dtype = torch.bfloat16 if request.precision is Precision.BF16 else torch.float32
    start_ns = time.perf_counter_ns()
    model = _read(auto_class, request).to(dtype).eval()
    load_ns = time.perf_counter_ns() - start_ns  # the inputs are not the model's to load
    with np.load(request.inputs) as arrays:
        inputs = {name: torch.from_numpy(arrays[name]) for name in arrays.files}
    floats_fitting = {name: each.to(dtype) if each.is_floating_point() else each for name, each in inputs.items()}
    return Read(torch, transformers, model, forward_keywords(model, floats_fitting), load_ns)


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
