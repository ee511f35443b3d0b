"""Compile one model for an NPU with the OpenVINO of this interpreter: a program, run as a process of its own.

Reads and writes the files that `pytest_ovperf.npu.request` describes, in its working directory. It imports nothing of
this package, so that it can be started by its path.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import time
from pathlib import Path
from typing import Any


def main(openvino: Any = None) -> int:  # noqa: ANN401  (OpenVINO ships no types)
    """Compile what the request says; return the exit code, 0 once the blob is written."""
    result = Path("result.jsonl").open("w", encoding="utf-8", newline="\n")  # noqa: SIM115  (open to the very end)

    def say(**told: object) -> None:
        result.write(json.dumps(told) + "\n")
        result.flush()

    stage = "load"
    try:
        request, reshape = _read(Path("request.txt"))
        if openvino is None:
            sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]  # it would start a process
            openvino = importlib.import_module("openvino")
        say(version=str(openvino.get_version()))
        core = openvino.Core()
        stage = "read"
        model = core.read_model(request["model"])
        if reshape:
            stage = "reshape"
            named = reshape
            if "*" in reshape:  # every input
                named = {name: reshape["*"] for name, _ in _ports(model.inputs)}
            model.reshape({name: openvino.PartialShape(f"[{sizes}]") for name, sizes in named.items()})
        say(inputs=_ports(model.inputs), outputs=_ports(model.outputs))
        stage = "compile"
        start_ns = time.perf_counter_ns()
        properties = {
            "NPU_PLATFORM": request["platform"],
            "NPU_COMPILER_TYPE": "PLUGIN",
            "PERFORMANCE_HINT": "LATENCY",
        }
        compiled = core.compile_model(model, "NPU", properties)
        say(compiled_s=round((time.perf_counter_ns() - start_ns) / 1e9, 3))
        stage = "export"
        say(blob_bytes=len(compiled.export_model()))
    except Exception as error:  # noqa: BLE001  (whatever is raised is the answer)
        say(failed=stage, message=str(error) or type(error).__name__)
        return 1
    finally:
        result.close()
    return 0


def _read(path: Path) -> tuple[dict[str, str], dict[str, str]]:
    request: dict[str, str] = {}
    reshape: dict[str, str] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        key, _, value = line.partition("\t")
        if key == "reshape":
            name, _, sizes = value.partition("\t")
            reshape[name] = sizes
        else:
            request[key] = value
    return request, reshape


def _ports(ports: Any) -> list[list[str]]:  # noqa: ANN401  (OpenVINO ships no types)
    return [[min(port.get_names(), default=""), str(port.partial_shape)] for port in ports]


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)  # unloading OpenVINO's libraries takes longer than ending without it
