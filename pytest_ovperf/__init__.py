"""Hold OpenVINO deployments to their promised speed: a pytest plugin.

What is listed in ``__all__`` is public, as are the fixtures, markers, options and files: docs/contributing.md says what
that promises.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .errors import OvperfError
    from .fixture_types import (
        AgreementFixture,
        FidelityFixture,
        LadderFixture,
        MeasureFixture,
        SpeedupFixture,
        SpeedupResult,
    )
    from .models.described import Model
    from .models.spec import ModelSpec
    from .records import Fidelity
    from .session.agreement import Agreement
    from .session.held import Held
    from .session.measured_arm import MeasuredArm
    from .session.measured_ladder import MeasuredLadder, MeasuredRung
    from .verdict.measured import Baseline

__all__ = [
    "Agreement",
    "AgreementFixture",
    "Baseline",
    "Fidelity",
    "FidelityFixture",
    "Held",
    "LadderFixture",
    "MeasureFixture",
    "MeasuredArm",
    "MeasuredLadder",
    "MeasuredRung",
    "Model",
    "ModelSpec",
    "OvperfError",
    "SpeedupFixture",
    "SpeedupResult",
]

#: Where the public names are defined. Found when asked for: every project that has the plugin installed imports this.
_PLACES = {
    "Agreement": "session.agreement",
    "AgreementFixture": "fixture_types",
    "Baseline": "verdict.measured",
    "Fidelity": "records",
    "FidelityFixture": "fixture_types",
    "Held": "session.held",
    "LadderFixture": "fixture_types",
    "MeasureFixture": "fixture_types",
    "MeasuredArm": "session.measured_arm",
    "MeasuredLadder": "session.measured_ladder",
    "MeasuredRung": "session.measured_ladder",
    "Model": "models.described",
    "ModelSpec": "models.spec",
    "OvperfError": "errors",
    "SpeedupFixture": "fixture_types",
    "SpeedupResult": "fixture_types",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401  (whatever the name stands for)
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_PLACES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
