"""Compared runs as GitHub-flavoured Markdown: for a pull request's comment, a job's summary, a release's notes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence  # noqa: TC003  (public annotations stay resolvable)

from pytest_ovperf.records import VerdictKind
from pytest_ovperf.runs.compared import Compared, EnvironmentDifference  # noqa: TC001  (see above)
from pytest_ovperf.runs.view import RunView  # noqa: TC001  (see above)

from . import figures
from .comparison_rows import Line, Sheet, difference, run_lines, sheets
from .figure_markdown import FIGURE_HEAD, figure_lines, ladder_markdown
from .markdown import SIGNS
from .markdown_text import code, text

#: Runs that a table has a column for; the first is one of them, the others are the newest.
_MOST_COLUMNS = 8


def comparison_markdown(compared: Compared, *, encoding: str = "utf-8") -> str:
    """Return the page: totals, the runs, what differs between them, a table of each kind, and what explains it.

    Names are text and nothing else, whatever is in them (see `markdown.text`). What ``encoding`` lacks is written as
    a character reference.
    """
    tables = sheets(compared)
    parts = [
        "## Compared runs\n",
        f"{_totals(tables)}\n",
        _list("", [f"**{text(warning)}**" for warning in compared.warnings]),
        "The last run is judged against the first.\n" if len(compared.runs) > 1 else "",
        _runs(compared),
        _list("**What differs between the runs**", map(_difference, compared.differences)),
        *(part for sheet in tables for part in (f"### {text(sheet.caption)}\n", _table(sheet))),
        *(_evidence(line) for sheet in tables for line in sheet.lines if line.kind is VerdictKind.REGRESSED),
        *(ladder_markdown(view) for view in compared.runs[-1].ladders),
        _figures(compared.runs[-1]),
        _list("**Measured by the first run and not by the last**", map(code, compared.missing)),
        _list("", map(text, compared.notes)),
    ]
    page = "\n".join(part for part in parts if part)
    return page.encode(encoding, "xmlcharrefreplace").decode(encoding)


def _totals(tables: Sequence[Sheet]) -> str:
    numbers = Counter(line.verdict for sheet in tables for line in sheet.lines)
    totals = [f"{sign} **{numbers[said]} {said}**" for said, sign in SIGNS.items() if numbers[said]]
    counts = " and ".join(figures.count(len(sheet.lines), sheet.noun) for sheet in tables)
    return f"{' · '.join(totals)} ({counts})"


def _runs(compared: Compared) -> str:
    rows = [
        [number, code(name), text(started), code(commit)] for number, name, started, commit in run_lines(compared.runs)
    ]
    return _rows(("run", "name", "started", "commit"), "rlll", rows)


def _table(sheet: Sheet) -> str:
    left_out = max(len(sheet.columns) - _MOST_COLUMNS, 0)
    places = [0, *range(left_out + 1, len(sheet.columns))]
    rows = [
        [
            _name(sheet, line),
            *(line.figures[place] for place in places[:-1]),
            _below(line.figures[-1], line.spread),
            _below(line.change, line.between),
            f"{SIGNS.get(line.verdict, '')} {text(line.verdict)}".lstrip(),
        ]
        for line in sheet.lines
    ]
    titles = ("test", *(sheet.columns[place] for place in places), "change", "verdict")
    note = f"\n{figures.count(left_out, 'run')} after the first left out of the table.\n" if left_out else ""
    return _rows(titles, f"l{'r' * len(places)}rl", rows) + note


def _figures(last: RunView) -> str:
    """Return the absolute figures of the last run, which no run is judged by."""
    lines = figure_lines(last.figures)
    return "\n".join(FIGURE_HEAD) + "".join(lines) if lines else ""


def _rows(titles: Sequence[str], justify: str, rows: Sequence[Sequence[str]]) -> str:
    rules = [{"l": ":--", "r": "--:"}[each] for each in justify]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in (titles, rules, *rows))


def _name(sheet: Sheet, line: Line) -> str:
    unsaid = [text(value) for field, value in line.about.items() if field not in sheet.shared]
    unsaid += [text(line.own)] if line.own else []
    return _below(code(line.name), " · ".join(unsaid))


def _below(first: str, second: str) -> str:
    return f"{first}<br>{second}" if second else first


def _difference(found: EnvironmentDifference) -> str:
    return f"{text(found.about)} {code(found.name)}: {text(difference(found))}"


def _evidence(line: Line) -> str:
    """Return what explains a regression, folded. HTML within it is Markdown again only after an empty line."""
    arms = f", {text(line.about['arms'])}" if "arms" in line.about else ""
    summary = f"{SIGNS[line.verdict]} {code(line.name)}{arms}, {line.change}"
    reasons = [line.key, f"Change: {line.change} ({line.between})", *filter(None, [line.moved]), *line.reasons]
    return f"<details>\n<summary>{summary}</summary>\n\n{_list('', map(text, reasons))}\n</details>\n"


def _list(title: str, items: Iterable[str]) -> str:
    lines = "".join(f"- {item}\n" for item in items)
    return f"{title}\n\n{lines}" if title and lines else lines
