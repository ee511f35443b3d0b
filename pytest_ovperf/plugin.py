"""The pytest hooks: they translate and forward, and decide nothing.

Loaded in every run of every project that has the plugin installed, so it imports next to nothing by itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from _pytest.runner import runtestprotocol  # what plugins that run tests again have always imported

from .errors import OvperfError
from .hooks import declared, hookspec
from .hooks.agreeing import agreement
from .hooks.choosing import LIMIT
from .hooks.fixtures import (
    MEASURING,
    baseline,
    compiled_model,
    device,
    fidelity,
    ladder,
    measure,
    model,
    speedup,
)
from .hooks.interchange import (
    hand_over,
    pytest_benchmark_compare_machine_info,
    pytest_benchmark_update_json,
    pytest_benchmark_update_machine_info,
)
from .hooks.outcomes import SESSION, session_of
from .hooks.selecting import choice_of, is_ours, measures, select, uses_ours, waiting

if TYPE_CHECKING:
    from collections.abc import Generator

    from .session.session import Session

__all__ = [
    "agreement",
    "baseline",
    "compiled_model",
    "device",
    "fidelity",
    "ladder",
    "measure",
    "model",
    "pytest_benchmark_compare_machine_info",
    "pytest_benchmark_update_json",
    "pytest_benchmark_update_machine_info",
    "speedup",
]

#: Whether a test has passed so far: setup, call, teardown, and every subtest.
_PASSED: pytest.StashKey[bool] = pytest.StashKey()
#: Whether this pass through a test was set aside, so that another has to follow.
_ASIDE: pytest.StashKey[bool] = pytest.StashKey()
#: The outcome of a test that is to be run again.
_SUSPECTED = "suspected"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    declared.add_options(parser)


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    """Add the hook that projects register models by."""
    pluginmanager.add_hookspecs(hookspec.ModelHooks)


def pytest_configure(config: pytest.Config) -> None:
    """Register the markers; read the options at once when one is given, so that a wrong one ends the run here."""
    for line in declared.MARKER_LINES:
        config.addinivalue_line("markers", line)
    if declared.any_given(config):
        session_of(config)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give a test one case for each asked device that it makes sense on."""
    if "device" not in metafunc.fixturenames or not is_ours(metafunc.definition, "device"):
        return
    from .hooks.cases import give_devices  # noqa: PLC0415  (paid only by tests that use the plugin)

    give_devices(metafunc)


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name a case by its `Model`, where a test is parametrized with those."""
    ours = argname == "model" and type(val).__module__ == "pytest_ovperf.models.described"
    return str(val) if ours else None


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect what was not asked for, and find every mistake before any long work."""
    select(config, items)


def pytest_deselected(items: list[pytest.Item]) -> None:
    """Remember that the modules of these tests do not run whole."""
    for item in items:
        waiting(item).add(item.nodeid)


def pytest_report_collectionfinish(config: pytest.Config, items: list[pytest.Item]) -> list[str]:
    """Say on what machine this is measured, in runs that measure."""
    session = config.stash.get(SESSION, None)
    if session is None or config.option.collectonly or not any(map(uses_ours, items)):
        return []
    from .hooks import neighbours  # noqa: PLC0415  (paid only by runs that use the plugin)
    from .reports.console import Console  # noqa: PLC0415  (see above)
    from .session.overview import header_lines  # noqa: PLC0415  (see above)

    console = Console(config)
    if console.quiet:
        return []
    lines = header_lines(session, width=console.width, encoding=console.encoding)
    return [*lines, *choice_of(config).left_out(session.settings.tests), *neighbours.notes(items)]


def pytest_assertrepr_compare(config: pytest.Config, left: object, right: object) -> list[str] | None:
    """Explain a failed ``speedup(...) >= …`` by its evidence, and a figure that missed its target."""
    if SESSION not in config.stash:
        return None
    from .hooks.showing import explained  # noqa: PLC0415  (paid only by runs that use the plugin)

    return explained(config, left, right)


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> bool | None:
    """Print the plan instead of running anything, where that was asked for."""
    config = session.config
    if not config.getoption("ov_plan") or config.option.collectonly:
        return None
    from .hooks.showing import plan_of  # noqa: PLC0415  (paid only by runs that use the plugin)

    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is not None:
        reporter.write(f"\n{plan_of(config, session.items)}")
    return True


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
    """Run a test that measures; one that looks like a regression is run again at the end, and only then reported."""
    if not measures(item, MEASURING):  # the others are left to plugins that run failed tests until they pass
        return None
    session = session_of(item.config)
    if _ASIDE not in item.stash:
        session.let_wait(item.nodeid)
    properties = list(item.user_properties)
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    reports = runtestprotocol(item, log=False, nextitem=nextitem)
    if item.stash.get(_ASIDE, False):
        session.live.note(f"{item.name} looks like a regression: it is measured again at the end of the run")
        session.live.end()
        item.session.items.append(item)
        reports = [_suspected(report) for report in reports if report.when == "call"]
        item.user_properties[:] = properties  # what this pass has left behind, its successor would only repeat
        item._report_sections.clear()  # noqa: SLF001  (pytest has no public way)
        from .hooks import ci  # noqa: PLC0415  (paid only by runs that use the plugin)

        ci.forget(item)
    for report in reports:
        item.ihook.pytest_runtest_logreport(report=report)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True


def _suspected(report: pytest.TestReport) -> pytest.TestReport:
    """Return a report that neither passes nor fails a test: its last one does."""
    report.outcome = _SUSPECTED  # type: ignore[assignment]  # as pytest has it, plugins bring outcomes of their own
    report.longrepr = None
    report.sections = []
    return report


def pytest_report_teststatus(report: pytest.TestReport) -> tuple[str, str, str] | None:
    """Name what is to be measured again."""
    return (_SUSPECTED, "?", _SUSPECTED.upper()) if report.outcome == _SUSPECTED else None


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> Generator[None, object, object]:
    """Say of what could not be measured again that it was not, and let what was measured be saved."""
    # A wrapper, and the first: pytest-benchmark saves in the first half of one.
    measured = session.config.stash.get(SESSION, None)
    if measured is not None and measured.has_measured:
        measured.judging.give_up_suspicions()
        hand_over(session)
    result = yield
    if SESSION not in session.config.stash:
        return result
    from .hooks import ci  # noqa: PLC0415  (paid only by runs that use the plugin)
    from .hooks.showing import told_of_report  # noqa: PLC0415  (see above)

    told_of_report(session.config)  # where there is no terminal, and so no summary to write it before
    ci.write_summary(session.config)
    return result


@pytest.hookimpl(optionalhook=True)
def pytest_timeout_set_timer(item: pytest.Item, settings: Any) -> bool | None:  # noqa: ANN401  (pytest-timeout's own)
    """Let nothing that was measured be lost where pytest-timeout ends the process."""
    if not measures(item, MEASURING):
        return None
    from .hooks import neighbours  # noqa: PLC0415  (paid only by runs that use the plugin)

    return neighbours.keep_before_the_end(item, settings)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Store what a test measured once it has passed to its very end; a test that failed anywhere stores nothing."""
    if SESSION in item.config.stash:
        from .hooks import neighbours  # noqa: PLC0415  (paid only by runs that use the plugin)

        neighbours.explain_timeout(item, call)
    report = yield
    session = item.config.stash.get(SESSION, None)
    if session is None:
        return report
    from .hooks import ci  # noqa: PLC0415  (paid only by runs that use the plugin)
    from .hooks.showing import evidence_of, shows_whole_text  # noqa: PLC0415  (see above)

    session.live.end()  # pytest writes next
    if report.failed and call.when == "call" and session.is_suspected(item.nodeid):
        _suspected(report)  # here already: a subtest's report is shown at once
    limit = item.stash.get(LIMIT, None)
    if limit is not None and not item.config.option.runxfail:
        from .hooks.limit import judge_limit  # noqa: PLC0415  (paid only by tests that meet a limit)

        judge_limit(item, call, report, limit)
    so_far = call.when == "setup" or item.stash.get(_PASSED, True)  # a setup begins anew: the test may be run again
    item.stash[_PASSED] = so_far and report.passed
    if report.failed and call.when == "call" and not shows_whole_text(item.config):
        report.sections += evidence_of(item, session)
    if call.when == "teardown":
        _finish(item, report, session)
    if uses_ours(item):
        ci.note(item, call, report)
    return report


def _finish(item: pytest.Item, report: pytest.TestReport, session: Session) -> None:
    """Let the session keep what was measured; what cannot be kept makes the test fail, without hiding why it did."""
    from .hooks import ci  # noqa: PLC0415  (paid only by runs that use the plugin)

    suspected = item.stash[_ASIDE] = session.is_suspected(item.nodeid)
    if item.stash[_PASSED] and not suspected:
        waiting(item).discard(item.nodeid)
    try:
        if suspected:
            session.set_test_aside(item.nodeid)
        else:
            session.finish_test(item.nodeid, passed=item.stash[_PASSED])
    except OvperfError as error:
        if report.failed:
            report.sections.append(("what was measured", str(error)))
        else:
            report.outcome, report.longrepr = "failed", str(error)
    ci.show_in_junit(item, report, session)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print the table of what was measured, and what CI shows of it."""
    if SESSION not in config.stash and not config.pluginmanager.hasplugin("dsession"):
        return
    from .hooks import ci, neighbours  # noqa: PLC0415  (paid only by runs that use the plugin)
    from .hooks.showing import write_tables  # noqa: PLC0415  (see above)

    write_tables(terminalreporter, config)
    neighbours.write_refused(terminalreporter, config)
    ci.show(terminalreporter)


def pytest_unconfigure(config: pytest.Config) -> None:
    """End everything: also after Ctrl-C, no worker stays behind."""
    session = config.stash.get(SESSION, None)
    if session is not None:
        try:
            session.end()
        except OvperfError as error:
            import warnings  # noqa: PLC0415  (rare)

            warnings.warn(str(error), stacklevel=1)
