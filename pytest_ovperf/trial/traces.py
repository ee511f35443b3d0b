"""Traces as plain JSON-able data and back: what a session keeps of its raw times.

Writing is compact (times as whole nanoseconds, what only some workloads have only where it is); reading is strict, and
an error says where in the data it struck. Older schemas are still read: 3 knew no arms of other environments, 2 neither
tunings nor any workload beside single inferences.
"""

from __future__ import annotations

from dataclasses import asdict
from enum import StrEnum
from math import isfinite
from typing import TYPE_CHECKING, Any, TypeVar

from pytest_ovperf.arms import Arm, Comparison, Engine, Precision
from pytest_ovperf.errors import ArmError, MeasurementError
from pytest_ovperf.metrics import Metric, Workload, WorkloadKind
from pytest_ovperf.plain_data import PlainValue
from pytest_ovperf.records import ArmFacts, Block, Interference, Launch, Round, Trace
from pytest_ovperf.tuning import UNTUNED, Tuning
from pytest_ovperf.worker.facts import facts_to_json

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Self

_E = TypeVar("_E", bound=StrEnum)

#: The version of the form, and those that are read. Another one is refused: raw times are cheap to take again, and
#: guessing is not.
SCHEMA = 4
READ = (2, 3, SCHEMA)

#: What a block may have beside its times and what disturbed it, and what a workload may have beside its shapes.
_OF_BLOCK = ("items", "elapsed_ns", "first_ns", "tokens", "bytes")
_OF_WORKLOAD = ("new_tokens", "shortest")


def trace_to_data(trace: Trace) -> dict[str, Any]:
    """Return a trace as dictionaries, lists, strings, numbers and booleans."""
    comparison = trace.comparison
    return {
        "schema": SCHEMA,
        "comparison": {
            "model": comparison.model,
            "candidate": arm_to_data(comparison.candidate),
            "reference": arm_to_data(comparison.reference),
            "metric": str(comparison.metric),
            "workload": workload_to_data(comparison.workload),
        },
        "launches": [_launch_to_data(launch) for launch in trace.launches],
    }


def trace_from_data(data: object) -> Trace:
    """Return the trace that `trace_to_data` was given.

    Raises `MeasurementError`, with the place, for anything else: another schema, a missing or unknown key, a value
    of the wrong type, a time that is not above 0.
    """
    top = _Place(data, "trace")
    top.keys("schema", "comparison", "launches")
    schema = top.at("schema").whole()
    if schema not in READ:
        raise top.at("schema").wrong(f"one of {', '.join(map(str, READ))}, the schemas that this version reads")
    return Trace(_comparison(top.at("comparison")), tuple(_launch(launch) for launch in top.at("launches").items()))


_NO_BLOCK = Block(())
_NO_WORKLOAD = Workload(WorkloadKind.INFER, {})


def _unlike(value: object, plain: object, names: Iterable[str]) -> dict[str, Any]:
    """Return those of the fields in which ``value`` is not as ``plain`` is."""
    found = {name: getattr(value, name) for name in names if getattr(value, name) != getattr(plain, name)}
    return {name: list(each) if isinstance(each, tuple) else each for name, each in found.items()}


def workload_to_data(workload: Workload) -> dict[str, Any]:
    """Return a workload as plain data."""
    return {
        "kind": str(workload.kind),
        "shapes": {name: list(shape) for name, shape in workload.shapes.items()},
        **_unlike(workload, _NO_WORKLOAD, _OF_WORKLOAD),
    }


def arm_to_data(arm: Arm) -> dict[str, Any]:
    """Return an arm as plain data."""
    tuning = {"tuning": arm.tuning.settings} if arm.tuning else {}
    release = {"release": arm.release} if arm.release else {}
    function = {"function": arm.function} if arm.function else {}
    return {
        "engine": str(arm.engine),
        "precision": str(arm.precision),
        "device": arm.device,
        **tuning,
        **release,
        **function,
    }


def _launch_to_data(launch: Launch) -> dict[str, Any]:
    return {
        "candidate": facts_to_json(launch.candidate),
        "reference": facts_to_json(launch.reference),
        "rounds": [
            {
                "candidate": block_to_data(round_.candidate),
                "reference": block_to_data(round_.reference),
                "candidate_first": round_.candidate_first,
            }
            for round_ in launch.rounds
        ],
        "started_unix": launch.started_unix,
        "seconds": launch.seconds,
        "warm": launch.warm,
    }


def block_to_data(block: Block) -> dict[str, Any]:
    """Return a block as plain data, without what it does not have."""
    seen = block.interference
    more = _unlike(block, _NO_BLOCK, _OF_BLOCK)
    return {"latency_ns": list(block.latency_ns), "interference": seen and asdict(seen), **more}


class _Place(PlainValue):
    """A value somewhere in a trace."""

    def refused(self, seen: str) -> MeasurementError:
        return MeasurementError(
            seen, remedy="The raw times were damaged or come from another version: delete the file and measure again."
        )

    def keys(self, *names: str, perhaps: Iterable[str] = ()) -> None:
        """Insist on an object with these members; those of ``perhaps`` may be there or not, others may not."""
        found = self.mapping()
        missing = ", ".join(name for name in names if name not in found)
        unknown = ", ".join(str(name) for name in found if name not in {*names, *perhaps})
        if missing or unknown:
            raise self.wrong(f"the keys {', '.join(names)} (missing: {missing or '-'}; unknown: {unknown or '-'})")

    def get(self, key: str) -> Self | None:
        return self.at(key) if key in self.mapping() else None

    def entries(self) -> dict[str, Self]:
        return {key: self.at(key) for key in self.mapping()}

    def absent(self) -> bool:
        return self.value is None

    def seconds(self) -> float:
        if not isinstance(self.value, (int, float)) or isinstance(self.value, bool) or not isfinite(self.value):
            raise self.wrong("a number of seconds")
        return float(self.value)

    def one_of(self, kind: type[_E]) -> _E:
        try:
            return kind(self.text())
        except ValueError:
            raise self.wrong(f"one of {', '.join(kind)}") from None


def _comparison(place: _Place) -> Comparison:
    place.keys("model", "candidate", "reference", "metric", "workload")
    workload = place.at("workload")
    workload.keys("kind", "shapes", perhaps=_OF_WORKLOAD)
    shapes = workload.at("shapes").entries()
    return Comparison(
        model=place.at("model").text(),
        candidate=_arm(place.at("candidate")),
        reference=_arm(place.at("reference")),
        metric=place.at("metric").one_of(Metric),
        workload=Workload(
            workload.at("kind").one_of(WorkloadKind),
            {name: tuple(size.whole() for size in shape.items()) for name, shape in shapes.items()},
            new_tokens=_count(workload, "new_tokens"),
            shortest=_count(workload, "shortest"),
        ),
    )


def _arm(place: _Place) -> Arm:
    place.keys("engine", "precision", "device", perhaps=("tuning", "release", "function"))
    release, function = place.get("release"), place.get("function")
    return Arm(
        place.at("engine").one_of(Engine),
        place.at("precision").one_of(Precision),
        place.at("device").text(),
        _tuning(place.get("tuning")),
        "" if release is None else release.text(),
        "" if function is None else function.text(),
    )


def _tuning(place: _Place | None) -> Tuning:
    if place is None:
        return UNTUNED
    try:
        return Tuning.of(_texts(place))
    except ArmError as error:
        raise place.wrong(f"settings of an arm ({error.seen})") from error


def _facts(place: _Place) -> ArmFacts:
    place.keys("precision", "devices", "threads", "load_ns", "versions", perhaps=("streams", "requests", "settings"))
    settings = place.get("settings")
    return ArmFacts(
        precision=place.at("precision").text(),
        devices=tuple(device.text() for device in place.at("devices").items()),
        threads=place.at("threads").whole(),
        load_ns=place.at("load_ns").whole(),
        versions=_texts(place.at("versions")),
        streams=_count(place, "streams"),
        requests=_count(place, "requests"),
        settings={} if settings is None else _texts(settings),
    )


def _texts(place: _Place) -> dict[str, str]:
    return {name: value.text() for name, value in place.entries().items()}


def _count(place: _Place, name: str, *, otherwise: int = 0, least: int = 0) -> int:
    found = place.get(name)
    return otherwise if found is None else found.whole(least=least)


def _launch(place: _Place) -> Launch:
    place.keys("candidate", "reference", "rounds", "started_unix", "seconds", "warm")
    return Launch(
        candidate=_facts(place.at("candidate")),
        reference=_facts(place.at("reference")),
        rounds=tuple(_round(round_) for round_ in place.at("rounds").items()),
        started_unix=place.at("started_unix").seconds(),
        seconds=place.at("seconds").seconds(),
        warm=place.at("warm").truth(),
    )


def _round(place: _Place) -> Round:
    place.keys("candidate", "reference", "candidate_first")
    return Round(
        candidate=_block(place.at("candidate")),
        reference=_block(place.at("reference")),
        candidate_first=place.at("candidate_first").truth(),
    )


def _block(place: _Place) -> Block:
    place.keys("latency_ns", "interference", perhaps=_OF_BLOCK)
    first_ns, elapsed_ns, size = place.get("first_ns"), place.get("elapsed_ns"), place.get("bytes")
    seen = place.at("interference")
    return Block(
        latency_ns=_times(place.at("latency_ns")),
        interference=None if seen.absent() else _interference(seen),
        items=_count(place, "items", otherwise=1, least=1),
        elapsed_ns=None if elapsed_ns is None else elapsed_ns.whole(least=1),
        first_ns=() if first_ns is None else _times(first_ns),
        tokens=_count(place, "tokens"),
        bytes=None if size is None else size.whole(),
    )


def _times(place: _Place) -> tuple[int, ...]:
    return tuple(time.whole(least=1) for time in place.items())


def _interference(place: _Place) -> Interference:
    place.keys("wall_ns", "steal_ns", "others_ns", "switches")

    def count(name: str) -> int | None:
        found = place.at(name)
        return None if found.absent() else found.whole()

    return Interference(place.at("wall_ns").whole(), count("steal_ns"), count("others_ns"), count("switches"))
