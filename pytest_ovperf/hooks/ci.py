"""What a CI system shows of a run in places of its own: gathers it while tests run, and writes it at their end.

What cannot be written costs a line of warning, never the run.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_ovperf.errors import OvperfError
from pytest_ovperf.reports.console import Console

from .outcomes import SESSION

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from _pytest._code import TracebackEntry

    from pytest_ovperf.records import ComparisonRecord
    from pytest_ovperf.reports.github import Annotation
    from pytest_ovperf.session.session import Session

_PLACES: pytest.StashKey[CIPlaces] = pytest.StashKey()
_ACTIONS, _SUMMARY, _WORKSPACE = "GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY", "GITHUB_WORKSPACE"


def note(item: pytest.Item, call: pytest.CallInfo[None], report: pytest.TestReport) -> None:
    """Note how a test failed in one of its phases; with its setup it begins anew, since it may be run again."""
    places = _places(item.config)
    if call.when == "setup":
        places.forget(item.nodeid)
    if report.failed and places.annotates:
        traceback = call.excinfo.traceback if call.excinfo else ()
        line = failing_line(item.path, traceback, (item.location[1] or 0) + 1)
        crash = getattr(report.longrepr, "reprcrash", None)
        places.note_failure(item.nodeid, item.path, line, str(crash.message if crash else report.longrepr))


def forget(item: pytest.Item) -> None:
    """Forget how a test failed: it is to be run again."""
    _places(item.config).forget(item.nodeid)


def show_in_junit(item: pytest.Item, report: pytest.TestReport, session: Session) -> None:
    """Make the comparisons of a test that is over properties of its last report, as ``--junitxml`` writes them."""
    from pytest_ovperf.reports.junit import without_ours  # noqa: PLC0415  (paid only by runs that use the plugin)

    properties: list[tuple[str, object]] = without_ours(item.user_properties)  # a test may be run again
    if session.has_measured and item.config.getini("ov_junit_properties"):
        from pytest_ovperf.session.results import junit_properties  # noqa: PLC0415  (see above)

        properties += junit_properties(session, item.nodeid)
    item.user_properties[:] = properties
    report.user_properties = list(properties)


def write_summary(config: pytest.Config) -> None:
    """Add the run to the job's summary where there is one, once and after all else is saved."""
    session = config.stash.get(SESSION, None)
    if session is not None:
        _places(config).write_summary(session)


def show(terminalreporter: pytest.TerminalReporter) -> None:
    """Write the summary; print the annotations, each at the beginning of a line, and what went wrong."""
    config = terminalreporter.config
    session = config.stash.get(SESSION, None)
    if session is None:
        return
    write_summary(config)
    places = _places(config)
    for line in [*places.warnings, *places.annotations(session, encoding=Console(config).encoding)]:
        terminalreporter.ensure_newline()
        terminalreporter.write_line(line)


def _places(config: pytest.Config) -> CIPlaces:
    if _PLACES not in config.stash:
        config.stash[_PLACES] = CIPlaces(os.environ, config.rootpath)
    return config.stash[_PLACES]


@dataclass(slots=True)
class _Failure:
    """Where a test failed first, and what was said of that and of each later failure."""

    path: Path
    line: int
    texts: list[str] = field(default_factory=list)


class CIPlaces:
    """GitHub's job summary and annotations, where ``environ`` says that this is GitHub, for the project at ``root``."""

    def __init__(self, environ: Mapping[str, str], root: Path) -> None:
        #: Whether failed tests are shown at their lines.
        self.annotates = environ.get(_ACTIONS) == "true"
        self._summary = environ.get(_SUMMARY, "")
        folders = [Path(folder) for folder in (environ.get(_WORKSPACE), root) if folder]
        self._roots = tuple(form for folder in folders for form in (folder, folder.resolve()))
        self._failures: dict[str, _Failure] = {}
        #: What went wrong, a line each.
        self.warnings: list[str] = []

    def forget(self, test: str) -> None:
        """Forget how a test failed."""
        self._failures.pop(test, None)

    def note_failure(self, test: str, path: Path, line: int, text: str) -> None:
        """Note that a test failed at a line, counted from 1, of the file at ``path``, with what pytest says of it."""
        self._failures.setdefault(test, _Failure(path, line)).texts.append(text)

    def annotations(self, session: Session, *, encoding: str) -> list[str]:
        """Return the log lines that show each failed test at its line; regressions first, since GitHub shows ten."""
        if not self._failures:
            return []
        from pytest_ovperf.reports.github import error_command  # noqa: PLC0415  (paid only on GitHub)

        made = [
            (bool(records), error_command(self._annotation(test, failure, records, encoding)))
            for test, failure in self._failures.items()
            for records in [_explained(session, test, failure, encoding)]
        ]
        return [command for _, command in sorted(made, key=lambda pair: not pair[0])]

    def write_summary(self, session: Session) -> None:
        """Add the run to the job's summary, once; where that cannot be done, ``warnings`` gets a line."""
        from pytest_ovperf.session.results import has_results, run_view  # noqa: PLC0415  (paid only by runs that use the plugin)

        if not self._summary or not has_results(session):
            return
        path, self._summary = Path(self._summary), ""
        from pytest_ovperf.reports.github import append_summary  # noqa: PLC0415

        try:
            if append_summary(path, run_view(session)):
                return
            reason = "what is there already is as large as GitHub allows"
        except (OSError, ValueError, OvperfError) as error:
            reason = " ".join(str(error).split())
        self.warnings.append(f"pytest-ovperf: the job summary was not written: {reason}")

    def _annotation(self, test: str, failure: _Failure, records: list[ComparisonRecord], encoding: str) -> Annotation:
        from pytest_ovperf.reports.github import Annotation, repository_path  # noqa: PLC0415
        from pytest_ovperf.session.overview import explanation  # noqa: PLC0415  (paid only on GitHub)

        titles = [f"{record.verdict.kind}: {record.comparison.arms}" for record in records]
        texts = ["\n".join(explanation(record, whole=True, encoding=encoding)) for record in records]
        return Annotation(
            repository_path(self._within(failure.path), self._roots),
            failure.line,
            ", ".join(dict.fromkeys(titles)) or f"{test.rpartition('/')[2]} failed",
            "\n\n".join([test, *(texts or failure.texts)]),
        )

    def _within(self, path: Path) -> Path:
        """Return the form of ``path`` that lies in the repository, links followed only where that takes it there."""
        forms = (path, path.resolve())
        return next((form for form in forms if any(form.is_relative_to(root) for root in self._roots)), path)


def failing_line(path: Path, traceback: Iterable[TracebackEntry], otherwise: int) -> int:
    """Return the line, counted from 1, at which a test failed: the innermost of its own file, else ``otherwise``."""
    lines = [entry.lineno + 1 for entry in traceback if Path(entry.path) == path]
    return lines[-1] if lines else otherwise


def _explained(session: Session, test: str, failure: _Failure, encoding: str) -> list[ComparisonRecord]:
    """Return those comparisons of a test whose explanation is what it failed with."""
    from pytest_ovperf.session.overview import explanation  # noqa: PLC0415  (paid only on GitHub)

    if not session.has_measured:
        return []
    said = "\n".join(failure.texts)
    return [
        record
        for record in session.judging.records_of(test)
        if record.judged and explanation(record, whole=False, encoding=encoding)[0] in said
    ]
