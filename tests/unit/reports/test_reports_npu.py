"""What is shown of compiling for an NPU that is not here."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_ovperf.errors import OvperfError
from pytest_ovperf.npu.blob import Port, Shape
from pytest_ovperf.npu.ending import Ended, Ending
from pytest_ovperf.npu.installing import Status
from pytest_ovperf.npu.layout import Installed
from pytest_ovperf.npu.record import CompileKey, Observed, Outcome
from pytest_ovperf.npu.request import Answer, CompileRequest, Failed
from pytest_ovperf.npu.tools import Tool
from pytest_ovperf.npu.verdict import Compilation
from pytest_ovperf.reports import npu_text
from pytest_ovperf.reports.npu_text import (
    Asked,
    compile_facts,
    compile_text,
    compiled_views,
    status_text,
    summary,
)
from pytest_ovperf.reports.screen import cell_width
from pytest_ovperf.runs.view import CompiledView

if TYPE_CHECKING:
    from collections.abc import Sequence

MODEL = Path("model.onnx")
OPEN = (Port("ids", Shape.parse("[?,?]")),)
FIXED = (Port("ids", Shape.parse("[1,128]")),)
WORDS = "Reshape node 'a/view': expected exactly 1 dynamic output bound dimension, got 2"
REFUSED = Answer("2026.4.1", OPEN, failed=Failed("compile", WORDS))
TAKEN = Answer("2026.4.1", FIXED, (), 2.0, 3 << 20)
PRINTED = (
    "[ERROR] 19:57:50.551 [vpux-compiler] ConvertIEToVPUNCE Pass failed : postShift is not supported\n"
    "[ERROR] 19:57:50.552 [vpux-compiler] Failed Pass ConvertIEToVPUNCE"
)


def asked(platform: str, answer: Answer, printed: str = "") -> Asked:
    request = CompileRequest(MODEL, platform, None, 60.0, 1 << 30)
    compilation = Compilation(request, Ended(Ending.BY_ITSELF, 0, printed), answer, "a compiler")
    try:
        return Asked(platform, compilation, compilation.blob())
    except OvperfError as error:
        return Asked(platform, compilation, error)


def shown(*those: Asked) -> str:
    return compile_text(MODEL, those, command="ovperf npu-compile model.onnx", width=100, encoding="utf-8")


def test_platforms_of_which_the_same_is_to_be_said_share_a_paragraph() -> None:
    text = shown(asked("3720", REFUSED), asked("4000", REFUSED), asked("5010", TAKEN))
    assert text.splitlines() == [
        "model.onnx: ids [?,?]",
        "",
        "NPU 3720 (Meteor Lake, Arrow Lake), NPU 4000 (Lunar Lake): refused: dynamic_shape",
        "  node        a/view (Reshape)",
        "  dimensions  ids: 0 (no upper bound), 1 (no upper bound)",
        f"  it says     {WORDS}",
        "  what to do  Fix the inputs, for example (in a test @pytest.mark.model(..., shape=(1, 128))):",
        "              ovperf npu-compile model.onnx --shape ids=1,128",
        "",
        "NPU 5010 (Panther Lake): compiles, a blob of 3.00 MiB; not executed",
    ]


def test_a_command_to_copy_is_not_broken() -> None:
    text = compile_text(
        MODEL, [asked("4000", REFUSED)], command="ovperf npu-compile a/very/long/path.xml", width=40, encoding="ascii"
    )
    assert "ovperf npu-compile a/very/long/path.xml --shape ids=1,128" in text


def test_a_message_that_says_nothing_gives_way_to_what_was_printed() -> None:
    text = shown(asked("4000", Answer(inputs=FIXED, failed=Failed("compile", "Compilation failed")), PRINTED))
    assert "  it says     ConvertIEToVPUNCE Pass failed : postShift is not supported" in text
    assert "what to do  This is a fault of the device's compiler" in text


def test_a_crash_is_said_with_the_last_that_was_printed() -> None:
    text = shown(asked("4000", Answer(inputs=FIXED, crashed="0xC0000005 in a.dll"), PRINTED))
    assert "refused: process_died" in text
    assert "(crashed: 0xC0000005 in a.dll)" in " ".join(text.split())


def test_a_file_that_cannot_be_read_is_no_refusal() -> None:
    text = shown(asked("4000", Answer(failed=Failed("read", "no such format"))))
    assert "model.onnx: it could not be read" in text
    assert "NPU 4000 (Lunar Lake): not compiled" in text


def test_scripts_are_told_the_same_and_that_nothing_was_executed() -> None:
    facts = compile_facts(MODEL, [asked("3720", REFUSED), asked("5010", TAKEN)])
    platforms = facts["platforms"]
    assert isinstance(platforms, dict)
    assert platforms["5010"] == {
        "compiles": True,
        "blob_bytes": 3 << 20,
        "compiler": "a compiler",
        "openvino": "2026.4.1",
        "executed": False,
    }
    assert platforms["3720"]["cause"] == "dynamic_shape"
    assert platforms["3720"]["fixed_example"] == {"ids": [1, 128]}


# A run's summary

COMPILED = Outcome(3 << 20, "", "2027.0.0")


def observed(model: str, now: Outcome, then: Outcome | None, seconds: float = 0.0) -> Observed:
    return Observed(CompileKey("4000", model, "fp32", "static"), now, then, seconds)


def summed_up(those: Sequence[Observed], *written: str) -> list[str]:
    return summary(those, "a compiler", written=written, width=120, encoding="utf-8").splitlines()


def test_a_summary_has_a_line_for_each_model_and_times_as_ratios_only() -> None:
    those = [observed("a", COMPILED, COMPILED, 2.0), observed("b", COMPILED, COMPILED, 5.0)]
    assert summed_up(those) == [
        "compiled for NPU 4000, not executed; by a compiler",
        "",
        "model  precision  NPU   outcome             time",
        "─────  ─────────  ────  ──────────────────  ────",
        "a      fp32       4000  compiles, 3.00 MiB  1.0x",
        "b      fp32       4000  compiles, 3.00 MiB  2.5x",
    ]


def test_a_time_without_another_to_compare_it_with_is_not_shown() -> None:
    assert "time" not in " ".join(summed_up([observed("a", COMPILED, COMPILED, 2.0)]))


@pytest.mark.parametrize("width", [40, 80, 160])
def test_names_give_way_to_the_width_of_the_terminal_and_outcomes_do_not(width: int) -> None:
    refused = Outcome(0, "compiler_internal", "2027.0.0")
    those = [observed("a/folder/" * 12 + "model.xml", refused, None), observed("名前", COMPILED, None)]
    lines = summary(those, "a compiler", written=(), width=width, encoding="utf-8").splitlines()
    assert max(map(cell_width, lines)) <= width
    assert "refused: compiler_internal" in " ".join(" ".join(lines).split())


def test_a_change_is_noted_and_what_is_not_recorded_is_counted() -> None:
    refused = Outcome(0, "dynamic_shape", "2026.4.1")
    lines = summed_up([observed("a", COMPILED, refused), observed("b", COMPILED, None)])
    said = (
        "note: a fp32 for NPU 4000: lifted: compiles, 3.00 MiB with OpenVINO 2027.0.0; recorded: refused: dynamic_shape"
    )
    assert said in " ".join(" ".join(lines).split())
    assert lines[-1] == "1 of these 2 is not recorded: --update-baselines=new"


def test_the_files_that_were_written_are_named() -> None:
    assert summed_up([observed("a", COMPILED, None)], "baselines/npu-compiler/npu-4000.json")[-1] == (
        "recorded in baselines/npu-compiler/npu-4000.json"
    )


def test_the_reports_of_a_run_take_the_same_as_views() -> None:
    refused = Outcome(0, "dynamic_shape", "2026.4.1")
    (view,) = compiled_views([observed("a", COMPILED, refused)], "a compiler")
    assert view == CompiledView("a", "fp32", "4000", True, "compiles, 3.00 MiB", "lifted", "a compiler")  # noqa: FBT003


def test_the_head_of_a_run_says_what_is_done_or_why_nothing_is() -> None:
    assert npu_text.used(["NPU 4000"], "a compiler", works=True) == "NPU 4000; by a compiler"
    assert npu_text.used(["NPU 4000"], "There is none.", works=False) == "NPU 4000; skipped: There is none."
    assert "this machine has an NPU" in npu_text.unused(asked=True)
    assert "no test is asked to run on NPU" in npu_text.unused(asked=False)


# The status of the hosted compiler

WINE = Tool("Wine", "runs OpenVINO's libraries", "", "apt install wine wine64")
NOTE = Installed("2026.4.1", "2026.4.1-1", "a.whl", "0", "digest", "2026-11-22")


def status(*hosted: Installed, outdated: tuple[str, ...] = (), wanted: str | None = "2026.4.1") -> str:
    found = Status(Path("cache"), (WINE,), hosted, outdated, None, wanted)
    return status_text(found, width=100, encoding="utf-8")


def test_what_is_missing_is_said_with_the_packages_that_bring_it() -> None:
    text = status()
    assert "Wine      missing (runs OpenVINO's libraries): apt install wine wine64" in text
    assert "nothing: ovperf npu-compiler install" in text
    assert "tests for an NPU that is not here skip" in text


def test_what_is_hosted_is_said_with_its_build_and_day() -> None:
    assert "OpenVINO 2026.4.1 (build 2026.4.1-1, verified on 2026-11-22)" in status(NOTE)
    assert "install it again" in status(NOTE, outdated=("2026.4.1",))
    assert "although OpenVINO 2027.0.0 is installed" in status(NOTE, wanted="2027.0.0")
