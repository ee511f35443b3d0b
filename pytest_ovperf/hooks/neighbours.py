"""Other plugins beside which tests measure: what each would spoil, the right thing done, and a word to the user.

pytest-xdist runs tests side by side, pytest-rerunfailures repeats them until they pass, pytest-timeout ends them.
"""

from __future__ import annotations

import threading
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_ovperf.errors import MeasurementError, OvperfError

from .fixtures import MEASURING, PLANNED
from .outcomes import SESSION, session_of
from .selecting import measures

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_PACKAGE = Path(__file__).parents[1]
#: How the text of pytest-timeout's failure begins.
_TIMEOUT = "Timeout"
#: How many modules are named in a command.
_MOST_NAMED = 4


# What is said once everything is collected


def notes(items: Sequence[pytest.Item]) -> Iterator[str]:
    """Yield what a user has to know of other plugins before anything is measured, one line each."""
    measuring = [item for item in items if measures(item, MEASURING)]
    rerun = sum(bool(_reruns(item)) for item in measuring)
    if rerun:
        yield (
            f"ovperf: pytest-rerunfailures does not apply to {_counted(rerun)}, whatever the failure: a measurement is "
            "not repeated until it passes; what looks like a regression is measured again at the end of the run, once"
        )
    short = [
        (its, budget)
        for item in measuring
        if measures(item, PLANNED) and (its := _timeout_s(item)) < (budget := _budget_s(item))
    ]
    if short:
        its, budget = min(short)
        yield (
            f"ovperf: pytest-timeout ends {_counted(len(short))} after {its:g} s, and a comparison may take "
            f"{budget:g} s, beside what is built the first time: allow more with @pytest.mark.timeout(…), or less with "
            "--ov-budget"
        )


def _counted(tests: int) -> str:
    return "1 test that measures" if tests == 1 else f"{tests} tests that measure"


def _reruns(item: pytest.Item) -> int:
    """Return how often pytest-rerunfailures, where it is active, would run a failed test again at most."""
    rerunfailures: Any = item.config.pluginmanager.get_plugin("rerunfailures")
    if rerunfailures is None:
        return 0
    try:
        return rerunfailures.get_reruns_count(item) or 0
    except Exception:  # noqa: BLE001  (a marker that it does not understand, or another release of it: its own matter)
        return 0


def _timeout_s(item: pytest.Item) -> float:
    """Return the seconds after which pytest-timeout, where it is active, ends a test; without end where it does not."""
    if not item.config.pluginmanager.hasplugin("timeout"):
        return float("inf")
    mark = item.get_closest_marker("timeout")
    said = (mark.args[0] if mark.args else mark.kwargs.get("timeout")) if mark is not None else None
    if said is None:
        said = getattr(item.config, "_env_timeout", None)  # its option, its variable or its ini value
    try:
        return float(said or "inf") or float("inf")
    except (TypeError, ValueError):  # it says so itself
        return float("inf")


def _budget_s(item: pytest.Item) -> float:
    """Return the seconds that a comparison of a test may take."""
    from pytest_ovperf.settings import DEFAULT_BUDGET_S  # noqa: PLC0415  (paid only by tests that use the plugin)

    from .markers import read_ovperf  # noqa: PLC0415

    try:
        marked = read_ovperf(item).budget_s
    except OvperfError:  # said with all other mistakes
        marked = None
    return session_of(item.config).settings.budget_s.under(marked) or DEFAULT_BUDGET_S


# pytest-xdist

#: What is reported of each test that measures in a worker; the rest is said once, by the run itself.
_IN_WORKER = "Not measured: in a worker of pytest-xdist timings are wrong. What to do is said at the end of the run."


def refuse_in_worker(config: pytest.Config) -> None:
    """Refuse to measure in a worker of xdist: what runs beside a measurement spoils it, and nobody would report it."""
    if hasattr(config, "workerinput"):
        pytest.fail(_IN_WORKER, pytrace=False)


def write_refused(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say once of all tests that workers of xdist would not measure how to run them."""
    if not config.pluginmanager.hasplugin("dsession"):
        return
    refused = [
        report.nodeid
        for report in (*terminalreporter.getreports("error"), *terminalreporter.getreports("failed"))
        if str(report.longrepr).startswith(_IN_WORKER)
    ]
    if not refused:
        return
    modules = list(dict.fromkeys(node_id.partition("::")[0] for node_id in refused))
    more = " …" if len(modules) > _MOST_NAMED else ""
    terminalreporter.section("OpenVINO performance")
    terminalreporter.write_line(
        f"{_counted(len(refused))} {'was' if len(refused) == 1 else 'were'} not run: pytest-xdist runs tests in "
        "workers, and timings that were taken side by side are wrong."
    )
    terminalreporter.write_line(
        f"→ Run the tests that measure without -n (or with -n0), apart from the others:  "
        f"pytest -n0 {' '.join(modules[:_MOST_NAMED])}{more}"
    )


# pytest-rerunfailures


def refuse_again(item: pytest.Item) -> None:
    """Refuse to measure in a test that pytest-rerunfailures runs again.

    It never gets one that names a fixture of ours among its arguments, but one that asks for it while it runs.
    """
    if getattr(item, "execution_count", 1) > 1:
        error = MeasurementError(
            "pytest-rerunfailures ran this test again. A measurement is not repeated until it passes: what the first "
            "run of the test found stands.",
            remedy="Look at the first run, marked as rerun (-rR), and at the table of what was measured.",
        )
        pytest.fail(str(error), pytrace=False)


# pytest-timeout


def keep_before_the_end(item: pytest.Item, settings: Any) -> bool | None:  # noqa: ANN401  (pytest-timeout's own type)
    """Where its ``thread`` method would end the whole process, let raw times be kept before.

    Return true where the timer is set, ``None`` where that is left to pytest-timeout.
    """
    if settings.method != "thread" or not measures(item, MEASURING):
        return None
    timeouts: Any = import_module("pytest_timeout")

    def end() -> None:
        if not settings.disable_debugger_detection and timeouts.is_debugging():
            return
        try:
            told = _kept(item)
        except Exception as error:  # noqa: BLE001  (the test goes on meanwhile; whatever it is, the time is over)
            told = f"what was measured is lost: {error}"
        item.config.get_terminal_writer().line(f"\novperf: {told}")
        timeouts.timeout_timer(item, settings)

    def cancel() -> None:
        timer.cancel()
        timer.join()

    timer = threading.Timer(settings.timeout, end)
    timer.daemon = True
    vars(item)["cancel_timeout"] = cancel  # where pytest-timeout looks for it
    timer.start()
    return True


def _kept(item: pytest.Item) -> str:
    """Keep the raw times of the run so far, and return what to say of it. Raises `CacheError`."""
    session = session_of(item.config)
    session.keep_raw_times()
    return (
        f"pytest-timeout's method thread ends the whole run here. The raw times of complete launches are kept in "
        f"{session.settings.cache_dir / 'traces'}. --timeout-method=signal ends one test, where the system has it."
    )


def explain_timeout(item: pytest.Item, call: pytest.CallInfo[None]) -> None:
    """Where pytest-timeout has ended a measurement, say what is left of it, and show the user's lines alone."""
    if call.excinfo is None or not isinstance(call.excinfo.value, pytest.fail.Exception):
        return
    failed: Any = call.excinfo.value
    if not str(failed.msg).startswith(_TIMEOUT) or SESSION not in item.config.stash:
        return
    last = None
    for entry in call.excinfo.traceback:
        if Path(entry.path).is_relative_to(_PACKAGE) and last is not None:
            break
        last = entry
    else:
        return  # it was nothing of ours that took so long
    last._rawentry.tb_next = None  # noqa: SLF001  (pytest has no public way)
    folder = session_of(item.config).settings.cache_dir / "traces"
    failed.msg = (
        f"{failed.msg}\nThat was in the middle of a measurement; what its complete launches took is kept in {folder}."
        f"\n→ A comparison may take {_budget_s(item):g} s, beside what is built the first time: allow more with "
        "@pytest.mark.timeout(…), or less with --ov-budget."
    )
