"""What the fixtures are, for a user's annotations: ``def test_it(speedup: SpeedupFixture, baseline: Baseline)``.

Protocols, so that importing them costs nothing and a project's own stand-in for a fixture may be annotated alike.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .records import Fidelity
    from .session.agreement import Agreement
    from .session.measured_arm import MeasuredArm
    from .session.measured_ladder import MeasuredLadder
    from .verdict.measured import Baseline


class SpeedupResult(Protocol):
    """What `speedup` returns, to be asserted: ``>= baseline`` or ``>= number``.

    Against a baseline the comparison is false only for a proven regression; against a number only when the whole
    interval lies below it. There is no number to read in a run that races releases: the test is skipped there.
    """

    @property
    def ratio(self) -> float:
        """How many times better the candidate is."""

    @property
    def low(self) -> float:
        """The lower end of the interval."""

    @property
    def high(self) -> float:
        """The upper end of the interval."""

    def __float__(self) -> float: ...

    def __ge__(self, expected: Baseline | float, /) -> bool: ...

    def __gt__(self, expected: Baseline | float, /) -> bool: ...


class SpeedupFixture(Protocol):
    """The fixture `speedup`."""

    def __call__(
        self,
        candidate: str,
        *,
        over: str,
        metric: str = "latency",
        prompt: int | tuple[int, int] | None = None,
        new_tokens: int | None = None,
        **settings: object,
    ) -> SpeedupResult:
        """Measure how many times better ``candidate`` is than ``over``, arms or import paths of functions.

        ``prompt`` and ``new_tokens`` are counted in tokens. ``settings`` are what both arms are tuned by, where their
        own brackets say nothing else. Raises `OvperfError`.
        """


class FidelityFixture(Protocol):
    """The fixture `fidelity`."""

    def __call__(
        self,
        candidate: str,
        *,
        over: str,
        prompt: int | tuple[int, int] | None = None,
        new_tokens: int | None = None,
        **settings: object,
    ) -> Fidelity:
        """Return how near the outputs of ``candidate`` are to those of ``over``, on the same inputs.

        Arguments are those of `speedup`. Raises `OvperfError`.
        """


class MeasureFixture(Protocol):
    """The fixture `measure`."""

    def __call__(
        self,
        name: str,
        *,
        prompt: int | tuple[int, int] | None = None,
        new_tokens: int | None = None,
        **settings: object,
    ) -> MeasuredArm:
        """Return the arm of that name, whose attributes are the metrics: each is measured when it is asked for.

        Raises `OvperfError`.
        """


class LadderFixture(Protocol):
    """The fixture `ladder`."""

    def __call__(
        self,
        arms: Sequence[str],
        *,
        metric: str | None = None,
        also: Sequence[str] = ("peak_memory",),
        prompt: int | tuple[int, int] | None = None,
        new_tokens: int | None = None,
        **settings: object,
    ) -> MeasuredLadder:
        """Measure all ``arms`` side by side, ``also`` in these metrics, and hold them against the first.

        Raises `OvperfError`.
        """


class AgreementFixture(Protocol):
    """The fixture `agreement`."""

    def __call__(self, candidate: str, *, over: str, **settings: object) -> Agreement:
        """Return both arms, loaded for any shape that the model takes. Raises `OvperfError`."""
