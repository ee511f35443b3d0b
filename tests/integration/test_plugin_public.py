"""What is public: the names that the package exports, and a user's annotated tests, run as they stand."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import pytest_ovperf

if TYPE_CHECKING:
    from tests.integration.user_suite import QuickSuite

ANNOTATED = Path(__file__).parents[1] / "typing" / "annotated_suite.py"
CODE = """
import sys
from pytest_ovperf import FidelityFixture, LadderFixture, MeasureFixture, Model, OvperfError, SpeedupFixture
print(sorted({"numpy", "scipy", "openvino", "torch", "pytest"} & set(sys.modules)))
"""


@pytest.mark.parametrize("name", pytest_ovperf.__all__)
def test_every_public_name_is_there_and_has_a_docstring(name: str) -> None:
    assert getattr(pytest_ovperf, name).__name__ == name
    assert getattr(pytest_ovperf, name).__doc__
    assert name in dir(pytest_ovperf)


def test_another_name_is_refused_as_any_module_does() -> None:
    with pytest.raises(AttributeError, match="module 'pytest_ovperf' has no attribute 'Speedup'"):
        _ = pytest_ovperf.Speedup


def test_annotating_fixtures_and_describing_models_imports_nothing_heavy() -> None:
    assert subprocess.check_output([sys.executable, "-c", CODE], text=True).strip() == "[]"  # noqa: S603


def test_an_annotated_suite_runs(quick: QuickSuite) -> None:
    quick.write(ANNOTATED.read_text(encoding="utf-8"))
    quick.run().assert_outcomes(passed=7)
