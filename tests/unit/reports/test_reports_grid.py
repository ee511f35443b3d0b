"""Cells of a terminal's tables that have to give way."""

from __future__ import annotations

import pytest

from pytest_ovperf.reports.grid import arm_lines
from pytest_ovperf.reports.screen import Screen


@pytest.mark.parametrize(
    ("arms", "lines"),
    [
        ("openvino-int8 over openvino-fp32", ["openvino-int8 over openvino-fp32"]),
        ("shop:quick over shop:slow", ["shop:quick over shop:slow"]),
        (
            "shop.search:with_openvino over shop.search:with_pytorch",
            ["shop.search:with_openvino", "over shop.search:with_pytorch"],
        ),
        (
            "shop.search.of.articles:with_openvino over pytorch-fp32",
            ["…ch.of.articles:with_openvino", "over pytorch-fp32"],
        ),
        ("openvino-fp32[streams=2] over openvino-fp32[streams=1]", ["openvino-fp32[st…fp32[streams=1]"]),
    ],
)
def test_long_import_paths_get_a_line_each_and_keep_the_name_of_the_function(arms: str, lines: list[str]) -> None:
    assert arm_lines(Screen(80, "utf-8"), arms, 32 if lines == [arms] else max(map(len, lines))) == lines
