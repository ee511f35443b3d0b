"""Which tests of a run are ours, which of them it takes, and every mistake in them before any long work."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pytest_ovperf.errors import OvperfError

from .choosing import named_model
from .fixtures import OURS, RUNNING
from .outcomes import session_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pytest_ovperf.session.session import Session
    from pytest_ovperf.settings import RunSet

_CHOICE: pytest.StashKey[Choice] = pytest.StashKey()


class Choice:  # no dataclass, as `declared.Option`
    """What a run takes and leaves.

    ``waiting`` holds the tests of each module that have not passed: only a module where none is left can tell of
    unused baselines. ``of_larger_sets`` has the tests that were left out, with the set that each belongs to.
    """

    def __init__(self) -> None:
        self.waiting: dict[str, set[str]] = {}
        self.of_larger_sets: dict[str, RunSet] = {}

    def left_out(self, tests: RunSet) -> list[str]:
        """Return what to say of tests that belong to larger sets than ``tests``, in no lines where there are none."""
        number, largest = len(self.of_larger_sets), max(self.of_larger_sets.values(), key=tests.distance, default=tests)
        if not number:
            return []
        what = "1 test of a larger set is" if number == 1 else f"{number} tests of larger sets are"
        return [f"ovperf: set {tests}; {what} left out, --ov-set={largest} has all of them"]

    def whole_modules(self) -> set[str]:
        """Return the modules of which every test passed."""
        return {module for module, waiting in self.waiting.items() if not waiting}


def choice_of(config: pytest.Config) -> Choice:
    """Return what the run has taken so far."""
    if _CHOICE not in config.stash:
        config.stash[_CHOICE] = Choice()
    return config.stash[_CHOICE]


def waiting(item: pytest.Item) -> set[str]:
    """Return the tests of the module of ``item`` that have not passed, to be changed."""
    return choice_of(item.config).waiting.setdefault(item.nodeid.partition("::")[0], set())


def is_ours(definition: Any, name: str) -> bool:  # noqa: ANN401  (a function or an item: pytest has no common type)
    """Tell whether the fixture ``name`` of a test is the one defined here, and not a project's own of that name."""
    info = getattr(definition, "_fixtureinfo", None)  # pytest has no public way to ask
    found: Sequence[Any] = info.name2fixturedefs.get(name, ()) if info else ()
    return bool(found) and found[-1].func.__module__.startswith("pytest_ovperf.hooks.")


def fixtures_of(item: pytest.Item) -> set[str]:
    """Return the names of the fixtures that a test uses."""
    return set(getattr(item, "fixturenames", ()))


def uses_ours(item: pytest.Item) -> bool:
    """Tell whether a test uses any fixture of ours."""
    return any(is_ours(item, name) for name in OURS & fixtures_of(item))


def measures(item: pytest.Item, names: Iterable[str] = ("speedup",)) -> bool:
    """Tell whether a test uses one of our fixtures of these ``names``."""
    return any(name in fixtures_of(item) and is_ours(item, name) for name in names)


def select(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Take out of ``items`` what was not asked for. Raises `pytest.UsageError` with every mistake in what is left."""
    kept: list[pytest.Item] = []
    gone: list[pytest.Item] = []
    ours: list[pytest.Item] = []
    for item in items:
        of_ours = uses_ours(item)
        fits = (not of_ours or _asked(config, item)) and _of_set(config, item, of_ours=of_ours)
        (kept if fits else gone).append(item)
        if of_ours and fits:
            ours.append(item)
    if gone:
        items[:] = kept
        config.hook.pytest_deselected(items=gone)
    by_id = any("::" in arg for arg in config.args)  # then the rest of the module is not even collected
    for item in ours:
        waiting(item).update({item.nodeid, "the rest"} if by_id else {item.nodeid})
    for item in gone:  # another device's test leaves its module whole
        if item.nodeid not in choice_of(config).of_larger_sets:
            waiting(item).discard(item.nodeid)
    if not ours or hasattr(config, "workerinput"):
        return
    mistakes = list(dict.fromkeys(_mistakes(config, ours)))
    if mistakes:
        raise pytest.UsageError("\n".join(mistakes))


def _asked(config: pytest.Config, item: pytest.Item) -> bool:
    mark = item.get_closest_marker("device")
    if mark is None:
        return True
    from . import markers  # noqa: PLC0415  (paid only by tests that use the plugin)

    try:
        return bool(session_of(config).places.devices_for(markers.devices_of(mark)))
    except OvperfError:
        return True  # said with all other mistakes, once everything is collected


def _of_set(config: pytest.Config, item: pytest.Item, *, of_ours: bool) -> bool:
    """Tell whether the run's set has a test; one of a larger set is noted."""
    if not of_ours and item.get_closest_marker("ovperf") is None:
        return True
    from pytest_ovperf.settings import RunSet  # noqa: PLC0415  (see above)

    from . import markers  # noqa: PLC0415  (paid only by tests that use the plugin)

    try:
        own = markers.read_ovperf(item).tests or RunSet.DEFAULT
    except OvperfError:
        return True  # said with all other mistakes, once everything is collected
    if session_of(config).settings.tests.takes(own):
        return True
    choice_of(config).of_larger_sets[item.nodeid] = own
    return False


def _mistakes(config: pytest.Config, items: Sequence[pytest.Item]) -> Iterable[str]:
    from . import markers  # noqa: PLC0415  (paid only by tests that use the plugin)

    session = session_of(config)
    comparing = sum(measures(item) for item in items)
    try:
        session.prepare(comparing, measures=not (config.option.collectonly or config.getoption("ov_plan")))
    except OvperfError as error:
        yield str(error)
    try:
        session.asking.registered  # noqa: B018  (what is wrong with it is told once)
    except OvperfError as error:
        yield str(error)
        return
    for item in items:
        try:
            markers.read_devices(item)
            markers.read_ovperf(item)
            markers.read_model(item)
            if "model" in fixtures_of(item) and is_ours(item, "model"):
                _check_model(session, item)
        except OvperfError as error:
            yield f"{item.nodeid}: {error}"


def _check_model(session: Session, item: pytest.Item) -> None:
    """Raise `OvperfError` where the model that a test names cannot be found, or is none that could be compiled."""
    mark = named_model(item)
    spec = session.asking.model(mark.said, measured=measures(item, RUNNING))
    if "compiled_model" in fixtures_of(item):
        session.compiling.check(spec, mark.precision)
