"""Stands in for the package `openvino` in a real worker, on one NPU whose driver goes wrong as it is told to.

The variable STUB_OPENVINO says how: the name of a function below, run where a model is compiled, or, after ``infer-``,
where it runs for the third time. A path in STUB_DEVICES is read for the devices that execute.
"""

from __future__ import annotations

import ctypes
import os
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np

__version__ = "0.stub"


def abort() -> None:
    # As a driver prints: through the C library, into a buffer that dies with the process.
    ctypes.CDLL(None).puts(b"driver: firmware panic 0x17")
    os.abort()


def hang() -> None:
    print("driver: waiting for the device")  # noqa: T201
    threading.Event().wait()


def bad_alloc() -> None:
    sys.stderr.write("terminate called after throwing an instance of 'std::bad_alloc'\n")
    os.abort()


def memory() -> None:
    # Under a limit of the address space: what is held when it is met must be let go before it can be told.
    import resource  # noqa: PLC0415

    import psutil  # noqa: PLC0415

    limit = psutil.Process().memory_info().vms + (64 << 20)
    resource.setrlimit(resource.RLIMIT_AS, (limit, resource.RLIM_INFINITY))
    held = []
    while True:
        held.append(bytearray(1 << 20))


def torch_memory() -> None:
    raise RuntimeError("[enforce fail at alloc_cpu.cpp:121] DefaultCPUAllocator: can't allocate memory")


def dynamic() -> None:
    raise RuntimeError("Exception from src/core/src/partial_shape.cpp:266:\nto_shape was called on a dynamic shape.")


def wrapped() -> None:
    ctypes.CDLL(None).puts(b"[ERROR] 12:00:00.000 [vpux-compiler] Upper bounds are not specified for node 'Add_2'")
    raise RuntimeError("Failed to compile Model0_FCEW000__0 for all devices in [NPU]")


def lost() -> None:
    raise RuntimeError("L0 zeFenceHostSynchronize result: ZE_RESULT_ERROR_DEVICE_LOST, code 0x70000001")


def switch() -> None:
    Path(os.environ["STUB_DEVICES"]).write_text("(CPU)", encoding="utf-8")


def _go_wrong(where: str = "") -> None:
    how = os.environ.get("STUB_OPENVINO", "")
    if how.startswith("infer-") == bool(where) and how:
        globals()[how.removeprefix("infer-")]()


class Dimension:
    def get_max_length(self) -> int:
        return -1


class Rank:
    is_dynamic = False


class PartialShape:
    is_dynamic = True
    rank = Rank

    def __init__(self, *_: object) -> None:
        pass

    def __iter__(self) -> Any:  # noqa: ANN401
        return iter([Dimension()])

    def __str__(self) -> str:
        return "[?]"


class Type:
    def to_dtype(self) -> Any:  # noqa: ANN401
        return np.dtype("float32")

    def is_real(self) -> bool:
        return True


class Port:
    element_type = Type()
    partial_shape = PartialShape()

    def get_names(self) -> set[str]:
        return {"ids"}


class Tensor:
    data = np.ones(3, np.float32)

    def __init__(self, *_: object, **__: object) -> None:
        pass


class InferRequest:
    calls = 0

    def set_input_tensor(self, *_: object) -> None:
        pass

    def infer(self, **_: object) -> None:
        self.calls += 1
        if self.calls == 3:
            _go_wrong("infer")

    def get_output_tensor(self, _: int) -> Tensor:
        return Tensor()


class Model:
    inputs = outputs = (Port(),)

    def get_variables(self) -> list[object]:
        return []

    def reshape(self, _: object) -> None:
        pass

    def create_infer_request(self) -> InferRequest:
        return InferRequest()

    def get_property(self, name: str) -> Any:  # noqa: ANN401
        if name == "EXECUTION_DEVICES":
            return [Path(os.environ["STUB_DEVICES"]).read_text(encoding="utf-8")]
        raise RuntimeError(name)


class Core:
    def get_property(self, _: str, name: str) -> list[str]:
        return ["FP16", "FP32"] if name == "OPTIMIZATION_CAPABILITIES" else ["4000"]

    def read_model(self, _: Path) -> Model:
        return Model()

    def compile_model(self, model: Model, *_: object) -> Model:
        _go_wrong()
        return model


def get_version() -> str:
    return __version__
