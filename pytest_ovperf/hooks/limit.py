"""What becomes of a test that met a limit of its device, or met it no more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_ovperf.errors import UnboundedShapeError

from .markers import dynamic_marker
from .outcomes import Failed

if TYPE_CHECKING:
    import pytest

    from pytest_ovperf.session.limits import UnboundedLimit


def judge_limit(
    item: pytest.Item, call: pytest.CallInfo[None], report: pytest.TestReport, limit: UnboundedLimit
) -> None:
    """Make a strict xfail of a test that met the limit which it was expected to meet, and of no other failure.

    A test's own ``xfail`` has been at work before: what it took for expected stays so, what it refused is judged here.
    """
    error = call.excinfo.value if call.excinfo else None
    refusal = error.error if isinstance(error, Failed) else error
    if isinstance(refusal, UnboundedShapeError) and report.failed:
        report.outcome = "skipped"
        report.wasxfail = limit.reason(refusal)
    elif call.when == "call" and limit.lifted:
        said = limit.gone(dynamic_marker(item, limit.device))
        if call.excinfo is None:
            report.outcome, report.longrepr = "failed", f"[XPASS(strict)] {said}"
            vars(report).pop("wasxfail", None)
        else:  # failed of something else: that comes first
            report.sections.append(("unbounded dimensions", said))
