"""The picture: what each rule would find against what it would cry wolf at, its threshold swept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_ovperf.stats.noise import PairKind

from .cases import NO_CHANGE, Change, Means
from .questions import Asked
from .rules.protocol import Finding
from .summary import pooled

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from matplotlib.axes import Axes

    from .replaying import Tally


#: Tools by colour.
_TOOLS = ("asv", "criterion", "pyperf", "pytest-benchmark")


@dataclass(frozen=True, slots=True)
class Panel:
    """One question and the change that is to be found."""

    title: str
    asked: Asked
    kind: PairKind
    change: Change


PANELS = (
    Panel("race, 5 % slower", Asked.RACE, PairKind.OPENVINO, Change(Means.CANDIDATE, 0.05)),
    Panel("stored OpenVINO pairs, 10 % slower", Asked.STORED, PairKind.OPENVINO, Change(Means.CANDIDATE, 0.10)),
    Panel("stored pairs with PyTorch, 15 % slower", Asked.STORED, PairKind.PYTORCH, Change(Means.CANDIDATE, 0.15)),
)


@dataclass(frozen=True, slots=True)
class Curve:
    """One rule in a panel: (false alarms, found) in percent at each threshold, and where the tool itself stands."""

    rule: str
    points: tuple[tuple[float, float], ...]
    own: tuple[float, float]


def curves(tallies: Sequence[Tally], panel: Panel) -> list[Curve]:
    """Return the curves of a panel, all loads and ways of drawing together."""
    found = []
    asked = [t for t in tallies if t.asked == panel.asked and t.kind == panel.kind]
    for rule in dict.fromkeys(tally.rule for tally in asked):
        own = [tally for tally in asked if tally.rule == rule]
        same = pooled(own, lambda t: t.means == NO_CHANGE.means)
        slow = pooled(own, lambda t: (t.means, t.share) == (panel.change.means, panel.change.share))
        if not same.findings or not slow.findings:
            continue
        per_alarm, per_find = 100 / same.findings.total(), 100 / slow.findings.total()
        points = tuple((same.swept[limit] * per_alarm, slow.swept[limit] * per_find) for limit in same.swept)
        at = (same.findings[Finding.SLOWER] * per_alarm, slow.findings[Finding.SLOWER] * per_find)
        found.append(Curve(rule, tuple(sorted(points)), at))
    return found


def draw(path: Path, tallies: Sequence[Tally]) -> None:
    """Write the picture as SVG. Needs matplotlib (``pip install 'pytest-ovperf[bench]'``)."""
    import matplotlib as mpl  # noqa: PLC0415  (an extra)
    from matplotlib.figure import Figure  # noqa: PLC0415

    # Text stays text, and the same data give the same file.
    mpl.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "detection"})
    panels = [(panel, lines) for panel in PANELS if (lines := curves(tallies, panel))]
    figure = Figure(figsize=(5.2 * max(1, len(panels)), 5.6), layout="constrained")
    for place, (panel, lines) in enumerate(panels, start=1):
        _draw_panel(figure.add_subplot(1, len(panels), place), panel, lines)
    figure.suptitle("Rules with their threshold swept; the mark is where the tool itself stands")
    if panels:
        handles, labels = figure.axes[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=3, frameon=False)
    figure.savefig(path, format="svg", metadata={"Date": None})


def _draw_panel(axes: Axes, panel: Panel, lines: Sequence[Curve]) -> None:
    for place, line in enumerate(lines):
        ours = place == 0
        style = "--" if line.rule.endswith("all launches") else "-"
        colour = "black" if ours else f"C{_family(line.rule)}"
        xs, ys = zip(*line.points, strict=True) if line.points else ((), ())
        axes.plot(xs, ys, style, color=colour, linewidth=2.2 if ours else 1.2, label=line.rule)
        axes.plot(*line.own, marker="o", color=colour, markerfacecolor="white" if style == "--" else colour)
    axes.set_xscale("symlog", linthresh=1.0)
    axes.set_xticks([0, 0.5, 1, 5, 10, 50], ["0", "0.5", "1", "5", "10", "50"])
    axes.set_xlim(-0.1, 60)
    axes.set_ylim(-2, 102)
    axes.axvline(0.5, color="0.8", linewidth=0.8)
    axes.grid(visible=True, color="0.93")
    axes.set_xlabel("false alarms, %")
    axes.set_ylabel("found, %")
    axes.set_title(panel.title)


def _family(rule: str) -> int:
    """Return one number for a tool, however its rule is fed."""
    return next((place for place, tool in enumerate(_TOOLS) if rule.startswith(tool)), len(_TOOLS))
