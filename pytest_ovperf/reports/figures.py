"""How numbers and moments are written: one rounding for the table, the failure text and the live line.

Everything here returns text that may hold a dash or a ``µ``; `screen.Screen.text` replaces what a terminal cannot
show. A number that is not finite is written as ``?`` or ``unlimited``, since a report must never be what fails.
"""

from __future__ import annotations

import math
from datetime import datetime

from pytest_ovperf.metrics import Metric, Unit
from pytest_ovperf.stats.absolute import in_unit

_SIZE_UNITS = ("B", "kB", "MB", "GB", "TB")
_LATENCY_UNITS = (("ns", 1.0), ("µs", 1e3), ("ms", 1e6), ("s", 1e9))
_MINUTE_S = 60
_HOUR_S = 3600


def speedup(ratio: float) -> str:
    """Return a speed-up such as ``2.71x``: two decimals, fewer from 10 upwards."""
    return f"{_plain(ratio, _ratio_decimals(ratio))}x"


def interval(low: float, high: float) -> str:
    """Return the interval of a speed-up, both ends with the same decimals and enough of them to tell the ends apart."""
    decimals = max(_ratio_decimals(end) for end in (low, high))
    ends = ""
    for extra in range(3):
        lower, upper = _plain(low, decimals + extra), _plain(high, decimals + extra)
        ends = f"{lower}\N{EN DASH}{upper}"
        if lower != upper:
            break
    return ends


def change(relative: float) -> str:
    """Return a relative change with its sign, such as ``+1.2 %`` or ``-34 %``; no sign when it rounds to nothing."""
    if not math.isfinite(relative):
        return "? %"
    digits = percent(relative)
    if not any(digit in "123456789" for digit in digits):
        return digits
    return f"{'-' if relative < 0 else '+'}{digits}"


def percent(relative: float) -> str:
    """Return the size of a relative change without its sign, such as ``1.2 %`` or ``34 %``."""
    size = abs(relative) * 100
    if not math.isfinite(size):
        return "? %"
    return f"{size:.1f} %" if round(size, 1) < 10 else f"{size:.0f} %"  # noqa: PLR2004  (two digits that matter)


def chosen_percent(share: float) -> str:
    """Return a share that somebody chose, a tolerance or a confidence, without digits it does not have: ``5 %``."""
    return f"{share * 100:.4g} %"


def latency(nanoseconds: float) -> str:
    """Return a latency with three significant digits and its unit: ``850 ns``, ``12.3 µs``, ``4.10 ms``, ``1.25 s``."""
    if not math.isfinite(nanoseconds):
        return "?"
    for unit, scale in _LATENCY_UNITS[:-1]:
        digits = _three_digits(nanoseconds / scale)
        if abs(float(digits)) < 1000:  # noqa: PLR2004  (the step from one unit to the next)
            return f"{digits} {unit}"
    unit, scale = _LATENCY_UNITS[-1]
    return f"{_three_digits(nanoseconds / scale)} {unit}"


def size(byte_count: float) -> str:
    """Return a number of bytes with three significant digits: ``812 B``, ``45.1 MB``, ``1.24 GB`` (powers of 1,000)."""
    if not math.isfinite(byte_count):
        return "?"
    value = byte_count
    for unit in _SIZE_UNITS[:-1]:
        digits = f"{value:.0f}" if unit == "B" else _three_digits(value)
        if abs(float(digits)) < 1000:  # noqa: PLR2004  (the step from one unit to the next)
            return f"{digits} {unit}"
        value /= 1000
    return f"{_three_digits(value)} {_SIZE_UNITS[-1]}"


def quantity(value: float, unit: Unit) -> str:
    """Return what is counted in ``unit``: ``4.10 ms`` for 0.0041 s, ``45.1 MB``, ``617 tokens/s``."""
    if unit is Unit.SECONDS:
        return latency(value * 1e9)
    if unit is Unit.BYTES:
        return size(value)
    return f"{_three_digits(value)} {unit}" if math.isfinite(value) else "?"


def quantities(low: float, high: float, unit: Unit) -> str:
    """Return a range of what is counted in ``unit``, the unit once where it is the same: ``597-640 tokens/s``."""
    ends = quantity(low, unit), quantity(high, unit)
    return ends[0] if ends[0] == ends[1] else beside(*ends, "\N{EN DASH}")


def against(candidate: float, reference: float, unit: Unit, between: str = " against ") -> str:
    """Return two figures in ``unit``, the unit said once where it is the same: ``4.10 against 11.1 ms``."""
    return beside(quantity(candidate, unit), quantity(reference, unit), between)


def beside(first: str, second: str, between: str) -> str:
    """Join two figures that are written already, the unit said once where it is the same."""
    digits, _, word = first.partition(" ")
    return f"{digits if word and second.endswith(f' {word}') else first}{between}{second}"


def cost(cost: float, metric: Metric) -> str:
    """Return what a metric costs (`stats.costs`) as people are told it: a rate instead of the time of one token."""
    if not (math.isfinite(cost) and cost > 0):
        return "?"
    return quantity(in_unit(cost, metric.unit), metric.unit)


def duration(seconds: float) -> str:
    """Return a wall time: ``4.2 s``, ``14 s``, ``3 min 12 s``, ``1 h 02 min``."""
    if not math.isfinite(seconds):
        return "?"
    seconds = max(0.0, seconds)
    if round(seconds, 1) < 10:  # noqa: PLR2004  (two digits that matter)
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < _MINUTE_S:
        return f"{whole} s"
    if whole < _HOUR_S:
        return f"{whole // _MINUTE_S} min {whole % _MINUTE_S:02d} s"
    minutes = round(seconds / _MINUTE_S)
    return f"{minutes // 60} h {minutes % 60:02d} min"


def count(number: int, noun: str) -> str:
    """Return a number with its noun in the right number: ``1 launch``, ``3 launches``."""
    if number == 1:
        return f"1 {noun}"
    return f"{number} {noun}{'es' if noun.endswith(('ch', 's')) else 's'}"


def one_in(rate: float) -> str:
    """Return a small chance as people say it, two digits of it: ``1 of 7,500``; ``rate`` lies between 0 and 1."""
    if not (math.isfinite(rate) and 0 < rate <= 1):
        return "?"
    times = 1 / rate
    return f"1 of {round(times, 1 - math.floor(math.log10(times))):,.0f}"


def moment(started: str) -> str:
    """Return an ISO 8601 time as ``2026-11-21 20:55 +01:00``, and whatever else a file says as it stands."""
    try:
        when = datetime.fromisoformat(started)
    except ValueError:
        return started
    offset = when.strftime("%z")
    zone = {"": "", "+0000": " UTC"}.get(offset, f" {offset[:3]}:{offset[3:5]}")
    return f"{when:%Y-%m-%d %H:%M}{zone}"


def _ratio_decimals(value: float) -> int:
    """Two decimals, fewer from 10 upwards, more where two would show nothing but a zero."""
    if not math.isfinite(value):
        return 0
    size = abs(value)
    if round(size, 1) >= 100:  # noqa: PLR2004  (three digits are enough)
        return 0
    if round(size, 2) >= 10:  # noqa: PLR2004  (three digits are enough)
        return 1
    if size == 0 or size >= 0.1:  # noqa: PLR2004  (two digits are left)
        return 2
    return min(12, 1 - math.floor(math.log10(size)))


def _plain(value: float, decimals: int) -> str:
    if math.isnan(value):
        return "?"
    if math.isinf(value):
        return "unlimited"
    return f"{value:.{decimals}f}"


def _three_digits(value: float) -> str:
    size = abs(value)
    if round(size, 1) >= 100:  # noqa: PLR2004  (three digits)
        return f"{value:.0f}"
    if round(size, 2) >= 10:  # noqa: PLR2004  (three digits)
        return f"{value:.1f}"
    return f"{value:.2f}"
