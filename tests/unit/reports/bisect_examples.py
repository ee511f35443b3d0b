"""Searches to report on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pytest_ovperf.models.origin import Origin
from pytest_ovperf.reports.bisect_findings import BisectFindings, BisectPlan, Searched
from tests.unit.reports.layer_examples import ARM, FAST, SLOW, explained
from tests.unit.reports.report_examples import comparison
from tests.unit.session.bisect_fakes import TOLERANCE, World

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

RELEASES = ("2024.4.0", "2024.6.0", "2025.0.0", "2025.1.0", "2026.4.1")
#: OpenVINO's number of each release's speed, where it fell by a tenth with 2025.1.0.
LOST = dict(zip(RELEASES, (1.0, 1.005, 0.998, 0.9, 0.895), strict=True))
ORIGIN = Origin(
    "tiny|bert*, the _file_ of <somebody>",
    ("exported to OpenVINO's format in FP32 with openvino 2026.4.1", "quantised to INT8 with nncf 3.4.0"),
    {"openvino_model.xml": "0123456789abcdef" * 4, "openvino_model.bin": "fedcba9876543210" * 4},
    Path("/cache/models/tiny-int8-0123456789ab"),
)


def searched(speeds: Mapping[str, float], *, broken: Collection[str] = (), unsure: Collection[str] = ()) -> Searched:
    return World(speeds, broken=broken, unsure=unsure).search()


def findings(of: Searched, *, layers: bool = True, kept: int = 0) -> BisectFindings:
    plan = BisectPlan(
        comparison("tiny|bert*", ARM, ARM),
        of.releases,
        TOLERANCE,
        error_rate=0.002,
        races=5,
        budget_s=120.0,
        kept=kept,
        kept_in="/cache/bisect/tiny-bert.json",
    )
    race = of.telling
    return BisectFindings(
        plan,
        of,
        ORIGIN,
        machine="Imagined CPU, 2 cores, 4 threads, 8 GiB, Linux x86_64 (machine)",
        profile="imagined-2c-avx2-012345",
        versions={release: {"python": "3.11.7", "openvino": f"{release}-1-abc"} for release in of.releases},
        explained=explained(FAST, SLOW, against=f"OpenVINO {race.old}") if layers else None,
        command="ovperf bisect --good=2024.4.0 --bad=2026.4.1 --model=tiny --arm=openvino-int8",
        when="2026-11-22",
    )


FOUND = findings(searched(LOST))
