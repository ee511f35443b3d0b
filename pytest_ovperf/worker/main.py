"""The side that answers: one command after the other, until told to stop or until the parent is gone."""

from __future__ import annotations

import contextlib
import ctypes
import io
import os
import queue
import sys
import threading
import traceback
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_ovperf.errors import FailureCause, MeasurementError, OutOfMemoryError, OvperfError
from pytest_ovperf.hardware.causes import ran_out_of_memory
from pytest_ovperf.hardware.remedies import remedy_of

from .facts import facts_to_json
from .protocol import Failure, Progress, Success, decode_request, encode_answer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import IO

    from pytest_ovperf.engines.protocol import LoadedModel, LoadRequest

    from .protocol import Answer, Request

    Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class _LoadedArm:
    """What a worker holds: the model, what it was asked for, and how many samples one call takes."""

    model: LoadedModel
    request: LoadRequest
    items: int


class Commands:
    """What a worker can do. Each command takes its arguments and a way to tell news, and returns plain data."""

    def __init__(self) -> None:
        self._arm: _LoadedArm | None = None

    def run(self, do: str, arguments: Mapping[str, Any], say: Say) -> Mapping[str, Any]:  # noqa: C901, PLR0911, PLR0912  (one a command)
        """Carry out the command ``do``. Raises whatever it raises."""
        match do:
            case "hello":
                return {"pid": os.getpid(), "python": sys.version.split()[0]}
            case "load":
                return self._load(arguments["request"])
            case "compile":
                return _compile(arguments["request"])
            case "block":
                return self._block(arguments["min_ns"], arguments["min_calls"])
            case "outputs":
                return self._outputs(Path(arguments["path"]))
            case "predict":
                return self._predict(Path(arguments["inputs"]), Path(arguments["path"]))
            case "score":
                return self._score(arguments["function"])
            case "graph":
                return self._graph()
            case "draw":
                return _draw(arguments)
            case "profile":
                return _profile(arguments["request"], arguments["calls"])
            case "import" | "first" | "footprint":
                return self._fresh(do, arguments)
            case "export":
                return _export(arguments["jobs"], Path(arguments["folder"]), say)
            case "build":
                return _build(arguments["job"], Path(arguments["target"]), say)
        raise MeasurementError(
            f"The worker knows no command {do!r}.",
            remedy="The two sides are of different versions: reinstall pytest-ovperf.",
        )

    def _load(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        from pytest_ovperf.engines.blocks import samples_in  # noqa: PLC0415  (only what is asked for is imported)
        from pytest_ovperf.engines.protocol import LoadRequest, open_engine  # noqa: PLC0415

        asked = LoadRequest.from_json(request)
        model = open_engine(asked)
        self._arm = _LoadedArm(model, asked, samples_in(asked.inputs))
        return facts_to_json(model.facts())

    def _block(self, min_ns: int, min_calls: int) -> Mapping[str, Any]:
        from pytest_ovperf.engines.blocks import take_block  # noqa: PLC0415

        from .interference import Witness  # noqa: PLC0415

        arm = self._loaded()
        witness = Witness()
        times = take_block(arm.model, arm.request.kind, min_ns, min_calls)
        interference = asdict(witness.seen())
        _settle(arm.model)
        return {
            **times,
            "items": arm.items,
            "tokens": arm.request.new_tokens,
            "interference": interference,
            "devices": list(arm.model.facts().devices),
        }

    def _fresh(self, do: str, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        from pytest_ovperf.engines.blocks import samples_in  # noqa: PLC0415
        from pytest_ovperf.engines.protocol import LoadRequest  # noqa: PLC0415

        from . import fresh  # noqa: PLC0415

        request = arguments["request"]
        if do == "import":
            return fresh.import_for(request, arguments["modules"])
        model, value = (
            fresh.first_inference(request) if do == "first" else fresh.footprint(request, arguments["inferences"])
        )
        _settle(model)
        asked = LoadRequest.from_json(request)
        self._arm = _LoadedArm(model, asked, samples_in(asked.inputs))
        return {**value, "items": self._arm.items, "tokens": asked.new_tokens}

    def _outputs(self, path: Path) -> Mapping[str, Any]:
        from pytest_ovperf.models.making.arrays import write_arrays  # noqa: PLC0415

        outputs = self._loaded().model.outputs()
        write_arrays(path, outputs)
        return {"names": list(outputs)}

    def _predict(self, inputs: Path, path: Path) -> Mapping[str, Any]:
        import numpy as np  # noqa: PLC0415

        from pytest_ovperf.models.making.arrays import write_arrays  # noqa: PLC0415

        from .scoring import predictor_of  # noqa: PLC0415

        predictor = predictor_of(self._loaded().model)
        with np.load(inputs) as arrays:
            outputs = predictor.predict({name: arrays[name] for name in arrays.files})
        write_arrays(path, outputs)
        return {"names": list(outputs)}

    def _score(self, function: str) -> Mapping[str, Any]:
        from .scoring import score  # noqa: PLC0415

        return {"score": score(function, self._loaded().model)}

    def _graph(self) -> Mapping[str, Any]:
        from pytest_ovperf.engines.protocol import Inspectable  # noqa: PLC0415

        arm = self._loaded()
        if not isinstance(arm.model, Inspectable):
            raise MeasurementError(
                f"{arm.request.engine} has no execution graph of OpenVINO's.", remedy="Ask an arm on OpenVINO."
            )
        return {"layers": arm.model.layers()}

    def _loaded(self) -> _LoadedArm:
        if self._arm is None:
            raise MeasurementError("No model is loaded in the worker.", remedy="Send `load` first.")
        return self._arm


def _settle(model: LoadedModel) -> None:
    """Leave the processors to whoever has them next."""
    from pytest_ovperf.engines.protocol import Lingering  # noqa: PLC0415

    if isinstance(model, Lingering):
        model.settle()


def _compile(request: Mapping[str, Any]) -> Mapping[str, Any]:
    from pytest_ovperf.engines.openvino import compile_facts  # noqa: PLC0415
    from pytest_ovperf.engines.protocol import LoadRequest  # noqa: PLC0415

    return facts_to_json(compile_facts(LoadRequest.from_json(request)))


def _draw(arguments: Mapping[str, Any]) -> Mapping[str, Any]:
    from pytest_ovperf.models.making.arrays import write_arrays  # noqa: PLC0415
    from pytest_ovperf.models.making.drawing import draw_inputs  # noqa: PLC0415

    drawn = draw_inputs(Path(arguments["ir"]), arguments["shapes"], vocabulary=arguments["vocabulary"])
    write_arrays(Path(arguments["path"]), drawn)
    return {"names": list(drawn)}


def _profile(request: Mapping[str, Any], calls: int) -> Mapping[str, Any]:
    from pytest_ovperf.engines.profiling import profile  # noqa: PLC0415
    from pytest_ovperf.engines.protocol import LoadRequest  # noqa: PLC0415

    profiled = profile(LoadRequest.from_json(request), calls)
    return {
        "layers": list(profiled.layers),
        "times": dict(profiled.times),
        "call_ns": profiled.call_ns,
        "facts": facts_to_json(profiled.facts),
    }


def _build(job: Mapping[str, Any], target: Path, say: Say) -> Mapping[str, Any]:
    from pytest_ovperf.models.jobs import BuildJob, run_job  # noqa: PLC0415

    run_job(BuildJob.from_json(job), target, say)
    return {}


def _export(jobs: Sequence[Mapping[str, Any]], folder: Path, say: Say) -> Mapping[str, Any]:
    from pytest_ovperf.models.jobs import BuildJob  # noqa: PLC0415
    from pytest_ovperf.models.making.exporting import export_anew  # noqa: PLC0415

    from .interference import Witness  # noqa: PLC0415

    witness = Witness()
    spent_ns = export_anew([BuildJob.from_json(job) for job in jobs], folder, say)
    return {"latency_ns": [spent_ns], "interference": asdict(witness.seen())}


def serve(next_request: Callable[[], Request], answer: Callable[[Answer], None], commands: Commands) -> None:
    """Carry out requests until one says ``stop``."""
    while (request := next_request()).do != "stop":
        answer(_carry_out(request, answer, commands))
    answer(Success(request.number, {}))


def _carry_out(request: Request, answer: Callable[[Answer], None], commands: Commands) -> Answer:
    def say(text: str) -> None:
        answer(Progress(request.number, text))

    try:
        return Success(request.number, commands.run(request.do, request.arguments, say))
    except (Exception, SystemExit) as error:  # noqa: BLE001  (whatever it is, the parent must hear of it)
        _let_go(error)
        ours = error if isinstance(error, OvperfError) else _out_of_memory(error)
        trace = "".join(traceback.format_exception(error))
        if ours is not None:
            return Failure(request.number, type(ours).__name__, ours.seen, ours.remedy, trace)
        return Failure(request.number, type(error).__name__, str(error), "", trace)


def _let_go(error: BaseException | None) -> None:
    """Free what the failed command held: when memory ran out, there is none left to say so."""
    while error is not None:
        traceback.clear_frames(error.__traceback__)
        error = error.__cause__ or error.__context__


def _out_of_memory(error: BaseException) -> OutOfMemoryError | None:
    """Return the error for a foreign exception that says that memory ran out, whatever raised it."""
    said = f"{type(error).__name__}: {error}"
    if not isinstance(error, MemoryError) and not ran_out_of_memory(said):
        return None
    cause = FailureCause.OUT_OF_MEMORY
    return OutOfMemoryError(f"The memory did not suffice ({cause}): {said}", remedy=remedy_of(cause, ""))


def main() -> None:
    """Serve the parent over this process's standard pipes; does not return."""
    pipe = _keep_pipe_for_protocol()
    requests: queue.SimpleQueue[Request] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(sys.stdin.buffer, requests), daemon=True).start()

    def answer(message: Answer) -> None:
        pipe.write(encode_answer(message))
        pipe.flush()

    status = 1
    try:
        serve(requests.get, answer, Commands())
        status = 0
    except BrokenPipeError:
        pass  # the parent is gone, and nobody is left to tell
    except BaseException:  # noqa: BLE001  (the last words, in the captured output)
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        # Not the long way: tearing down an engine takes time, may crash, and has nothing left to save.
        os._exit(status)


def _keep_pipe_for_protocol() -> IO[bytes]:
    """Return the pipe to the parent, and send everything else that is ever printed to the captured output."""
    pipe = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    _buffer_native_lines()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # Line by line, so that a crash takes no words with it.
            stream.reconfigure(encoding="utf-8", errors="backslashreplace", line_buffering=True)
    return pipe


def _buffer_native_lines() -> None:
    """Let native code write out each line that it prints, so that a crash takes no words with it."""
    # The C library knows its standard output by name; on Windows it has none that could be reached from here.
    names = {"linux": "stdout", "darwin": "__stdoutp"}
    if sys.platform in names:
        with contextlib.suppress(OSError, AttributeError, ValueError):
            library = ctypes.CDLL(None)
            line_buffered = 1
            library.setvbuf(ctypes.c_void_p.in_dll(library, names[sys.platform]), None, line_buffered, 0)


def _listen(stdin: IO[bytes], requests: queue.SimpleQueue[Request]) -> None:
    """Queue the parent's requests, asleep in a blocking read between them; leave when the parent is gone."""
    try:
        while (line := stdin.readline()).endswith(b"\n"):
            requests.put(decode_request(line))
    except BaseException:  # noqa: BLE001  (without this thread the worker would be deaf for ever)
        traceback.print_exc()
    sys.stderr.flush()
    os._exit(1)
