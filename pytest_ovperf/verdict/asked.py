"""A comparison as a test asked for it."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_ovperf.arms import Comparison  # noqa: TC001  (dataclass annotations stay resolvable)
from pytest_ovperf.records import Fidelity  # noqa: TC001  (dataclass annotations stay resolvable)
from pytest_ovperf.stats.noise import Noise, noise_of
from pytest_ovperf.store.keys import EntryKey


@dataclass(frozen=True, slots=True)
class Asked:
    """One comparison as the test ``node_id`` asked for it.

    ``device`` names the devices of both arms in full. ``tolerance`` is what the run asks for and ``kept_tolerance``
    what a new baseline is to remember (the command line is for one run only), ``None`` where that is left to the
    baseline or the kind of comparison. ``fidelity`` is ``None`` unless it is known already. ``weights`` is a digest of
    the files of a model that the user brought, else empty. ``drawn`` is what is to be said of a fidelity that is
    measured now (`drawn_note`).
    """

    node_id: str
    comparison: Comparison
    device: str
    tolerance: float | None
    kept_tolerance: float | None
    fidelity: Fidelity | None
    weights: str = ""
    drawn: str = ""

    @property
    def key(self) -> EntryKey:
        """Where its baseline is found."""
        return EntryKey.of(self.node_id, self.comparison)

    @property
    def noise(self) -> Noise:
        """What is known of the noise of this kind of comparison."""
        return noise_of(self.comparison)
