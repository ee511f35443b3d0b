"""The composition root: wires machine, models, workers, trials, judges and the store for one run.

Knows nothing of pytest. A run makes one `Session`; whatever is costly (the machine's description, the store, the
model library) is made when first asked for, so that a run which measures nothing pays nothing.
"""

from __future__ import annotations

import random
from datetime import UTC, datetime
from functools import cached_property, partial
from typing import TYPE_CHECKING

from .arms import Arms, build_in_worker
from .errors import ArmError, ArmUnavailableError, DeviceError
from .hardware import devices as device_rules
from .hardware.probe import read_machine
from .judging import Asked, Judging
from .measured import MeasuredSpeedup, Measuring
from .models.cache import ArtefactCache
from .models.library import ModelLibrary
from .models.sources import resolve
from .records import Arm, Comparison, Engine, Precision, Workload, WorkloadKind, parse_arm, parse_metric
from .settings import Settings, UpdateMode
from .stats import fidelity as fidelity_of
from .stats.sequential import LookPlan, comparison_error_rate
from .store.store import BaselineStore
from .trial.run import Trial
from .turns import OneAtATime, keep_trace

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import openvino

    from .hardware.probe import Machine
    from .models.spec import ModelSpec
    from .records import Fidelity, Metric
    from .reports.live import LiveLine

#: Seconds of wall time that one comparison may take where nobody says otherwise.
DEFAULT_BUDGET_S = 20.0


class Session:
    """One run: what it was asked, what it found out, and what it measured."""

    def __init__(self, settings: Settings, live: LiveLine) -> None:
        self.settings = settings
        self.live = live
        self._error_rate = comparison_error_rate(1)
        self._open: dict[str, list[tuple[Asked, MeasuredSpeedup]]] = {}
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

    def require_device(self, name: str) -> None:
        """Raise `DeviceAbsentError`, with the reason, for a device that cannot be used here."""
        device_rules.require(name, self.machine.devices)

    # What is wired once

    @cached_property
    def store(self) -> BaselineStore:
        """The baselines of this machine."""
        return BaselineStore(self.settings.baselines_dir, self.machine.profile)

    @cached_property
    def judging(self) -> Judging:
        """The judge of this run, who also collects its records."""
        return Judging(self.settings, self.store, self._provenance)

    @cached_property
    def _cache(self) -> ArtefactCache:
        return ArtefactCache(self.settings.cache_dir)

    @cached_property
    def arms_of_models(self) -> Arms:
        """Where arms are opened."""
        library = ModelLibrary(self._cache, partial(build_in_worker, say=self.live.note), self.live.note)
        return Arms(library, self.machine.profile.physical_cores)

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

    def resolve(self, name: str, shape: Sequence[int] | None) -> ModelSpec:
        """Return the model of that name. Raises `ModelError`."""
        return resolve(name, shape=shape, base=self.settings.root)

    def arms(self, candidate: str, reference: str, device: str) -> tuple[Arm, Arm]:
        """Return both arms, checked. Raises `ArmError` and `ArmUnavailableError`."""
        pair = parse_arm(candidate, device), parse_arm(reference, device)
        if pair[0] == pair[1]:
            raise ArmError(f"{candidate!r} is compared with itself.", remedy="Name two different arms.")
        for arm in pair:
            self._require_precision(arm)
        return pair

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
            self._full_name(arms[0].device),
            self.settings.tolerance.under(tolerance),
            self._fidelity.get((_model_label(spec), *arms)),
        )
        plan = LookPlan(self._error_rate)
        trial = Trial(
            comparison,
            lambda arm: self.arms_of_models.open(requests[arm], arm),
            rng=random.Random(str(asked.key)),  # noqa: S311  (an order of turns; the same in every run, for replay)
            planned=plan.most,
            watch=self.live,
            want_outputs=asked.fidelity is None,
        )
        budget = self.settings.budget_s.under(budget_s) or DEFAULT_BUDGET_S
        measuring = Measuring(trial, plan, budget, self._turns.measuring)
        measured = MeasuredSpeedup(
            measuring,
            partial(self.judging.against_baseline, asked),
            partial(self.judging.against_target, asked),
        )
        self._open.setdefault(node_id, []).append((asked, measured))
        self.live.begin(str(comparison))
        measuring.reach_first_look()
        return measured

    def fidelity(self, spec: ModelSpec, arms: tuple[Arm, Arm]) -> Fidelity:
        """Compare the outputs of both arms on the model's inputs."""
        key = (_model_label(spec), *arms)
        if key not in self._fidelity:
            candidate, reference = arms
            outputs = self.arms_of_models.outputs(self.arms_of_models.prepare(spec, *arms)[1])
            self._fidelity[key] = fidelity_of.compare(outputs[candidate], outputs[reference])
        return self._fidelity[key]

    def compile(self, spec: ModelSpec, device: str, precision: Precision) -> openvino.CompiledModel:
        """Compile the model for the device, in this process."""
        from .engines.openvino import compile_model  # noqa: PLC0415  (brings OpenVINO: only where it is asked for)

        arm = Arm(Engine.OPENVINO, precision, device)
        self._require_precision(arm)
        return compile_model(self.arms_of_models.prepare(spec, arm)[1][arm])

    def finish_test(self, node_id: str, *, passed: bool) -> None:
        """Keep the raw times of a test that is over, and its baselines if it passed.

        Raises `CacheError` and `BaselineError` where one cannot be written; the other is, all the same.
        """
        self.live.end()
        for asked, measured in self._open.get(node_id, []):
            if measured.record is None and measured.measuring.launches:
                self.judging.without_verdict(asked, measured.measuring)
        try:
            self.judging.settle(node_id, passed=passed)
        finally:
            self._keep_traces(node_id)

    def release(self) -> None:
        """End whatever a test left running."""
        self.live.end()
        if "arms_of_models" in self.__dict__:
            self.arms_of_models.close()

    def end(self) -> None:
        """End the run: whatever still runs, and raw times of a test that was interrupted are kept."""
        self.release()
        for node_id in list(self._open):
            self._keep_traces(node_id)

    def _keep_traces(self, node_id: str) -> None:
        for _, measured in self._open.pop(node_id, []):
            if measured.measuring.launches:
                keep_trace(self.settings.cache_dir, node_id, measured.measuring.trial.trace)

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

    def _provenance(self, asked: Asked, measuring: Measuring) -> Mapping[str, str]:
        """Return what is true of this measurement: shown with a baseline, and never matched but for the device."""
        launch = measuring.launches[-1]
        versions = {**launch.reference.versions, **launch.candidate.versions}
        return {
            **versions,
            "candidate precision": launch.candidate.precision,
            "reference precision": launch.reference.precision,
            "threads": str(launch.candidate.threads),
            "device": asked.device,
            "date": datetime.now(UTC).date().isoformat(),
        }


def _comparison(spec: ModelSpec, arms: tuple[Arm, Arm], metric: Metric) -> Comparison:
    return Comparison(_model_label(spec), *arms, metric, Workload(WorkloadKind.INFER, spec.shapes))


def _model_label(spec: ModelSpec) -> str:
    """Name the model as it is measured: one compiled for a fixed shape is not the one that takes any."""
    if not spec.static:
        return spec.name
    return f"{spec.name} fixed to {'x'.join(map(str, next(iter(spec.shapes.values()), ())))}"
