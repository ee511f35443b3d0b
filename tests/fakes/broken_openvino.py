# ruff: noqa: ANN401  (OpenVINO ships no types; its objects are Any here)
"""A worker with the real engine and the real protocol, whose OpenVINO misbehaves in the way its first argument names.

As a module it also gives a process an NPU that does not exist, see `install_npu`.
"""

from __future__ import annotations

import faulthandler
import itertools
import os
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from pytest_ovperf.hiding import hidden

with hidden("openvino_telemetry"):  # as the engine does it: the import would start a process of its own
    import openvino

if TYPE_CHECKING:
    from collections.abc import Callable

#: The call that goes wrong: some way into the first block that is timed.
_HALF_WAY = 40
_LOST = (
    "L0 zeCommandQueueExecuteCommandLists result: ZE_RESULT_ERROR_DEVICE_LOST, code 0x70000001 - device hung, reset, "
    "was removed, or driver update occurred"
)


def _killed() -> None:
    os.kill(os.getpid(), 9)


def _segfault() -> None:
    faulthandler._sigsegv()  # type: ignore[attr-defined]


def _hang() -> None:
    sys.stderr.write("waiting for the driver\n")
    threading.Event().wait()


def _exit() -> None:
    sys.stderr.write("license expired\n")
    sys.stderr.flush()
    os._exit(3)


def _out_of_memory() -> None:
    import resource  # noqa: PLC0415  (Windows has none)

    import psutil  # noqa: PLC0415

    limit = psutil.Process().memory_info().vms + (64 << 20)
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    bytearray(1 << 30)


def _device_lost() -> None:
    raise RuntimeError(_LOST)


def _print_garbage() -> None:
    sys.stdout.write("Welcome to the vendor's runtime\n")
    sys.stdout.flush()


def _at_compile(misbehave: Callable[[], None]) -> None:
    def compile_model(*_: object, **__: object) -> None:
        misbehave()

    openvino.Core.compile_model = compile_model


def _at_call(misbehave: Callable[[], None], *, every: bool = False) -> None:
    infer = openvino.InferRequest.infer
    calls = itertools.count(1)

    def broken(self: Any, *arguments: Any, **keywords: Any) -> Any:
        if next(calls) == _HALF_WAY or every:
            misbehave()
        return infer(self, *arguments, **keywords)

    openvino.InferRequest.infer = broken


WAYS: dict[str, Callable[[], None]] = {
    "killed": lambda: _at_call(_killed),
    "segfault": lambda: _at_compile(_segfault),
    "abort": lambda: _at_compile(os.abort),
    "hangs-compiling": lambda: _at_compile(_hang),
    "hangs-in-a-call": lambda: _at_call(_hang),
    "out-of-memory": lambda: _at_call(_out_of_memory),
    "garbage": _print_garbage,  # before the worker takes its standard output over
    "exits": lambda: _at_call(_exit),
    "device-lost": lambda: _at_call(_device_lost),
    "chatters": lambda: _at_call(_print_garbage, every=True),
}


def install_npu(words: str) -> None:
    """Give this process an NPU that refuses unbounded dimensions in ``words`` and runs all else, on the CPU.

    Without ``words`` it takes those too. ``aborts`` ends the process at any model; ``real`` leaves compiling to the
    real plugin, which then says in its own words what it lacks. What it can do is what the real plugin says.
    """
    ask = openvino.Core.get_property

    def present(self: Any, device_name: str, name: str) -> Any:
        return ["4000"] if (device_name, name) == ("NPU", "AVAILABLE_DEVICES") else ask(self, device_name, name)

    openvino.Core.get_property = present
    if words == "aborts":
        _at_compile(os.abort)
    elif words != "real":
        _install_compiler(words)


def _install_compiler(words: str) -> None:
    compile_model = openvino.Core.compile_model
    get_property = openvino.CompiledModel.get_property

    def compile_(self: Any, model: Any, device_name: str = "", config: Any = None, **_: object) -> Any:
        if device_name != "NPU":
            return compile_model(self, model, device_name, config)
        if words and any(dimension.get_max_length() < 0 for port in model.inputs for dimension in port.partial_shape):
            raise RuntimeError(words)
        compiled = compile_model(self, model, "CPU", {"PERFORMANCE_HINT": "LATENCY"})
        compiled.on_npu = True
        return compiled

    def read(self: Any, name: str) -> Any:
        return ["NPU"] if name == "EXECUTION_DEVICES" and hasattr(self, "on_npu") else get_property(self, name)

    openvino.Core.compile_model = compile_
    openvino.CompiledModel.get_property = read


if __name__ == "__main__":
    way, *words = sys.argv[1:]
    if way == "npu":
        install_npu(*words)
    else:
        WAYS[way]()
    from pytest_ovperf.worker.main import main

    main()
