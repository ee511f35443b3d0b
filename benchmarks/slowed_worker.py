"""A worker whose model is slower than it is, by a known share of each call: `slowed_worker.py 0.05` adds 5 %.

The extra time is spent within the timed call, busy, as slower code would. The share is of what the call itself took, so
that whatever disturbs the call disturbs the extra as well.
"""

from __future__ import annotations

import sys
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pytest_ovperf.worker import main as worker_main
from pytest_ovperf.worker.commands import Commands

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_ovperf.engines.protocol import LoadedModel


class SlowedModel:
    """A loaded model with a busy wait behind each call."""

    def __init__(self, model: LoadedModel, share: float) -> None:
        self._model = model
        self._share = share
        self.facts = model.facts
        self.outputs = model.outputs

    def call(self) -> None:
        """Call the model, and be busy for that share of the time it took."""
        started_ns = time.perf_counter_ns()
        self._model.call()
        until_ns = started_ns + (time.perf_counter_ns() - started_ns) * (1 + self._share)
        while time.perf_counter_ns() < until_ns:
            pass


class SlowedCommands(Commands):
    """The commands of a worker, the model made slower once it is loaded."""

    share = 0.0

    def _load(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        facts = super()._load(request)
        arm = self._loaded()
        self._arm = replace(arm, model=SlowedModel(arm.model, self.share))
        return facts


if __name__ == "__main__":
    SlowedCommands.share = float(sys.argv[1])
    vars(worker_main)["Commands"] = SlowedCommands
    worker_main.main()
