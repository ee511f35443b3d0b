"""Which traces may be looked at while choosing estimators and rules, and which are kept for the report.

A rule that was tuned on a trace looks better on that trace than it is. So the traces that decided the estimators (see
docs/decisions/0001-estimators.md) are named here, and every other one is for reporting: whoever tunes on one of those
adds its name here first, and it leaves the report.
"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

#: Where traces are kept.
TRACES = Path(__file__).resolve().parent.parent / "traces"

#: The traces that estimators, priors and tolerances were chosen on, by file name without its endings. The last two
#: decided which rounds are dropped (docs/decisions/0005-evidence-and-confirmation.md).
TUNING = frozenset({"aa_resnet50", "coll_minilm", "coll_resnet50", "minilm-quiet", "mobilenet_v2-quiet"})


class Purpose(StrEnum):
    """What a trace is for."""

    TUNING = "tuning"
    REPORTING = "reporting"


def purpose_of(name: str) -> Purpose:
    """Return what the trace of that name is for."""
    return Purpose.TUNING if name in TUNING else Purpose.REPORTING


def trace_files(purpose: Purpose, folder: Path = TRACES) -> list[Path]:
    """Return the trace files for that purpose, by name."""
    paths = sorted([*folder.glob("*.json"), *folder.glob("*.json.gz")])
    return [path for path in paths if purpose_of(path.name.partition(".")[0]) is purpose]
