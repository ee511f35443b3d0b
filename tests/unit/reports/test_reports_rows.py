"""The view of a record that every report shares."""

# ruff: noqa: RUF001  (the expected texts hold these very characters)

from __future__ import annotations

from dataclasses import replace

from hypothesis import example, given
from hypothesis import strategies as st

from pytest_ovperf.records import VerdictKind
from pytest_ovperf.reports.rows import device_of, rows, short_names
from tests.unit.reports.report_examples import INCONCLUSIVE, MISSING, OK, REGRESSED, TARGET_MET, comparison


def test_a_row_holds_every_figure_as_it_is_written() -> None:
    (row,) = rows([REGRESSED])
    assert row.test == "test_int8_pays[minilm-CPU]"
    assert row.test_id == "suites/test_speed.py::test_int8_pays[minilm-CPU]"
    assert (row.model, row.arms, row.device, row.metric) == (
        "minilm",
        "openvino-int8 over openvino-fp32",
        "CPU",
        "latency",
    )
    assert (row.speedup, row.interval, row.confidence) == ("1.92x", "1.88–1.96", "95 %")
    assert (row.baseline, row.change, row.verdict) == ("2.90x", "-34 %", "regressed")
    assert row.kind is VerdictKind.REGRESSED
    assert row.seconds == "31 s"


def test_without_a_baseline_there_is_no_change() -> None:
    (row,) = rows([MISSING])
    assert (row.baseline, row.change) == ("none", "")


def test_a_first_baseline_written_by_this_run_shows_as_recorded() -> None:
    (row,) = rows([replace(MISSING, stored=True)])
    assert row.baseline == "recorded"


def test_a_target_stands_where_the_baseline_would() -> None:
    (row,) = rows([TARGET_MET])
    assert (row.baseline, row.change) == ("≥ 1.50x", "")


def test_a_baseline_without_an_expectation_is_unknown_not_absent() -> None:
    (row,) = rows([replace(OK, verdict=replace(OK.verdict, expected=None, change=None))])
    assert (row.baseline, row.change) == ("unknown", "")


def test_rows_keep_the_order_of_the_records() -> None:
    assert [row.test_id for row in rows([OK, INCONCLUSIVE, REGRESSED])] == [OK.test, INCONCLUSIVE.test, REGRESSED.test]


def test_the_device_is_that_of_the_openvino_arm() -> None:
    assert device_of(replace(OK, comparison=comparison("m", "openvino-fp32", "pytorch-fp32", "GPU"))) == "GPU"
    assert device_of(replace(OK, comparison=comparison("m", "pytorch-fp32", "openvino-fp32", "GPU"))) == "GPU"


def test_a_function_name_is_enough_while_nobody_shares_it() -> None:
    assert short_names(["a/test_x.py::test_one[p]", "a/test_x.py::test_one[q]"]) == {
        "a/test_x.py::test_one[p]": "test_one[p]",
        "a/test_x.py::test_one[q]": "test_one[q]",
    }


def test_a_shared_name_gets_its_class_then_its_file_then_its_path() -> None:
    names = short_names(
        [
            "a/test_x.py::TestA::test_one",
            "a/test_x.py::TestB::test_one",
            "a/test_x.py::test_two",
            "a/test_y.py::test_two",
            "a/test_z.py::test_three",
            "b/test_z.py::test_three",
        ],
    )
    assert list(names.values()) == [
        "TestA::test_one",
        "TestB::test_one",
        "test_x.py::test_two",
        "test_y.py::test_two",
        "a/test_z.py::test_three",
        "b/test_z.py::test_three",
    ]


def test_colons_and_slashes_in_parameters_are_not_part_of_the_path() -> None:
    test_id = "test_x.py::test_one[C:/models/a::b.xml-CPU]"
    assert short_names([test_id]) == {test_id: "test_one[C:/models/a::b.xml-CPU]"}


@example(["", "::", "::::"])
@given(st.lists(st.text("ab/:[].", max_size=12), unique=True))
def test_different_tests_never_get_the_same_name(test_ids: list[str]) -> None:
    names = short_names(test_ids)
    assert set(names) == set(test_ids)
    assert len(set(names.values())) == len(test_ids)
