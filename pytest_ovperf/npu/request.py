"""What is asked of a process that compiles for an NPU, and what it answers: two files in a folder of their own.

``request.txt`` has lines of ``key<TAB>value``, ``result.jsonl`` a JSON object for each thing as soon as it is known, so
that a process which crashes leaves what came before. ``host.c`` and `direct` are the processes.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Mapping  # noqa: TC003  (dataclass annotations stay resolvable)
from dataclasses import dataclass
from pathlib import Path  # noqa: TC003  (see above)
from typing import TYPE_CHECKING, Any

from .blob import Port, Shape, kind_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_ovperf.hardware.causes import ShapeKind

REQUEST, RESULT, BLOB = "request.txt", "result.jsonl", "blob.bin"
STDOUT, STDERR = "stdout.txt", "stderr.txt"

#: What a stateful model keeps between calls, in the IR.
_STATE = re.compile(r'<data\b[^>]*\bvariable_shape="([^"]*)"')


@dataclass(frozen=True, slots=True)
class CompileRequest:
    """What to compile: the ``model`` (``.xml`` or ``.onnx``) for one ``platform``.

    ``shape`` gives each input's dimensions, a size or the smallest and largest one, of which the one named ``*`` stands
    for every input; ``None`` leaves them as they are.
    The process is ended after ``timeout_s`` seconds, and when it holds more than ``memory_bytes``.
    """

    model: Path
    platform: str
    shape: Mapping[str, tuple[int | tuple[int, int], ...]] | None
    timeout_s: float
    memory_bytes: int


@dataclass(frozen=True, slots=True)
class Failed:
    """What OpenVINO refused: the ``stage`` (load, read, reshape, compile or export) and its ``message``."""

    stage: str
    message: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What a process told, as far as it came.

    ``version`` is OpenVINO's, empty if it did not come to it; ``inputs`` and ``outputs`` are the model's, reshaped,
    ``None`` before it was read. ``crashed`` says how it crashed and where, as far as it could tell itself.
    """

    version: str = ""
    inputs: tuple[Port, ...] | None = None
    outputs: tuple[Port, ...] = ()
    compiled_s: float | None = None
    blob_bytes: int | None = None
    failed: Failed | None = None
    crashed: str = ""

    def shapes(self, model: Path) -> ShapeKind | None:
        """Return how far the inputs and states of ``model`` are fixed, ``None`` before it was read."""
        return None if self.inputs is None else kind_of(self.inputs, states_of(model))


def write_request(folder: Path, request: CompileRequest, libs: Path, spell: Callable[[Path], str]) -> None:
    """Write ``request`` to ``folder``; ``spell`` writes a path as the process is to read it."""
    lines = [f"libs\t{spell(libs)}", f"model\t{spell(request.model)}", f"platform\t{request.platform}"]
    lines += [f"reshape\t{name}\t{spelled(dims)}" for name, dims in (request.shape or {}).items()]
    (folder / REQUEST).write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")


def spelled(dims: tuple[int | tuple[int, int], ...]) -> str:
    """Write dimensions as ``1,1..128``."""
    return ",".join(f"{dim[0]}..{dim[1]}" if isinstance(dim, tuple) else str(dim) for dim in dims)


def read_answer(folder: Path) -> Answer:
    """Return what was written to ``folder``; a line that was cut off in the middle is left out."""
    told: dict[str, Any] = {}
    with contextlib.suppress(OSError):
        for line in (folder / RESULT).read_text(encoding="utf-8", errors="replace").splitlines():
            with contextlib.suppress(ValueError):
                value = json.loads(line)
                told |= value if isinstance(value, dict) else {}
    failed = Failed(str(told["failed"]), str(told.get("message", "")).strip()) if "failed" in told else None
    return Answer(
        version=str(told.get("version", "")),
        inputs=_ports(told["inputs"]) if "inputs" in told else None,
        outputs=_ports(told.get("outputs", [])),
        compiled_s=_number(told.get("compiled_s")),
        blob_bytes=None if "blob_bytes" not in told else int(told["blob_bytes"]),
        failed=failed,
        crashed=f"{told['crashed']} in {told.get('where', '?')}" if "crashed" in told else "",
    )


def states_of(model: Path) -> tuple[Shape, ...]:
    """Return the shapes of what a stateful IR keeps between calls; none for a model of another format."""
    if model.suffix.lower() != ".xml":
        return ()
    text = model.read_text(encoding="utf-8", errors="replace")
    return tuple(Shape.parse(shape) for shape in dict.fromkeys(_STATE.findall(text)))


def _ports(pairs: list[tuple[str, str]]) -> tuple[Port, ...]:
    return tuple(Port(name, Shape.parse(shape)) for name, shape in pairs)


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None
