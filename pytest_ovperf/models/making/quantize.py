"""Post-training quantisation to INT8 with NNCF. Imported inside workers only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import nncf
import numpy as np
import openvino as ov

from pytest_ovperf.errors import ModelError
from pytest_ovperf.models.layout import IR_NAME
from pytest_ovperf.models.own.calls import fitted, read_calibration
from pytest_ovperf.models.spec import CallShape, Task

from .graph_samples import graph_samples
from .inputs import input_names
from .quiet import quietly
from .samples import Array, Draw, images, text_inputs

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

#: Samples for the ranges of activations: enough for stable ranges of seeded inputs, few enough for two cores.
_TEXT_SAMPLES = 32
_IMAGE_SAMPLES = 32
_GRAPH_SAMPLES = 32

#: Operations that only a quantised model has.
_QUANTISERS = frozenset({"FakeQuantize", "FakeConvert"})


@dataclass(frozen=True, slots=True)
class _Samples:
    """The calls to calibrate with. ``told`` is where each comes from; it is empty for calls that were drawn."""

    calls: Sequence[Mapping[str, Array]]
    told: Sequence[str] = ()


def quantize_ir(  # noqa: PLR0913  (all that decides on the bytes)
    source: Path,
    task: Task,
    call: CallShape,
    target: Path,
    say: Callable[[str], None],
    *,
    calibration: Path | None = None,
) -> None:
    """Quantise the IR ``source`` to INT8 and save it as ``target / IR_NAME``.

    Encoders and vision models get INT8 weights and activations, calibrated on the user's own calls in ``calibration``,
    or else on seeded samples of the workload's ``call`` (batch 1; text of up to its length). Language models get
    asymmetric INT8 weights only, as is usual for them; that takes no data. Raises `ModelError` for calls that are not
    what the model takes, and where NNCF gives up.
    """
    with quietly():
        model = ov.Core().read_model(source)
        if task is Task.TEXT_GENERATION:
            say("compressing the weights to INT8")
            quantised = _done(source, lambda: nncf.compress_weights(model, mode=nncf.CompressWeightsMode.INT8_ASYM))
        else:
            samples = _own(model, calibration) if calibration else _drawn(call, input_names(model))
            quantised = _quantised(source, model, samples, say, transformer=call.is_text)
        say("saving the INT8 model")
        ov.save_model(quantised, target / IR_NAME, compress_to_fp16=False)


def quantize_graph(
    source: Path,
    shapes: Mapping[str, tuple[int, ...]],
    target: Path,
    say: Callable[[str], None],
    *,
    calibration: Path | None = None,
) -> None:
    """Quantise weights and activations of a graph that the user exported to INT8, as ``target / IR_NAME``.

    It is calibrated on the user's own calls in ``calibration``, or else on seeded samples of ``shapes``. Raises
    `ModelError` for a graph that is quantised already, for calls that are not what it takes, and where NNCF gives up.
    """
    with quietly():
        model = ov.Core().read_model(source)
        if any(operation.get_type_name() in _QUANTISERS for operation in model.get_ops()):
            raise ModelError(
                f"{source} is quantised already.",
                remedy="Name the model as it was before; to run this one as it is, ask for openvino-fp32.",
            )
        drawn = () if calibration else graph_samples(model, shapes, _GRAPH_SAMPLES)
        samples = _own(model, calibration) if calibration else _Samples(drawn)
        quantised = _quantised(source, model, samples, say, transformer=_is_transformer(model))
        say("saving the INT8 model")
        ov.save_model(quantised, target / IR_NAME, compress_to_fp16=False)


def _own(model: Any, calibration: Path) -> _Samples:  # noqa: ANN401  (openvino is untyped here)
    calls = read_calibration(calibration)
    return _Samples([fitted(model, call, as_it_is=True) for call in calls], [call.told for call in calls])


def _drawn(call: CallShape, names: Sequence[str]) -> _Samples:
    return _Samples(text_samples(call, names) if call.is_text else image_samples(call, names[0]))


def _quantised(
    source: Path,
    model: Any,  # noqa: ANN401
    samples: _Samples,
    say: Callable[[str], None],
    *,
    transformer: bool,
) -> Any:  # noqa: ANN401
    what = "of your own calibration calls" if samples.told else "calibration samples drawn at random"
    say(f"quantising to INT8 with {len(samples.calls)} {what}")

    def quantise() -> Any:  # noqa: ANN401
        return nncf.quantize(
            model,
            nncf.Dataset(samples.calls),
            subset_size=len(samples.calls),
            preset=nncf.QuantizationPreset.MIXED,
            model_type=nncf.ModelType.TRANSFORMER if transformer else None,
            fast_bias_correction=True,
        )

    try:
        return _done(source, quantise)
    except ModelError:
        _require_runnable(source, samples)
        raise


def _require_runnable(source: Path, samples: _Samples) -> None:
    """Raise `ModelError` for the first call of the user's own that the model itself cannot be run with."""
    if not samples.told:
        return
    compiled = ov.Core().compile_model(source, "CPU")
    for told, call in zip(samples.told, samples.calls, strict=True):
        try:
            compiled(call)
        except RuntimeError as error:
            sizes = ", ".join(f"{name} {'x'.join(map(str, array.shape))}" for name, array in call.items())
            raise ModelError(
                f"{told} cannot be run by the model ({sizes}):\n{str(error).strip()}",
                remedy="Make calls that fit the model; texts, for one, can be longer than it was made for.",
            ) from error


def _done(source: Path, quantise: Callable[[], Any]) -> Any:  # noqa: ANN401
    try:
        return quantise()
    except (RuntimeError, ValueError, nncf.InternalError, nncf.ValidationError) as error:
        raise ModelError(
            f"NNCF could not quantise {source}:\n{error}",
            remedy="Quantise it yourself, and name the IR of that; or compare openvino-fp32 and openvino-fp16.",
        ) from error


def _is_transformer(model: Any) -> bool:  # noqa: ANN401  (openvino is untyped here)
    """Tell by its attention: fused, or more softmax operations than the one at the end of a classifier."""
    kinds = [operation.get_type_name() for operation in model.get_ops()]
    return "ScaledDotProductAttention" in kinds or kinds.count("Softmax") > 1


def text_samples(call: CallShape, names: Sequence[str]) -> list[Mapping[str, Array]]:
    """Return calibration calls of batch 1 whose lengths vary from a quarter of the workload's to all of it."""
    rng = np.random.default_rng([20, Draw.CALIBRATION])
    longest = call.dims[1]
    lengths = rng.integers(max(1, longest // 4), longest, size=_TEXT_SAMPLES, endpoint=True)
    return [text_inputs(rng, (1, int(length)), names, vocabulary=call.vocabulary) for length in lengths]


def image_samples(call: CallShape, name: str) -> list[Mapping[str, Array]]:
    """Return calibration calls of one image each, with the workload's channels, height and width."""
    batch = images(Draw.CALIBRATION, (_IMAGE_SAMPLES, *call.dims[1:]))
    return [{name: image[None]} for image in batch]
