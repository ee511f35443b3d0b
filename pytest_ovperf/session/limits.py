"""The one known limit of a device that a test may run into and still be right: an NPU takes no unbounded dimensions.

A test of a model with such dimensions on an NPU is expected to fail, for exactly that cause, for as long as that is
so. What a test case has shown of the limit is collected here; pytest's outcome is the plugin's business.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_ovperf.hardware import devices as device_rules

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_ovperf.errors import UnboundedShapeError
    from pytest_ovperf.hardware.device import DeviceInfo


@dataclass(slots=True)
class UnboundedLimit:
    """The limit as one test case meets it.

    ``where`` names the device with its driver and OpenVINO's version. ``lifted`` tells that the model, its dimensions
    without an upper bound, was compiled for the device all the same.
    """

    model: str
    device: str
    where: str
    lifted: bool = False

    @classmethod
    def of(
        cls, model: str, device: str, devices: Sequence[DeviceInfo], versions: Mapping[str, str]
    ) -> UnboundedLimit | None:
        """Return the limit of ``device`` for a model with unbounded dimensions, ``None`` where there is none.

        Only an NPU by its own name has it: behind ``AUTO`` and ``HETERO`` another device may take the model.
        """
        if device.partition(".")[0] != "NPU":
            return None
        found = device_rules.find(device, devices)
        driver = f"driver {found.driver}" if found.driver else "a driver that does not tell its version"
        return cls(model, device, f"{device} with {driver} and OpenVINO {versions.get('openvino', '(unknown)')}")

    def reason(self, refusal: UnboundedShapeError) -> str:
        """Return, in one line, why the test could not do otherwise than fail."""
        return f"{refusal.cause}: {self.model} has dimensions without an upper bound, which {self.where} does not take"

    def gone(self, marker: str) -> str:
        """Return what to say of a test that was expected to fail and did not. ``marker`` is what to write now."""
        return (
            f"The limit is gone for this driver and OpenVINO version: {self.where} took {self.model} with dimensions "
            f"that have no upper bound.\n→ Expect it from now on: write {marker}, and the test is an ordinary one."
        )
