"""What is known of one arm's execution graph in a comparison: what changed in it, and where the time went."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .changes import GraphChanges
    from .layers import Graph
    from .times import Attribution


@dataclass(frozen=True, slots=True)
class Explained:
    """An arm's execution graph, beside what it was.

    ``arm`` is its name in reports, ``old`` what it is held against: ``the baseline of 2026-11-21``, or ``OpenVINO
    2025.4.1``; empty where there is nothing. ``changes`` is ``None`` where the old graph is not known, ``attribution``
    where no times were taken or the old ones are not known. ``notes`` say what could not be found out, and why.
    """

    arm: str
    old: str
    graph: Graph
    changes: GraphChanges | None = None
    attribution: Attribution | None = None
    notes: tuple[str, ...] = ()
