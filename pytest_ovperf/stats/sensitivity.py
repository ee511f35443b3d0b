"""What a measurement could show: the smallest change it would find, and how much longer it would take to settle."""

from __future__ import annotations

from math import expm1, log, sqrt
from typing import TYPE_CHECKING

from pytest_ovperf.records import StoredBaseline, VerdictKind

from .judge import TARGET_ERROR, Change, change_kind, change_of, distance_kind, log_tolerance
from .moved import allowance
from .noise import Spread, centre_of, error_since, mean, shrunk_spread, student_quantile

if TYPE_CHECKING:
    from pytest_ovperf.records import Speedup

    from .noise import Noise

#: Beyond this many launches nobody waits: a result that would need more cannot be said to settle.
MOST_LAUNCHES = 64


def seconds_to_settle(  # noqa: PLR0913  (what a verdict needs, and the price of a launch)
    speedup: Speedup,
    expected: StoredBaseline | float,
    *,
    noise: Noise,
    tolerance: float,
    error_rate: float,
    seconds_per_launch: float,
    raced: bool = False,
) -> float | None:
    """Return how many more seconds of launches would be expected to decide a result, ``None`` if that cannot be told.

    The expectation is that the centre stays and that added launches scatter as those made so far, at the same error
    rate; a look that has more of the error budget left decides sooner.
    ``expected`` is the baseline or the number judged against (``tolerance`` plays no part then); ``raced`` tells that
    it is the 1 of a race, which has a tolerance. ``None`` means that `MOST_LAUNCHES` would not do: usually it is then
    the baseline that rests on too few launches. 0 if decided.
    """
    made = len(speedup.log_ratios)
    own = shrunk_spread(noise, speedup.log_ratios)
    days = tuple(expected.by_day.values()) if isinstance(expected, StoredBaseline) else ()
    seen = shrunk_spread(noise, speedup.log_ratios, *days) if days else own
    centre = mean(speedup.log_ratios) - (centre_of(days) if isinstance(expected, StoredBaseline) else log(expected))
    allowed = allowance(speedup, expected, noise) if isinstance(expected, StoredBaseline) else 0.0
    for launches in range(made, MOST_LAUNCHES + 1):
        spread = _grown(seen, own, launches - made)
        if isinstance(expected, StoredBaseline):
            error = error_since(noise, spread, launches, days)
        else:
            error = Spread(spread.sd / sqrt(launches), spread.degrees)
        if raced or isinstance(expected, StoredBaseline):
            change = change_of(centre, error, tolerance=tolerance, error_rate=error_rate, allowed=allowed)
            kind = change_kind(change, tolerance)
        else:
            reach = student_quantile(error.degrees, error_rate) * error.sd
            assurance = student_quantile(error.degrees, TARGET_ERROR) * error.sd
            kind = distance_kind(Change(centre, reach, min(reach, assurance)))
        if kind is not VerdictKind.INCONCLUSIVE:
            return (launches - made) * seconds_per_launch
    return None


def _grown(seen: Spread, own: Spread, added: int) -> Spread:
    """Return the spread to be expected when ``added`` launches that scatter like ``own`` join what was seen."""
    degrees = seen.degrees + added
    return Spread(sqrt((seen.degrees * seen.sd**2 + added * own.sd**2) / degrees), degrees)


def smallest_detectable_change(  # noqa: PLR0913  (two sides, their noise and the rule they are judged by)
    baseline: StoredBaseline,
    *,
    launches: int,
    noise: Noise,
    tolerance: float,
    error_rate: float,
    power: float = 0.95,
) -> float:
    """Return the smallest fall of a speed-up (0.09: 9 %) that ``launches`` new launches find with chance ``power``.

    The noise is what the baseline's own launches show, shrunk towards the prior. The fall must exceed the tolerance
    by the reach of the interval and by the noise of the estimate at that power (0.5 < power < 1).
    """
    days = tuple(baseline.by_day.values())
    seen = shrunk_spread(noise, *days)
    error = error_since(noise, Spread(seen.sd, seen.degrees + launches - 1), launches, days)
    reach = change_of(0.0, error, tolerance=tolerance, error_rate=error_rate).reach
    luck = student_quantile(error.degrees, 1 - power) * error.sd
    return -expm1(-(log_tolerance(tolerance) + reach + luck))
