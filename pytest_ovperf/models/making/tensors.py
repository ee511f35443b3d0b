# ruff: noqa: ANN401  (torch comes without types that this project reads)
"""How a PyTorch model is called and what comes back: alike where it runs and where it is exported."""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


def named_tensors(result: Any, is_tensor: Callable[[Any], bool]) -> dict[str, Any]:
    """Return the tensors of a model's result by name: keys of a mapping or ModelOutput, else ``output_0`` and so on.

    Empty for a result without any. What lies deeper, such as a tuple of hidden states, is left out.
    """
    if is_tensor(result):
        return {"output_0": result}
    if hasattr(result, "items"):
        return {str(name): value for name, value in result.items() if is_tensor(value)}
    values = result if isinstance(result, Iterable) else ()
    return {f"output_{index}": value for index, value in enumerate(values) if is_tensor(value)}


def without_cache(module: Any) -> dict[str, bool]:
    """Return what keeps ``module`` from handing out a cache of past keys: nothing for one that has none.

    One forward pass makes no use of a cache, and a graph has no place for it.
    """
    config: Any = getattr(module, "config", None)
    if hasattr(config, "use_cache"):
        config.use_cache = False
    return {"use_cache": False} if "use_cache" in inspect.signature(module.forward).parameters else {}
