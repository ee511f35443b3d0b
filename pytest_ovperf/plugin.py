"""The pytest hooks: they translate and forward, and decide nothing.

Loaded in every run of every project that has the plugin installed, so it imports next to nothing by itself.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest
from _pytest.runner import runtestprotocol  # what plugins that run tests again have always imported

from . import ci, interchange, options
from .console import Console
from .errors import OvperfError, UnboundedShapeError
from .fixtures import (
    LIMIT,
    OURS,
    SESSION,
    Failed,
    baseline,
    compiled_model,
    device,
    fidelity,
    model,
    named_model,
    session_of,
    speedup,
)
from .interchange import (
    pytest_benchmark_compare_machine_info,
    pytest_benchmark_update_json,
    pytest_benchmark_update_machine_info,
)

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Sequence

    from .limits import UnboundedLimit
    from .session import Session

__all__ = [
    "baseline",
    "compiled_model",
    "device",
    "fidelity",
    "model",
    "pytest_benchmark_compare_machine_info",
    "pytest_benchmark_update_json",
    "pytest_benchmark_update_machine_info",
    "speedup",
]

#: The tests of each module that have not passed: only a module where none is left can tell of unused baselines.
_WAITING: pytest.StashKey[dict[str, set[str]]] = pytest.StashKey()
#: Whether a test has passed so far: setup, call, teardown, and every subtest.
_PASSED: pytest.StashKey[bool] = pytest.StashKey()
#: Whether this pass through a test was set aside, so that another has to follow.
_ASIDE: pytest.StashKey[bool] = pytest.StashKey()
#: What is said of the HTML report, once it has been written.
_REPORT: pytest.StashKey[str] = pytest.StashKey()
#: The outcome of a test that is to be run again.
_SUSPECTED = "suspected"
#: The verbosity at which pytest stops cutting the text under an assertion.
_WHOLE_TEXT = 2


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    options.add_options(parser)


def pytest_configure(config: pytest.Config) -> None:
    """Register the markers; read the options at once when one is given, so that a wrong one ends the run here."""
    for line in options.MARKER_LINES:
        config.addinivalue_line("markers", line)
    config.stash[_WAITING] = {}
    if options.any_given(config):
        session_of(config)


def _is_ours(definition: Any, name: str) -> bool:  # noqa: ANN401  (a function or an item: pytest has no common type)
    """Tell whether the fixture ``name`` of a test is the one defined here, and not a project's own of that name."""
    info = getattr(definition, "_fixtureinfo", None)  # pytest has no public way to ask
    found: Sequence[Any] = info.name2fixturedefs.get(name, ()) if info else ()
    return bool(found) and found[-1].func.__module__ == "pytest_ovperf.fixtures"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give a test one case for each asked device that it makes sense on."""
    definition = metafunc.definition
    if "device" not in metafunc.fixturenames or not _is_ours(definition, "device"):
        return
    if any("device" in _argument_names(mark) for mark in definition.iter_markers("parametrize")):
        return
    from . import markers  # noqa: PLC0415  (paid only by tests that use the plugin)

    session = session_of(metafunc.config)
    try:
        mark = markers.read_device(definition)
        wanted = mark.names if mark else None
        chosen = session.devices_for(wanted)
    except OvperfError:
        mark, wanted, chosen = None, None, ("CPU",)  # said with all other mistakes, once everything is collected
    if mark is not None and mark.fallback and len(chosen) > 1:  # one case, in the marker's order of preference
        names = session.in_order(chosen, mark.names)
        metafunc.parametrize("device", [names], ids=[",".join(names)], indirect=True)
        return
    # A test that no asked device fits keeps its own devices: it is collected, and then deselected by name.
    metafunc.parametrize("device", chosen or wanted or (), indirect=True)


def _argument_names(mark: pytest.Mark) -> list[str]:
    """Return what a ``parametrize`` marker gives values to: it takes one string with commas, or a sequence."""
    names = mark.args[0] if mark.args else mark.kwargs.get("argnames", ())
    return [name.strip() for name in names.split(",")] if isinstance(names, str) else list(names)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect what was not asked for, and find every mistake before any long work."""
    kept: list[pytest.Item] = []
    gone: list[pytest.Item] = []
    ours: list[pytest.Item] = []
    for item in items:
        of_ours = any(_is_ours(item, name) for name in OURS & _fixtures_of(item))
        fits = not of_ours or _asked(config, item)
        (kept if fits else gone).append(item)
        if of_ours and fits:
            ours.append(item)
    if gone:
        items[:] = kept
        config.hook.pytest_deselected(items=gone)
    by_id = any("::" in arg for arg in config.args)  # then the rest of the module is not even collected
    for item in ours:
        _waiting(item).update({item.nodeid, "the rest"} if by_id else {item.nodeid})
    for item in gone:  # another device's test leaves its module whole
        _waiting(item).discard(item.nodeid)
    if not ours or hasattr(config, "workerinput"):
        return
    mistakes = list(dict.fromkeys(_mistakes(config, ours)))
    if mistakes:
        raise pytest.UsageError("\n".join(mistakes))


def _waiting(item: pytest.Item) -> set[str]:
    return item.config.stash[_WAITING].setdefault(item.nodeid.partition("::")[0], set())


def _fixtures_of(item: pytest.Item) -> set[str]:
    return set(getattr(item, "fixturenames", ()))


def _asked(config: pytest.Config, item: pytest.Item) -> bool:
    mark = item.get_closest_marker("device")
    if mark is None:
        return True
    from . import markers  # noqa: PLC0415  (paid only by tests that use the plugin)

    try:
        return bool(session_of(config).devices_for(markers.devices_of(mark)))
    except OvperfError:
        return True  # said with all other mistakes, once everything is collected


def _mistakes(config: pytest.Config, items: list[pytest.Item]) -> Iterable[str]:
    from . import markers  # noqa: PLC0415  (paid only by tests that use the plugin)

    session = session_of(config)
    measuring = sum("speedup" in _fixtures_of(item) for item in items)
    try:
        session.prepare(measuring)
    except OvperfError as error:
        yield str(error)
    for item in items:
        try:
            markers.read_devices(item)
            markers.read_ovperf(item)
            if "model" in _fixtures_of(item) and _is_ours(item, "model"):
                mark = named_model(item)
                session.resolve(mark.name, mark.shape)
        except OvperfError as error:
            yield f"{item.nodeid}: {error}"


def pytest_deselected(items: list[pytest.Item]) -> None:
    """Remember that the modules of these tests do not run whole."""
    for item in items:
        _waiting(item).add(item.nodeid)


def pytest_report_collectionfinish(config: pytest.Config, items: list[pytest.Item]) -> list[str]:
    """Say on what machine this is measured, in runs that measure."""
    session = config.stash.get(SESSION, None)
    if session is None or config.option.collectonly or not any(_is_ours(item, name) for item in items for name in OURS):
        return []
    from .overview import header_lines  # noqa: PLC0415  (paid only by runs that use the plugin)

    console = Console(config)
    if console.quiet:
        return []
    return header_lines(session, width=console.width, encoding=console.encoding)


def pytest_assertrepr_compare(config: pytest.Config, left: object, right: object) -> list[str] | None:
    """Explain a failed ``speedup(...) >= …`` by its evidence."""
    if SESSION not in config.stash:
        return None
    from .measured import MeasuredSpeedup  # noqa: PLC0415  (paid only by runs that use the plugin)
    from .overview import explanation  # noqa: PLC0415

    for side in (left, right):
        if isinstance(side, MeasuredSpeedup) and side.record is not None:
            return explanation(side.record, whole=_shows_whole_text(config), encoding=Console(config).encoding)
    return None


def _shows_whole_text(config: pytest.Config) -> bool:
    """Tell whether pytest prints all of the text under an assertion, which it otherwise cuts to a few lines."""
    return config.get_verbosity(pytest.Config.VERBOSITY_ASSERTIONS) >= _WHOLE_TEXT or "CI" in os.environ


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> bool | None:
    """Print the plan instead of running anything, where that was asked for."""
    config = session.config
    if not config.getoption("ov_plan") or config.option.collectonly:
        return None
    from .markers import planned_test  # noqa: PLC0415  (paid only by runs that use the plugin)
    from .overview import planned  # noqa: PLC0415

    tests = [planned_test(item) for item in session.items if _measures(item)]
    console = Console(config)
    text = planned(session_of(config), tests, width=console.width, colour=console.colour, encoding=console.encoding)
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is not None:
        reporter.write(f"\n{text}")
    return True


def _measures(item: pytest.Item) -> bool:
    return "speedup" in _fixtures_of(item) and _is_ours(item, "speedup")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
    """Run a test that measures; one that looks like a regression is run again at the end, and only then reported."""
    if not _measures(item):
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
        interchange.hand_over(session)
    result = yield
    _report(session.config)  # where there is no terminal, and so no summary to write it before
    ci.write_summary(session.config)
    return result


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Store what a test measured once it has passed to its very end; a test that failed anywhere stores nothing."""
    report = yield
    session = item.config.stash.get(SESSION, None)
    if session is None:
        return report
    session.live.end()  # pytest writes next
    if report.failed and call.when == "call" and session.is_suspected(item.nodeid):
        _suspected(report)  # here already: a subtest's report is shown at once
    limit = item.stash.get(LIMIT, None)
    if limit is not None and not item.config.option.runxfail:
        _judge_limit(item, call, report, limit)
    so_far = call.when == "setup" or item.stash.get(_PASSED, True)  # a setup begins anew: the test may be run again
    item.stash[_PASSED] = so_far and report.passed
    if report.failed and call.when == "call" and not _shows_whole_text(item.config):
        report.sections += _evidence(item, session)
    if call.when == "teardown":
        _finish(item, report, session)
    if any(_is_ours(item, name) for name in OURS & _fixtures_of(item)):
        ci.note(item, call, report)
    return report


def _finish(item: pytest.Item, report: pytest.TestReport, session: Session) -> None:
    """Let the session keep what was measured; what cannot be kept makes the test fail, without hiding why it did."""
    suspected = item.stash[_ASIDE] = session.is_suspected(item.nodeid)
    if item.stash[_PASSED] and not suspected:
        _waiting(item).discard(item.nodeid)
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


def _judge_limit(
    item: pytest.Item, call: pytest.CallInfo[None], report: pytest.TestReport, limit: UnboundedLimit
) -> None:
    """Make a strict xfail of a test that met the limit which it was expected to meet, and of no other failure.

    A test's own ``xfail`` has been at work before: what it took for expected stays so, what it refused is judged here.
    """
    error = call.excinfo.value if call.excinfo else None
    refusal = error.error if isinstance(error, Failed) else error
    if isinstance(refusal, UnboundedShapeError) and report.failed:
        report.outcome = "skipped"
        report.wasxfail = limit.reason(refusal)
    elif call.when == "call" and limit.lifted:
        from .markers import dynamic_marker  # noqa: PLC0415  (paid only by tests that carry the marker)

        said = limit.gone(dynamic_marker(item, limit.device))
        if call.excinfo is None:
            report.outcome, report.longrepr = "failed", f"[XPASS(strict)] {said}"
            vars(report).pop("wasxfail", None)
        else:  # failed of something else: that comes first
            report.sections.append(("unbounded dimensions", said))


def _evidence(item: pytest.Item, session: Session) -> list[tuple[str, str]]:
    """Return all that is known of the comparisons of a failed test, below the text that pytest cuts."""
    from .overview import explanation  # noqa: PLC0415  (paid only by runs that use the plugin)

    if not session.has_measured:
        return []
    encoding = Console(item.config).encoding
    sections: list[tuple[str, str]] = []
    for record in session.judging.records_of(item.nodeid):
        whole = explanation(record, whole=True, encoding=encoding)
        if whole != explanation(record, whole=False, encoding=encoding):
            sections.append(("speed-up in full", "\n".join(whole)))
    return sections


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print the table of what was measured, and what CI shows of it."""
    session = config.stash.get(SESSION, None)
    if session is not None and session.has_measured:
        _print_table(terminalreporter, config, session)
    told = _report(config)
    if told:
        terminalreporter.ensure_newline()
        terminalreporter.write_line(told)
    ci.show(terminalreporter)


def _report(config: pytest.Config) -> str:
    """Write the HTML report where one is wanted, once and after all else is saved; return what to say of it."""
    session = config.stash.get(SESSION, None)
    if session is None or session.settings.report is None or config.option.collectonly or config.option.ov_plan:
        return ""
    if _REPORT not in config.stash and not hasattr(config, "workerinput"):
        from .overview import write_report  # noqa: PLC0415  (paid only by runs that use the plugin)

        config.stash[_REPORT] = write_report(session, encoding=Console(config).encoding)
    return config.stash.get(_REPORT, "")


def _print_table(terminalreporter: pytest.TerminalReporter, config: pytest.Config, session: Session) -> None:
    from .overview import summary  # noqa: PLC0415  (paid only by runs that use the plugin)

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
    return {module for module, waiting in config.stash[_WAITING].items() if not waiting}


def pytest_unconfigure(config: pytest.Config) -> None:
    """End everything: also after Ctrl-C, no worker stays behind."""
    session = config.stash.get(SESSION, None)
    if session is not None:
        try:
            session.end()
        except OvperfError as error:
            import warnings  # noqa: PLC0415  (rare)

            warnings.warn(str(error), stacklevel=1)
