"""Settings that all of the project's own tests share."""

from __future__ import annotations

import os

from hypothesis import settings

# How long an example takes depends on what else the machine does; no test here asserts on the clock. In CI the examples
# are the same in every run: what chance finds is for whoever works on it, not for whoever lands next.
settings.register_profile("shared-machine", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("shared-machine")
