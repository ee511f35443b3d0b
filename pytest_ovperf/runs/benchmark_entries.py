"""What was measured as entries of pytest-benchmark, which computes the statistics and writes the files itself.

Its session holds a list of `pytest_benchmark.stats.Metadata`, one for each benchmark, and reads it when the run is
over: for its files, for its table, and to compare with what was saved before. Versions 4 and 5 do so in the same way.
"""

from __future__ import annotations

import hashlib
import math
import warnings
from collections import Counter
from collections.abc import Mapping, Sequence  # noqa: TC003  (public annotations stay resolvable)
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from .benchmark_json import BLOCK, arm_block, is_timed
from .values import unit_of, value_of
from .view import ArmView, ComparisonView  # noqa: TC001  (see above)

_OPTIONS = ("save", "autosave", "json", "compare", "histogram", "disabled", "benchmarks")
_GROUP_LENGTH = 120  # pytest-benchmark makes it part of a histogram's file name
_DIGEST = 8


@dataclass(frozen=True, slots=True)
class Wanted:
    """What pytest-benchmark was asked for: whether to save entries, and whether to show them in its own table."""

    saved: bool
    shown: bool

    def __bool__(self) -> bool:
        return self.saved or self.shown


def wanted(session: Any) -> Wanted:  # noqa: ANN401  (pytest-benchmark's, which has no types)
    """Return what ``session``, pytest-benchmark's own, is to do with what was measured.

    Its table is asked for with ``--benchmark-compare`` and ``--benchmark-histogram``, which are that table; files alone
    ask for none, and the run has shown its own. With ``--benchmark-disable``, as under xdist, there is nothing to do.
    """
    if not all(hasattr(session, name) for name in _OPTIONS):
        warnings.warn(
            "This version of pytest-benchmark is unknown to pytest-ovperf: its files will hold no speed-ups. "
            "Versions 4 and 5 are known.",
            stacklevel=2,
        )
        return Wanted(saved=False, shown=False)
    if session.disabled:
        return Wanted(saved=False, shown=False)
    return Wanted(
        saved=bool(session.save or session.autosave or session.json),
        shown=bool(session.compare or session.histogram),
    )


def entries(
    views: Sequence[ComparisonView],
    calls_ns: Sequence[tuple[Sequence[float], Sequence[float]]],
    params: Mapping[str, Mapping[str, object]],
    *,
    shown: bool,
) -> list[Any]:
    """Return one entry for each arm of ``views``, the candidate's first; none for those that are counted in bytes.

    ``calls_ns`` holds, for each view, the raw times of its candidate and its reference in nanoseconds; ``params`` is
    test id → what pytest parametrized it with. Entries that are not ``shown`` are saved and left out of the table.
    """
    from pytest_benchmark.stats import Metadata  # noqa: PLC0415  (there only where pytest-benchmark is)

    class Entry(Metadata):  # type: ignore[misc]  # it has no types
        """An arm's entry. pytest-benchmark's table and comparison leave out what is false."""

        def __bool__(self) -> bool:
            return shown

    numbers: Counter[str] = Counter()
    made: list[Any] = []
    for view, calls in zip(views, calls_ns, strict=True):
        if not is_timed(view):
            continue
        for side, times_ns in zip(("candidate", "reference"), calls, strict=True):
            name = f"{_function(view.test)} {_arm_name(view, getattr(view, side))}"
            key = f"{view.test} {name}"
            numbers[key] += 1
            number = f" ({numbers[key]})" if numbers[key] > 1 else ""  # another comparison with the same arm
            facts = _facts(view, side, name + number, params.get(view.test, {}))
            entry = Entry(facts, iterations=1, options={"disable_gc": True, "timer": "perf_counter_ns", "warmup": True})
            for each in times_ns:
                entry.update(each / 1e9)
            made.append(entry)
    return made


def _facts(view: ComparisonView, side: str, name: str, params: Mapping[str, object]) -> SimpleNamespace:
    """Return what pytest-benchmark reads off a ``benchmark`` fixture."""
    arm = _arm_name(view, getattr(view, side))
    label = view.key.removeprefix(f"{view.test} · ").replace(" · ", ", ")
    return SimpleNamespace(
        name=name,
        fullname=f"{view.test} {arm} ({label})",
        group=_group(label),
        param="-".join(filter(None, (_id_of_params(view.test), arm))),
        params={
            "model": view.model,
            "device": view.device,
            "arm": arm,
            **{each: _plain(value) for each, value in params.items()},
        },
        extra_info=_extra_info(view, side),
        cprofile_stats=None,
        has_error=False,
    )


def _extra_info(view: ComparisonView, side: str) -> dict[str, Any]:
    """Return what people and scripts look for, by plain names, and the block from which all is read again."""
    arm: ArmView = getattr(view, side)
    return {
        "arm": arm.name,
        "side": side,
        "metric": view.metric,
        "workload": view.workload,
        "value": _finite(value_of(arm, view.metric)),
        "unit": str(unit_of(view.metric)),
        "percentiles_s": {name: _finite(time) for name, time in arm.percentiles.items()},
        "ratio": _finite(view.ratio),
        "interval": [_finite(view.low), _finite(view.high)],
        "confidence": _finite(view.confidence),
        "verdict": view.said,
        "baseline": None if view.target is not None or view.is_race else _finite(view.expected),
        "target": _finite(view.target),
        **({"raced_against": f"OpenVINO {view.reference.release}"} if view.is_race else {}),
        "device": ", ".join(arm.devices) or arm.device,
        "precision": arm.precision,
        "versions": dict(view.versions),
        BLOCK: arm_block(view, side),
    }


def _arm_name(view: ComparisonView, arm: ArmView) -> str:
    """Return the arm as users write it, with its device where it is devices that are compared."""
    return f"{arm.name}@{arm.device}" if view.candidate.name == view.reference.name else arm.name


def _function(test: str) -> str:
    """Return a test's name without path and classes, as pytest-benchmark has it."""
    names, bracket, parameters = _within_module(test).partition("[")
    return names.rpartition("::")[2] + bracket + parameters


def _id_of_params(test: str) -> str:
    return _within_module(test).partition("[")[2].removesuffix("]")


def _within_module(test: str) -> str:
    return test.partition("::")[2] or test


def _group(label: str) -> str:
    if len(label) <= _GROUP_LENGTH:
        return label
    digest = hashlib.sha256(label.encode()).hexdigest()[:_DIGEST]
    return f"{label[: _GROUP_LENGTH - _DIGEST - 1]}-{digest}"


def _plain(value: object) -> object:
    """Return a parameter as JSON can hold it: pytest-benchmark would write its ``repr`` and that it is none."""
    if value is None or isinstance(value, bool | int | str) or (isinstance(value, float) and math.isfinite(value)):
        return value
    return str(value)


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
