"""What is said of each metric in words: how one arm stands to another, and which way a figure went."""

from __future__ import annotations

from pytest_ovperf.metrics import Metric, Unit

#: Around the speed-up, between both arms: ``openvino-int8 is now 2.71x as fast as openvino-fp32``.
_STANDING = {
    Metric.LATENCY: ("is", "as fast as"),
    Metric.THROUGHPUT: ("has", "the throughput of"),
    Metric.TTFT: ("is", "as fast to its first token as"),
    Metric.TPOT: ("is", "as fast from token to token as"),
    Metric.TOKENS_PER_SECOND: ("makes", "the tokens a second of"),
    Metric.REQUESTS_PER_SECOND: ("serves", "the requests a second of"),
    Metric.LOAD_TIME: ("loads", "as fast as"),
    Metric.CACHED_LOAD_TIME: ("loads from its cache", "as fast as"),
    Metric.FIRST_INFERENCE: ("is", "as fast to its first result as"),
    Metric.PEAK_MEMORY: ("is", "as small in memory as"),
    Metric.MODEL_SIZE: ("is", "as small on disk as"),
    Metric.EXPORT_TIME: ("is exported", "as fast as"),
}
#: What an arm does with a figure in this unit, and what it did where it got worse or better.
_TAKES = {Unit.SECONDS: "takes", Unit.BYTES: "takes"}
_WORSE = {Unit.SECONDS: "slowed", Unit.BYTES: "grew"}
_BETTER = {Unit.SECONDS: "sped up", Unit.BYTES: "shrank"}


def standing(candidate: str, ratio: str, reference: str, metric: Metric, now: str = "") -> str:
    """Return how one arm stands to another, as a clause; ``now``, with a blank at its end, is put where it belongs."""
    verb, tail = _STANDING[metric]
    said = f"{verb} {now}" if verb in ("is", "has") else f"{now}{verb} "
    return f"{candidate} {said}{ratio} {tail} {reference}"


def takes(metric: Metric) -> str:
    """Return the verb between an arm and its figure: it ``takes`` 4.10 ms, and ``reaches`` 512 samples/s."""
    return _TAKES.get(metric.unit, "reaches")


def moved(metric: Metric, *, is_worse: bool) -> str:
    """Return the verb for a figure that got worse or better: it ``slowed``, ``fell`` or ``grew``."""
    return _WORSE.get(metric.unit, "fell") if is_worse else _BETTER.get(metric.unit, "rose")
