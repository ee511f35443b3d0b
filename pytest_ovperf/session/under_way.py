"""The comparisons that tests of a run have under way: taken up again after a suspicion, their raw times kept."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Protocol

from .turns import keep_each, keep_trace

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_ovperf.records import ComparisonRecord
    from pytest_ovperf.store.keys import EntryKey
    from pytest_ovperf.verdict.asked import Asked
    from pytest_ovperf.verdict.measured import Measuring


class Begun(Protocol):
    """A comparison whose launches a test made: a `MeasuredSpeedup`, or the race of an arm."""

    @property
    def measuring(self) -> Measuring:
        """The launches."""

    @property
    def record(self) -> ComparisonRecord | None:
        """The last judgement, ``None`` until there is one."""


class UnderWay:
    """What was begun and is not over, by test; raw times are kept in the folder ``cache_dir``."""

    def __init__(self, cache_dir: Path) -> None:
        self._cache_dir = cache_dir
        self._open: dict[str, list[tuple[Asked, Begun]]] = {}
        self._set_aside: dict[EntryKey, Measuring] = {}

    def begin(self, asked: Asked, measured: Begun) -> None:
        """Note a comparison whose first launches come next."""
        self._open.setdefault(asked.node_id, []).append((asked, measured))

    def take_up(self, key: EntryKey) -> Measuring | None:
        """Return what an earlier pass through the test has measured, to go on with; ``None`` where there was none."""
        return self._set_aside.pop(key, None)

    def set_aside(self, node_id: str) -> None:
        """Remember what this pass through a test measured and is suspected, for the pass that follows."""
        for asked, measured in self._open.get(node_id, []):
            if measured.measuring.is_set_aside:
                self._set_aside[asked.key] = measured.measuring

    def unjudged(self, node_id: str) -> Iterator[tuple[Asked, Measuring]]:
        """Yield the comparisons of a test that have launches, and that no assertion judged."""
        for asked, measured in self._open.get(node_id, []):
            if measured.record is None and measured.measuring.launches:
                yield asked, measured.measuring

    def keep(self, node_id: str) -> None:
        """Keep the raw times of a pass through a test, but for those that another pass will add to.

        Raises `CacheError` where some cannot be written; the others are.
        """
        over = [measured.measuring for _, measured in self._open.pop(node_id, [])]
        left = [measuring for measuring in over if measuring not in self._set_aside.values()]
        keep_each(partial(self._keep, node_id, measuring) for measuring in left)

    def end(self) -> None:
        """Keep the raw times of tests that were interrupted or set aside. Raises the first `CacheError` at its end."""
        left = [(f"{key.module}::{key.test}", measuring) for key, measuring in self._set_aside.items()]
        left += [(node_id, each.measuring) for node_id, those in self._open.items() for _, each in those]
        self._set_aside.clear()
        self._open.clear()
        keep_each(partial(self._keep, node_id, measuring) for node_id, measuring in left)

    def _keep(self, node_id: str, measuring: Measuring) -> None:
        if measuring.launches:
            keep_trace(self._cache_dir, node_id, measuring.trial.trace)
