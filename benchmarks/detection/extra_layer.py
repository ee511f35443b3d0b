"""A model with work added to it: `extra_layer.py MODEL.xml INPUTS.npz OUT.xml --share 0.08`, a slow-down in earnest.

A chain of matrix products is put behind the first output and gets an output of its own, so that nothing can be left
out. How long the chain must be is measured: the model and a model with a trial chain take turns, and the chain that
comes nearest to the share is written. The share that it takes in the end is printed as JSON.
"""

from __future__ import annotations

import argparse
import importlib
import json
import time
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

#: Rows and columns of the products: small, so that a share can be met closely, and large enough to be computation.
_ROWS, _COLUMNS = 64, 256

#: Products of the first trial, how often another length is tried, and how near the share is near enough, as part of it.
_TRIAL = 8
_ATTEMPTS = 8
_NEAR_ENOUGH = 0.35

_TURNS = 21
_TURN_S = 0.1


def with_chain(openvino: Any, core: Any, source: Path, products: int) -> Any:  # noqa: ANN401  (OpenVINO has no types)
    """Return the model of ``source`` with so many matrix products behind its first output."""
    opset: Any = importlib.import_module("openvino.opset13")
    model = core.read_model(source)
    end = model.outputs[0].get_node().input_value(0)
    axes = np.arange(end.get_partial_shape().rank.get_length(), dtype=np.int64)
    # One number between 0 and 2 that only the running model knows: no constant, no overflow, no denormals.
    whole = opset.reduce_mean(opset.convert(end, "f32"), axes, keep_dims=False)
    seed = opset.add(opset.tanh(whole), np.float32(1.0))
    rng = np.random.default_rng(0)
    rows = opset.multiply(opset.constant(rng.normal(size=(_ROWS, _COLUMNS)).astype(np.float32)), seed)
    for _ in range(products):
        factor = rng.normal(scale=_COLUMNS**-0.5, size=(_COLUMNS, _COLUMNS)).astype(np.float32)
        rows = opset.tanh(opset.matmul(rows, opset.constant(factor), False, False))  # noqa: FBT003  (not transposed)
    extra = opset.reduce_mean(rows, np.array([0, 1], dtype=np.int64), keep_dims=True)
    results = [*model.get_results(), opset.result(extra)]
    return openvino.Model(results, model.get_parameters(), model.get_friendly_name())


class Runner:
    """A model compiled as the arms compile it, ready to be called on inputs from a file."""

    def __init__(self, openvino: Any, core: Any, model: Any, inputs: Path) -> None:  # noqa: ANN401  (as above)
        with np.load(inputs) as file:
            arrays = {name: file[name] for name in file.files}
        names = {port.get_any_name(): port for port in model.inputs}
        found = {next(n for n in port.get_names() if n in arrays): name for name, port in names.items()}
        model.reshape({name: openvino.PartialShape(list(arrays[given].shape)) for given, name in found.items()})
        compiled = core.compile_model(model, "CPU", {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": "f32"})
        self._request = compiled.create_infer_request()
        for given, name in found.items():
            array = arrays[given].astype(compiled.input(name).element_type.to_dtype())
            self._request.set_tensor(name, openvino.Tensor(np.ascontiguousarray(array)))

    def turn_s(self) -> float:
        """Return the median seconds of a call, over a turn."""
        self._request.infer()
        times: list[float] = []
        until = time.perf_counter() + _TURN_S
        while not times or time.perf_counter() < until:
            started = time.perf_counter()
            self._request.infer()
            times.append(time.perf_counter() - started)
        return median(times)


def share_of(plain: Runner, longer: Runner) -> float:
    """Return how much longer one runner takes than the other, turn by turn."""
    return median(longer.turn_s() / plain.turn_s() for _ in range(_TURNS)) - 1


def build(source: Path, inputs: Path, target: Path, share: float) -> dict[str, float]:
    """Write the model whose chain comes nearest to the share, and return what it took when it was built."""
    openvino = importlib.import_module("openvino")
    core: Any = openvino.Core()
    plain = Runner(openvino, core, core.read_model(source), inputs)
    products = _TRIAL
    for _ in range(_ATTEMPTS):
        openvino.save_model(with_chain(openvino, core, source, products), target, compress_to_fp16=False)
        taken = share_of(plain, Runner(openvino, core, core.read_model(target), inputs))
        if abs(taken - share) <= _NEAR_ENOUGH * share:
            break
        # A noisy trial may read next to nothing: four times as long at most, then look again.
        products = max(1, round(products * share / max(taken, share / 4)))
    else:
        target.unlink()
        raise SystemExit(f"no chain took {share:.0%} of {source}; the last one took {taken:.1%}")
    return {"products": products, "share": round(taken, 4)}


def main() -> None:
    """Build one model."""
    parser = argparse.ArgumentParser(description="Write a model with matrix products behind its first output.")
    parser.add_argument("source", type=Path)
    parser.add_argument("inputs", type=Path)
    parser.add_argument("target", type=Path)
    parser.add_argument("--share", type=float, default=0.08, help="of the model's time (default: %(default)s)")
    arguments = parser.parse_args()
    arguments.target.parent.mkdir(parents=True, exist_ok=True)
    print(json.dumps(build(arguments.source, arguments.inputs, arguments.target, arguments.share)))


if __name__ == "__main__":
    main()
