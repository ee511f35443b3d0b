"""What a worker can do: each command takes plain data and returns plain data."""

from __future__ import annotations

import os
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_ovperf.errors import MeasurementError

from .facts import facts_to_json

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pytest_ovperf.engines.protocol import LoadedModel, LoadRequest

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
        from pytest_ovperf.engines.padding import without_padding  # noqa: PLC0415
        from pytest_ovperf.models.making.arrays import write_arrays  # noqa: PLC0415

        arm = self._loaded()
        model, asked = arm.model, arm.request
        outputs = model.outputs() if asked.new_tokens else without_padding(model.outputs(), asked.inputs)
        write_arrays(path, outputs)
        _settle(model)
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
