"""The raw times of comparisons that are under way: one that cannot be kept costs no other."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from pytest_ovperf.errors import CacheError
from pytest_ovperf.session import under_way
from pytest_ovperf.session.turns import keep_trace, kept_traces
from pytest_ovperf.session.under_way import UnderWay
from tests.unit.session.session_fakes import ASKED, measuring

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_ovperf.records import Trace
    from pytest_ovperf.verdict.measured import Measuring


class Measured:
    """A comparison that nothing has judged."""

    def __init__(self, measured: Measuring) -> None:
        self.measuring = measured
        self.record = None


@pytest.fixture
def begun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> UnderWay:
    """Return three comparisons of two tests, the first of which that is kept fails."""
    ours = UnderWay(tmp_path)
    fails = iter([True])

    def keep_all_but_the_first(cache_dir: Path, node_id: str, trace: Trace) -> Path:
        if next(fails, False):
            raise CacheError("The disk was full.", remedy="Make room there.")
        return keep_trace(cache_dir, node_id, trace)

    monkeypatch.setattr(under_way, "keep_trace", keep_all_but_the_first)
    for node_id in ("one", "one", "two"):
        ready = measuring()
        ready.reach_first_look()
        ours.begin(replace(ASKED, node_id=node_id), Measured(ready))
    return ours


def test_at_the_end_of_a_test_the_others_of_it_are_kept(begun: UnderWay, tmp_path: Path) -> None:
    with pytest.raises(CacheError, match="The disk was full"):
        begun.keep("one")
    assert len(kept_traces(tmp_path)) == 1


def test_at_the_end_of_a_run_all_others_are_kept(begun: UnderWay, tmp_path: Path) -> None:
    with pytest.raises(CacheError, match="The disk was full"):
        begun.end()
    assert len(kept_traces(tmp_path)) == 2
