"""By what an entry is found: module, test and comparison, all as text that people read."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from pytest_ovperf.metrics import Metric

if TYPE_CHECKING:
    from pytest_ovperf.arms import Comparison

_FORBIDDEN = re.compile(r'[<>:"|?*%\x00-\x1f]')  # in Windows' file names; and the escape itself

#: What stands between the four parts of a label: model, arms, metric, workload.
_APART = " · "
_PARTS = 4


@dataclass(frozen=True, slots=True, order=True)
class EntryKey:
    """One entry of the baselines.

    ``module`` is the test module's path from pytest's root folder, with slashes; ``test`` the rest of the node id,
    parameters included; ``comparison`` a `comparison_label`.
    """

    module: str
    test: str
    comparison: str

    @classmethod
    def of(cls, node_id: str, comparison: Comparison) -> EntryKey:
        """Return the key of ``comparison`` asked in the test of pytest's ``node_id``."""
        module, _, test = node_id.partition("::")
        return cls(module, test, comparison_label(comparison))

    def __str__(self) -> str:
        return f"{self.module}::{self.test} · {self.comparison}"


def comparison_label(comparison: Comparison) -> str:
    """Return the comparison as text: model, arms with their device, metric and workload.

    Such as ``distilbert · openvino-int8 over openvino-fp32 on CPU · latency · infer 1x128``. Arms on different devices
    are each named with their own.
    """
    candidate, reference = comparison.candidate, comparison.reference
    arms = f"{candidate.name} over {reference.name} on {candidate.device}"
    if candidate.device != reference.device:
        arms = f"{candidate} over {reference}"
    return _APART.join((comparison.model, arms, comparison.metric, str(comparison.workload)))


def arms_of(label: str) -> str:
    """Return the arms that a `comparison_label` names, such as ``openvino-int8 over openvino-fp32 on CPU``.

    A text that is no such label is returned as it stands.
    """
    parts = parts_of(label)
    return label if parts is None else parts[1]


def parts_of(label: str) -> tuple[str, str, str] | None:
    """Return the model, the arms and the workload that a `comparison_label` names, ``None`` for another text.

    A model's name may hold anything, so the parts are looked for from the end, as in `metric_of`.
    """
    parts = label.rsplit(_APART, 3)
    return (parts[0], parts[1], parts[3]) if len(parts) == _PARTS else None


def metric_of(label: str) -> Metric | None:
    """Return the metric that a `comparison_label` names, ``None`` where it names none."""
    parts = label.rsplit(_APART, 2)
    try:
        return Metric(parts[-2]) if len(parts) > 1 else None
    except ValueError:
        return None


def module_file(module: str) -> PurePosixPath:
    """Return the baseline file of a test ``module`` within a machine's folder.

    The module's folders are kept, so that modules of the same name in different folders do not meet:
    ``suites/cpu/test_speed.py`` → ``suites/cpu/test_speed.json``. What leaves the folder or cannot be a file name on
    every system is written as ``%`` and two hexadecimal digits a character, as is the ending of what is no ``.py``.
    """
    parts = [_portable(part) for part in PurePosixPath(module.replace("\\", "/")).parts]
    name = parts.pop() if parts else ""
    last = f"{name.removesuffix('.py')}.json" if name.endswith(".py") else f"{name}%.json"
    return PurePosixPath(*parts, last)


def _portable(part: str) -> str:
    if part == ".." or part.startswith("/"):  # a root is one slash or two
        return "".join(_escape(character) for character in part)
    return _FORBIDDEN.sub(lambda match: _escape(match.group()), part)


def _escape(character: str) -> str:
    return f"%{ord(character):02x}"
