"""One block of an arm, by what its workload does: the times that a worker sends, by the names of `Block`'s fields."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_ovperf.errors import MeasurementError
from pytest_ovperf.metrics import WorkloadKind

from .protocol import Generator, Streamer, Touchable
from .timing import time_block, time_generations

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from .protocol import LoadedModel


def take_block(model: LoadedModel, kind: WorkloadKind, min_ns: int, min_calls: int) -> Mapping[str, Any]:
    """Return the times of at least ``min_ns`` nanoseconds and ``min_calls`` calls or requests, as JSON-able data.

    The keys are fields of `Block`. Raises `MeasurementError` for a model that cannot do what ``kind`` says.
    """
    match kind:
        case WorkloadKind.STREAM:
            if not isinstance(model, Streamer):
                raise _unable(model, "takes no requests at once")
            streamed = model.stream(min_ns, min_calls)
            return {"latency_ns": list(streamed.latency_ns), "elapsed_ns": streamed.elapsed_ns}
        case WorkloadKind.GENERATE:
            if not isinstance(model, Generator):
                raise _unable(model, "generates no tokens")
            touch = model.touch if isinstance(model, Touchable) else model.generate
            calls = time_generations(model.generate, touch, min_ns=min_ns, min_calls=min_calls)
            return {
                "latency_ns": [call.latency_ns for call in calls],
                "first_ns": [call.first_ns for call in calls],
            }
        case _:
            return {"latency_ns": list(time_block(model.call, min_ns=min_ns, min_calls=min_calls))}


def samples_in(inputs: Path | None) -> int:
    """Return how many samples the arrays of an ``.npz`` file hold: the leading dimension that all have, else 1."""
    import numpy as np  # noqa: PLC0415  (for workers)

    if inputs is None:
        return 1
    with np.load(inputs) as file:
        leading = {file[name].shape[:1] for name in file.files}
    return int(leading.pop()[0]) if len(leading) == 1 and leading != {()} else 1


def _unable(model: LoadedModel, what: str) -> MeasurementError:
    return MeasurementError(
        f"{type(model).__name__} {what}.", remedy="The two sides are of different versions: reinstall pytest-ovperf."
    )
