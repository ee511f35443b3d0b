"""What is measured: metrics with their units, and the workloads that have to be done for them."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003  (dataclass annotations stay resolvable)
from dataclasses import dataclass
from enum import StrEnum

from .errors import ArmError


class WorkloadKind(StrEnum):
    """What one timed call does.

    ``INFER`` is one inference after the other, ``STREAM`` a queue of requests that is kept full, ``GENERATE`` tokens
    after a prompt, ``LOAD`` a fresh process that loads the model and infers once, ``MEMORY`` one whose footprint is
    watched, ``FILES`` a look at the model's files and ``EXPORT`` making them.
    """

    INFER = "infer"
    STREAM = "stream"
    GENERATE = "generate"
    LOAD = "load"
    MEMORY = "memory"
    FILES = "files"
    EXPORT = "export"


class Metric(StrEnum):
    """What is compared. A speed-up above 1 always means that the candidate is better."""

    LATENCY = "latency"
    THROUGHPUT = "throughput"
    TTFT = "ttft"
    TPOT = "tpot"
    TOKENS_PER_SECOND = "tokens_per_second"
    REQUESTS_PER_SECOND = "requests_per_second"
    LOAD_TIME = "load_time"
    CACHED_LOAD_TIME = "cached_load_time"
    FIRST_INFERENCE = "first_inference"
    PEAK_MEMORY = "peak_memory"
    MODEL_SIZE = "model_size"
    EXPORT_TIME = "export_time"

    @property
    def workload(self) -> WorkloadKind:
        """What has to be done to measure it."""
        return _WORKLOADS[self]

    @property
    def unit(self) -> Unit:
        """What its values are counted in."""
        return _UNITS.get(self, Unit.SECONDS)


class Unit(StrEnum):
    """What a metric's values are given in to people; what is more than seconds or bytes is better when larger."""

    SECONDS = "s"
    BYTES = "B"
    SAMPLES_PER_SECOND = "samples/s"
    TOKENS_PER_SECOND = "tokens/s"
    REQUESTS_PER_SECOND = "requests/s"

    @property
    def is_rate(self) -> bool:
        """Whether more is better."""
        return self not in (Unit.SECONDS, Unit.BYTES)


_WORKLOADS: Mapping[Metric, WorkloadKind] = {
    Metric.LATENCY: WorkloadKind.INFER,
    Metric.THROUGHPUT: WorkloadKind.STREAM,
    Metric.TTFT: WorkloadKind.GENERATE,
    Metric.TPOT: WorkloadKind.GENERATE,
    Metric.TOKENS_PER_SECOND: WorkloadKind.GENERATE,
    Metric.REQUESTS_PER_SECOND: WorkloadKind.GENERATE,
    Metric.LOAD_TIME: WorkloadKind.LOAD,
    Metric.CACHED_LOAD_TIME: WorkloadKind.LOAD,
    Metric.FIRST_INFERENCE: WorkloadKind.LOAD,
    Metric.PEAK_MEMORY: WorkloadKind.MEMORY,
    Metric.MODEL_SIZE: WorkloadKind.FILES,
    Metric.EXPORT_TIME: WorkloadKind.EXPORT,
}

_UNITS: Mapping[Metric, Unit] = {
    Metric.THROUGHPUT: Unit.SAMPLES_PER_SECOND,
    Metric.TOKENS_PER_SECOND: Unit.TOKENS_PER_SECOND,
    Metric.REQUESTS_PER_SECOND: Unit.REQUESTS_PER_SECOND,
    Metric.PEAK_MEMORY: Unit.BYTES,
    Metric.MODEL_SIZE: Unit.BYTES,
}


def parse_metric(name: str) -> Metric:
    """Return the metric of that name. Raises `ArmError` for one that does not exist."""
    try:
        return Metric(name)
    except ValueError:
        raise ArmError(f"There is no metric {name!r}.", remedy=f"Choose one of: {', '.join(Metric)}.") from None


@dataclass(frozen=True, slots=True)
class Workload:
    """What one call does: the kind and the shape of each input (name → dimensions).

    ``new_tokens`` is what a request generates after its prompt, 0 where nothing is generated. ``shortest`` is the
    length of the shortest prompt where they are of unequal length and padded to the shape, else 0.
    """

    kind: WorkloadKind
    shapes: Mapping[str, tuple[int, ...]]
    new_tokens: int = 0
    shortest: int = 0

    def __str__(self) -> str:
        sizes = [str(size) for size in next(iter(self.shapes.values()), ())]
        if self.shortest:
            sizes[-1] = f"{self.shortest}..{sizes[-1]}"
        generated = f"+{self.new_tokens}" if self.new_tokens else ""
        return f"{self.kind} {'x'.join(sizes)}{generated}".rstrip()
