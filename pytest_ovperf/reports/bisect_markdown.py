"""What goes into a bug report once a release is found: GitHub's Markdown, fit for a terminal of 80 cells as well."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_ovperf.graphs.wording import percent_text, signed_text, time_text
from pytest_ovperf.runs.of_layers import layers_views

from . import figures, layer_lines
from .bisect_findings import Ending
from .bisect_text import arm_of, conclusion, goes_back, table_rows
from .markdown_text import code, text
from .screen import Keep, Screen

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pytest_ovperf.records import ArmFacts
    from pytest_ovperf.runs.view import LayerGroupView, LayersView

    from .bisect_findings import BisectFindings

#: Groups of layers in the table, and the cells that its lines have.
_MOST_LAYERS = 12
_CELLS = 80
#: A group that moved by a smaller part of what all moved is not worth a line.
_LEAST_PART = 0.01
_FENCE = "```"
#: How many digits of a file's SHA-256 tell it from others.
_DIGITS = 16


def bug_report(findings: BisectFindings) -> str:
    """Return the report, from a heading on; lists and tables of it are no wider than 80 cells where names allow."""
    parts = [
        f"## {text(_title(findings))}",
        "\n".join(_wrapped(conclusion(findings))),
        "\n".join(["### Environment", "", *_environment(findings)]),
        "\n".join(["### Model", "", *_model(findings)]),
        "\n".join(["### By release", "", *_by_release(findings)]),
    ]
    if findings.explained is not None:
        (view,) = layers_views((findings.explained,))
        parts.append("\n".join(["### Layers", "", *_layers(findings, view)]))
    parts.append(f"### To repeat it\n\n```sh\npip install pytest-ovperf\n{findings.command}\n```")
    return "\n\n".join(parts) + "\n"


def _title(findings: BisectFindings) -> str:
    searched, asked = findings.searched, findings.plan.comparison
    race = searched.telling
    what = f"{asked.metric} of {arm_of(asked)} ({asked.model}, {asked.candidate.device})"
    if searched.ending is Ending.NO_LOSS:
        return f"No proven loss of {what} from OpenVINO {searched.good} to {searched.bad}"
    if searched.ending is Ending.UNCONFIRMED:
        return f"{what} is worse with OpenVINO {searched.first} than with {searched.good}"
    side = "before" if goes_back(searched) else "with"
    release = searched.last if goes_back(searched) else searched.first
    return f"{what} is worse by {figures.percent(race.change)} {side} OpenVINO {release}"


def _environment(findings: BisectFindings) -> list[str]:
    searched, asked = findings.searched, findings.plan.comparison
    race = searched.telling
    lines = [_fact("Machine", findings.machine)]
    for release, its in zip((race.new, race.old), race.facts, strict=True):
        python = findings.versions.get(release, {}).get("python", "")
        build = its.versions.get("openvino", release)
        lines.append(_fact(f"OpenVINO {release}", f"{build}{f', Python {python}' if python else ''}"))
    settings = asked.candidate.tuning.settings
    if settings:
        lines.append(_fact("Set", _listed(settings)))
    new, old = (_read_back(its) for its in race.facts)
    if new == old:
        lines.append(_fact("Read back of the compiled model", _listed(new)))
    else:
        lines += [_fact(f"Read back with {each}", _listed(its)) for each, its in ((race.new, new), (race.old, old))]
    lines.append(_fact("Measured", f"{asked.metric}, {asked.workload}, on {findings.when}"))
    return _wrapped(lines)


def _fact(name: str, value: str) -> str:
    return f"- **{name}:** {text(value)}"


def _read_back(facts: ArmFacts) -> dict[str, str]:
    """Return what an arm turned out to be."""
    found = {
        "EXECUTION_DEVICES": " ".join(facts.devices),
        "INFERENCE_PRECISION_HINT": facts.precision,
        "INFERENCE_NUM_THREADS": str(facts.threads or ""),
        **facts.settings,
    }
    return {name: value for name, value in found.items() if value}


def _listed(settings: Mapping[str, str]) -> str:
    return ", ".join(f"{name}={value}" for name, value in settings.items())


def _model(findings: BisectFindings) -> list[str]:
    origin = findings.origin
    lines = [f"- {text(origin.source)}", *(f"- {text(step)}" for step in origin.steps)]
    lines += [f"- {_code(name)}: SHA-256 {_code(digest[:_DIGITS])}…" for name, digest in origin.files.items()]
    return _wrapped([*lines, f"- to be attached from {_code(str(origin.folder))}"])


def _code(raw: str) -> str:
    """Return inline code: between backticks where these show it as it is, which reads better before it is rendered."""
    return f"`{raw}`" if raw.isprintable() and "`" not in raw else code(raw)


def _by_release(findings: BisectFindings) -> list[str]:
    head = ("OpenVINO", f"over {findings.searched.good}", "interval", "change", "verdict", "launches")
    lines = [_row(head), "|---|--:|--:|--:|---|--:|"]
    # Releases and figures: nothing in them has a meaning in Markdown.
    lines += [_row(cells[:-1]) for cells, _ in table_rows(findings)]
    level = figures.chosen_percent(findings.searched.ends.speedup.confidence)
    note = (
        "Both releases in processes of their own, turn by turn on the same files and inputs; a ratio above 1 is "
        f"better than what it is over. Intervals over launches at {level} confidence; a loss of up to "
        f"{figures.chosen_percent(findings.plan.tolerance)} is let pass."
    )
    searched = findings.searched
    odd = [f"- {race.new} over {race.old}: {text(race.note)}" for race in searched.all_races if race.note]
    odd += [f"- {text(each.release)} left out: {text(each.why)}" for each in searched.skipped]
    return [*lines, "", *_wrapped([note]), *([""] if odd else []), *_wrapped(odd)]


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cell.strip() for cell in cells)} |"


def _layers(findings: BisectFindings, view: LayersView) -> list[str]:
    """Return sentences and a table as they are: names of layers are full of what Markdown would take for its own."""
    race = findings.searched.telling
    screen = Screen(_CELLS, "utf-8")
    said = layer_lines.lines(view) or ("the execution graph is the same",)
    lines = [line for each in said for line in screen.wrap(f"- {each}", hang="  ")]
    heaviest = _heaviest(view.groups)
    if heaviest:
        about = f"What layers take in a call, counters on: before with {race.old}, now with {race.new}."
        lines += ["", *screen.wrap(about), "", *_layer_table(heaviest)]
    return [f"{_FENCE}text", *(line.replace(_FENCE, "") for line in lines), _FENCE]


def _heaviest(groups: Sequence[LayerGroupView]) -> list[LayerGroupView]:
    timed = [each for each in groups if each.old_ns is not None and each.new_ns is not None]
    whole = sum(abs(_change_ns(each)) for each in timed)
    moved = [each for each in timed if abs(_change_ns(each)) >= _LEAST_PART * whole > 0]
    return sorted(moved, key=lambda each: -abs(_change_ns(each)))[:_MOST_LAYERS]


def _layer_table(groups: Sequence[LayerGroupView]) -> list[str]:
    screen = Screen(_CELLS, "utf-8")
    rows = [("before", "now", "change", "share", "layers", "")]
    for each in groups:
        count = f"{each.layers} x " if each.layers > 1 else ""
        rows.append(
            (
                time_text(each.old_ns or 0.0),
                time_text(each.new_ns or 0.0),
                signed_text(_change_ns(each)),
                "" if each.share is None else percent_text(each.share),
                f"{count}{each.name}",
                each.what,
            )
        )
    widths = [max(len(row[place]) for row in rows) for place in range(4)]
    room = _CELLS - sum(widths) - 2 * len(widths)
    lines = []
    for *numbers, name, what in rows:
        cells = [cell.rjust(size) for cell, size in zip(numbers, widths, strict=True)]
        lines.append("  ".join([*cells, screen.fit(screen.text(name), room, Keep.END)]).rstrip())
        if what:
            indent = " " * (_CELLS - room)
            lines += screen.wrap(what, indent=indent)
    return lines


def _change_ns(group: LayerGroupView) -> float:
    return (group.new_ns or 0.0) - (group.old_ns or 0.0)


def _wrapped(lines: Iterable[str]) -> list[str]:
    """Return Markdown in lines of 80 cells; what belongs to a list's item stays with it."""
    screen = Screen(_CELLS, "utf-8")
    return [piece for line in lines for piece in screen.wrap(line, hang="  " if line.startswith("- ") else "")]
