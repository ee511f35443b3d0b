"""What is known to compile for an NPU, and what an upgrade changes of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from pytest_ovperf.errors import BaselineError
from pytest_ovperf.npu.record import Change, CompileKey, CompileRecord, Outcome
from pytest_ovperf.settings import UpdateMode

if TYPE_CHECKING:
    from pathlib import Path

KEY = CompileKey("4000", "minilm fixed to 1x128", "fp32", "static")
COMPILES = Outcome(46_420_111, "", "2026.4.1")
REFUSED = Outcome(0, "dynamic_shape", "2026.4.1")


def record(folder: Path, update: UpdateMode = UpdateMode.NONE) -> CompileRecord:
    return CompileRecord(folder / "baselines", update, folder / "locks")


def recorded(folder: Path, outcome: Outcome) -> CompileRecord:
    record(folder, UpdateMode.ALL).observe(KEY, outcome)
    return record(folder)


def test_what_was_recorded_is_found_again(tmp_path: Path) -> None:
    for outcome in (COMPILES, REFUSED):
        assert recorded(tmp_path, outcome).recorded(KEY) == outcome


@pytest.mark.parametrize(
    ("then", "now", "change"),
    [
        (COMPILES, COMPILES, Change.NONE),
        (COMPILES, Outcome(46_500_000, "", "2027.0.0"), Change.NONE),  # by less than 1 %
        (COMPILES, Outcome(50_000_000, "", "2027.0.0"), Change.SIZE),
        (COMPILES, Outcome(40_000_000, "", "2027.0.0"), Change.SIZE),
        (COMPILES, REFUSED, Change.BROKEN),
        (REFUSED, COMPILES, Change.LIFTED),
        (REFUSED, Outcome(0, "process_died", "2027.0.0"), Change.OTHER_CAUSE),
        (REFUSED, REFUSED, Change.NONE),
    ],
)
def test_an_upgrade_shows_as_a_change(tmp_path: Path, then: Outcome, now: Outcome, change: Change) -> None:
    observed = recorded(tmp_path, then).observe(KEY, now)
    assert observed.change is change
    assert bool(observed.note) is (change is not Change.NONE)


def test_a_note_says_what_it_was_and_what_it_is_and_with_which_versions(tmp_path: Path) -> None:
    observed = recorded(tmp_path, COMPILES).observe(KEY, Outcome(0, "compiler_internal", "2027.0.0"))
    assert observed.note == (
        "minilm fixed to 1x128 fp32 for NPU 4000: broken: refused: compiler_internal with OpenVINO 2027.0.0; "
        "recorded: compiles, 44.27 MiB with OpenVINO 2026.4.1"
    )


def test_what_has_no_entry_is_noted_and_written_only_when_asked(tmp_path: Path) -> None:
    assert record(tmp_path).observe(KEY, COMPILES).change is Change.UNRECORDED
    assert not (tmp_path / "baselines").exists()
    asked = record(tmp_path, UpdateMode.NEW)
    asked.observe(KEY, COMPILES)
    assert asked.written == {tmp_path / "baselines" / "npu-compiler" / "npu-4000.json"}


@pytest.mark.parametrize(("mode", "kept"), [(UpdateMode.NEW, COMPILES), (UpdateMode.ALL, REFUSED)])
def test_only_an_update_of_all_replaces_an_entry(tmp_path: Path, mode: UpdateMode, kept: Outcome) -> None:
    recorded(tmp_path, COMPILES)
    record(tmp_path, mode).observe(KEY, REFUSED)
    assert record(tmp_path).recorded(KEY) == kept


def test_what_is_as_recorded_is_not_written_again(tmp_path: Path) -> None:
    recorded(tmp_path, COMPILES)
    again = record(tmp_path, UpdateMode.ALL)
    again.observe(KEY, Outcome(COMPILES.blob_bytes + 1, "", "2027.0.0"))
    assert not again.written


def test_entries_of_others_stay(tmp_path: Path) -> None:
    other = CompileKey("4000", "gpt2", "fp32", "unbounded")
    recorded(tmp_path, COMPILES)
    record(tmp_path, UpdateMode.ALL).observe(other, REFUSED)
    assert record(tmp_path).recorded(KEY) == COMPILES
    assert record(tmp_path).recorded(other) == REFUSED


def test_each_platform_has_a_file_that_people_can_read(tmp_path: Path) -> None:
    path = recorded(tmp_path, COMPILES).path("4000")
    assert json.loads(path.read_text("utf-8")) == {
        "schema": 1,
        "platform": "4000",
        "what": "compiled for NPU 4000, not executed",
        "models": {
            "minilm fixed to 1x128": {
                "fp32, static": {"compiles": True, "blob_bytes": 46_420_111, "openvino": "2026.4.1"}
            }
        },
    }


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("{", "line 1"),
        ('{"schema": 2, "models": {}}', "schema 1 only"),
        ('{"schema": 1}', "no models"),
        ('{"schema": 1, "platform": "5010", "models": {}}', "about the platform '5010'"),
        ('{"schema": 1, "models": {"a": true}}', "'a' has no precisions"),
        ('{"schema": 1, "models": {"a": {"fp32": {}}}}', "no precision with the kind"),
        ('{"schema": 1,\n"models": {"a": {"fp32, static": {"compiles": true, "openvino": "1"}}}}', "line 2"),
        ('{"schema": 1, "models": {"a": {"fp32, static": {"compiles": false, "openvino": "1"}}}}', "nor why not"),
    ],
)
def test_a_damaged_file_is_refused_with_its_line(tmp_path: Path, text: str, seen: str) -> None:
    asked = record(tmp_path)
    asked.path("4000").parent.mkdir(parents=True)
    asked.path("4000").write_text(text, encoding="utf-8")
    with pytest.raises(BaselineError, match=seen):
        asked.recorded(KEY)
