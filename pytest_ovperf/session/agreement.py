"""Two arms held against each other on inputs of any shape that the model takes: correctness, and nothing is timed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, Self

from pytest_ovperf import strategies
from pytest_ovperf.arms import Engine, Precision
from pytest_ovperf.errors import ArmError, ArmUnavailableError, ModelError, OvperfError, WorkerError, WorkerFailedError
from pytest_ovperf.hardware.devices import base_devices
from pytest_ovperf.metrics import Metric
from pytest_ovperf.models.ir_file import read_ir_ports
from pytest_ovperf.models.sources import configuration_of
from pytest_ovperf.models.varying import varying
from pytest_ovperf.stats import fidelity as fidelity_of
from pytest_ovperf.tuning import DYNAMIC
from pytest_ovperf.worker.arm import ArmWorker
from pytest_ovperf.worker.drawing import InputsWorker

from .questions import output_arm

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hypothesis.strategies import SearchStrategy
    from numpy.typing import NDArray

    from pytest_ovperf.arms import Arm
    from pytest_ovperf.engines.protocol import LoadRequest
    from pytest_ovperf.models.axes import Varying
    from pytest_ovperf.models.spec import ModelSpec
    from pytest_ovperf.records import Fidelity
    from pytest_ovperf.strategies import Bounds, Shapes

    from .asking import Asking
    from .parts import Parts


class Agreement:
    """What a test holds after ``agreement("openvino-int8", over="pytorch-fp32")``: both arms, ready for any shape.

    ``model`` is the model, with nothing left open. ``compare`` takes the dimensions of each input.
    """

    def __init__(
        self,
        model: ModelSpec,
        arms: tuple[Arm, Arm],
        compare: Callable[[object], Fidelity],
        draw: Callable[..., SearchStrategy[Shapes]] = strategies.shapes,
    ) -> None:
        self.model: Final = model
        self._arms = arms
        self._compare = compare
        self._draw = draw

    def shapes(
        self,
        *,
        batch: Bounds | None = None,
        length: Bounds | None = None,
        height: Bounds | None = None,
        width: Bounds | None = None,
    ) -> SearchStrategy[Shapes]:
        """Return `strategies.shapes` of the model, within these bounds."""
        __tracebackhide__ = True
        return self._draw(self.model, batch=batch, length=length, height=height, width=width)

    def on(self, shapes: Mapping[str, tuple[int, ...]]) -> Fidelity:
        """Compare what both arms make of inputs of these dimensions, by each input's name; the same each time.

        Raises `ModelError` for dimensions that the model does not take, `MeasurementError` for outputs that cannot be
        compared, and what an engine raises that fails on them.
        """
        __tracebackhide__ = True
        return self._compare(shapes)

    def through(self, way: Callable[[Callable[..., Any]], Callable[..., Any]]) -> Self:
        """Return the same, whose errors go through ``way``."""
        return type(self)(self.model, self._arms, way(self._compare), way(self._draw))

    def __repr__(self) -> str:
        candidate, reference = self._arms
        return f"<{self.model.name}: {candidate} over {reference}>"


class Comparing:
    """Both arms' processes, and the one that draws their inputs.

    ``start`` opens a process that loads an arm. One that ended by itself, since its inputs were too much for a driver,
    is opened anew for the next shape, so that this one alone counts as the failing one.
    """

    def __init__(
        self,
        takes: Varying,
        arms: tuple[Arm, Arm],
        start: Callable[[Arm], ArmWorker],
        draw: Callable[[Mapping[str, tuple[int, ...]]], Mapping[str, NDArray[Any]]],
    ) -> None:
        self._takes = takes
        self._arms = arms
        self._start = start
        self._draw = draw
        self._running: dict[Arm, ArmWorker] = {}
        self._found: dict[tuple[tuple[str, tuple[int, ...]], ...], Fidelity] = {}

    def load(self) -> None:
        """Load both arms side by side, unless they are. Raises what an engine does that cannot."""
        for arm in self._arms:
            if arm not in self._running:
                self._running[arm] = self._start(arm)
        for arm in self._arms:
            self._running[arm].loaded()

    def compare(self, shapes: object) -> Fidelity:
        """Compare both arms' outputs on inputs of these shapes; see `Agreement.on`."""
        given = self._takes.check(shapes)
        key = tuple(sorted(given.items()))
        if key not in self._found:
            self.load()
            drawn = self._draw(given)
            candidate, reference = (self._predicted(arm, drawn, given) for arm in self._arms)
            self._found[key] = fidelity_of.compare(candidate, reference, sides=(self._arms[0].name, self._arms[1].name))
        return self._found[key]

    def _predicted(
        self, arm: Arm, drawn: Mapping[str, NDArray[Any]], given: Mapping[str, tuple[int, ...]]
    ) -> dict[str, NDArray[Any]]:
        try:
            return self._running[arm].predict(drawn)
        except OvperfError as error:
            if isinstance(error, WorkerError) and not isinstance(error, WorkerFailedError):
                self._running.pop(arm).close()
            raise type(error)(f"{arm} fails on inputs of {given}. {error.seen}", remedy=error.remedy) from error

    def close(self) -> None:
        """End the arms' processes."""
        while self._running:
            self._running.popitem()[1].close()


class Agreements:
    """Opens the agreements of a run, and ends what they left running."""

    def __init__(self, asking: Asking, parts: Parts) -> None:
        self._asking = asking
        self._parts = parts
        self._open: list[Comparing | InputsWorker] = []

    def open(self, spec: ModelSpec, arms: tuple[Arm, Arm]) -> Agreement:
        """Build what both arms need, load them for any shape, and return what a test holds.

        Raises `ArmError` and `ModelError` for arms and models of which no other shapes can be asked,
        `ArmUnavailableError` for a device that cannot be, and what building and loading raises.
        """
        for arm in arms:
            _require_any_shape(arm, spec)
        pair = output_arm(arms[0]), output_arm(arms[1])
        question = self._asking.question(spec, pair, Metric.LATENCY)
        _require_varying(question.spec)
        requests = question.prepared(self._parts.arms)
        files = self._parts.library.files(question.spec, Precision.FP32)
        if files.ir is None:
            raise ModelError(f"There is no graph of {spec.name!r} to draw inputs for.", remedy="Name another model.")
        shapes = _in_order(question.spec.shapes, files.shapes)
        model = replace(question.spec, shapes=shapes, ports=question.spec.ports or read_ir_ports(files.ir))
        _require_varying(model)
        vocabulary = None if question.spec.ports else configuration_of(model).vocabulary
        inputs = InputsWorker.start(model.name, files.ir, vocabulary)
        self._open.append(inputs)
        comparing = Comparing(
            varying(model), pair, lambda arm: ArmWorker.start(arm, _for_any_shape(model, requests[arm])), inputs.draw
        )
        self._open.append(comparing)
        comparing.load()
        return Agreement(model, arms, comparing.compare)

    def close(self) -> None:
        """End the processes of all that are open."""
        while self._open:
            self._open.pop().close()


def _in_order(
    declared: Mapping[str, tuple[int, ...]], exported: Mapping[str, tuple[int, ...]]
) -> dict[str, tuple[int, ...]]:
    """Return the shapes of the inputs that the exported model really has, ids before masks as the model has them."""
    names = [*(name for name in declared if name in exported), *(name for name in exported if name not in declared)]
    return {name: exported[name] for name in names}


def _for_any_shape(model: ModelSpec, request: LoadRequest) -> LoadRequest:
    """Return the request that compiles the model for whatever it takes: as it was exported, or within its bounds."""
    return request if model.bounds is not None else replace(request, shape=None)


def _require_any_shape(arm: Arm, spec: ModelSpec) -> None:
    """Raise where no inputs of other shapes can be given to ``arm``, before anything is built."""
    if arm.engine is Engine.CALL:
        raise ArmError(
            f"{arm.name} is a function of your own: it makes one call, and no other inputs can be given to that.",
            remedy="Compare engines on the model that it uses, such as openvino-int8 over pytorch-fp32.",
        )
    if arm.engine is Engine.GENAI or arm.precision is Precision.INT4:
        raise ArmError(
            f"{arm.name} generates text, token by token: it has no call to give inputs of any shape to.",
            remedy="Compare openvino-int8 over pytorch-fp32, or the texts with fidelity(…, prompt=64).",
        )
    tuned = arm.tuning.settings
    if arm.tuning.shape not in (None, DYNAMIC) or arm.tuning.batch is not None:
        word = "batch" if arm.tuning.batch is not None else "shape"
        raise ArmError(
            f"{arm.name} is set to {word}={tuned[word]}, and an agreement draws its shapes itself.",
            remedy="Leave it out, and bound what is drawn: both.shapes(batch=(1, 4), length=(1, 64)); "
            'or what is compiled, in the marker: shape=("1..4", "1..64").',
        )
    if "NPU" in base_devices(arm.device) and spec.bounds is None:
        raise ArmUnavailableError(
            f"{arm} cannot take any shape: an NPU compiles for sizes that have an end.",
            remedy='Bound them in the marker: @pytest.mark.model(…, shape=("1..4", "1..64")).',
        )


def _require_varying(spec: ModelSpec) -> None:
    """Raise `ModelError` for a model that takes one shape only."""
    takes = varying(spec)
    if not takes.sizes:
        shapes = takes.example.items()
        inputs = ", ".join(f"{name} {'x'.join(map(str, dims)) or 'a single number'}" for name, dims in shapes)
        raise ModelError(
            f"{spec.name!r} takes one shape only: {inputs}.",
            remedy='Export it with open dimensions, or bound some in the marker: shape=("1..8", …). On the one shape, '
            "fidelity(…) compares the arms.",
        )
