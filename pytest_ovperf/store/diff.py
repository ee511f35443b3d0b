"""Say in words what an update changes."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_ovperf.records import Fidelity, StoredBaseline


def typical_ratio(stored: StoredBaseline) -> float:
    """Return the speed-up that ``stored`` stands for: the geometric mean over its launches."""
    return math.exp(math.fsum(stored.log_ratios) / len(stored.log_ratios))


def describe_update(old: StoredBaseline | None, new: StoredBaseline) -> tuple[str, ...]:
    """Return the lines that tell a reader what changes from ``old`` to ``new``.

    The first is the speed-up (``2.71x → 2.84x (+4.8 %)``), the others, where they changed: the launches it rests on,
    the tolerance, the fidelity, and what was recorded of software and machine.
    """
    if old is None:
        return (f"new: {typical_ratio(new):.2f}x ({_launches(new)})",)
    before, after = typical_ratio(old), typical_ratio(new)
    lines = [f"{before:.2f}x → {after:.2f}x ({100 * (after / before - 1):+.1f} %)"]
    if old.launches != new.launches:
        lines.append(f"launches {old.launches} → {new.launches}")
    if old.tolerance != new.tolerance:
        lines.append(f"tolerance {_percent(old.tolerance)} → {_percent(new.tolerance)}")
    if _cosine(old.fidelity) != _cosine(new.fidelity):
        lines.append(f"cosine {_cosine(old.fidelity)} → {_cosine(new.fidelity)}")
    return (*lines, *_provenance_lines(old.provenance, new.provenance))


def _provenance_lines(old: Mapping[str, str], new: Mapping[str, str]) -> tuple[str, ...]:
    names = sorted({*old, *new})
    return tuple(
        f"{name} {old.get(name, 'not recorded')} → {new.get(name, 'not recorded')}"
        for name in names
        if old.get(name) != new.get(name)
    )


def _launches(stored: StoredBaseline) -> str:
    return "1 launch" if stored.launches == 1 else f"{stored.launches} launches"


def _percent(share: float) -> str:
    return f"{100 * share:g} %"


def _cosine(fidelity: Fidelity | None) -> str:
    return "not compared" if fidelity is None else f"{fidelity.cosine:.4f}"
