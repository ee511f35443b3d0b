"""Hold OpenVINO deployments to their promised speed: a pytest plugin.

What is listed in ``__all__`` is public: it keeps its meaning from one minor release to the next.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .models.described import Model

__all__ = ["Model"]

#: Where the public names are defined. Found when asked for: every project that has the plugin installed imports this.
_PLACES = {"Model": "models.described"}


def __getattr__(name: str) -> Any:  # noqa: ANN401  (whatever the name stands for)
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_PLACES[name]}"), name)
