"""Settings that all of the project's own tests share."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from hypothesis import settings

if TYPE_CHECKING:
    import pytest

# How long an example takes depends on what else the machine does; no test here asserts on the clock. In CI the examples
# are the same in every run: what chance finds is for whoever works on it, not for whoever lands next.
settings.register_profile("shared-machine", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("shared-machine")


def pytest_configure(config: pytest.Config) -> None:
    """Let pytest-xdist take files in the order of collection, integration tests before unit tests.

    By itself it begins with the files that have the most tests. Those are the quick ones, and at the end one worker
    would wait for the other with a file of a few long ones.
    """
    if hasattr(config.option, "loadscopereorder"):
        config.option.loadscopereorder = False
