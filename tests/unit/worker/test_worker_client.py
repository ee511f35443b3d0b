from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest

from pytest_ovperf.errors import (
    ArmUnavailableError,
    MeasurementError,
    WorkerDiedError,
    WorkerFailedError,
    WorkerGarbledError,
    WorkerHungError,
)
from pytest_ovperf.worker.client import Worker
from pytest_ovperf.worker.process import worker_command

if TYPE_CHECKING:
    from collections.abc import Iterator

FAKES = Path(__file__).resolve().parents[2] / "fakes"
POSIX = pytest.mark.skipif(sys.platform == "win32", reason="signals")

# Long enough for a busy machine; none of these tests waits for it unless it fails.
PATIENCE_S = 60.0


def misbehaving(how: str, log_dir: Path) -> Worker:
    command = [sys.executable, str(FAKES / "misbehaving_worker.py"), how]
    return Worker.start("openvino-int8 on CPU", command=command, log_dir=log_dir)


@pytest.fixture
def real(tmp_path: Path) -> Iterator[Worker]:
    with Worker.start("real", log_dir=tmp_path) as worker:
        yield worker


def gone(pid: int) -> bool:
    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:  # dead, and not yet buried by init
            return True
        process.wait(timeout=PATIENCE_S)
    except psutil.NoSuchProcess:
        return True
    except psutil.TimeoutExpired:
        return False
    return True


@POSIX
@pytest.mark.parametrize(
    ("how", "signal_name", "remedy"),
    [("killed", "SIGKILL", "memory"), ("segfault", "SIGSEGV", "driver"), ("abort", "SIGABRT", "driver")],
)
def test_a_death_names_the_arm_the_command_the_signal_and_a_remedy(
    tmp_path: Path, how: str, signal_name: str, remedy: str
) -> None:
    with misbehaving(how, tmp_path) as worker, pytest.raises(WorkerDiedError) as caught:
        worker.request("load", timeout_s=PATIENCE_S)
    assert caught.value.seen.startswith("openvino-int8 on CPU: ")
    assert "'load'" in caught.value.seen
    assert signal_name in caught.value.seen
    assert remedy in caught.value.remedy


@POSIX
def test_a_segfault_leaves_the_python_stack_in_the_last_words(tmp_path: Path) -> None:
    with misbehaving("segfault", tmp_path) as worker, pytest.raises(WorkerDiedError, match="in segfault"):
        worker.request("load", timeout_s=PATIENCE_S)


def test_a_hang_names_the_command_the_seconds_and_the_last_output_and_ends_the_process(tmp_path: Path) -> None:
    with misbehaving("hang", tmp_path) as worker:
        # News proves that the worker is at it before the time is up; the clock that runs out is a short one.
        news: list[str] = []
        with pytest.raises(WorkerHungError) as caught:
            worker.request("block", timeout_s=2.0, on_progress=news.append)
        assert gone(worker.pid)
    assert news == ["still compiling"]
    assert "'block' within 2 s" in caught.value.seen
    assert "waiting for the driver" in caught.value.seen


@pytest.mark.parametrize(
    ("how", "shown"), [("garbage", "Loading plugins"), ("binary", "\\x00"), ("wrong-number", "999")]
)
def test_rubbish_on_the_pipe_is_quoted_and_the_process_ended(tmp_path: Path, how: str, shown: str) -> None:
    with misbehaving(how, tmp_path) as worker:
        with pytest.raises(WorkerGarbledError) as caught:
            worker.request("load", timeout_s=PATIENCE_S)
        assert gone(worker.pid)
    assert shown in caught.value.seen


def test_half_a_line_and_then_silence_is_a_hang(tmp_path: Path) -> None:
    with misbehaving("half-then-silence", tmp_path) as worker, pytest.raises(WorkerHungError):
        worker.request("load", timeout_s=0.5)


def test_an_exit_in_the_middle_of_an_answer_tells_code_and_last_output(tmp_path: Path) -> None:
    with misbehaving("half-then-exit", tmp_path) as worker, pytest.raises(WorkerDiedError) as caught:
        worker.request("load", timeout_s=PATIENCE_S)
    assert "exit code 3, in the middle of an answer" in caught.value.seen
    assert "out of luck" in caught.value.seen


def test_a_closed_pipe_with_the_process_alive_is_a_death(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pytest_ovperf.worker.client._EXIT_WAIT_S", 0.1)
    with misbehaving("closes-pipe", tmp_path) as worker:
        with pytest.raises(WorkerDiedError, match="closed its pipe"):
            worker.request("load", timeout_s=PATIENCE_S)
        assert gone(worker.pid)


@POSIX
def test_a_death_is_seen_though_a_child_holds_the_pipe_open(tmp_path: Path) -> None:
    with (
        misbehaving("dies-with-its-pipe-held-open", tmp_path) as worker,
        pytest.raises(WorkerDiedError, match="exit code 7"),
    ):
        worker.request("load", timeout_s=PATIENCE_S)


def test_megabytes_of_output_block_nobody(tmp_path: Path) -> None:
    with misbehaving("floods-stderr", tmp_path) as worker:
        assert worker.request("load", timeout_s=PATIENCE_S) == {}


def test_a_failed_command_tells_kind_message_and_trace(tmp_path: Path) -> None:
    with misbehaving("refuses", tmp_path) as worker:
        with pytest.raises(WorkerFailedError, match="ValueError: bad axis") as caught:
            worker.request("load", timeout_s=PATIENCE_S)
        assert "in relu" in caught.value.seen


def test_a_worker_survives_a_failed_command(tmp_path: Path) -> None:
    with misbehaving("refuses", tmp_path) as worker:
        for _ in range(2):
            with pytest.raises(WorkerFailedError):
                worker.request("load", timeout_s=PATIENCE_S)


def test_our_own_errors_cross_the_pipe_as_what_they_are(tmp_path: Path) -> None:
    with misbehaving("unavailable", tmp_path) as worker:
        with pytest.raises(ArmUnavailableError, match="no bf16 here") as caught:
            worker.request("load", timeout_s=PATIENCE_S)
        assert caught.value.remedy == "Take `openvino`."


def test_a_broken_worker_repeats_what_broke_it(tmp_path: Path) -> None:
    with misbehaving("half-then-exit", tmp_path) as worker:
        with pytest.raises(WorkerDiedError) as first:
            worker.request("load", timeout_s=PATIENCE_S)
        with pytest.raises(WorkerDiedError) as second:
            worker.request("block", timeout_s=PATIENCE_S)
    assert second.value is first.value


@pytest.mark.parametrize("how", ["leaves-child", pytest.param("leaves-child-and-dies", marks=POSIX)])
def test_children_of_the_worker_go_with_it(tmp_path: Path, how: str) -> None:
    with misbehaving(how, tmp_path) as worker:
        child = worker.request("load", timeout_s=PATIENCE_S)["child"]
        if how == "leaves-child-and-dies":
            with pytest.raises(WorkerDiedError):
                worker.request("block", timeout_s=PATIENCE_S)
    assert gone(child)


def test_close_ends_the_process_removes_the_log_and_may_be_repeated(tmp_path: Path) -> None:
    worker = Worker.start("real", log_dir=tmp_path)
    worker.request("hello", timeout_s=PATIENCE_S)
    assert list(tmp_path.iterdir())
    worker.close()
    worker.close()
    assert gone(worker.pid)
    assert not list(tmp_path.iterdir())


def test_close_does_not_wait_for_a_busy_worker(tmp_path: Path) -> None:
    worker = misbehaving("hang", tmp_path)
    worker.send("load")
    worker.close()
    assert gone(worker.pid)


def test_a_worker_that_nobody_holds_is_ended(tmp_path: Path) -> None:
    worker = misbehaving("hang", tmp_path)
    pid = worker.pid
    del worker
    assert gone(pid)
    assert not list(tmp_path.iterdir())


def test_an_interrupt_while_waiting_ends_the_worker(tmp_path: Path) -> None:
    def interrupt(_: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), misbehaving("hang", tmp_path) as worker:
        worker.request("load", timeout_s=PATIENCE_S, on_progress=interrupt)
    assert gone(worker.pid)


def test_a_closed_worker_says_so(tmp_path: Path) -> None:
    with Worker.start("real", log_dir=tmp_path) as worker:
        pass
    with pytest.raises(WorkerDiedError, match="closed"):
        worker.send("hello")


def test_an_interpreter_that_does_not_exist_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(WorkerDiedError, match="no-such-python"):
        Worker.start("real", python=str(tmp_path / "no-such-python"), log_dir=tmp_path)
    assert not list(tmp_path.iterdir())


def test_two_commands_at_once_are_refused(real: Worker) -> None:
    real.send("hello")
    with pytest.raises(MeasurementError, match="no answer yet"):
        real.send("hello")


def test_waiting_for_nothing_is_refused(real: Worker) -> None:
    with pytest.raises(MeasurementError, match="no command"):
        real.receive(timeout_s=1.0)


def test_a_real_worker_says_hello_from_another_process(real: Worker) -> None:
    assert real.request("hello", timeout_s=PATIENCE_S)["pid"] == real.pid != os.getpid()


def test_a_real_worker_refuses_an_unknown_command(real: Worker) -> None:
    with pytest.raises(MeasurementError, match="'dance'"):
        real.request("dance", timeout_s=PATIENCE_S)


def test_files_in_the_current_directory_shadow_nothing_in_a_worker(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("pytest_ovperf", "json", "queue"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('shadowed')", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    with Worker.start("real", log_dir=tmp_path) as worker:
        assert worker.request("hello", timeout_s=PATIENCE_S)["pid"] == worker.pid


def test_the_environment_is_the_callers_with_faulthandler_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    with misbehaving("environment", tmp_path) as worker:
        seen = worker.request("load", timeout_s=PATIENCE_S)
    assert seen == {
        "PYTHONFAULTHANDLER": "1",
        "TOKENIZERS_PARALLELISM": "false",
        "HF_HUB_OFFLINE": None,
        "OMP_NUM_THREADS": "7",
    }


def test_a_worker_leaves_when_its_parent_vanishes(tmp_path: Path) -> None:
    parent = subprocess.Popen(  # noqa: S603
        [sys.executable, str(FAKES / "parent_of_worker.py"), str(tmp_path)], stdout=subprocess.PIPE
    )
    assert parent.stdout is not None
    with parent.stdout:
        pid = int(parent.stdout.readline())
        parent.kill()
        parent.wait()
    assert gone(pid)


@pytest.mark.parametrize(
    "module", ["pytest_ovperf.worker.client", "pytest_ovperf.worker.arm", "pytest_ovperf.engines.protocol"]
)
def test_what_the_parent_imports_is_light(module: str) -> None:
    heavy = ("numpy", "psutil", "torch", "openvino", "transformers")
    program = f"import sys, {module}; print([name for name in {heavy!r} if name in sys.modules])"
    root = Path(__file__).resolve().parents[3]
    done = subprocess.run([sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=True)  # noqa: S603
    assert done.stdout.strip() == "[]"


def test_only_another_interpreter_is_kept_from_what_belongs_to_this_one() -> None:
    assert worker_command(None)[:2] == worker_command(sys.executable)[:2] == (sys.executable, "-P")
    assert worker_command("/opt/old/bin/python")[:2] == ("/opt/old/bin/python", "-I")
