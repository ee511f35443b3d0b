"""What a run shows of itself: gathers the facts of a session for the reports, which know no session."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .reports import advice, failure, header, terminal

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path

    from .hardware.device import DeviceInfo
    from .records import ComparisonRecord
    from .session import Session

#: The packages whose versions head a run, in this order.
_NAMED_VERSIONS = ("pytest-ovperf", "openvino", "torch", "transformers", "nncf", "optimum-intel")
_ON_DEVICE = re.compile(r" on (\S+)")


def header_lines(session: Session, *, width: int, encoding: str) -> list[str]:
    """Return the lines that head a run: hardware profile, versions and devices."""
    machine = session.machine
    profile = machine.profile
    facts = header.HeaderFacts(
        brand=profile.brand,
        physical_cores=profile.physical_cores,
        logical_cores=profile.logical_cores,
        isa=profile.isa,
        virtual=profile.virtual,
        profile=profile.slug,
        versions={name: machine.versions[name] for name in _NAMED_VERSIONS if name in machine.versions},
        devices=tuple(_device_fact(device) for device in machine.devices),
        core_kinds=str(machine.cores),
        memory_gib=profile.memory_gib,
        asked=session.settings.devices,
    )
    return header.header(facts, width=width, encoding=encoding)


def _device_fact(device: DeviceInfo) -> header.DeviceFact:
    why = device.obstacles[0].kind.words if device.obstacles else ""
    return header.DeviceFact(device.name, device.full_name, device.available, why)


def explanation(record: ComparisonRecord, *, whole: bool, encoding: str) -> list[str]:
    """Return the text under a failed assertion; ``whole`` where pytest shows all of it."""
    if whole:
        return failure.explain(record, encoding=encoding)
    return failure.explain_briefly(record, encoding=encoding)


def summary(  # noqa: PLR0913  (a terminal, and what the run covered)
    session: Session,
    *,
    selection: Sequence[str],
    whole_modules: Collection[str],
    width: int,
    colour: bool,
    encoding: str,
) -> str:
    """Return the table of everything measured, the totals, and what to do next; empty if nothing was measured.

    ``whole_modules`` are the test modules of which every test passed: only their unused baselines mean something.
    """
    if not session.judging.records:
        return ""
    run = advice.RunFacts(
        devices=session.settings.devices,
        selection=tuple(selection),
        budget_s=session.settings.budget_s.under(None) or 0.0,
        update=session.settings.update,
        options=session.settings.given,
        written=tuple(sorted(_shown_path(session, path) for path in session.judging.written)),
        unused=_unused(session, whole_modules),
    )
    return terminal.summary(session.judging.records, run, width=width, colour=colour, encoding=encoding)


def _unused(session: Session, whole_modules: Collection[str]) -> tuple[advice.UnusedBaseline, ...]:
    """Return the stored baselines that no test asked for, of modules that ran whole on the devices they are for."""
    found = [
        advice.UnusedBaseline(_shown_path(session, session.store.path(module)), f"all of it: {module} is gone")
        for module in session.store.modules()
        if not (session.settings.root / module).exists()
    ]
    for module in sorted(whole_modules):
        used = [key for key in session.judging.used if key.module == module]
        if not used:
            continue
        path = _shown_path(session, session.store.path(module))
        found += [
            advice.UnusedBaseline(path, f"{key.test} · {key.comparison}")
            for key in session.store.unused(module, used)
            if _device(key.comparison) in session.devices
        ]
    return tuple(found)


def _device(label: str) -> str:
    """Return the device that a stored comparison is about: a PyTorch arm's CPU only where no other is named."""
    named = _ON_DEVICE.findall(label)
    return next((device for device in named if device != "CPU"), "CPU")


def _shown_path(session: Session, path: Path) -> str:
    """Write a path as the user would: from the project's root where it lies there."""
    try:
        return path.relative_to(session.settings.root).as_posix()
    except ValueError:
        return str(path)
