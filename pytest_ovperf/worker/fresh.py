"""What a process does that is asked once and then ended: import, load, infer for the first time, tell its footprint."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from pytest_ovperf.engines.loading import import_packages, load_and_infer
from pytest_ovperf.engines.protocol import LoadRequest

from .facts import facts_to_json
from .footprint import Footprint
from .interference import Witness

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_ovperf.engines.protocol import LoadedModel


def import_for(request: Mapping[str, Any], further: Sequence[str]) -> Mapping[str, Any]:
    """Import what the arm needs, and the modules ``further``: before any clock starts, and any memory is counted."""
    import_packages(LoadRequest.from_json(request), further)
    return {}


def first_inference(request: Mapping[str, Any]) -> tuple[LoadedModel, Mapping[str, Any]]:
    """Load the model and infer once; return it, and its facts with the fields of `Block` and what was ``imported``."""
    asked = LoadRequest.from_json(request)
    witness = Witness()
    first = load_and_infer(asked)
    seen = witness.seen()
    return first.model, {
        "facts": facts_to_json(first.model.facts()),
        "latency_ns": [first.load_ns],
        "first_ns": [first.first_ns],
        "interference": asdict(seen),
        "imported": list(first.imported),
    }


def footprint(request: Mapping[str, Any], inferences: int) -> tuple[LoadedModel, Mapping[str, Any]]:
    """Load the model and infer so many times; as `first_inference`, with the memory that it took and no times.

    The memory is the highest that was resident meanwhile, beyond what was resident before.
    """
    asked = LoadRequest.from_json(request)
    witness = Witness()
    with Footprint() as memory:
        first = load_and_infer(asked, inferences=inferences)
    return first.model, {
        "facts": facts_to_json(first.model.facts()),
        "latency_ns": [],
        "bytes": memory.grown_bytes,
        "interference": asdict(witness.seen()),
        "imported": list(first.imported),
    }
