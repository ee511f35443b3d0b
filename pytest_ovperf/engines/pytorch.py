# ruff: noqa: ANN401  (torch and transformers come without types that this project reads)
"""PyTorch on the CPU, in float32 or bfloat16: by way of transformers' Auto classes, or a module of the user's own.

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
from pytest_ovperf.models.making.tensors import named_tensors, without_cache
from pytest_ovperf.models.own.code import find_own
from pytest_ovperf.records import ArmFacts
from pytest_ovperf.tuning import Mode

from .feeding import Wanted, fitted, read_inputs

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from .protocol import LoadRequest

#: How the engine's own type names are written in `ArmFacts.precision`.
_PRECISIONS = {"torch.float32": "f32", "torch.bfloat16": "bf16", "torch.float16": "f16"}


class PyTorchModel:
    """A model in evaluation mode with its inputs as tensors; ``torch`` is the package."""

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
        """Return the floating-point outputs of one forward pass as float32, by name."""
        with self._torch.inference_mode():
            result = self._model(**self._inputs)
        return self._floats_of(result)

    def predict(self, arrays: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        """Run one forward pass on ``arrays``; see `protocol.Predictor`. PyTorch takes any shape that the model does."""
        tensors = {name: value for name, value in self._inputs.items() if self._torch.is_tensor(value)}
        wanted = [Wanted((name,), _numpy_type(tensor), None) for name, tensor in tensors.items()]
        given = {
            name: self._torch.from_numpy(array).to(tensor.dtype)
            for (name, tensor), array in zip(tensors.items(), fitted(arrays, wanted), strict=True)
        }
        try:
            with self._torch.inference_mode():
                result = self._model(**{**self._inputs, **given})
        except (RuntimeError, IndexError, ValueError) as error:
            shapes = ", ".join(f"{name} {tuple(tensor.shape)}" for name, tensor in given.items())
            raise ModelError(
                f"PyTorch cannot run the model on {shapes}: {type(error).__name__}: {error}",
                remedy="Give arrays of shapes and values that the model takes.",
            ) from error
        return self._floats_of(result)

    def _floats_of(self, result: Any) -> dict[str, NDArray[Any]]:
        return {
            name: tensor.detach().to(self._torch.float32).cpu().numpy().copy()
            for name, tensor in named_tensors(result, self._torch.is_tensor).items()
            if tensor.is_floating_point()
        }


def load(request: LoadRequest) -> PyTorchModel:
    """Load the weights directory of ``request``, or make its module, in the arm's precision.

    Raises `ModelError` for what cannot be read, made or fed.
    """
    read = read_model(request)
    return PyTorchModel(read.torch, read.model, read.keywords, read.facts(mode=Mode.SYNC))


@dataclass(frozen=True, slots=True)
class Read:
    """A model that is read and set up for inference, which took ``load_ns``, with its inputs.

    ``transformers`` is the package, ``None`` for a module of the user's own, which may do without.
    """

    torch: Any
    transformers: Any
    model: Any
    keywords: Mapping[str, Any]
    load_ns: int

    def facts(self, *, mode: Mode, requests: int = 1) -> ArmFacts:
        """Return what torch says; ``requests`` calls share its threads."""
        # A module may compute without any weights; then it is in the type of what it is given.
        sample = next(self.model.parameters(), None)
        if sample is None:
            tensors = (value for value in self.keywords.values() if self.torch.is_tensor(value))
            sample = next((value for value in tensors if value.is_floating_point()), self.torch.empty(0))
        dtype = str(sample.dtype)
        packages = [package for package in (self.torch, self.transformers) if package is not None]
        return ArmFacts(
            precision=_PRECISIONS.get(dtype, dtype),
            devices=(str(sample.device).upper(),),
            threads=self.torch.get_num_threads(),
            load_ns=self.load_ns,
            versions={package.__name__: str(package.__version__) for package in packages},
            requests=requests,
            settings={"mode": str(mode)},
        )


def read_model(request: LoadRequest) -> Read:
    """Import the packages, set torch up for ``request`` and read its model and inputs; raises as `load` does."""
    torch, transformers, read = _reader(request)
    if request.cpu_threads:
        torch.set_num_threads(request.cpu_threads)
    if torch.get_num_interop_threads() != 1:  # it may be set only once in a process
        torch.set_num_interop_threads(1)
    # The promise is FP32; at "medium" oneDNN would multiply in bf16.
    torch.set_float32_matmul_precision("highest")
    dtype = torch.bfloat16 if request.precision is Precision.BF16 else torch.float32
    start_ns = time.perf_counter_ns()
    model = read().to(dtype).eval()
    load_ns = time.perf_counter_ns() - start_ns  # the inputs are not the model's to load
    inputs = {name: torch.from_numpy(array) for name, array in read_inputs(request).items()}
    floats_fitting = {name: each.to(dtype) if each.is_floating_point() else each for name, each in inputs.items()}
    return Read(torch, transformers, model, forward_keywords(model, floats_fitting), load_ns)


def _reader(request: LoadRequest) -> tuple[Any, Any, Callable[[], Any]]:
    """Import what the model needs; return torch, transformers where it is used, and what reads or makes the model."""
    if request.function:
        import torch  # noqa: PLC0415  (a worker imports what its arm needs, when it needs it)

        from pytest_ovperf.models.making.torch_module import make_module  # noqa: PLC0415  (imports torch)

        find_own(request.function)  # so that its imports are over before the clock runs
        return torch, None, lambda: make_module(request.function)
    # transformers imports scikit-learn, and with it half of SciPy, for a feature of text generation: 0.6 s of a start.
    with hidden("sklearn"):
        import torch  # noqa: PLC0415
        import transformers  # noqa: PLC0415

        auto_class = _auto_class(transformers, request)
    return torch, transformers, lambda: _read(auto_class, request)


def _numpy_type(tensor: Any) -> str:
    # numpy has no bfloat16; what computes in it is given float32.
    return str(tensor.dtype).removeprefix("torch.").replace("bfloat16", "float32")


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
    return {**inputs, **without_cache(model)}


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
