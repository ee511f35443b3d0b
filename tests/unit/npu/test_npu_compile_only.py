"""What a run does with NPUs that are not here: compiles, refuses to run, and notices what has changed."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from pytest_ovperf.errors import (
    ArmUnavailableError,
    CompilerInternalError,
    DeviceAbsentError,
    DynamicShapeError,
    NpuCompilerError,
    UnboundedShapeError,
    WorkerDiedError,
)
from pytest_ovperf.npu.blob import CompiledBlob, Port, Shape
from pytest_ovperf.npu.compile_only import CompileOnly
from pytest_ovperf.npu.ending import Ended, Ending
from pytest_ovperf.npu.record import Change, CompileKey, CompileRecord, Outcome
from pytest_ovperf.npu.request import Answer, CompileRequest, Failed
from pytest_ovperf.npu.verdict import Compilation
from pytest_ovperf.settings import UpdateMode

QUIET = Ended(Ending.BY_ITSELF, 0, "")
OPEN, FIXED = (Port("x", Shape.parse("[?]")),), (Port("x", Shape.parse("[1]")),)
TAKEN = Answer("2026.4.1", FIXED, (), 1.5, 1000)
REFUSED = Answer("2026.4.1", OPEN, failed=Failed("compile", "Missing upper bound for one or more nodes"))
MODEL = Path("model.onnx")
GPT2 = CompileKey("4000", "gpt2", "fp32", "unbounded")


@dataclass
class FakeCompiler:
    """Stands in for a compiler: it answers all alike."""

    answer: Answer = TAKEN
    ended: Ended = QUIET
    words: str = "a compiler"
    version: str = "2026.4.1"
    asked: list[CompileRequest] = field(default_factory=list)

    def run(self, request: CompileRequest) -> Compilation:
        self.asked.append(request)
        return Compilation(request, self.ended, self.answer, self.words)


def npus(folder: Path, compiler: FakeCompiler, update: UpdateMode = UpdateMode.NONE) -> CompileOnly:
    record = CompileRecord(folder / "baselines", update, folder / "locks")
    return CompileOnly(("4000", "5010"), folder, record, lambda _: compiler)


def compiled(only: CompileOnly, label: str = "gpt2", precision: str = "fp32") -> CompiledBlob:
    return only.compile("4000", MODEL, None, label=label, precision=precision)


def test_what_compiles_is_repeated_for_each_platform_and_what_runs_is_not(tmp_path: Path) -> None:
    only = npus(tmp_path, FakeCompiler())
    assert only.cases(["CPU", "NPU"], compiles=True) == ["CPU", "NPU.4000", "NPU.5010"]
    assert only.cases(["NPU", "CPU"], compiles=False) == ["NPU.4000", "CPU"]
    assert [only.platform(device) for device in ("NPU", "NPU.5010", "CPU")] == ["4000", "5010", None]


def test_without_a_compiler_it_is_absent_and_says_what_to_do(tmp_path: Path) -> None:
    def none(_: Path) -> FakeCompiler:
        raise NpuCompilerError("There is none.", remedy="Get one.")

    only = CompileOnly(("4000",), tmp_path, CompileRecord(tmp_path, UpdateMode.NONE, tmp_path), none)
    assert not only.works
    assert only.told("4000") == "NPU 4000 (Lunar Lake)"  # nothing is compiled for it
    with pytest.raises(DeviceAbsentError, match=r"There is none\. Get one\."):
        only.require()


def test_whatever_would_run_is_refused_with_the_reason(tmp_path: Path) -> None:
    with pytest.raises(ArmUnavailableError, match="compiled for NPU 4000, not executed"):
        npus(tmp_path, FakeCompiler()).refuse("4000")


def test_bf16_is_no_precision_of_an_npu(tmp_path: Path) -> None:
    with pytest.raises(ArmUnavailableError, match="no BF16"):
        compiled(npus(tmp_path, FakeCompiler()), precision="bf16")


def test_the_request_bounds_time_and_memory(tmp_path: Path) -> None:
    compiler = FakeCompiler()
    compiled(npus(tmp_path, compiler))
    (request,) = compiler.asked
    assert request.platform == "4000"
    assert request.memory_bytes > 0
    assert 0 < request.timeout_s <= 600


def test_a_refusal_is_the_proven_limit_and_observed(tmp_path: Path) -> None:
    only = npus(tmp_path, FakeCompiler(REFUSED))
    with pytest.raises(UnboundedShapeError):
        compiled(only)
    (seen,) = only.observed
    assert (seen.key, str(seen.outcome), seen.change) == (GPT2, "refused: dynamic_shape", Change.UNRECORDED)


def test_what_compiled_once_is_no_limit_any_more(tmp_path: Path) -> None:
    npus(tmp_path, FakeCompiler(), UpdateMode.ALL).record.observe(GPT2, Outcome(1000, "", "2025.4.0"))
    with pytest.raises(DynamicShapeError, match="broken: refused: dynamic_shape") as broken:
        compiled(npus(tmp_path, FakeCompiler(REFUSED)))
    assert not isinstance(broken.value, UnboundedShapeError)
    assert "--update-baselines" in broken.value.remedy


def test_an_update_takes_the_refusal_for_what_is_so_now(tmp_path: Path) -> None:
    npus(tmp_path, FakeCompiler(), UpdateMode.ALL).record.observe(GPT2, Outcome(1000, "", "2025.4.0"))
    with pytest.raises(UnboundedShapeError):
        compiled(npus(tmp_path, FakeCompiler(REFUSED), UpdateMode.ALL))
    assert npus(tmp_path, FakeCompiler()).record.recorded(GPT2) == Outcome(0, "dynamic_shape", "2026.4.1")


def test_a_lifted_limit_is_noted(tmp_path: Path) -> None:
    key = CompileKey("4000", "gpt2", "fp32", "static")
    npus(tmp_path, FakeCompiler(), UpdateMode.ALL).record.observe(key, Outcome(0, "dynamic_shape", "2025.4.0"))
    only = npus(tmp_path, FakeCompiler())
    assert compiled(only).blob_bytes == 1000
    assert [each.change for each in only.observed] == [Change.LIFTED]


def test_a_second_test_of_a_model_does_not_hide_what_an_update_changed(tmp_path: Path) -> None:
    key = CompileKey("4000", "gpt2", "fp32", "static")
    npus(tmp_path, FakeCompiler(), UpdateMode.ALL).record.observe(key, Outcome(0, "dynamic_shape", "2025.4.0"))
    only = npus(tmp_path, FakeCompiler(), UpdateMode.ALL)
    compiled(only)
    compiled(only)
    assert [each.change for each in only.observed] == [Change.LIFTED]


def test_an_internal_error_is_recorded_and_raised_all_the_same(tmp_path: Path) -> None:
    answer = Answer("2026.4.1", FIXED, failed=Failed("compile", "ConvertIEToVPUNCE Pass failed"))
    only = npus(tmp_path, FakeCompiler(answer), UpdateMode.ALL)
    for _ in range(2):  # also once it is what is recorded
        with pytest.raises(CompilerInternalError):
            compiled(only)
    assert only.observed[0].outcome.cause == "compiler_internal"


def test_a_crash_of_the_compiler_is_observed_and_an_end_from_outside_is_not(tmp_path: Path) -> None:
    crashed = npus(tmp_path, FakeCompiler(Answer("2026.4.1", OPEN, crashed="0xC0000005 in a.dll")))
    ended = npus(tmp_path, FakeCompiler(Answer("2026.4.1", OPEN), Ended(Ending.BY_ITSELF, -9, "")))
    for only in (crashed, ended):
        with pytest.raises(WorkerDiedError):
            compiled(only)
    assert [each.outcome.cause for each in crashed.observed] == ["process_died"]
    assert not ended.observed
