"""What a search is asked for, and the mistakes in it that can be seen without looking at anything."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path  # noqa: TC003  (dataclass annotations stay resolvable)

from pytest_ovperf.errors import ArmError, DeviceError
from pytest_ovperf.hardware import devices as device_rules
from pytest_ovperf.metrics import parse_metric
from pytest_ovperf.session.elsewhere import same_with_all


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
    same = same_with_all(parse_metric(asked.metric))
    if same:
        raise ArmError(
            f"{same}: no release can have changed it.",
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
