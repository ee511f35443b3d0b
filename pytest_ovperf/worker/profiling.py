"""What the layers of an arm take, asked of a process of its own: never of the one whose calls are timed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence  # noqa: TC003  (dataclass annotations stay resolvable)
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .client import Worker
from .facts import check_facts, facts_from_json

if TYPE_CHECKING:
    from pytest_ovperf.arms import Arm
    from pytest_ovperf.engines.protocol import LoadRequest

#: How long compiling a model several times and calling it may take, in seconds.
PROFILE_TIMEOUT_S = 1200.0


@dataclass(frozen=True, slots=True)
class ArmProfile:
    """The layers of an arm and the time of each executed one, as `graphs.layers.profile_of` takes them.

    ``times`` has nanoseconds a call by the layers' own names, ``call_ns`` the wall time of a call with counters on.
    """

    layers: Sequence[Mapping[str, Any]]
    times: Mapping[str, float]
    call_ns: float


def profile_in_worker(  # noqa: PLR0913  (how the process is started, beside what it is asked)
    arm: Arm,
    request: LoadRequest,
    calls: int,
    *,
    timeout_s: float = PROFILE_TIMEOUT_S,
    python: str | None = None,
    command: Sequence[str] | None = None,
) -> ArmProfile:
    """Compile the model of ``request`` with counters on, call it about ``calls`` times, and return what layers took.

    See `engines.profiling.profile` for what a call is. ``python`` and ``command`` are those of `Worker.start`. Raises
    what `ArmWorker.loaded` does, and `MeasurementError` for an arm that is not OpenVINO's.
    """
    with Worker.start(str(arm), python=python, command=command) as worker:
        value = worker.request("profile", timeout_s=timeout_s, request=request.to_json(), calls=calls)
    check_facts(arm, facts_from_json(value["facts"]), threads=request.cpu_threads)
    return ArmProfile(value["layers"], value["times"], value["call_ns"])
