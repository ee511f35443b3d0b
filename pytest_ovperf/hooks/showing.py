"""What pytest's terminal shows of a run: the plan, the text under a failure, the tables and the report's place."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from pytest_ovperf.reports.console import Console

from .outcomes import SESSION, session_of
from .selecting import choice_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_ovperf.session.session import Session

#: What is said of the HTML report, once it has been written.
_REPORT: pytest.StashKey[str] = pytest.StashKey()
#: The verbosity at which pytest stops cutting the text under an assertion.
_WHOLE_TEXT = 2


def plan_of(config: pytest.Config, items: Sequence[pytest.Item]) -> str:
    """Return what the tests would measure."""
    from pytest_ovperf.session.overview import planned  # noqa: PLC0415

    from .planned import choices, outputs_only, planned_tests  # noqa: PLC0415  (paid only by runs that use the plugin)

    tests = planned_tests(config, items)
    console = Console(config)
    return planned(
        session_of(config),
        tests,
        choices(config, tests),
        outputs_only(items),
        width=console.width,
        colour=console.colour,
        encoding=console.encoding,
    )


def explained(config: pytest.Config, left: object, right: object) -> list[str] | None:
    """Return the text under a failed assertion of ours, ``None`` for one that is none."""
    from pytest_ovperf.session.held import Held  # noqa: PLC0415  (paid only by runs that use the plugin)
    from pytest_ovperf.session.overview import explanation, figure_explanation  # noqa: PLC0415
    from pytest_ovperf.verdict.measured import MeasuredSpeedup  # noqa: PLC0415
    from pytest_ovperf.verdict.raced import RacedSpeedup  # noqa: PLC0415

    for side in (left, right):
        if isinstance(side, Held) and side.judged is not None:
            return figure_explanation(side, encoding=Console(config).encoding)
        if isinstance(side, MeasuredSpeedup | RacedSpeedup) and side.record is not None:
            return explanation(side.record, whole=shows_whole_text(config), encoding=Console(config).encoding)
    return None


def shows_whole_text(config: pytest.Config) -> bool:
    """Tell whether pytest prints all of the text under an assertion, which it otherwise cuts to a few lines."""
    return config.get_verbosity(pytest.Config.VERBOSITY_ASSERTIONS) >= _WHOLE_TEXT or "CI" in os.environ


def evidence_of(item: pytest.Item, session: Session) -> list[tuple[str, str]]:
    """Return all that is known of the comparisons of a failed test, below the text that pytest cuts."""
    from pytest_ovperf.session.overview import explanation  # noqa: PLC0415  (paid only by runs that use the plugin)

    if not session.has_measured:
        return []
    encoding = Console(item.config).encoding
    sections: list[tuple[str, str]] = []
    for record in session.judging.records_of(item.nodeid):
        whole = explanation(record, whole=True, encoding=encoding)
        if whole != explanation(record, whole=False, encoding=encoding):
            sections.append(("speed-up in full", "\n".join(whole)))
    return sections


def write_tables(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print the tables of what was measured or compiled, and where the HTML report is."""
    session = config.stash.get(SESSION, None)
    if session is not None:
        _print_compiled(terminalreporter, config, session)
    if session is not None and session.has_measured:
        _print_table(terminalreporter, config, session)
    told = told_of_report(config)
    if told:
        terminalreporter.ensure_newline()
        terminalreporter.write_line(told)


def told_of_report(config: pytest.Config) -> str:
    """Write the HTML report where one is wanted, once and after all else is saved; return what to say of it."""
    session = config.stash.get(SESSION, None)
    if session is None or session.settings.report is None or config.option.collectonly or config.option.ov_plan:
        return ""
    if _REPORT not in config.stash and not hasattr(config, "workerinput"):
        from pytest_ovperf.session.results import write_report  # noqa: PLC0415  (paid only by runs that use the plugin)

        config.stash[_REPORT] = write_report(session, encoding=Console(config).encoding)
    return config.stash.get(_REPORT, "")


def _print_compiled(terminalreporter: pytest.TerminalReporter, config: pytest.Config, session: Session) -> None:
    """Print what was compiled for an NPU that is not here."""
    if not session.settings.npu_platforms or config.option.collectonly:
        return
    from pytest_ovperf.session.overview import compiled_summary  # noqa: PLC0415  (paid only by runs that compile for such an NPU)

    console = Console(config)
    text = compiled_summary(session, width=console.width, encoding=console.encoding)
    if text:
        terminalreporter.section("OpenVINO NPU compiler")
        terminalreporter.write(text)


def _print_table(terminalreporter: pytest.TerminalReporter, config: pytest.Config, session: Session) -> None:
    from pytest_ovperf.session.overview import summary  # noqa: PLC0415  (paid only by runs that use the plugin)

    console = Console(config)
    text = summary(
        session,
        selection=[arg for arg in config.args if arg in config.invocation_params.args],
        whole_modules=_whole_modules(config),
        width=console.width,
        colour=console.colour,
        encoding=console.encoding,
    )
    if text:
        terminalreporter.section("OpenVINO performance")
        terminalreporter.write(text)


def _whole_modules(config: pytest.Config) -> set[str]:
    """Return the modules of which every test passed; with ``--last-failed`` pytest hides the others from us."""
    if config.getoption("lf", default=False):
        return set()
    return choice_of(config).whole_modules()
