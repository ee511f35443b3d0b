"""What is compared and what comes of it: cases, sides, launches. Plain data, kept as JSON."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003  (dataclass annotations stay resolvable)
from dataclasses import asdict, dataclass
from typing import Any, Self

from pytest_ovperf.metrics import Metric

#: A launch is disturbed when others had more than this share of one processor meanwhile.
DISTURBED_SHARE = 0.25

#: Where fewer launches than this are left undisturbed, all of them count.
LEAST_COUNTED = 3


@dataclass(frozen=True, slots=True)
class Case:
    """One question: whether ``arm``, named as users write it, shows the same ``metric`` of ``model`` to both."""

    model: str
    arm: str
    metric: Metric

    def __str__(self) -> str:
        return f"{self.model} {self.arm} {self.metric}"


@dataclass(frozen=True, slots=True)
class Side:
    """What one side said after its turns in a process of its own.

    ``latency_ns`` is the median over the calls, ``throughput`` samples a second, ``calls`` how many were made in the
    ``elapsed_s`` seconds of its turns. ``settings`` are OpenVINO's properties as read back.
    """

    latency_ns: float
    throughput: float
    calls: int
    elapsed_s: float
    settings: Mapping[str, str]

    def value(self, metric: Metric) -> float:
        """Return the figure that is compared: nanoseconds, or samples a second."""
        return self.throughput if metric is Metric.THROUGHPUT else self.latency_ns


@dataclass(frozen=True, slots=True)
class Launch:
    """A process of ours and one of benchmark_app's that took turns.

    ``others`` is the processor time that neither of them had meanwhile, stolen time included, as a share of one
    processor. ``date`` is that of the measurement.
    """

    ours: Side
    theirs: Side
    others: float
    date: str

    @property
    def disturbed(self) -> bool:
        """Whether other work had too much of the processors."""
        return self.others > DISTURBED_SHARE


@dataclass(frozen=True, slots=True)
class Outcome:
    """All launches of one case, with the versions of what was measured and the machine's hardware profile.

    ``outside_ns`` is what of our latency lies outside OpenVINO's own time of a request, 0 where that was not read.
    """

    case: Case
    launches: tuple[Launch, ...]
    machine: str
    versions: Mapping[str, str]
    outside_ns: float = 0.0

    @property
    def undisturbed(self) -> tuple[Launch, ...]:
        """The launches that nothing disturbed."""
        return tuple(launch for launch in self.launches if not launch.disturbed)

    @property
    def counted(self) -> tuple[Launch, ...]:
        """The undisturbed launches; all of them where hardly any is left: the interval then has to speak."""
        return self.undisturbed if len(self.undisturbed) >= LEAST_COUNTED else self.launches

    def to_json(self) -> dict[str, Any]:
        """Return the outcome as JSON-able data."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Return the outcome that `to_json` described. Raises `KeyError` or `TypeError` for anything else."""
        case = Case(data["case"]["model"], data["case"]["arm"], Metric(data["case"]["metric"]))
        launches = tuple(
            Launch(Side(**launch["ours"]), Side(**launch["theirs"]), launch["others"], launch["date"])
            for launch in data["launches"]
        )
        return cls(case, launches, data["machine"], dict(data["versions"]), data.get("outside_ns", 0.0))
