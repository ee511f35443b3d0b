"""The run's session as fixtures find it, and what becomes of errors of ours in a test: a skip, or their own text.

What cannot be done reaches the reader under the line of their test, never as a traceback through this package.
"""

from __future__ import annotations

import functools
from contextlib import contextmanager
from typing import TYPE_CHECKING, ParamSpec, TypeVar

import pytest

from pytest_ovperf.errors import ArmUnavailableError, DeviceAbsentError, OvperfError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_ovperf.models.described import Description
    from pytest_ovperf.session.session import Session

#: Where the plugin keeps the run's session in pytest's own storage.
SESSION: pytest.StashKey[Session] = pytest.StashKey()

#: What is no fault of a test's: this machine has not what it needs.
TO_SKIP = (DeviceAbsentError, ArmUnavailableError)

_P = ParamSpec("_P")
_T = TypeVar("_T")


def session_of(config: pytest.Config) -> Session:
    """Return the run's session, made when first needed: a run that uses nothing of ours never makes one."""
    made = config.stash.get(SESSION, None)
    if made is None:
        from pytest_ovperf.reports.console import Console  # noqa: PLC0415  (paid only by runs that use the plugin)
        from pytest_ovperf.reports.live import LiveLine  # noqa: PLC0415
        from pytest_ovperf.session.session import Session  # noqa: PLC0415

        from .options import read_settings  # noqa: PLC0415

        try:
            settings = read_settings(config)
        except OvperfError as error:
            raise pytest.UsageError(str(error)) from None
        made = config.stash[SESSION] = Session(settings, LiveLine(Console(config)), lambda: _registered(config))
    return made


def _registered(config: pytest.Config) -> dict[str, Description]:
    from .registry import registered_models  # noqa: PLC0415  (paid only by tests that name a model)

    return registered_models(config)


def translated(function: Callable[_P, _T]) -> Callable[_P, _T]:
    """Let errors of ours show under the caller's line, and turn what cannot run here into a skip with its reason."""

    @functools.wraps(function)
    def call(*args: _P.args, **kwargs: _P.kwargs) -> _T:
        __tracebackhide__ = True
        try:
            return function(*args, **kwargs)
        except TO_SKIP as reason:
            pytest.skip(reason.seen)
        except OvperfError as error:
            raise error.with_traceback(None) from None

    return call


class Failed(pytest.fail.Exception):  # type: ignore[name-defined,misc]  # mypy does not see what pytest calls it
    """A fixture's failure that shows the text of ``error``, without a traceback, and keeps the error itself.

    Not as its cause: that would be shown as well, and once is enough.
    """

    __module__ = "builtins"  # as pytest's own: shown without a module

    def __init__(self, error: OvperfError) -> None:
        super().__init__(str(error), pytrace=False)
        self.error = error


@contextmanager
def as_outcome() -> Iterator[None]:
    """Turn what cannot run here into a skip with its reason, and an error of ours into a `Failed`."""
    __tracebackhide__ = True
    try:
        yield
    except TO_SKIP as reason:
        pytest.skip(reason.seen)
    except OvperfError as error:
        raise Failed(error) from None
