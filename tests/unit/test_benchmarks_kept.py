"""What the benchmarks keep in git, and what they read of it."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import spread
from benchmarks.kept import one_line_each

if TYPE_CHECKING:
    import pytest

BASELINES = Path(__file__).parents[2] / "baselines"


def test_results_have_a_line_for_each_element() -> None:
    document = {"schema": 1, "launches": [{"ns": [1, 2]}, {"ns": []}], "none": [], "where": "Köln"}
    text = one_line_each(document)
    assert json.loads(text) == document
    assert text.splitlines()[2:5] == [' "launches": [', '  {"ns": [1, 2]},', '  {"ns": []}']
    assert ' "where": "Köln"' in text


def test_the_spread_is_told_of_every_file_of_ratios(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Beside them lies the record of what the NPU compiler takes, in which nothing was timed."""
    monkeypatch.setattr(sys, "argv", ["spread.py", str(BASELINES)])
    spread.main()
    lines = capsys.readouterr().out.splitlines()
    files = [path for path in BASELINES.rglob("*.json") if path.parent.name != "npu-compiler"]
    assert sum(not line.startswith(" ") for line in lines) == len(files) > 0
    assert all("% a launch; recordings: " in line for line in lines if line.startswith(" "))
