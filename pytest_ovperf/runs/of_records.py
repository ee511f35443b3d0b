"""From what a run measured to what reports take: records become a `RunView`."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence  # noqa: TC003  (public annotations stay resolvable)
from datetime import UTC, datetime
from itertools import chain
from math import exp, fsum, sqrt

from pytest_ovperf.arms import Comparison  # noqa: TC001  (public annotations stay resolvable)
from pytest_ovperf.figure import FigureRecord, LadderRecord  # noqa: TC001  (see above)
from pytest_ovperf.records import ArmFacts, Block, ComparisonRecord, StoredBaseline  # noqa: TC001  (see above)
from pytest_ovperf.stats.costs import block_cost
from pytest_ovperf.stats.estimate import CONFIDENCE
from pytest_ovperf.stats.noise import centre_of, noise_of, shrunk_spread, student_quantile
from pytest_ovperf.stats.percentiles import call_times_ns, percentiles

from .of_figures import figure_views, ladder_views, named_percentiles
from .of_layers import layers_views
from .plain import whole_text
from .view import ArmView, BaselineView, ComparisonView, RunView, Statistics


def run_view(  # noqa: PLR0913  (the facts of a run, each from another place)
    records: Sequence[ComparisonRecord],
    *,
    name: str,
    commit: str,
    machine: Mapping[str, str],
    versions: Mapping[str, str],
    devices: Mapping[str, str],
    label: Callable[[Comparison], str],
    explain: Callable[[ComparisonRecord], Sequence[str]],
    started: str = "",
    notes: Sequence[str] = (),
    figures: Sequence[FigureRecord] = (),
    ladders: Sequence[LadderRecord] = (),
) -> RunView:
    """Return the run that measured ``records``, ``figures`` and ``ladders``, one view for each, in the same order.

    ``label`` writes a comparison as text, ``explain`` returns the sentences of a record's evidence. ``started`` is
    when the first launch was, unless it is given.
    """
    seen: Counter[str] = Counter()
    views: list[ComparisonView] = []
    for record in records:
        key = f"{record.test} · {label(record.comparison)}"
        seen[key] += 1
        # A test may hold one comparison against its baseline, and then against a number.
        number = f" ({seen[key]})" if seen[key] > 1 else ""
        views.append(_comparison(record, whole_text(key + number), explain(record)))
    return RunView(
        name=name,
        started=started or _started(records),
        commit=commit,
        machine=dict(machine),
        versions=dict(versions),
        devices=dict(devices),
        comparisons=tuple(views),
        notes=tuple(notes),
        figures=figure_views(figures),
        ladders=ladder_views(ladders),
    )


def calls_ns(record: ComparisonRecord, *, candidate: bool) -> Iterator[float]:
    """Return every raw time of one arm in nanoseconds, in the order in which the calls were made.

    They are those that the metric is about (`stats.percentiles.call_times_ns`); none where it is counted in bytes.
    """
    metric = record.comparison.metric
    return chain.from_iterable(call_times_ns(block, metric) for block in _blocks(record, candidate=candidate))


def percentiles_of(record: ComparisonRecord, *, candidate: bool) -> dict[str, float]:
    """Return the percentiles of one arm's calls in seconds, by name, as far as there are calls enough."""
    found = percentiles(tuple(calls_ns(record, candidate=candidate)))
    return named_percentiles({percent: time / 1e9 for percent, time in found.items()})


def _blocks(record: ComparisonRecord, *, candidate: bool) -> Iterator[Block]:
    rounds = chain.from_iterable(launch.rounds for launch in record.launches)
    return (each.candidate if candidate else each.reference for each in rounds)


def statistics_of(times_ns: Sequence[float]) -> Statistics:
    """Return the figures of ``times_ns``, one or more, to the last digit as pytest-benchmark's own ``Stats`` has them.

    The quartiles are by method 2 of https://en.wikipedia.org/wiki/Quartile for an even number of calls (medians of the
    halves) and by method 3 for an odd one, both of which lie at the same place among the sorted times.
    """
    times = sorted(each / 1e9 for each in times_ns)
    calls = len(times)
    quarter = max(0.0, (calls - 2) / 4)
    return Statistics(
        min_s=times[0],
        q1_s=_at(times, quarter),
        median_s=statistics.median(times),
        q3_s=_at(times, calls - 1 - quarter),
        max_s=times[-1],
        mean_s=statistics.mean(times),
        stddev_s=statistics.stdev(times) if calls > 1 else 0.0,
        calls=calls,
    )


def device_of(record: ComparisonRecord) -> str:
    """Return the device expression that the test ran for: that of an OpenVINO arm, the candidate's first."""
    candidate, reference = record.comparison.candidate, record.comparison.reference
    return reference.device if candidate.engine.is_on_cpu else candidate.device


def said_of(record: ComparisonRecord) -> str:
    """Return the verdict as it is written, or what stands in its place where none was asked for."""
    if record.stored:
        return "recorded"
    return str(record.verdict.kind) if record.judged else "not judged"


def _comparison(record: ComparisonRecord, key: str, evidence: Sequence[str]) -> ComparisonView:
    asked, speedup, verdict = record.comparison, record.speedup, record.verdict
    last = record.launches[-1]
    return ComparisonView(
        key=key,
        test=whole_text(record.test),
        model=whole_text(asked.model),
        workload=str(asked.workload),
        metric=str(asked.metric),
        device=device_of(record),
        candidate=_arm(record, last.candidate, candidate=True),
        reference=_arm(record, last.reference, candidate=False),
        ratio=speedup.ratio,
        low=speedup.low,
        high=speedup.high,
        confidence=speedup.confidence,
        log_ratios=speedup.log_ratios,
        kind=verdict.kind,
        said=said_of(record),
        expected=verdict.expected,
        change=verdict.change,
        change_low=verdict.change_low,
        change_high=verdict.change_high,
        tolerance=verdict.tolerance,
        baseline=None if record.baseline is None else _baseline(record.baseline, asked),
        target=record.target,
        fidelity=record.fidelity,
        seconds=record.seconds,
        evidence=tuple(whole_text(sentence) for sentence in evidence),
        versions={**last.reference.versions, **last.candidate.versions},
        layers=layers_views(record.explained),
    )


def _arm(record: ComparisonRecord, facts: ArmFacts, *, candidate: bool) -> ArmView:
    arm = record.comparison.candidate if candidate else record.comparison.reference
    times = list(calls_ns(record, candidate=candidate))
    return ArmView(
        name=arm.name,
        device=arm.device,
        precision=facts.precision,
        devices=facts.devices,
        threads=facts.threads,
        statistics=statistics_of(times) if times else None,
        blocks_ns=_block_costs(record, candidate=candidate) if times else (),
        cost=record.speedup.candidate_cost if candidate else record.speedup.reference_cost,
        percentiles=percentiles_of(record, candidate=candidate),
        streams=facts.streams,
        requests=facts.requests,
        settings={whole_text(name): whole_text(value) for name, value in facts.settings.items()},
        release=arm.release,
    )


def _block_costs(record: ComparisonRecord, *, candidate: bool) -> tuple[tuple[float, ...], ...]:
    metric = record.comparison.metric
    return tuple(
        tuple(
            float(round(block_cost(each.candidate if candidate else each.reference, metric))) for each in launch.rounds
        )
        for launch in record.launches
    )


def _baseline(stored: StoredBaseline, asked: Comparison) -> BaselineView:
    """Return the stored speed-up with an interval made as that of a measured one: from the scatter of its launches."""
    days = tuple(stored.by_day.values())
    spread = shrunk_spread(noise_of(asked), *days)
    error = spread.sd * sqrt(fsum(1 / len(day) for day in days)) / len(days)
    centre, reach = centre_of(days), student_quantile(spread.degrees, (1 - CONFIDENCE) / 2) * error
    return BaselineView(exp(centre), exp(centre - reach), exp(centre + reach), stored.launches, dict(stored.provenance))


def _started(records: Sequence[ComparisonRecord]) -> str:
    moments = [launch.started_unix for record in records for launch in record.launches]
    return datetime.fromtimestamp(min(moments), UTC).isoformat(timespec="seconds") if moments else ""


def _at(times: Sequence[float], place: float) -> float:
    """Return the value at a place between 0 and the last index, interpolated."""
    below = int(place)
    share = place - below
    return (1 - share) * times[below] + share * times[min(below + 1, len(times) - 1)]
