from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_ovperf.verdict.provenance import provenance
from tests.unit.session.session_fakes import measuring

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(("weights", "told"), [("3fa9", {"weights": "3fa9"}), ("", {})])
def test_a_model_of_the_user_s_own_is_told_by_its_digest(tmp_path: Path, weights: str, told: dict[str, str]) -> None:
    ready = measuring()
    ready.reach_first_look()
    facts = provenance(ready.launches[-1], "Imagined CPU", tmp_path, {"torch": "2.13"}, weights)
    assert {name: value for name, value in facts.items() if name == "weights"} == told
    assert (facts["torch"], facts["device"]) == ("2.13", "Imagined CPU")
