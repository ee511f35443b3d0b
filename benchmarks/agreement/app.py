"""The side of OpenVINO's ``benchmark_app``: its command line for a case, its process, and what its output says.

What it does by itself is undone where it would measure something else than was asked: images are fed as ``f32``, as the
model has them (it would take ``u8`` and add a conversion to the model), and inputs are filled once, before the
measurement (for a model with open dimensions it would fill them in the measured loop). It refuses streams, threads and
pinning beside a hint, a rule of its own that OpenVINO does not have; they reach it through a file of properties.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import psutil

from pytest_ovperf.errors import ExtraMissingError, MeasurementError
from pytest_ovperf.metrics import Metric

from .records import Side

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

    from numpy.typing import NDArray

    from pytest_ovperf.engines.protocol import LoadRequest

#: What it prints when the uncounted inference is over and the measurement begins.
_BEGINS = "First inference took"
_SHOWN = 2000

_PROPERTY = re.compile(r"^\[ INFO \]   ([A-Z][A-Z0-9_]+): (.*)$", re.MULTILINE)
_MEDIAN = re.compile(r"^\[ INFO \]\s+Median:\s+([0-9.]+) (ms|us)\s*$", re.MULTILINE)
_RATE = re.compile(r"^\[ INFO \] Throughput:\s+([0-9.]+) FPS\s*$", re.MULTILINE)
_COUNT = re.compile(r"^\[ INFO \] Count:\s+(\d+) iterations\s*$", re.MULTILINE)
_DURATION = re.compile(r"^\[ INFO \] Duration:\s+([0-9.]+) ms\s*$", re.MULTILINE)
_REQUESTS = re.compile(r"asynchronously, (\d+) inference requests")
_NS = {"ms": 1e6, "us": 1e3}
#: What is kept of the properties that it prints.
_KEPT = ("PERFORMANCE_HINT", "INFERENCE_PRECISION_HINT", "INFERENCE_NUM_THREADS", "NUM_STREAMS")


class RunningApp:
    """A process of benchmark_app that has begun to measure, and rests whenever it is told to.

    Its own clock goes on while it rests: one call in each rest is as much longer, which the median does not see, and
    its throughput is corrected by the time that it rested.
    """

    def __init__(self, process: subprocess.Popen[str], said: list[str]) -> None:
        self._process = process
        self._watched = psutil.Process(process.pid)
        self._said = said
        self._began_s = time.perf_counter()
        self._resting_since_s: float | None = None
        self._rested_s = 0.0

    @classmethod
    def start(cls, arguments: list[str], folder: Path) -> Self:
        """Start it in ``folder`` and return when it begins to measure. Raises `MeasurementError` if it fails before."""
        process = subprocess.Popen(  # noqa: S603  (the installed program, with arguments of ours)
            [installed_app(), *arguments],
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
        said: list[str] = []
        try:
            for line in process.stdout or ():
                said.append(line)
                if _BEGINS in line:
                    return cls(process, said)
        except BaseException:
            process.kill()
            raise
        raise _failed(process.wait(), "".join(said), arguments)

    @property
    def pid(self) -> int:
        """The number of its process."""
        return self._process.pid

    def measured_s(self) -> float:
        """Return the seconds since it began to measure, its rests included."""
        return time.perf_counter() - self._began_s

    def rest(self) -> None:
        """Stop it in whatever it is doing; that it has ended of itself, `result` will find."""
        with contextlib.suppress(psutil.Error):
            self._watched.suspend()
        self._resting_since_s = time.perf_counter()

    def go_on(self) -> None:
        """Let it continue."""
        if self._resting_since_s is not None:
            self._rested_s += time.perf_counter() - self._resting_since_s
            self._resting_since_s = None
            with contextlib.suppress(psutil.Error):
                self._watched.resume()

    def result(self) -> Side:
        """Wait for its end and return what it said. Raises `MeasurementError` if it failed."""
        self.go_on()
        rest = self._process.stdout.read() if self._process.stdout else ""
        text = "".join([*self._said, rest])
        if self._process.wait():
            raise _failed(self._process.returncode, text, [])
        return read_output(text, self._rested_s)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        if self._process.stdout:
            self._process.stdout.close()


def installed_app() -> str:
    """Return the path of ``benchmark_app`` beside this interpreter, or on the search path.

    Raises `ExtraMissingError` if OpenVINO is not installed.
    """
    places = (sysconfig.get_path("scripts"), str(Path(sys.executable).parent), None)
    found = next((path for place in places if (path := shutil.which("benchmark_app", path=place))), None)
    if found is None:
        raise ExtraMissingError.of("openvino", "openvino", "benchmark_app")
    return found


def app_arguments(
    request: LoadRequest,
    properties: Mapping[str, object],
    metric: Metric,
    arrays: Mapping[str, NDArray[Any]],
    seconds: int,
) -> list[str]:
    """Return the arguments that make benchmark_app do what the arm of ``request`` does, for ``seconds``.

    ``properties`` are those that the arm compiles with, ``arrays`` its inputs by name. Files are named relative to the
    folder that `write_inputs` has filled.
    """
    hint = str(properties.get("PERFORMANCE_HINT", "none")).lower()
    shapes = request.shape or {name: array.shape for name, array in arrays.items()}
    written = ",".join(f"{name}[{','.join(map(str, shapes[name]))}]" for name in arrays)
    arguments = ["-m", str(request.ir), "-d", request.device, "-hint", hint, "-t", str(seconds)]
    arguments += ["-api", "async" if metric is Metric.THROUGHPUT else "sync", "-inference_only", "true"]
    arguments += ["-load_config", "properties.json", "-shape" if request.shape else "-data_shape", written]
    arguments += ["-i", *(f"{name}:{name}.npy" for name in arrays)]
    floats = [name for name, array in arrays.items() if array.dtype.kind == "f"]
    if floats:
        arguments += ["-iop", ",".join(f"{name}:f32" for name in floats)]
    if request.tuning.requests:
        arguments += ["-nireq", str(request.tuning.requests)]
    return arguments


def write_inputs(
    folder: Path, device: str, properties: Mapping[str, object], arrays: Mapping[str, NDArray[Any]]
) -> None:
    """Write the files that `app_arguments` names: one array a file, and the properties beside the hint."""
    import numpy as np  # noqa: PLC0415  (as everywhere: only where it is needed)

    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array)
    own = {name: _written(value) for name, value in properties.items() if name != "PERFORMANCE_HINT"}
    (folder / "properties.json").write_text(json.dumps({device: own}), encoding="utf-8", newline="\n")


def read_output(text: str, rested_s: float = 0.0) -> Side:
    """Return what benchmark_app printed, its throughput without the ``rested_s`` seconds in which it rested.

    Raises `MeasurementError` for a text that lacks a figure.
    """
    found = {"median": _MEDIAN.search(text), "throughput": _RATE.search(text), "count": _COUNT.search(text)}
    found["duration"] = _DURATION.search(text)
    missing = [name for name, match in found.items() if match is None]
    if missing:
        raise MeasurementError(
            f"benchmark_app's output does not tell the {' and the '.join(missing)}:\n{text[-_SHOWN:]}",
            remedy="Another version may write it otherwise: see the patterns in benchmarks/agreement/app.py.",
        )
    values = {name: match.groups() for name, match in found.items() if match is not None}
    settings = {name: value for name, value in _PROPERTY.findall(text) if name in _KEPT}
    requests = _REQUESTS.search(text)
    duration_s = float(values["duration"][0]) / 1e3
    return Side(
        latency_ns=float(values["median"][0]) * _NS[values["median"][1]],
        throughput=float(values["throughput"][0]) * duration_s / (duration_s - rested_s),
        calls=int(values["count"][0]),
        elapsed_s=duration_s - rested_s,
        settings=settings | {"requests": requests[1] if requests else "1"},
    )


def _failed(status: int, text: str, arguments: list[str]) -> MeasurementError:
    return MeasurementError(
        f"benchmark_app ended with {status}:\n{text[-_SHOWN:]}",
        remedy=f"Try it by hand: benchmark_app {' '.join(arguments)}",
    )


def _written(value: object) -> str:
    if isinstance(value, bool):
        return "YES" if value else "NO"
    return str(value)
