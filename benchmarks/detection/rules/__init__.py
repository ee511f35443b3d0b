"""Rules that decide whether something has become slower: our own, and those of other tools, re-stated."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .asv import Asv
from .criterion import Criterion
from .ours import Ours, Plan
from .pyperf import Pyperf
from .pytest_benchmark import PytestBenchmark

if TYPE_CHECKING:
    from .protocol import Rule

__all__ = ["Plan", "all_rules"]


def all_rules(plan: Plan) -> list[Rule]:
    """Return the rules side by side: each tool as it measures by itself, and on all launches where that differs."""
    return [
        Ours(plan),
        PytestBenchmark(),
        PytestBenchmark(processes=None),
        Pyperf(),
        Asv(),
        Asv(processes=None),
        Criterion(),
        Criterion(processes=None),
    ]
