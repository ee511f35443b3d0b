"""Settings that all of the project's own tests share."""

from __future__ import annotations

from hypothesis import settings

# How long an example takes depends on what else the machine does; no test here asserts on the clock.
settings.register_profile("shared-machine", deadline=None)
settings.load_profile("shared-machine")
