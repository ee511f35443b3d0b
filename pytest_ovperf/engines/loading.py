"""What a fresh process does once: the packages are imported, the model is loaded, and it infers for the first time.

Imports are no part of a model's cost: a service imports its packages once, whatever it loads. So they come first. What
an engine imports only while it loads a model (the code of the very architecture, a reader of its files) is found by
loading once, uncounted, in another process, which tells what it imported meanwhile.
"""

from __future__ import annotations

import contextlib
import importlib
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pytest_ovperf.errors import ModelError
from pytest_ovperf.hiding import COMPANIONS, hidden
from pytest_ovperf.models.own.code import find_own

from .protocol import Generator, engine_module, open_engine
from .timing import collector_off

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from .protocol import LoadedModel, LoadRequest

#: What each module of this room imports by itself: a package, or a name in it that is imported when first asked for.
_IMPORTS: Final[Mapping[str, Sequence[tuple[str, str]]]] = {
    "openvino": (("openvino", ""),),
    "openvino_stream": (("openvino", ""),),
    "openvino_generate": (("openvino", ""), ("optimum.intel", "OVModelForCausalLM")),
    "pytorch": (("torch", ""), ("transformers", "AutoModel")),
    "pytorch_stream": (("torch", ""), ("transformers", "AutoModel")),
    "pytorch_generate": (("torch", ""), ("transformers", "AutoModelForCausalLM")),
    "genai": (("openvino", ""), ("openvino_genai", "")),
    "onnxruntime": (("onnxruntime", ""),),
    "onnxruntime_stream": (("onnxruntime", ""),),
    "call": (),
    "call_stream": (),
}


@dataclass(frozen=True, slots=True)
class FirstTime:
    """A model that was just loaded.

    ``load_ns`` is from the start of reading it to being ready to infer, ``first_ns`` from the same start to the result
    of the first inference (of a language model: to its first token), in nanoseconds; what the process did between the
    two that is neither does not count. ``imported`` are the modules that came meanwhile.
    """

    model: LoadedModel
    load_ns: int
    first_ns: int
    imported: tuple[str, ...]


def import_packages(request: LoadRequest, further: Sequence[str] = ()) -> None:
    """Import what the arm of ``request`` needs, and the modules ``further`` as far as they can be imported.

    So is the module of a function of the user's. What is missing is left to loading, whose error says what to do.
    """
    with hidden(*COMPANIONS):  # as the engines do
        for package, name in _IMPORTS[engine_module(request)]:
            with contextlib.suppress(ImportError):
                module = importlib.import_module(package)
                getattr(module, name, None)
        with contextlib.suppress(ImportError):
            importlib.import_module(f"..{engine_module(request)}", __name__)
    if request.function:
        with contextlib.suppress(ModelError):
            find_own(request.function)
    for name in further:
        # Some modules are only made by others and have no file of their own: those come with what makes them.
        with contextlib.suppress(Exception):
            importlib.import_module(name)


def load_and_infer(request: LoadRequest, *, inferences: int = 1) -> FirstTime:
    """Load the model of ``request`` and let it infer, so many times, the first of them timed.

    Raises what `open_engine` does, and what the engine raises when it infers.
    """
    before = set(sys.modules)
    with collector_off():
        model = open_engine(request)
        load_ns = model.facts().load_ns
        first_ns = _infer(model)
    for _ in range(inferences - 1):
        _infer(model)
    return FirstTime(model, load_ns, load_ns + first_ns, _imported_since(before))


def _infer(model: LoadedModel) -> int:
    """Infer once and return the nanoseconds until there was something to show for it."""
    if isinstance(model, Generator):
        return model.generate().first_ns
    start_ns = time.perf_counter_ns()
    model.call()
    return time.perf_counter_ns() - start_ns


def _imported_since(before: Collection[str]) -> tuple[str, ...]:
    """Return the modules that are not ``before``, in the order in which they came."""
    return tuple(name for name, module in list(sys.modules.items()) if name not in before and module is not None)
