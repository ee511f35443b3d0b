"""What a run is planned from: its tests as they are written, and each choice with the place that it was made in."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_ovperf.errors import OvperfError

from .choosing import model_mark
from .fixtures import PLANNED, RUNNING
from .markers import read_ovperf
from .outcomes import TO_SKIP, session_of
from .selecting import fixtures_of, is_ours, measures
from .written import written

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import pytest

    from pytest_ovperf.models.spec import ModelSpec
    from pytest_ovperf.session.session import Session
    from pytest_ovperf.settings import Layered
    from pytest_ovperf.verdict.planning import Choice, Hindrance, PlannedTest

    from .written import Asked

_DEFAULT = "default"
_COMMAND_LINE = "command line"
_MARKER = "marker"


def planned_tests(config: pytest.Config, items: Sequence[pytest.Item]) -> list[PlannedTest]:
    """Return the tests that measure. Raises `SettingsError`."""
    return [_planned(config, item) for item in items if measures(item, PLANNED)]


def outputs_only(items: Sequence[pytest.Item]) -> int:
    """Return how many tests compare outputs and measure nothing."""
    return sum(measures(item, RUNNING) and not measures(item, PLANNED) for item in items)


def _planned(config: pytest.Config, item: pytest.Item) -> PlannedTest:
    from pytest_ovperf.verdict.planning import PlannedTest  # noqa: PLC0415  (paid only where it is asked for)

    mark = read_ovperf(item)
    model = _model(config, item)
    callspec = getattr(item, "callspec", None)
    device = None if callspec is None else callspec.params.get("device")
    session = session_of(config)

    def hindrance(asked: Asked) -> Hindrance | None:
        # A list of devices is tried when the test runs; in a race, each arm is held against itself.
        if model is None or not isinstance(device, str) or session.settings.against:
            return None
        return _hindrance(session, model, device, asked)

    return PlannedTest(
        item.nodeid,
        mark.budget_s,
        mark.tolerance,
        compares=measures(item),
        model=model,
        written=written(item, hindrance),
    )


def _hindrance(session: Session, model: ModelSpec, device: str, asked: Asked) -> Hindrance | None:
    """Return what keeps a comparison from being measured; ``None`` where nothing is known to."""
    from pytest_ovperf.metrics import Metric  # noqa: PLC0415  (see _planned)
    from pytest_ovperf.tuning import Tuning  # noqa: PLC0415
    from pytest_ovperf.verdict.planning import Fate, Hindrance  # noqa: PLC0415

    settings = dict(asked.said)
    known = {name: settings.pop(name, None) for name in ("prompt", "new_tokens")}
    metric = str(settings.pop("metric", Metric.LATENCY))
    try:
        session.asking.check(model, asked.arms, device, Tuning.of(settings), metric, **known)
    except TO_SKIP as reason:
        return Hindrance(Fate.SKIPPED, reason.seen)
    except OvperfError as error:
        return Hindrance(Fate.REFUSED, error.seen)
    return None


def _model(config: pytest.Config, item: pytest.Item) -> ModelSpec | None:
    """Return the model of a test; ``None`` where a fixture of the project's gives it when the test runs."""
    mark = model_mark(item)
    if mark is None or not ("model" in fixtures_of(item) and is_ours(item, "model")):
        return None
    try:
        return session_of(config).asking.model(mark.said, measured=True)
    except OvperfError:
        return None  # every mistake has been told before


def choices(config: pytest.Config, tests: Sequence[PlannedTest]) -> list[Choice]:
    """Return what counts in this run, setting by setting, and from where: command line, marker, ini file or default."""
    from pytest_ovperf.settings import DEFAULT_BUDGET_S, UpdateMode  # noqa: PLC0415  (see _planned)
    from pytest_ovperf.verdict.planning import Choice  # noqa: PLC0415

    settings = session_of(config).settings
    budgets = _by_place(config, "ov_budget", settings.budget_s, [test.budget_s for test in tests])
    tolerances = _by_place(config, "ov_tolerance", settings.tolerance, [test.tolerance for test in tests])
    made = [
        Choice("device", ",".join(settings.devices), _place(config, "ov_device")),
        Choice("set", settings.tests, _place(config, "ov_set")),
        *_shared("budget", budgets, lambda value: f"{value or DEFAULT_BUDGET_S:g} s a comparison"),
        *_shared(
            "tolerance", tolerances, lambda value: f"{100 * value:.4g} %" if value else "by the noise of each baseline"
        ),
        Choice("strict", "yes" if settings.strict else "no", _place(config, "ov_strict")),
        Choice("baselines", _shown(config, settings.baselines_dir), _place(config, "ov_baselines")),
        Choice("built models", _shown(config, settings.cache_dir), _place(config, "ov_cache_dir")),
        Choice("report", _shown(config, settings.report) if settings.report else "none", _place(config, "ov_report")),
    ]
    if settings.against:
        made.append(Choice("against", settings.against, _place(config, "ov_against")))
    if settings.update is not UpdateMode.NONE:
        made.append(Choice("records", f"baselines: {settings.update}", _COMMAND_LINE))
    return made


def _by_place(
    config: pytest.Config, name: str, layered: Layered, marked: Sequence[float | None]
) -> dict[tuple[float | None, str], int]:
    """Count the tests by what counts for them and by the place that says it."""
    elsewhere = _place(config, name)
    return Counter(
        (layered.under(mark), _MARKER if mark is not None and layered.command_line is None else elsewhere)
        for mark in marked or (None,)
    )


def _shared(
    setting: str, found: dict[tuple[float | None, str], int], say: Callable[[float | None], str]
) -> Iterator[Choice]:
    """Yield one choice for all tests, or one for each value with the number of tests that it counts for."""
    from pytest_ovperf.verdict.planning import Choice  # noqa: PLC0415  (see _planned)

    for (value, place), number in sorted(found.items(), key=lambda each: -each[1]):
        tests = "" if len(found) == 1 else f" ({number} test{'' if number == 1 else 's'})"
        yield Choice(setting, say(value) + tests, place)


def _place(config: pytest.Config, name: str) -> str:
    """Return where an option that is no marker's is from: the command line before the ini file."""
    if config.getoption(name) is not None:
        return _COMMAND_LINE
    if any(each.partition("=")[0].strip() == name for each in config.getoption("override_ini") or ()):
        return f"{_COMMAND_LINE}, -o"
    if config.getini(name) and config.inipath is not None:
        return _shown(config, config.inipath)
    return _DEFAULT


def _shown(config: pytest.Config, path: Path) -> str:
    """Return a path as it is seen from where pytest was started, where it lies below that or the tests' root."""
    here = config.invocation_params.dir
    if path.is_relative_to(here) or path.is_relative_to(config.rootpath):
        return Path(os.path.relpath(path, here)).as_posix()
    return str(path)
