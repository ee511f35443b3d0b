"""What the explanation of a slowdown says where its cause is known, because it was planted.

    python -m benchmarks.explain_planted [CAUSE ...] [--calls 150] [--times 3]

Each cause is a model in two states, before and after: a small encoder, a small convolutional network, or layers of many
kinds, built, quantised, compiled and profiled for real, in seconds. What is printed is what a regression's report would
say of them. Needs ``pip install 'pytest-ovperf[int8]'``.
"""

from __future__ import annotations

import argparse
import contextlib
import logging
import os
import tempfile
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import openvino as ov

from benchmarks.planted_models import COLUMNS, ROWS, convolutional, encoder, hidden_inputs, mixed, numbers, pixel_inputs
from pytest_ovperf.arms import Arm, parse_arm
from pytest_ovperf.engines.protocol import LoadRequest
from pytest_ovperf.graphs.changes import GraphChanges, compare
from pytest_ovperf.graphs.layers import Profile, profile_of
from pytest_ovperf.graphs.sentences import sentences
from pytest_ovperf.graphs.times import Attribution, attribute
from pytest_ovperf.worker.profiling import profile_in_worker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

#: The operation that is left out of quantisation.
LEFT_OUT = "encoder.layer.1.intermediate.dense/MatMul"
#: Whatever is multiplied by it becomes denormal.
TINY = 1e-40
CALLS = 150


@dataclass(frozen=True, slots=True)
class State:
    """A model with its input, as an arm runs it."""

    ir: Path
    inputs: Path
    arm: Arm
    threads: int = 0

    def profile(self, calls: int = CALLS) -> Profile:
        """Return what its layers take, in about so many calls of a worker process."""
        request = LoadRequest(
            engine=self.arm.engine,
            precision=self.arm.precision,
            device=self.arm.device,
            weights=None,
            auto_class=None,
            ir=self.ir,
            inputs=self.inputs,
            shape=None,
            threads=self.threads,
            tuning=self.arm.tuning,
        )
        found = profile_in_worker(self.arm, request, calls)
        return profile_of(found.layers, found.times, found.call_ns)


@dataclass(frozen=True, slots=True)
class Found:
    """What both states of a cause were found to be."""

    old: Profile
    new: Profile

    @property
    def changes(self) -> GraphChanges:
        """How the graphs differ; what weighs most first."""
        return compare(self.old.graph, self.new.graph, self.old.times, self.new.times)

    @property
    def attribution(self) -> Attribution:
        """Where the time went."""
        return attribute(self.old, self.new)

    @property
    def of_graphs(self) -> list[str]:
        """What is said where no times are known."""
        return sentences(compare(self.old.graph, self.new.graph))

    @property
    def of_times(self) -> list[str]:
        """What is said of a regression."""
        return sentences(self.changes, self.attribution)


class Planted:
    """The models in a folder, each built when it is first asked for, and the causes made of them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @property
    def causes(self) -> dict[str, Callable[[], tuple[State, State]]]:
        """What can be planted: by its name, how to get the states before and after."""
        return {
            "fp32": lambda: (self.int8, replace(self.fp32, arm=self.int8.arm)),
            "one-operation": lambda: (self.int8, self.int8_but_one),
            "layout": lambda: (self.channels_first, self.channels_last),
            "new-names": lambda: (self.channels_first, self.renamed),
            "one-thread": lambda: (replace(self.mixed, threads=2), replace(self.mixed, threads=1)),
            "denormals": lambda: (self.channels_first, self.given_denormals),
        }

    @cached_property
    def fp32(self) -> State:
        """An encoder as it was exported."""
        return self._saved("encoder", encoder(), hidden_inputs())

    @cached_property
    def int8(self) -> State:
        """The encoder, quantised."""
        return self._quantised("int8", [])

    @cached_property
    def int8_but_one(self) -> State:
        """The encoder, quantised but for one product."""
        return self._quantised("int8-but-one", [LEFT_OUT])

    @cached_property
    def channels_first(self) -> State:
        """A convolutional network that keeps its channels before its rows and columns."""
        return self._saved("channels-first", convolutional("stages.0.blocks"), pixel_inputs())

    @cached_property
    def channels_last(self) -> State:
        """The same network written down the other way round: products over the last axis, between transpositions."""
        return self._saved("channels-last", convolutional("stages.0.blocks", is_channels_last=True), pixel_inputs())

    @cached_property
    def renamed(self) -> State:
        """The same network under other names."""
        return self._saved("renamed", convolutional("backbone.layer1.block_"), pixel_inputs())

    @cached_property
    def given_denormals(self) -> State:
        """The same file, with an input of denormal numbers."""
        return self._saved(
            "denormal", convolutional("stages.0.blocks"), {"pixels": pixel_inputs()["pixels"] * np.float32(TINY)}
        )

    @cached_property
    def mixed(self) -> State:
        """Layers of several kinds and about the same size."""
        return self._saved("mixed", mixed(), {"rows": numbers("rows", 1, ROWS, COLUMNS)})

    def _saved(self, name: str, model: ov.Model, inputs: Mapping[str, Any], arm: str = "openvino-fp32") -> State:
        ir, data = self._folder / f"{name}.xml", self._folder / f"{name}.npz"
        ov.save_model(model, ir, compress_to_fp16=False)
        np.savez(data, **inputs)
        return State(ir, data, parse_arm(arm, "CPU"))

    def _quantised(self, name: str, left_out: list[str]) -> State:
        with _quiet():
            import nncf  # noqa: PLC0415  (half of the time that all of this takes, and most causes do without)

            nncf.set_log_level(logging.ERROR)
            model = nncf.quantize(
                encoder(),
                nncf.Dataset([hidden_inputs()]),
                preset=nncf.QuantizationPreset.MIXED,
                subset_size=1,
                model_type=nncf.ModelType.TRANSFORMER,
                ignored_scope=nncf.IgnoredScope(names=left_out),
                advanced_parameters=nncf.AdvancedQuantizationParameters(disable_bias_correction=True),
            )
        return self._saved(name, model, hidden_inputs(), "openvino-int8")


def found(cause: tuple[State, State], calls: int = CALLS, times: int = 1) -> Found:
    """Profile both states of a cause by turns, and return the fastest profile of each: the least disturbed one."""
    turns = [[state.profile(calls) for state in cause] for _ in range(times)]
    old, new = (min(profiles, key=lambda profile: profile.call_ns) for profiles in zip(*turns, strict=True))
    return Found(old, new)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep progress bars out of what is printed."""
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere, contextlib.redirect_stdout(nowhere):
        yield


def main() -> None:
    """Plant causes and print what is said of them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("causes", nargs="*", metavar="CAUSE")
    parser.add_argument("--calls", type=int, default=CALLS)
    parser.add_argument("--times", type=int, default=3, help="how often both states are profiled, by turns")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="ovperf-planted-") as folder:
        causes = Planted(Path(folder)).causes
        for name in options.causes or causes:
            told = found(causes[name](), options.calls, options.times)
            print(f"{name}, the graphs alone:", *(f"  - {line}" for line in told.of_graphs), sep="\n")
            print(f"{name}, with times:", *(f"  - {line}" for line in told.of_times), "", sep="\n", flush=True)


if __name__ == "__main__":
    main()
