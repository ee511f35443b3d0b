"""Where a run measures: this machine, the devices that were asked for, and which of them serve a test or an arm."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from pytest_ovperf.arms import Arm, Precision, parse_arm
from pytest_ovperf.errors import ArmError, ArmUnavailableError, DeviceAbsentError, DeviceError
from pytest_ovperf.hardware import devices as device_rules
from pytest_ovperf.hardware import needs, tunable
from pytest_ovperf.npu.platforms import device_of
from pytest_ovperf.tuning import UNTUNED, Tuning

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pytest_ovperf.hardware.device import DeviceInfo
    from pytest_ovperf.hardware.needs import DeviceMark
    from pytest_ovperf.hardware.probe import Machine
    from pytest_ovperf.metrics import WorkloadKind
    from pytest_ovperf.npu.compile_only import CompileOnly


class Places:
    """The machine of a run and the devices ``asked`` for; ``read`` describes the machine, when that is needed.

    ``platforms``, if any, are the NPUs that models are compiled for where there is none.
    """

    def __init__(
        self, asked: tuple[str, ...], read: Callable[[], Machine], platforms: CompileOnly | None = None
    ) -> None:
        self._asked = asked
        self._read = read
        self._platforms = platforms

    @cached_property
    def machine(self) -> Machine:
        """The machine, probed once, in a process of its own."""
        return self._read()

    @cached_property
    def npu(self) -> CompileOnly | None:
        """The NPUs that are compiled for and not run; ``None`` where none was asked for, or one is there to run on."""
        if self._platforms is None or not {"NPU", device_rules.ALL} & set(self._asked):
            return None
        there = device_rules.hindrance("NPU", self.machine.devices) is None
        return None if there else self._platforms

    @cached_property
    def devices(self) -> tuple[str, ...]:
        """The devices asked for, with ``all`` replaced by what is there."""
        if device_rules.ALL in self._asked:
            there = device_rules.expand(self._asked, self.machine.devices)
            return there if self.npu is None or "NPU" in there else (*there, "NPU")
        return self._asked

    def cases(self, devices: Sequence[str], *, compiles: bool) -> list[str]:
        """Return what a test is run for: ``devices``, with the NPUs that are compiled for in the place of ``NPU``."""
        if "NPU" not in devices or self.npu is None:
            return list(devices)
        return self.npu.cases(devices, compiles=compiles)

    def compiled_for(self, device: str) -> str | None:
        """Return the platform that ``device`` stands for where it is compiled for and not run, else ``None``."""
        asked = device.partition(".")[0] == "NPU" and self.npu is not None
        return self.npu.platform(device) if asked and self.npu is not None else None

    def devices_for(self, wanted: Sequence[str] | None) -> tuple[str, ...]:
        """Return those of the asked devices that are among ``wanted``; ``None`` wants any."""
        if wanted is None:
            return self.devices
        return tuple(name for name in self.devices if any(device_rules.matches(name, want) for want in wanted))

    def require_any(self) -> None:
        """Raise `DeviceError` where OpenVINO has no CPU: that is a broken installation, and no reason to skip."""
        cpu = device_rules.find("CPU", self.machine.devices)
        if not cpu.available:
            raise DeviceError(f"OpenVINO cannot be used here. {cpu.reason}", remedy="Then run the tests again.")

    def require(self, name: str, mark: DeviceMark | None = None) -> None:
        """Raise `DeviceAbsentError`, with the reason, for a device that cannot be used here or lacks what is needed."""
        known: Sequence[DeviceInfo] = self.machine.devices
        platform = self.compiled_for(name)
        if platform is not None and self.npu is not None:
            self.npu.require()
            name, known = device_of(platform), self.npu.described()
        device_rules.require(name, known)
        lack = None if mark is None else needs.unmet(mark, name, known)
        if lack is not None:
            raise DeviceAbsentError(lack, remedy="Choose another device with --ov-device.")

    def hindrances(self) -> tuple[str, ...]:
        """Return why those of the asked devices cannot be used that cannot: what runs on them is skipped."""
        asked = (name for name in self.devices if self.compiled_for(name) is None)
        seen = (device_rules.hindrance(name, self.machine.devices) for name in asked)
        return tuple(why for why in seen if why is not None)

    def preferences(self, mark: DeviceMark | None) -> tuple[tuple[str, str | None], ...]:
        """Return the devices of ``mark`` in order, each with why it need not be tried, ``None`` where it can be."""
        return () if mark is None else needs.preferences(mark, self.machine.devices)

    def arm(self, name: str, device: str, general: Tuning = UNTUNED) -> Arm:
        """Return the arm of that name on ``device`` or on its own, such as ``openvino-fp32@AUTO:CPU``.

        What its name leaves open is taken from ``general``. Whether it can run there is `require_arm`'s
        question. Raises `ArmError`.
        """
        arm = parse_arm(name, device, general)
        if arm.engine.is_on_cpu or arm.device == device:
            return arm
        expressions = device_rules.parse_devices(arm.device)
        if len(expressions) != 1 or device_rules.ALL in expressions:
            raise ArmError(
                f"The arm {name!r} does not name one device.", remedy="Write one, such as openvino-fp32@AUTO:GPU,CPU."
            )
        return replace(arm, device=expressions[0])

    def require_arm(self, arm: Arm, device: str) -> None:
        """Raise `ArmUnavailableError` or `DeviceAbsentError` for an arm that cannot run here, before any worker starts.

        ``device`` is the test's own, which serves the test.
        """
        if arm.engine.is_on_cpu:
            return
        platform = self.compiled_for(arm.device)
        if platform is not None and self.npu is not None:
            self.npu.refuse(platform)
        if arm.device != device:
            self.require(arm.device)
        self.require_precision(arm)

    def require_tunable(self, arm: Arm, kind: WorkloadKind) -> None:
        """Raise `ArmError` or `ArmUnavailableError` where the arm's engine or device does not take its tuning."""
        tunable.check_arm(arm, kind, self.machine.devices, threads=self.machine.profile.physical_cores)

    def require_precision(self, arm: Arm) -> None:
        """Raise `ArmUnavailableError` for BF16 where the device says that it has none, before a worker is started."""
        if arm.precision is not Precision.BF16 or arm.engine.is_on_cpu:  # PyTorch has it on any CPU
            return
        for name in device_rules.base_devices(arm.device):
            found = device_rules.find(name, self.machine.devices)
            if found.available and "BF16" not in found.capabilities:
                raise ArmUnavailableError(
                    f"{found.name} ({found.full_name}) has no BF16.", remedy="Run this on a device that has it."
                )

    def full_name(self, device: str) -> str:
        """Return what the devices of an expression are called by their makers."""
        names = [device_rules.find(name, self.machine.devices).full_name for name in device_rules.base_devices(device)]
        return ", ".join(names) or device


def in_order(asked: Sequence[str], wanted: Sequence[str]) -> tuple[str, ...]:
    """Return ``asked``, those first that match what is ``wanted`` first."""
    ranked = [name for want in wanted for name in asked if device_rules.matches(name, want)]
    return tuple(dict.fromkeys(ranked))
