"""What can be watched while a trial runs. Nothing is ever told while a block is being timed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from pytest_ovperf.arms import Arm


class Watcher(Protocol):
    """Told between blocks what happens. A watcher that takes long makes the trial longer, never the times."""

    def launch_started(self, number: int, planned: int, /) -> None:
        """Hear that launch ``number`` (from 1) of ``planned`` at most begins, before its processes start."""

    def warming(self, arm: Arm, /) -> None:
        """Hear that an arm is loaded and its warm-up begins."""

    def round_done(self, launch: int, round_: int, rounds: int, running_ratio: float | None, /) -> None:
        """Hear that round ``round_`` of ``rounds`` is over.

        ``running_ratio`` is the speed-up of this launch so far, ``None`` where no two arms are compared.
        """

    def launch_done(self, number: int, /) -> None:
        """Hear that a launch is complete and its processes are gone."""


class SilentWatcher:
    """A watcher that does nothing."""

    def launch_started(self, number: int, planned: int, /) -> None:
        """Do nothing."""

    def warming(self, arm: Arm, /) -> None:
        """Do nothing."""

    def round_done(self, launch: int, round_: int, rounds: int, running_ratio: float | None, /) -> None:
        """Do nothing."""

    def launch_done(self, number: int, /) -> None:
        """Do nothing."""
