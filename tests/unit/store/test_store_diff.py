"""What an update says."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from pytest_ovperf.records import Fidelity, StoredBaseline
from pytest_ovperf.store.diff import describe_update, typical_ratio

OLD = StoredBaseline(
    log_ratios=(math.log(2.5), math.log(2.9377)),
    tolerance=0.05,
    candidate_ns=1e6,
    reference_ns=2.71e6,
    fidelity=None,
    provenance={"openvino": "2026.3.0", "date": "2026-01-01"},
)


def test_the_typical_ratio_is_the_geometric_mean() -> None:
    assert typical_ratio(replace(OLD, log_ratios=(math.log(2), math.log(8)))) == pytest.approx(4.0)


def test_something_new_is_told_as_such() -> None:
    assert describe_update(None, OLD) == ("new: 2.71x (2 launches)",)
    assert describe_update(None, replace(OLD, log_ratios=(0.0,))) == ("new: 1.00x (1 launch)",)


def test_the_change_of_the_speed_up_comes_first() -> None:
    new = replace(OLD, log_ratios=tuple(value + math.log(1.048) for value in OLD.log_ratios))
    assert describe_update(OLD, new) == ("2.71x → 2.84x (+4.8 %)",)
    assert describe_update(new, OLD) == ("2.84x → 2.71x (-4.6 %)",)


def test_everything_else_is_told_where_it_changed() -> None:
    new = replace(
        OLD,
        log_ratios=(math.log(2.71),),
        tolerance=0.1,
        fidelity=Fidelity(cosine=0.99, top1=1.0, max_abs_error=0.0),
        provenance={"openvino": "2026.4.1", "commit": "abc"},
    )
    assert describe_update(OLD, new)[1:] == (
        "launches 2 → 1",
        "tolerance 5 % → 10 %",
        "cosine not compared → 0.9900",
        "commit not recorded → abc",
        "date 2026-01-01 → not recorded",
        "openvino 2026.3.0 → 2026.4.1",
    )
