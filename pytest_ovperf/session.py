"""The composition root: wires machine, models, workers, trials, judges and the store for one run.

Knows nothing of pytest. A run makes one `Session`; whatever is costly (the machine's description, the store, the
model library) is made when first asked for, so that a run which measures nothing pays nothing.
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from functools import cached_property, partial
from typing import TYPE_CHECKING

from .arms import Arms, build_in_worker
from .asked import Asked
from .errors import ArmError, ArmUnavailableError, DeviceAbsentError, DeviceError, OvperfError
from .hardware import devices as device_rules
from .hardware import needs
from .hardware.probe import read_machine
from .judging import Judging
from .limits import UnboundedLimit
from .measured import MeasuredSpeedup, Measuring
from .models.cache import ArtefactCache
from .models.library import ModelLibrary
from .models.sources import resolve
from .planning import plan
from .provenance import provenance
from .records import Arm, Comparison, Engine, Precision, Workload, WorkloadKind, parse_arm, parse_metric
from .reports.html.place import check_place
from .settings import DEFAULT_BUDGET_S, Settings, UpdateMode
from .stats import fidelity as fidelity_of
from .stats.sequential import LOOKS, MOST_BASELINE_LAUNCHES, LookPlan, comparison_error_rate, share_of_judgement
from .store.store import BaselineStore
from .trial.run import Trial
from .turns import OneAtATime, keep_trace
from .worker.compiling import compile_in_worker

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import openvino

    from .hardware.needs import DeviceMark
    from .hardware.probe import Machine
    from .models.jobs import BuildJob
    from .models.spec import ModelSpec
    from .planning import Plan, PlannedTest
    from .records import Fidelity, Metric
    from .reports.live import LiveLine
    from .store.keys import EntryKey


class Session:
    """One run: what it was asked, what it found out, and what it measured."""

    def __init__(self, settings: Settings, live: LiveLine) -> None:
        self.settings = settings
        self.live = live
        self._error_rate = comparison_error_rate(1)
        self._judgements: Counter[str] = Counter()
        self._open: dict[str, list[tuple[Asked, MeasuredSpeedup]]] = {}
        self._set_aside: dict[EntryKey, Measuring] = {}
        self._may_wait: set[str] = set()
        self._fidelity: dict[tuple[str, Arm, Arm], Fidelity] = {}

    # The machine and its devices

    @cached_property
    def machine(self) -> Machine:
        """The machine, probed once, in a process of its own."""
        return read_machine()

    @cached_property
    def devices(self) -> tuple[str, ...]:
        """The devices asked for, with ``all`` replaced by what is there."""
        if device_rules.ALL in self.settings.devices:
            return device_rules.expand(self.settings.devices, self.machine.devices)
        return self.settings.devices

    def devices_for(self, wanted: Sequence[str] | None) -> tuple[str, ...]:
        """Return those of the asked devices that are among ``wanted``; ``None`` wants any."""
        if wanted is None:
            return self.devices
        return tuple(name for name in self.devices if any(device_rules.matches(name, want) for want in wanted))

    def in_order(self, asked: Sequence[str], wanted: Sequence[str]) -> tuple[str, ...]:
        """Return ``asked``, those first that match what is ``wanted`` first."""
        ranked = [name for want in wanted for name in asked if device_rules.matches(name, want)]
        return tuple(dict.fromkeys(ranked))

    def require_device(self, name: str, mark: DeviceMark | None = None) -> None:
        """Raise `DeviceAbsentError`, with the reason, for a device that cannot be used here or lacks what is needed."""
        device_rules.require(name, self.machine.devices)
        lack = None if mark is None else needs.unmet(mark, name, self.machine.devices)
        if lack is not None:
            raise DeviceAbsentError(lack, remedy="Choose another device with --ov-device.")

    def preferences(self, mark: DeviceMark | None) -> tuple[tuple[str, str | None], ...]:
        """Return the devices of ``mark`` in order, each with why it need not be tried, ``None`` where it can be."""
        return () if mark is None else needs.preferences(mark, self.machine.devices)

    def limit(self, spec: ModelSpec, device: str) -> UnboundedLimit | None:
        """Return the limit that a model with unbounded dimensions is expected to meet on ``device``, if any."""
        return UnboundedLimit.of(_model_label(spec), device, self.machine.devices, self.machine.versions)

    # What is wired once

    @cached_property
    def store(self) -> BaselineStore:
        """The baselines of this machine."""
        return BaselineStore(self.settings.baselines_dir, self.machine.profile)

    @cached_property
    def judging(self) -> Judging:
        """The judge of this run, who also collects its records."""
        return Judging(
            self.settings,
            self.store,
            lambda asked, measuring: provenance(
                measuring.launches[-1], asked.device, self.settings.root, self.machine.versions
            ),
            self._may_wait,
        )

    @cached_property
    def _cache(self) -> ArtefactCache:
        return ArtefactCache(self.settings.cache_dir)

    @cached_property
    def arms_of_models(self) -> Arms:
        """Where arms are opened."""
        library = ModelLibrary(self._cache, self._build, self.live.note)
        return Arms(library, self.machine.profile.physical_cores, self._turns.measuring)

    def _build(self, job: BuildJob, target: Path) -> None:
        """Build in a worker, in turn with whatever measures on this machine: a build takes all of it."""
        with self._turns.measuring():
            build_in_worker(job, target, self.live.note)

    @cached_property
    def _turns(self) -> OneAtATime:
        return OneAtATime(self.settings.cache_dir, self.live.note)

    # What a run does

    def prepare(self, comparisons: int) -> None:
        """Find out, before any long work, whether the folders and files of this run can be used.

        ``comparisons`` is how many there will be: they share the run's budget of false alarms.
        """
        self._error_rate = comparison_error_rate(comparisons)
        cpu = device_rules.find("CPU", self.machine.devices)
        if not cpu.available:  # then no device is: that is a broken installation, and no reason to skip
            raise DeviceError(f"OpenVINO cannot be used here. {cpu.reason}", remedy="Then run the tests again.")
        self._cache.check_writable()
        self.store.check()
        if self.settings.update is not UpdateMode.NONE:
            self.store.check_writable()
        if self.settings.report is not None:
            check_place(self.settings.report, "--ov-report")

    def plan(self, tests: Sequence[PlannedTest]) -> Plan:
        """Return what these tests would measure."""
        return plan(tests, self.settings, self.store, self._error_rate)

    @property
    def has_measured(self) -> bool:
        """Whether anything was judged or is about to be: else the store and the machine need not be known."""
        return "judging" in self.__dict__

    def resolve(self, name: str, shape: Sequence[int | str] | None) -> ModelSpec:
        """Return the model of that name. Raises `ModelError`."""
        return resolve(name, shape=shape, base=self.settings.root)

    def arms(self, candidate: str, reference: str, device: str) -> tuple[Arm, Arm]:
        """Return both arms, checked; one may name a device of its own, such as ``openvino-fp32@AUTO:CPU``.

        Raises `ArmError`, `ArmUnavailableError`, and `DeviceError` for the device of an arm.
        """
        pair = self._arm(candidate, device), self._arm(reference, device)
        if pair[0] == pair[1]:
            raise ArmError(
                f"{candidate!r} is compared with itself.",
                remedy="Name two different arms, or one on two devices: openvino-fp32 over openvino-fp32@CPU.",
            )
        for arm in pair:
            self._require_precision(arm)
        return pair

    def _arm(self, name: str, device: str) -> Arm:
        arm = parse_arm(name, device)
        if arm.engine is Engine.PYTORCH or arm.device == device:
            return arm
        expressions = device_rules.parse_devices(arm.device)
        if len(expressions) != 1 or device_rules.ALL in expressions:
            raise ArmError(
                f"The arm {name!r} does not name one device.", remedy="Write one, such as openvino-fp32@AUTO:GPU,CPU."
            )
        self.require_device(expressions[0])
        return replace(arm, device=expressions[0])

    def speedup(  # noqa: PLR0913  (what a test may say of a comparison)
        self,
        node_id: str,
        spec: ModelSpec,
        arms: tuple[Arm, Arm],
        *,
        metric: str,
        budget_s: float | None,
        tolerance: float | None,
    ) -> MeasuredSpeedup:
        """Measure the first launches of a comparison and return it, ready to be asserted."""
        known_metric = parse_metric(metric)
        settled, requests = self.arms_of_models.prepare(spec, *arms)
        comparison = _comparison(settled, arms, known_metric)
        asked = Asked(
            node_id,
            comparison,
            " and ".join(dict.fromkeys(self._full_name(arm.device) for arm in arms)),
            self.settings.tolerance.under(tolerance),
            self.settings.tolerance.kept(tolerance),
            self._fidelity.get((_model_label(spec), *arms)),
        )
        budget = self.settings.budget_s.under(budget_s) or DEFAULT_BUDGET_S
        recording = self.settings.update is not UpdateMode.NONE
        measuring = self._set_aside.pop(asked.key, None) or Measuring(
            Trial(
                comparison,
                lambda arm: self.arms_of_models.open(requests[arm], arm),
                rng=random.Random(str(asked.key)),  # noqa: S311  (an order of turns; the same in every run, for replay)
                planned=MOST_BASELINE_LAUNCHES if recording else LOOKS[-1],
                watch=self.live,
                want_outputs=asked.fidelity is None,
            ),
            partial(self._next_plan, node_id),
            budget,
            self._turns.measuring,
        )
        measured = MeasuredSpeedup(
            measuring,
            partial(self.judging.against_baseline, asked),
            partial(self.judging.against_target, asked),
        )
        self._open.setdefault(node_id, []).append((asked, measured))
        self.live.begin(str(comparison), None if recording else budget)
        measuring.reach_first_look()
        return measured

    def _next_plan(self, node_id: str) -> LookPlan:
        """Return the plan of the next judgement in this test, with its share of the error rate."""
        before = self._judgements[node_id]
        self._judgements[node_id] += 1
        return LookPlan(self._error_rate * share_of_judgement(before))

    def fidelity(self, spec: ModelSpec, arms: tuple[Arm, Arm]) -> Fidelity:
        """Compare the outputs of both arms on the model's inputs."""
        key = (_model_label(spec), *arms)
        if key not in self._fidelity:
            candidate, reference = arms
            outputs = self.arms_of_models.outputs(self.arms_of_models.prepare(spec, *arms)[1])
            self._fidelity[key] = fidelity_of.compare(outputs[candidate], outputs[reference])
        return self._fidelity[key]

    def compile(self, spec: ModelSpec, device: str, precision: Precision) -> openvino.CompiledModel:
        """Compile the model for the device, in this process; for other devices than the CPU first in a worker.

        A driver that ends the process, or hangs, thus costs a `WorkerError` with its last output and not the run.
        Raises `DeviceFailureError` with the cause, `DeviceAbsentError`, `ArmUnavailableError` and `ModelError`, too.
        """
        from .engines.openvino import compile_model  # noqa: PLC0415  (brings OpenVINO: only where it is asked for)

        arm = Arm(Engine.OPENVINO, precision, device)
        self._require_precision(arm)
        request = self.arms_of_models.prepare(spec, arm)[1][arm]
        if device_rules.base_devices(device) != ("CPU",):
            compile_in_worker(arm, request)
        return compile_model(request)

    def let_wait(self, node_id: str) -> None:
        """Let a suspicion about this test wait for the end of the run: it can be run again then, once."""
        self._may_wait.add(node_id)

    def is_suspected(self, node_id: str) -> bool:
        """Tell whether a test has to be run again before it is judged."""
        return self.has_measured and self.judging.is_suspected(node_id)

    def set_test_aside(self, node_id: str) -> None:
        """End this pass through a suspected test: it is run again, later, and goes on with what was measured.

        Raises `CacheError` where the raw times of its other comparisons cannot be kept.
        """
        self.release()
        self._may_wait.discard(node_id)
        for asked, measured in self._open.get(node_id, []):
            if measured.measuring.is_set_aside:
                self._set_aside[asked.key] = measured.measuring
        self.judging.set_aside(node_id)
        self._keep_traces(node_id)

    def finish_test(self, node_id: str, *, passed: bool) -> None:
        """Keep the raw times of a test that is over, and its baselines if it passed.

        Raises `CacheError` and `BaselineError` where one cannot be written; the other is, all the same.
        """
        self.release()
        for asked, measured in self._open.get(node_id, []):
            if measured.record is None and measured.measuring.launches:
                self.judging.without_verdict(asked, measured.measuring)
        try:
            if self.has_measured:
                self.judging.settle(node_id, passed=passed)
        finally:
            self._keep_traces(node_id)

    def release(self) -> None:
        """End whatever a test left running."""
        self.live.end()
        if "arms_of_models" in self.__dict__:
            self.arms_of_models.close()

    def end(self) -> None:
        """End the run: whatever still runs, and raw times of tests that were interrupted or set aside are kept."""
        self.release()
        failures: list[OvperfError] = []
        left = [(f"{key.module}::{key.test}", measuring) for key, measuring in self._set_aside.items()]
        left += [(node_id, each.measuring) for node_id, those in self._open.items() for _, each in those]
        self._set_aside.clear()
        self._open.clear()
        for node_id, measuring in left:
            try:
                self._keep_trace(node_id, measuring)
            except OvperfError as error:
                failures.append(error)
        if failures:
            raise failures[0]

    def _keep_traces(self, node_id: str) -> None:
        """Keep the raw times of a pass through a test, but for those that another pass will add to."""
        for _, measured in self._open.pop(node_id, []):
            if measured.measuring not in self._set_aside.values():
                self._keep_trace(node_id, measured.measuring)

    def _keep_trace(self, node_id: str, measuring: Measuring) -> None:
        if measuring.launches:
            keep_trace(self.settings.cache_dir, node_id, measuring.trial.trace)

    def _require_precision(self, arm: Arm) -> None:
        """Refuse BF16 where the device says that it has none, before a worker is started."""
        if arm.precision is not Precision.BF16:
            return
        for name in device_rules.base_devices(arm.device):
            found = device_rules.find(name, self.machine.devices)
            if found.available and "BF16" not in found.capabilities:
                raise ArmUnavailableError(
                    f"{found.name} ({found.full_name}) has no BF16.", remedy="Run this on a device that has it."
                )

    def _full_name(self, device: str) -> str:
        names = [device_rules.find(name, self.machine.devices).full_name for name in device_rules.base_devices(device)]
        return ", ".join(names) or device


def _comparison(spec: ModelSpec, arms: tuple[Arm, Arm], metric: Metric) -> Comparison:
    return Comparison(_model_label(spec), *arms, metric, Workload(WorkloadKind.INFER, spec.shapes))


def _model_label(spec: ModelSpec) -> str:
    """Name the model as it is measured: one compiled for a fixed shape is not the one that takes any."""
    if not spec.static:
        return spec.name
    return f"{spec.name} {'fixed' if spec.bounds is None else 'bounded'} to {spec.shape_text}"
