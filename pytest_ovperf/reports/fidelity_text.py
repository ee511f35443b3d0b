"""How near one arm's outputs are to another's, in words: by the score of the user's task where there is one."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_ovperf.records import Fidelity


def score(value: float) -> str:
    """Return what the user's function returned, with as many digits as tell it from others: ``0.912``."""
    return f"{value:.4g}"


def in_short(fidelity: Fidelity) -> str:
    """Return what tells most: ``score 0.91, reference 0.92``, else ``cosine 0.9981``."""
    if fidelity.scores is not None:
        return f"score {score(fidelity.scores.candidate)}, reference {score(fidelity.scores.reference)}"
    return f"cosine {fidelity.cosine:.4f}"


def evidence(now: Fidelity, then: Fidelity | None) -> str:
    """Return the sentence about the outputs of a run, beside those of its baseline ``then``."""
    text = f"Fidelity: {_with_top1(now)}"
    if now.scores is None:
        text += f", largest error {now.max_abs_error:.3g}"
    return f"{text}." if then is None else f"{text}; in the baseline {_with_top1(then)}."


def _with_top1(fidelity: Fidelity) -> str:
    said = in_short(fidelity)
    return said if fidelity.scores is not None else f"{said}, top-1 {fidelity.top1:.1%}".replace("%", " %")
