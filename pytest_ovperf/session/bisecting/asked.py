"""What a search is asked for, and the mistakes in it that can be seen without looking at anything."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path  # noqa: TC003  (dataclass annotations stay resolvable)
from typing import TYPE_CHECKING

from pytest_ovperf.engines.protocol import packages_of
from pytest_ovperf.errors import ArmError, DeviceError
from pytest_ovperf.hardware import devices as device_rules
from pytest_ovperf.metrics import WorkloadKind, parse_metric

if TYPE_CHECKING:
    from pytest_ovperf.session.questions import Question

#: What an environment has that is made for a release, among the packages that arms import.
MADE_WITH = frozenset({"openvino", "openvino_genai"})

#: By what name pip knows the packages that arms import, where that is another one.
_DISTRIBUTIONS = {"openvino_genai": "openvino-genai", "optimum": "optimum-intel"}

#: What is the same whatever release there is.
_NOT_OF_A_RELEASE = {
    WorkloadKind.FILES: "is that of the model's files, which all releases read",
    WorkloadKind.EXPORT: "is that of the packages which export the model, and those are this environment's",
}


@dataclass(frozen=True, slots=True)
class BisectQuestion:
    """What was asked, as users write it.

    ``versions`` separates releases by commas, ``None`` for those of the package index. ``tolerance`` is a share,
    ``None`` for that of the kind of comparison; ``budget_s`` is the time of each race. ``again`` forgets what an
    earlier search raced. Relative model paths start from ``base``. ``command`` is what repeats the search.
    """

    good: str
    bad: str
    model: str
    arm: str
    device: str
    metric: str
    budget_s: float
    cache_dir: Path
    base: Path
    versions: str | None = None
    shape: tuple[int | str, ...] | None = None
    tolerance: float | None = None
    again: bool = False
    command: str = ""


def require_of_release(asked: BisectQuestion) -> None:
    """Raise `ArmError` for a metric that does not exist, or is the same with all releases."""
    metric = parse_metric(asked.metric)
    if metric.workload in _NOT_OF_A_RELEASE:
        raise ArmError(
            f"{metric} {_NOT_OF_A_RELEASE[metric.workload]}: no release can have changed it.",
            remedy="Ask for a metric of the arm at work: --metric=latency.",
        )


def one_device(text: str) -> str:
    """Return the one device expression in ``text``. Raises `DeviceError`."""
    expressions = device_rules.parse_devices(text)
    if len(expressions) != 1 or device_rules.ALL in expressions:
        raise DeviceError(
            f"Releases are raced on one device, and {text!r} is not one.", remedy="Name one: --device=CPU."
        )
    return expressions[0]


def needed_packages(question: Question) -> tuple[str, ...]:
    """Return the packages that the question's arm imports."""
    (arm,) = question.arms
    return tuple(packages_of(arm.engine, question.metric.workload, generates=question.generation is not None))


def distribution(package: str) -> str:
    """Return the name by which pip knows a package that is imported as ``package``."""
    return _DISTRIBUTIONS.get(package, package)
