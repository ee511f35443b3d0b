"""What a run would measure, told before it measures anything: ``--ov-plan``."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from pytest_ovperf.arms import ARMS
from pytest_ovperf.records import StoredBaseline  # noqa: TC001  (see above)
from pytest_ovperf.settings import DEFAULT_BUDGET_S, Settings, UpdateMode
from pytest_ovperf.stats.noise import NOISE, Noise, PairKind, kind_of
from pytest_ovperf.stats.sequential import BASELINE_LAUNCHES, LOOKS, MOST_BASELINE_LAUNCHES
from pytest_ovperf.store.keys import arms_of, metric_of

from .recording import detects

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from pytest_ovperf.models.spec import ModelSpec
    from pytest_ovperf.store.store import BaselineStore


class Fate(StrEnum):
    """What becomes of a comparison that cannot be measured."""

    SKIPPED = "skipped"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Hindrance:
    """What would become of a comparison when its test runs, and why, in a sentence."""

    fate: Fate
    why: str


@dataclass(frozen=True, slots=True)
class Written:
    """What a test asks for, as its source has it: in words, such as ``openvino-int8 over openvino-fp32``.

    It ``compares``, or asks for absolute figures. What is ``repeated`` stands in a loop: how often, running it tells.
    ``hindered`` is what would keep it from being measured, where that is known.
    """

    words: str
    compares: bool = True
    repeated: bool = False
    hindered: Hindrance | None = None


@dataclass(frozen=True, slots=True)
class PlannedTest:
    """A test that measures: pytest's node id, and what its marker says of seconds and tolerance.

    ``compares`` tells whether it asks for speed-ups, or for absolute figures alone. ``model`` is ``None`` where only
    running the test tells it, and ``written`` empty where its source does not say what it asks for.
    """

    node_id: str
    budget_s: float | None
    tolerance: float | None
    compares: bool = True
    model: ModelSpec | None = None
    written: tuple[Written, ...] = ()


@dataclass(frozen=True, slots=True)
class PlannedComparison:
    """One comparison of a run to come.

    ``label`` is empty where no baseline tells what a test compares: then there may be what its source has, ``written``.
    ``tolerance`` and ``detects`` (the smallest loss that would be found) are ``None`` then. ``seconds`` are those of
    the fewest launches and of the most that the budget allows; the fewest are 0 without a baseline, and both where
    nobody knows. A test that does not ``compare`` measures absolute figures, and has no baseline at all.
    """

    test: str
    label: str
    baseline: StoredBaseline | None
    tolerance: float | None
    detects: float | None
    seconds: tuple[float, float]
    compares: bool = True
    written: Written | None = None

    @property
    def is_hindered(self) -> bool:
        """Whether it is known that it cannot be measured."""
        return self.written is not None and self.written.hindered is not None


@dataclass(frozen=True, slots=True)
class PlannedModel:
    """A model of a run to come, and whether anything that was built of one of this name is in the cache."""

    spec: ModelSpec
    built: bool


@dataclass(frozen=True, slots=True)
class Choice:
    """A setting of a run to come: what counts, and where that is from."""

    setting: str
    value: str
    source: str


@dataclass(frozen=True, slots=True)
class Plan:
    """A run to come. ``error_rate`` is each comparison's share of the run's false alarms.

    ``against`` names what arms are raced against, empty for a run that compares with baselines. ``times_layers`` tells
    that OpenVINO arms are profiled whatever the verdict is. ``devices`` are those asked for, each with what it is.
    ``outputs_only`` is how many tests compare outputs and measure nothing.
    """

    comparisons: tuple[PlannedComparison, ...]
    error_rate: float
    update: UpdateMode
    against: str = ""
    times_layers: bool = False
    models: tuple[PlannedModel, ...] = ()
    devices: tuple[tuple[str, str], ...] = ()
    choices: tuple[Choice, ...] = ()
    outputs_only: int = 0


def plan(
    tests: Sequence[PlannedTest],
    settings: Settings,
    store: BaselineStore,
    error_rate: float,
    built: Collection[str] = (),
) -> Plan:
    """Return what these tests would compare, as far as their baselines and their source tell.

    ``built`` are the names of the models of which the cache has something.
    """
    models = {(test.model.name, test.model.shape_text): test.model for test in tests if test.model is not None}
    return Plan(
        tuple(comparison for test in tests for comparison in _comparisons(test, settings, store)),
        error_rate,
        settings.update,
        settings.against,
        times_layers=settings.explain or settings.update is not UpdateMode.NONE,
        models=tuple(PlannedModel(spec, spec.name in built) for spec in models.values()),
    )


def _comparisons(test: PlannedTest, settings: Settings, store: BaselineStore) -> Iterator[PlannedComparison]:
    if settings.against and not test.compares:
        return  # absolute figures are not raced
    entries = {} if settings.against else store.entries(test.node_id)
    budget_s = settings.budget_s.under(test.budget_s) or DEFAULT_BUDGET_S
    asked = settings.tolerance.under(test.tolerance)
    for label, stored in entries.items():
        tolerance = stored.tolerance if asked is None else asked
        yield PlannedComparison(
            test=test.node_id,
            label=label,
            baseline=stored,
            tolerance=tolerance,
            detects=detects(replace(stored, tolerance=tolerance), _noise(label)),
            seconds=_seconds(stored.launch_s, budget_s, settings.update),
        )
    if not entries:
        # How long a first baseline takes, its launches tell; nor has an absolute figure more than its own to go by.
        bounded = settings.update in (UpdateMode.NONE, UpdateMode.EXTEND)
        for each in test.written or (None,):
            compares = test.compares if each is None else each.compares
            open_ended = each is not None and (each.repeated or each.hindered)
            most = budget_s if compares and bounded and not open_ended else 0.0
            yield PlannedComparison(test.node_id, "", None, None, None, (0.0, most), compares, each)


def _noise(label: str) -> Noise:
    metric, arms = metric_of(label), arms_of(label)
    if metric is None:  # a label that nobody of ours wrote: it counts as noisy
        return NOISE[PairKind.PYTORCH]
    return NOISE[kind_of(metric, with_other=not all(map(_is_openvino, arms.split(" over "))))]


def _is_openvino(arm: str) -> bool:
    """Tell whether an arm, as a label writes it, is one of OpenVINO's."""
    kind = re.split(r"[\[@ ]", arm, maxsplit=1)[0]
    return kind in ARMS and ARMS[kind][0].is_openvino


def _seconds(launch_s: float, budget_s: float, update: UpdateMode) -> tuple[float, float]:
    """Return the wall time of the fewest and of the most launches, a suspicion's own left aside."""
    if update is UpdateMode.ALL:
        return BASELINE_LAUNCHES * launch_s, MOST_BASELINE_LAUNCHES * launch_s
    least = (BASELINE_LAUNCHES if update is UpdateMode.EXTEND else LOOKS[0]) * launch_s
    return least, max(least, min(LOOKS[-1] * launch_s, budget_s))
