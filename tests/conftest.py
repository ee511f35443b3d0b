"""Settings that all of the project's own tests share."""

from __future__ import annotations

import gc
import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from collections.abc import Iterator

# How long an example takes depends on what else the machine does; no test here asserts on the clock. In CI the examples
# are the same in every run: what chance finds is for whoever works on it, not for whoever lands next.
settings.register_profile("shared-machine", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("shared-machine")

#: Plugins that change what a run of pytest does without being asked to, or are about failures: the runs inside of tests
#: do without, as the run of the tests themselves does (pyproject.toml). Tests of what happens beside them take them in.
WITHOUT_NEIGHBOURS = "-p no:randomly -p no:rerunfailures"


@pytest.fixture(scope="session", autouse=True)
def _without_neighbours() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTEST_ADDOPTS", WITHOUT_NEIGHBOURS)
        yield


@pytest.fixture(autouse=True)
def _leave_garbage_of_others(request: pytest.FixtureRequest) -> Iterator[None]:
    """Let a run inside of a test collect no garbage but its own: after tests of real models, all of it takes seconds.

    The name comes before those of other fixtures here, so this one ends last: pytester's end is when pytest collects.
    """
    if "pytester" not in request.fixturenames:
        yield
        return
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.fixture(autouse=True)
def _still_without_neighbours(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if "pytester" in request.fixturenames:
        request.getfixturevalue("pytester")  # which takes the variable away
        monkeypatch.setenv("PYTEST_ADDOPTS", WITHOUT_NEIGHBOURS)


def pytest_configure(config: pytest.Config) -> None:
    """Let pytest-xdist take files in the order of collection, integration tests before unit tests.

    By itself it begins with the files that have the most tests. Those are the quick ones, and at the end one worker
    would wait for the other with a file of a few long ones.
    """
    if hasattr(config.option, "loadscopereorder"):
        config.option.loadscopereorder = False
