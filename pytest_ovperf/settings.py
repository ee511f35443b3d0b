"""What one run was asked to do, parsed once and frozen."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path  # noqa: TC003  (dataclass fields are part of the public, resolvable annotations)

#: Seconds of wall time that one comparison may take where nobody says otherwise.
DEFAULT_BUDGET_S = 20.0


class UpdateMode(StrEnum):
    """What ``--update-baselines`` may write."""

    NONE = "none"
    ALL = "all"
    NEW = "new"
    EXTEND = "extend"


class RunSet(StrEnum):
    """How many of the tests a run takes: each set has those of the ones before it as well."""

    QUICK = "quick"
    DEFAULT = "default"
    FULL = "full"

    def takes(self, other: RunSet) -> bool:
        """Tell whether a run of this set takes a test of ``other``."""
        return self.distance(other) <= 0

    def distance(self, other: RunSet) -> int:
        """Return by how many steps ``other`` is larger; negative where it is smaller."""
        order = list(RunSet)
        return order.index(other) - order.index(self)


@dataclass(frozen=True, slots=True)
class Layered:
    """A number that several places may set: the command line before the marker, the marker before the ini file."""

    command_line: float | None = None
    ini: float | None = None

    def under(self, marker: float | None) -> float | None:
        """Return what counts for a test whose marker says ``marker``; ``None`` where nobody says anything."""
        return next((value for value in (self.command_line, marker, self.ini) if value is not None), None)

    def kept(self, marker: float | None) -> float | None:
        """Return what outlasts this run: the command line is left out."""
        return self.ini if marker is None else marker


@dataclass(frozen=True, slots=True)
class Settings:
    """The whole of a run's choices.

    ``devices`` are OpenVINO device expressions in the order asked for. ``budget_s`` bounds the wall time of one
    comparison in seconds, start of its workers included; the launches that an estimate needs are always made.
    ``tolerance`` is the relative change of a speed-up that is let pass (0.05 is 5 %). ``root`` is the folder that
    relative model paths start from. ``given`` are the other options of this run as they were written, so that
    advice can repeat them. ``folder`` leads to ``root`` from where the run was started: empty where that is the same,
    else with a slash at its end. ``report`` is the file that an HTML report is to be written to, ``None`` for none.
    ``tests`` is the set of tests that the run takes. ``npu_platforms`` are the NPUs to compile for where there is none
    to run on.
    ``against`` names the environment whose OpenVINO this one's is raced against (`environments.asked.parse` reads it),
    empty for none. ``explain`` asks where the time of every comparison goes, and not of regressions only.
    """

    devices: tuple[str, ...]
    baselines_dir: Path
    cache_dir: Path
    update: UpdateMode
    budget_s: Layered
    tolerance: Layered
    strict: bool
    root: Path
    given: tuple[str, ...] = ()
    folder: str = ""
    report: Path | None = None
    tests: RunSet = RunSet.DEFAULT
    npu_platforms: tuple[str, ...] = ()
    against: str = ""
    explain: bool = False
