"""What a page shows, as text and places: all that the templates know. Nothing here is escaped; the templates do it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence  # noqa: TC003  (dataclass annotations stay resolvable)
from dataclasses import dataclass
from enum import StrEnum

from .marks import Axis, Spark, Strip  # noqa: TC001  (see above)


class Style(StrEnum):
    """How a row looks: its verdict, or what stands in its place. In the order in which people want to see them."""

    REGRESSED = "regressed"
    INCONCLUSIVE = "inconclusive"
    NO_BASELINE = "no-baseline"
    NOT_JUDGED = "not-judged"
    IMPROVED = "improved"
    RECORDED = "recorded"
    OK = "ok"

    @property
    def words(self) -> str:
        """The style as people read it."""
        return self.value.replace("-", " ")

    @property
    def rank(self) -> int:
        """Its place in that order, from 0."""
        return list(Style).index(self)


@dataclass(frozen=True, slots=True)
class Tally:
    """How many rows have a style, and their share in percent."""

    style: Style
    count: int
    share: float


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of the evidence; ``command`` is what it offers to copy, empty where it offers nothing."""

    text: str
    command: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """Figures with their headings. Each line is its label and a cell for each of the other headings."""

    caption: str
    head: tuple[str, ...]
    lines: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class LayerLine:
    """Layers that play the same role, as a line of a table. ``count`` is empty for one; times are, where unknown."""

    name: str
    count: str
    what: str
    changed: bool
    old: str
    new: str
    change: str
    share: str


@dataclass(frozen=True, slots=True)
class Layers:
    """An arm's execution graph beside what it was: sentences, and a table whose tail (``more``) is folded.

    Where nothing happened, all of it is. ``left_out`` says what has no line at all, ``totals`` is what the whole took.
    """

    caption: str
    sentences: tuple[str, ...]
    has_times: bool
    lines: tuple[LayerLine, ...]
    more: tuple[LayerLine, ...]
    left_out: str
    totals: tuple[LayerLine, ...]

    @property
    def more_words(self) -> str:
        """What opens the folded part."""
        number = len(self.more)
        plural = "" if number == 1 else "s"
        return f"{number} more line{plural}" if self.lines else f"Its layers, {number} line{plural}"


@dataclass(frozen=True, slots=True)
class FactChange:
    """A fact of the environment, then and now. ``changed`` is false where one of them is unknown."""

    name: str
    then: str
    now: str
    changed: bool


@dataclass(frozen=True, slots=True)
class Facts:
    """What was true then and now, what has changed first."""

    caption: str
    then: str
    now: str
    changed: tuple[FactChange, ...]
    same: tuple[FactChange, ...]


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that a script draws when the detail is opened: its kind, its title, how to read it, and it in words."""

    kind: str
    title: str
    key: str
    words: str


@dataclass(frozen=True, slots=True)
class Row:
    """One comparison or plain benchmark of the table.

    ``expected`` is what it was held against, and ``expected_as`` says what that is. The ``sort_`` fields are what
    columns are ordered by. ``more_evidence`` says at length what the detail shows anyway; ``earlier_evidence`` is what
    the run itself said, where the page says something else. ``why`` is the sentence about layers that tells most.
    """

    anchor: str
    style: Style
    said: str
    name: str
    full_name: str
    about: tuple[str, ...]
    model: str
    figure: str
    interval: str
    expected: str
    expected_as: str
    change: str
    change_interval: str
    strip: Strip | None
    spark: Spark | None
    spark_words: str
    sort_figure: float
    sort_change: float | None
    evidence: tuple[Sentence, ...]
    more_evidence: tuple[Sentence, ...]
    earlier_evidence: tuple[Sentence, ...]
    pictures: tuple[Picture, ...]
    tables: tuple[Table, ...]
    facts: Facts | None
    layers: tuple[Layers, ...] = ()
    why: str = ""

    @property
    def reason(self) -> str:
        """The sentence that says more than the figures do: the second, since the first repeats them."""
        said = [sentence.text for sentence in self.evidence if not sentence.command]
        return said[min(1, len(said) - 1)] if said else ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table of the page with its rows, the axis of their changes, and the headings that differ between pages."""

    anchor: str
    title: str
    noun: str
    figure_head: str
    expected_head: str
    change_head: str
    worse: str
    better: str
    axis: Axis
    rows: tuple[Row, ...]
    models: tuple[str, ...]

    @property
    def has_expected(self) -> bool:
        """Whether any row was held against something."""
        return any(row.expected for row in self.rows)

    @property
    def has_history(self) -> bool:
        """Whether any row has more than one run to show."""
        return any(row.spark for row in self.rows)

    @property
    def columns(self) -> int:
        """How many columns the table has."""
        return 3 + 2 * self.has_expected + self.has_history


@dataclass(frozen=True, slots=True)
class LadderRung:
    """A rung as it is drawn: lengths in percent of the widest."""

    name: str
    device: str
    factor: str
    interval: str
    length: float
    left: float
    right: float
    figure: str
    fidelity: str
    note: str
    is_foot: bool


@dataclass(frozen=True, slots=True)
class LadderCard:
    """The ladder of one model."""

    title: str
    about: str
    foot: str
    one: float
    rungs: tuple[LadderRung, ...]


@dataclass(frozen=True, slots=True)
class FigureTable:
    """The absolute figures of a run; ``missed`` are the places of those that missed the number they were held to."""

    table: Table
    missed: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class MeasuredLadder:
    """A ladder that one test measured side by side: as bars, in full as a table, and what is to be remarked."""

    card: LadderCard
    table: Table
    remarks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RunHead:
    """A run in the list of those compared. ``changes`` are against the run before."""

    number: int
    name: str
    role: str
    started: str
    commit: str
    count: str
    changes: tuple[FactChange, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """The whole page.

    ``first`` are the regressed rows, as many as have room above the table, and ``first_left`` is how many have not.
    ``ladders`` are put together from comparisons, ``measured`` were measured as such. ``compiled`` was for an NPU that
    is not there, and not executed. ``payload`` is what the script
    draws its pictures from, as data for JSON.
    """

    kind: str
    title: str
    headline: str
    style: Style
    summary: str
    facts: tuple[tuple[str, str], ...]
    tallies: tuple[Tally, ...]
    first: tuple[Row, ...]
    first_left: int
    sheets: tuple[Sheet, ...]
    ladders: tuple[LadderCard, ...]
    ladder_note: str
    figures: FigureTable | None
    compiled: Table | None
    measured: tuple[MeasuredLadder, ...]
    runs: tuple[RunHead, ...]
    environment: tuple[tuple[str, Mapping[str, str]], ...]
    notes: tuple[str, ...]
    warnings: tuple[str, ...]
    missing: Sequence[str]
    payload: Mapping[str, object]
