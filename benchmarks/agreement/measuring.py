"""Prepares what a case needs and takes its launches."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.prepared import arms_in, model_named
from pytest_ovperf.arms import parse_arm
from pytest_ovperf.engines.feeding import read_inputs
from pytest_ovperf.engines.properties import compile_properties
from pytest_ovperf.hardware.probe import read_machine
from pytest_ovperf.metrics import Metric

from .app import app_arguments, write_inputs
from .outside import outside_ns
from .records import Outcome
from .turns import take_launch

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_ovperf.arms import Arm
    from pytest_ovperf.engines.protocol import LoadRequest

    from .records import Case, Launch
    from .turns import Timing


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is measured: undisturbed launches of a case, and disturbed ones that may be repeated at most."""

    launches: int
    repeats: int
    timing: Timing


class Bench:
    """Prepares models, and measures cases."""

    def __init__(self, cache_dir: Path) -> None:
        """Read the machine; ``cache_dir`` is where built models are kept."""
        self.machine = read_machine()
        self._arms = arms_in(cache_dir, self.machine.profile.physical_cores)

    def measure(self, case: Case, effort: Effort, say: Callable[[str], None]) -> Outcome:
        """Return the launches of ``case``. Raises what preparing an arm raises, and what `take_launch` does."""
        arm, request = self._prepare(case)
        arrays, properties = read_inputs(request), compile_properties(request)
        arguments = app_arguments(request, properties, case.metric, arrays, effort.timing.seconds)
        launches: list[Launch] = []
        with tempfile.TemporaryDirectory(prefix="ovperf-agreement-") as name:
            write_inputs(Path(name), request.device, properties, arrays)
            while _wanted(launches, effort):
                launches.append(take_launch(arm, request, arguments, Path(name), effort.timing))
                say(f"{case}: {_told(launches[-1], case)}")
        versions = {"openvino": self.machine.versions.get("openvino", "")}
        outside = outside_ns(request) if case.metric is Metric.LATENCY else 0.0
        return Outcome(case, tuple(launches), self.machine.profile.slug, versions, outside)

    def _prepare(self, case: Case) -> tuple[Arm, LoadRequest]:
        arm = parse_arm(case.arm, "CPU")
        return arm, self._arms.prepare(model_named(case.model), arm, kind=case.metric.workload)[1][arm]


def _wanted(launches: list[Launch], effort: Effort) -> bool:
    undisturbed = sum(not launch.disturbed for launch in launches)
    return undisturbed < effort.launches and len(launches) < effort.launches + effort.repeats


def _told(launch: Launch, case: Case) -> str:
    ratio = launch.ours.value(case.metric) / launch.theirs.value(case.metric)
    left_out = " (left out)" if launch.disturbed else ""
    return f"{ratio:.4f}, others had {launch.others:.0%} of a processor{left_out}"
