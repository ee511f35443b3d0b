"""The pytest hooks: they translate and forward, and decide nothing.

Loaded in every run of every project that has the plugin installed, so it imports next to nothing by itself.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

from . import options
from .errors import OvperfError
from .fixtures import OURS, SESSION, baseline, compiled_model, device, fidelity, model, model_mark, speedup

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Sequence
    from typing import TextIO

    from _pytest._io import TerminalWriter

    from .session import Session

__all__ = ["baseline", "compiled_model", "device", "fidelity", "model", "speedup"]

#: The tests of each module that have not passed: only a module where none is left can tell of unused baselines.
_WAITING: pytest.StashKey[dict[str, set[str]]] = pytest.StashKey()
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
        _session(config)


def _session(config: pytest.Config) -> Session:
    """Return the run's session, made when first needed: a run that uses nothing of ours never makes one."""
    made = config.stash.get(SESSION, None)
    if made is None:
        from .reports.live import LiveLine  # noqa: PLC0415  (paid only by runs that use the plugin)
        from .session import Session  # noqa: PLC0415

        try:
            settings = options.read_settings(config)
        except OvperfError as error:
            raise pytest.UsageError(str(error)) from None
        made = config.stash[SESSION] = Session(settings, LiveLine(_Screen(config)))
    return made


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
    if any("device" in str(mark.args[0]).split(",") for mark in definition.iter_markers("parametrize")):
        return
    from . import markers  # noqa: PLC0415  (paid only by tests that use the plugin)

    session = _session(metafunc.config)
    try:
        wanted = markers.read_devices(definition)
        chosen = session.devices_for(wanted)
    except OvperfError:
        wanted, chosen = None, ("CPU",)  # said with all other mistakes, once everything is collected
    # A test that no asked device fits keeps its own devices: it is collected, and then deselected by name.
    metafunc.parametrize("device", chosen or wanted or (), indirect=True)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect what was not asked for, and find every mistake before any long work."""
    kept = [item for item in items if _asked(config, item)]
    gone = [item for item in items if item not in kept]
    if gone:
        items[:] = kept
        config.hook.pytest_deselected(items=gone)
    by_id = any("::" in arg for arg in config.args)  # then the rest of the module is not even collected
    for item in kept:
        _waiting(item).update({item.nodeid, "the rest"} if by_id else {item.nodeid})
    for item in gone:  # another device's test leaves its module whole
        _waiting(item).discard(item.nodeid)
    ours = [item for item in items if any(_is_ours(item, name) for name in OURS & _fixtures_of(item))]
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
        wanted = markers.devices_of(mark)
    except OvperfError:
        return True  # said with all other mistakes, once everything is collected
    return bool(_session(config).devices_for(wanted))


def _mistakes(config: pytest.Config, items: list[pytest.Item]) -> Iterable[str]:
    from . import markers  # noqa: PLC0415  (paid only by tests that use the plugin)

    session = _session(config)
    measuring = sum("speedup" in _fixtures_of(item) for item in items)
    try:
        session.prepare(measuring)
    except OvperfError as error:
        yield str(error)
    for item in items:
        try:
            markers.read_devices(item)
            markers.read_ovperf(item)
            mark = model_mark(item)
            if mark is not None and "model" in _fixtures_of(item) and _is_ours(item, "model"):
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

    screen = _Screen(config)
    return header_lines(session, width=screen.width, encoding=screen.encoding)


def pytest_assertrepr_compare(config: pytest.Config, left: object, right: object) -> list[str] | None:
    """Explain a failed ``speedup(...) >= …`` by its evidence."""
    if SESSION not in config.stash:
        return None
    from .measured import MeasuredSpeedup  # noqa: PLC0415  (paid only by runs that use the plugin)
    from .overview import explanation  # noqa: PLC0415

    for side in (left, right):
        if isinstance(side, MeasuredSpeedup) and side.record is not None:
            return explanation(side.record, whole=_shows_whole_text(config), encoding=_Screen(config).encoding)
    return None


def _shows_whole_text(config: pytest.Config) -> bool:
    """Tell whether pytest prints all of the text under an assertion, which it otherwise cuts to a few lines."""
    return config.get_verbosity(pytest.Config.VERBOSITY_ASSERTIONS) >= _WHOLE_TEXT or "CI" in os.environ


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Store what a passed test measured; a test that failed stores nothing."""
    report = yield
    session = item.config.stash.get(SESSION, None)
    if session is None:
        return report
    if call.when == "call":
        if report.passed:
            _waiting(item).discard(item.nodeid)
        elif not _shows_whole_text(item.config):
            report.sections += _evidence(item, session)
        try:
            session.finish_test(item.nodeid, passed=report.passed)
        except OvperfError as error:
            report.outcome = "failed"
            report.longrepr = str(error)
    return report


def _evidence(item: pytest.Item, session: Session) -> list[tuple[str, str]]:
    """Return all that is known of the comparisons of a failed test, below the text that pytest cuts."""
    from .overview import explanation  # noqa: PLC0415  (paid only by runs that use the plugin)

    encoding = _Screen(item.config).encoding
    texts = [explanation(record, whole=True, encoding=encoding) for record in session.judging.records_of(item.nodeid)]
    return [("speed-up in full", "\n".join(text)) for text in texts]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print the table of what was measured."""
    session = config.stash.get(SESSION, None)
    if session is None:
        return
    from .overview import summary  # noqa: PLC0415  (paid only by runs that use the plugin)

    screen = _Screen(config)
    text = summary(
        session,
        selection=[arg for arg in config.args if arg in config.invocation_params.args],
        whole_modules={module for module, waiting in config.stash[_WAITING].items() if not waiting},
        width=screen.width,
        colour=screen.colour,
        encoding=screen.encoding,
    )
    if text:
        terminalreporter.section("OpenVINO performance")
        terminalreporter.write(text)


def pytest_unconfigure(config: pytest.Config) -> None:
    """End everything: also after Ctrl-C, no worker stays behind."""
    session = config.stash.get(SESSION, None)
    if session is not None:
        try:
            session.end()
        except OvperfError as error:
            import warnings  # noqa: PLC0415  (rare)

            warnings.warn(str(error), stacklevel=1)


class _Screen:
    """The terminal as the reports need it: known in size and encoding, and written to past pytest's capture.

    Where pytest has no terminal (``-p no:terminal``, a worker of xdist) it is 80 cells wide and swallows everything.
    """

    def __init__(self, config: pytest.Config) -> None:
        self._config = config

    @property
    def _writer(self) -> TerminalWriter | None:
        reporter = self._config.pluginmanager.getplugin("terminalreporter")
        return self._config.get_terminal_writer() if reporter else None

    @property
    def width(self) -> int:
        """Cells in a line."""
        return self._writer.fullwidth if self._writer else 80

    @property
    def column(self) -> int:
        """Cells of the current line that pytest has filled."""
        return self._writer.width_of_current_line if self._writer else 0

    @property
    def colour(self) -> bool:
        """Whether pytest itself uses colours."""
        return bool(self._writer and self._writer.hasmarkup)

    @property
    def encoding(self) -> str:
        """What the terminal can show."""
        return getattr(self._file, "encoding", None) or "ascii"

    @property
    def rewritable(self) -> bool:
        """Whether a line can be taken back."""
        return self.colour and self._file is not None and self._file.isatty()

    @property
    def _file(self) -> TextIO | None:
        # Not through the writer's own methods: the live line must not move pytest's idea of the column.
        return self._writer._file if self._writer else None  # noqa: SLF001

    def write(self, text: str, /) -> None:
        """Write past the capture, which during a test has the terminal's descriptor."""
        if self._file is None:
            return
        capture = self._config.pluginmanager.getplugin("capturemanager")
        if capture is None:
            self._put(text)
            return
        with capture.global_and_fixture_disabled():
            self._put(text)

    def _put(self, text: str) -> None:
        if self._file is not None:
            self._file.write(text)
            self._file.flush()
