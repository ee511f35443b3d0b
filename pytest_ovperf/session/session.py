"""The composition root: wires machine, models, workers, trials, judges and the store for one run.

Knows nothing of pytest. A run makes one `Session`; whatever is costly (the machine's description, the store, the
model library) is made when first asked for, so that a run which measures nothing pays nothing.
"""

from __future__ import annotations

from functools import cached_property, partial
from typing import TYPE_CHECKING

from pytest_ovperf.errors import ArmUnavailableError
from pytest_ovperf.hardware.probe import read_machine
from pytest_ovperf.npu.compile_only import CompileOnly
from pytest_ovperf.reports.html.place import check_place
from pytest_ovperf.settings import DEFAULT_BUDGET_S, Settings, UpdateMode
from pytest_ovperf.stats.sequential import comparison_error_rate
from pytest_ovperf.tuning import UNTUNED, Tuning
from pytest_ovperf.verdict.planning import plan

from .absolutes import Absolutes
from .against import Against
from .asking import Asking
from .comparisons import Allowance, Comparisons
from .compiling import Compiling
from .ladders import LadderPlan, usual_metric
from .parts import Parts
from .places import Places
from .questions import metric_of_outputs, output_arm, require_different

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pytest_ovperf.arms import Arm
    from pytest_ovperf.environments.environment import Environment
    from pytest_ovperf.figure import FigureRecord, LadderRecord
    from pytest_ovperf.hardware.probe import Machine
    from pytest_ovperf.models.described import Description
    from pytest_ovperf.models.spec import ModelSpec
    from pytest_ovperf.records import Fidelity
    from pytest_ovperf.reports.live import LiveLine
    from pytest_ovperf.store.store import BaselineStore
    from pytest_ovperf.verdict.judging import Judging
    from pytest_ovperf.verdict.measured import MeasuredSpeedup
    from pytest_ovperf.verdict.planning import Plan, PlannedTest
    from pytest_ovperf.verdict.raced import RacedSpeedup

    from .agreement import Agreements
    from .measured_arm import MeasuredArm
    from .measured_ladder import MeasuredLadder


class Session:
    """One run: what it was asked, what it found out, and what it measured."""

    def __init__(self, settings: Settings, live: LiveLine, registered: Callable[[], Mapping[str, Description]]) -> None:
        self.settings = settings
        self.live = live
        self.places = Places(
            settings.devices,
            lambda: read_machine(),  # noqa: PLW0108  (looked up when called)
            CompileOnly.of(settings.npu_platforms, settings.cache_dir, settings.baselines_dir, settings.update),
        )
        self._parts = Parts(settings, self.places, live)
        self.asking = Asking(settings.root, self.places, self._parts, registered)
        self.compiling = Compiling(self.places, self._parts)
        self._error_rate = comparison_error_rate(1)
        self._may_wait: set[str] = set()

    @property
    def machine(self) -> Machine:
        """The machine, probed once, in a process of its own."""
        return self.places.machine

    @property
    def raced_against(self) -> str:
        """What reports call the other side of this run's races, empty for a run without."""
        found = self.environment_found
        return self.settings.against if found is None else found.label

    @property
    def environment_found(self) -> Environment | None:
        """The other environment where it is known by now."""
        return self._parts.environment_found

    @cached_property
    def _against(self) -> Against | None:
        other = self._parts.environment
        return None if other is None else Against(other)

    @cached_property
    def agreements(self) -> Agreements:
        """What holds arms against each other on shapes that a test draws."""
        from .agreement import Agreements  # noqa: PLC0415  (paid only by runs that do)

        return Agreements(self.asking, self._parts)

    @property
    def store(self) -> BaselineStore:
        """The baselines of this machine."""
        return self._parts.store

    @cached_property
    def _comparisons(self) -> Comparisons:
        return Comparisons(
            self.settings,
            self.places,
            self._parts.store,
            self._parts.arms,
            live=self.live,
            alone=self._parts.turns.measuring,
            allowance=Allowance(self._error_rate, self._may_wait),
        )

    @cached_property
    def absolutes(self) -> Absolutes:
        """What measures absolute figures and ladders, and collects their records."""
        return Absolutes(
            self._parts.arms,
            self.live,
            self._parts.turns.measuring,
            strict=self.settings.strict,
            cache_dir=self.settings.cache_dir,
        )

    @property
    def figures(self) -> tuple[FigureRecord, ...]:
        """The absolute figures that were measured, in order."""
        return self.absolutes.figures if "absolutes" in self.__dict__ else ()

    @property
    def ladders(self) -> tuple[LadderRecord, ...]:
        """The ladders that were measured, in order."""
        return self.absolutes.ladders if "absolutes" in self.__dict__ else ()

    @property
    def drawn_notes(self) -> tuple[str, ...]:
        """What is to be said of the data that outputs were compared on, once a model."""
        return self._comparisons.drawn_notes

    @property
    def judging(self) -> Judging:
        """The judge of this run, who also collects its records."""
        return self._comparisons.judging

    # Before anything is measured

    def prepare(self, comparisons: int, *, measures: bool = True) -> None:
        """Find out, before any long work, whether the folders and files of this run can be used.

        ``comparisons`` is how many there will be: they share the run's budget of false alarms. The environment that
        they are raced against is found, and made if need be, unless the run only lists or plans what it ``measures``.
        """
        self._error_rate = comparison_error_rate(comparisons)
        self.places.require_any()
        self._parts.cache.check_writable()
        self.store.check(layers=self.settings.update is not UpdateMode.ALL)
        if self.settings.update is not UpdateMode.NONE:
            self.store.check_writable()
        if self.settings.report is not None:
            check_place(self.settings.report, "--ov-report")
        if comparisons and measures:
            self._parts.environment  # noqa: B018  (a mistake in it is told here)

    def plan(self, tests: Sequence[PlannedTest]) -> Plan:
        """Return what these tests would measure."""
        built = {entry.name for entry in self._parts.cache.entries()}
        return plan(tests, self.settings, self.store, self._error_rate, built)

    # Measuring

    def speedup(  # noqa: PLR0913  (what a test may say of a comparison)
        self,
        node_id: str,
        spec: ModelSpec,
        arms: tuple[Arm, Arm],
        *,
        metric: str,
        budget_s: float | None,
        tolerance: float | None,
        prompt: object = None,
        new_tokens: object = None,
    ) -> MeasuredSpeedup | RacedSpeedup:
        """Measure the first launches of a comparison and return it, ready to be asserted; or race its arms.

        Raises `ArmUnavailableError` where the run races arms, and none of these can be.
        """
        question = self.asking.question(spec, arms, metric, prompt=prompt, new_tokens=new_tokens)
        if self._against is not None:
            require_different(*question.arms)
            return self._comparisons.race(
                node_id, question, self._against, budget_s=self._budget_s(budget_s), tolerance=tolerance
            )
        return self._comparisons.speedup(node_id, question, budget_s=self._budget_s(budget_s), tolerance=tolerance)

    def fidelity(
        self, spec: ModelSpec, arms: tuple[Arm, Arm], *, prompt: object = None, new_tokens: object = None
    ) -> Fidelity:
        """Compare the outputs of both arms on the model's inputs; of a generation, on those of its prompt."""
        pair = output_arm(arms[0]), output_arm(arms[1])
        metric = metric_of_outputs(pair, told=prompt is not None or new_tokens is not None)
        return self._comparisons.fidelity(
            self.asking.question(spec, pair, metric, prompt=prompt, new_tokens=new_tokens)
        )

    def measure(  # noqa: PLR0913  (what a test may say of an arm)
        self,
        node_id: str,
        spec: ModelSpec,
        arm: Arm,
        *,
        budget_s: float | None,
        prompt: object = None,
        new_tokens: object = None,
    ) -> MeasuredArm:
        """Return the arm, each of whose figures is measured when it is asked for.

        Raises `ArmUnavailableError` in a run that races releases.
        """
        self._require_absolutes()
        asked = partial(self.asking.question, spec, (arm,), prompt=prompt, new_tokens=new_tokens)
        return self.absolutes.measure(node_id, arm, asked, budget_s=self._budget_s(budget_s))

    def ladder(  # noqa: PLR0913  (what a test may say of a ladder)
        self,
        node_id: str,
        spec: ModelSpec,
        names: Sequence[str],
        device: str,
        general: Tuning = UNTUNED,
        *,
        metric: str | None,
        also: Sequence[str],
        budget_s: float | None,
        prompt: object = None,
        new_tokens: object = None,
    ) -> MeasuredLadder:
        """Measure all these arms side by side; the first one is what the others are compared with.

        Raises `ArmUnavailableError` in a run that races releases.
        """
        self._require_absolutes()
        settled = self._parts.library.settle(spec)
        plan = LadderPlan.of(
            [self.places.arm(name, device, general) for name in names],
            partial(self.places.require_arm, device=device),
            partial(self.asking.question, settled, prompt=prompt, new_tokens=new_tokens),
            metric=metric or usual_metric(settled),
            also=also,
        )
        return self.absolutes.ladder(node_id, plan, budget_s=self._budget_s(budget_s))

    def _require_absolutes(self) -> None:
        if self.settings.against:
            raise ArmUnavailableError(
                "Absolute figures are not raced: this run holds one release of OpenVINO against another.",
                remedy="Run this test without --ov-against.",
            )

    def _budget_s(self, marker: float | None) -> float:
        return self.settings.budget_s.under(marker) or DEFAULT_BUDGET_S

    # What pytest tells

    @property
    def has_measured(self) -> bool:
        """Whether anything was measured or is about to be: else the store and the machine need not be known."""
        return "_comparisons" in self.__dict__ or "absolutes" in self.__dict__

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
        self.absolutes.forget(node_id)
        self._may_wait.discard(node_id)
        try:
            self._comparisons.set_aside(node_id)
        finally:
            self._keep_figures(node_id)

    def _keep_figures(self, node_id: str) -> None:
        if "absolutes" in self.__dict__:
            self.absolutes.keep(node_id)

    def finish_test(self, node_id: str, *, passed: bool) -> None:
        """Keep the raw times of a test that is over, and its baselines if it passed.

        Raises `CacheError` and `BaselineError` where one cannot be written; the other is, all the same.
        """
        self.release()
        try:
            if self.has_measured:
                self._comparisons.finish(node_id, passed=passed)
        finally:
            self._keep_figures(node_id)

    def release(self) -> None:
        """End whatever a test left running."""
        self.live.end()
        if "agreements" in self.__dict__:
            self.agreements.close()
        self._parts.release()

    def end(self) -> None:
        """End the run: whatever still runs, and raw times of tests that were interrupted or set aside are kept."""
        self.release()
        self.keep_raw_times()

    def keep_raw_times(self) -> None:
        """Keep the raw times of tests that were interrupted or set aside. Raises `CacheError`."""
        try:
            if "_comparisons" in self.__dict__:
                self._comparisons.end()
        finally:
            if "absolutes" in self.__dict__:
                self.absolutes.end()
