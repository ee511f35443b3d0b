"""What execution graphs cost a run: the time spent on asking arms for them, reading and comparing them.

    python -m pytest --ov-device=CPU -p benchmarks.fingerprint_cost

A plugin of pytest for this measurement only, and for runs that record no baselines. Every graph that is asked for, and
every explanation that is looked up, is timed from outside; profiles, which only regressions and ``--ov-explain`` take,
are told apart. The last lines say what that is of the whole run.
"""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from functools import wraps
from typing import TYPE_CHECKING, Any

from pytest_ovperf.session.layers import RunLayers
from pytest_ovperf.verdict.explaining import Explaining

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

_spent_s: defaultdict[str, float] = defaultdict(float)
_calls: Counter[str] = Counter()
_started_s = time.perf_counter()


def _timed(owner: type, name: str, what: str) -> None:
    original: Callable[..., Any] = getattr(owner, name)

    @wraps(original)
    def timed(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401  (whatever the method takes and returns)
        started_s = time.perf_counter()
        try:
            return original(*args, **kwargs)
        finally:
            _spent_s[what] += time.perf_counter() - started_s
            _calls[what] += 1

    setattr(owner, name, timed)


def pytest_configure() -> None:
    """Time what has to do with graphs."""
    _timed(RunLayers, "look", "asking arms")
    _timed(RunLayers, "profile", "profiling")
    _timed(Explaining, "explained", "reading, comparing and profiling")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what it took."""
    whole_s = time.perf_counter() - _started_s
    graphs_s = _spent_s["asking arms"] + _spent_s["reading, comparing and profiling"] - _spent_s["profiling"]
    for what, spent_s in _spent_s.items():
        terminalreporter.write_line(f"{what}: {spent_s:.2f} s in {_calls[what]} calls")
    terminalreporter.write_line(f"execution graphs: {graphs_s:.2f} s of {whole_s:.0f} s, {graphs_s / whole_s:.2%}")
