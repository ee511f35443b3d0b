"""The fixture `agreement`: two arms held against each other on shapes that a test draws. Nothing is timed.

So its tests may run beside others, in workers of pytest-xdist too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .choosing import chosen
from .outcomes import as_outcome, session_of, translated

if TYPE_CHECKING:
    from pytest_ovperf.fixture_types import AgreementFixture
    from pytest_ovperf.models.spec import ModelSpec
    from pytest_ovperf.session.agreement import Agreement


@pytest.fixture
def agreement(request: pytest.FixtureRequest, model: ModelSpec, device: str) -> AgreementFixture:
    """Return ``agreement(candidate, *, over, **settings)``: both arms, loaded for any shape that the model takes.

    ``.shapes(batch=(1, 4), length=(1, 64))`` is a strategy of hypothesis, and ``.on(shape)`` compares both arms'
    outputs on inputs of that shape. The arms stay loaded until the test ends.
    """
    session = session_of(request.config)
    with as_outcome():
        spec = chosen(request, model, measured=True)
    from pytest_ovperf.tuning import Tuning  # noqa: PLC0415  (paid only by tests that use it)

    @translated
    def agree(candidate: str, *, over: str, **settings: object) -> Agreement:
        arms = session.asking.arms(candidate, over, device, Tuning.of(settings))
        return session.agreements.open(spec, arms).through(translated)

    return agree
