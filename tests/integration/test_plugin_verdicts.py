"""What a user sees of baselines and verdicts.

Verdicts are reached on real measurements, OpenVINO's on this machine's CPU, a regression in `test_plugin_explain`. What
becomes of them in other circumstances is seen with arms that take no time: judging and recording are the same.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.integration.user_suite import INT8_PAYS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.integration.user_suite import QuickSuite, Suite


def test_the_first_run_passes_and_says_how_to_record_a_baseline(suite: Suite) -> None:
    suite.write(INT8_PAYS)
    result = suite.run()
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["*test_int8_pays*openvino-int8 over openvino-fp32*none*no-baseline*"])
    result.stdout.fnmatch_lines(["*pytest --ov-device=CPU --ov-cache-dir=* --update-baselines=new*"])
    assert not suite.baselines.exists()


def test_strict_fails_where_there_is_no_baseline(quick: QuickSuite) -> None:
    quick.write(INT8_PAYS)
    result = quick.run("--ov-strict")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*no baseline*", "*--update-baselines=new*"])


def test_a_recorded_baseline_holds_the_launches_and_the_machine(recorded: Path) -> None:
    (path,) = recorded.rglob("*.json")
    document = json.loads(path.read_text(encoding="utf-8"))
    (label, entry), *others = document["tests"]["test_int8_pays[CPU]"].items()
    assert not others
    assert label == "tiny-bert · openvino-int8 over openvino-fp32 on CPU · latency · infer 1x16"
    assert sum(map(len, entry["log_ratios"].values())) >= 6
    assert entry["fidelity"]["cosine"] > 0.9
    assert entry["provenance"]["openvino"]
    assert document["machine"]["logical_cores"] >= 1
    assert path.parent.name == _slug(document["machine"])


def test_a_speed_up_as_recorded_is_no_regression(suite: Suite, with_baseline: Callable[[float], None]) -> None:
    with_baseline(1.0)
    before = suite.baseline_file().read_bytes()
    result = suite.run()
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["1 ok*"])
    assert suite.baseline_file().read_bytes() == before


def test_a_proven_regression_fails_with_its_evidence(
    quick: QuickSuite, with_quick_baseline: Callable[[float], None]
) -> None:
    with_quick_baseline(3.0)
    result = quick.run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            '>*assert speedup("openvino-int8", over="openvino-fp32") >= baseline',
            "E *openvino-int8 is now *x as fast as openvino-fp32; the baseline says *% lower*",
            "*speed-up in full*",
            "*launches*",
            "*test_int8_pays*regressed*",
            "*--update-baselines=all*",
        ]
    )
    result.stdout.no_fnmatch_line("*pytest_ovperf/*Error*")


def test_an_improvement_passes_and_is_named(suite: Suite, with_baseline: Callable[[float], None]) -> None:
    with_baseline(0.3)
    result = suite.run()
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["*test_int8_pays*improved*", "1 improved*"])


def test_update_new_leaves_what_is_there_alone(quick: QuickSuite, with_quick_baseline: Callable[[float], None]) -> None:
    with_quick_baseline(0.3)
    before = quick.baseline_file().read_bytes()
    quick.run("--update-baselines=new").assert_outcomes(passed=1)
    assert quick.baseline_file().read_bytes() == before


def test_update_replaces_and_prints_old_and_new(
    quick: QuickSuite, with_quick_baseline: Callable[[float], None]
) -> None:
    with_quick_baseline(3.0)
    before = quick.baseline_file().read_bytes()
    result = quick.run("--update-baselines", "--ov-tolerance=60")
    result.assert_outcomes(passed=1)
    assert quick.baseline_file().read_bytes() != before
    result.stdout.fnmatch_lines(["1 baseline recorded*", "*test_int8_pays*x *→*x*"])


def test_a_failed_test_records_nothing(quick: QuickSuite) -> None:
    quick.write(INT8_PAYS + "        assert False, 'for another reason'\n")
    result = quick.run("--update-baselines", "--ov-tolerance=60")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*not recorded as a baseline: the test failed*"])
    assert not list(quick.pytester.path.rglob("baselines/**/*.json"))


def test_a_baseline_of_another_machine_is_not_used(
    quick: QuickSuite, with_quick_baseline: Callable[[float], None]
) -> None:
    with_quick_baseline(3.0)
    path = quick.baseline_file()
    document = json.loads(path.read_text(encoding="utf-8"))
    document["machine"]["physical_cores"] = 64
    elsewhere = quick.baselines / _slug(document["machine"]) / path.name
    elsewhere.parent.mkdir()
    elsewhere.write_text(json.dumps(document), encoding="utf-8")
    path.unlink()
    result = quick.run()
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["1 no-baseline*", f"*other hardware has a baseline*{elsewhere.parent.name}*"])


def test_a_number_fails_only_when_the_whole_interval_lies_below_it(quick: QuickSuite) -> None:
    quick.write(
        """
        import pytest

        pytestmark = pytest.mark.model("tiny-bert")

        def test_reached(speedup):
            assert speedup("openvino-int8", over="openvino-fp32") >= 0.05

        def test_missed(speedup):
            assert 40 <= speedup("openvino-int8", over="openvino-fp32")
        """
    )
    result = quick.run()
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["E *the test asks for at least 40.0x*"])


def test_an_entry_that_no_test_uses_is_reported(
    quick: QuickSuite, with_quick_baseline: Callable[[float], None]
) -> None:
    with_quick_baseline(1.0)
    path = quick.baseline_file()
    document = json.loads(path.read_text(encoding="utf-8"))
    document["tests"]["test_gone[CPU]"] = document["tests"]["test_int8_pays[CPU]"]
    path.write_text(json.dumps(document), encoding="utf-8")
    result = quick.run()
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["1 stored baseline belongs to no test of this run*", "*test_gone*"])


def test_pytorch_and_openvino_are_compared_for_real(suite: Suite) -> None:
    suite.write(
        """
        import pytest

        @pytest.mark.model("tiny-bert")
        @pytest.mark.ovperf(budget=1)
        def test_openvino_beats_pytorch(speedup, fidelity, baseline):
            near = fidelity("openvino-fp32", over="pytorch-fp32")
            assert near.cosine >= 0.9999
            assert near.max_abs_error < 0.01
            measured = speedup("openvino-fp32", over="pytorch-fp32")
            assert measured >= baseline
            assert measured.low < float(measured) < measured.high
        """
    )
    result = suite.run()
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["*openvino-fp32 over pytorch-fp32*"])


def test_raw_times_are_kept(quick: QuickSuite) -> None:
    quick.write(INT8_PAYS)
    quick.run().assert_outcomes(passed=1)
    assert len(list((quick.cache_dir / "traces").glob("*.json.gz"))) == 1


def _slug(machine: dict[str, object]) -> str:
    from pytest_ovperf.hardware.profile import HardwareProfile  # noqa: PLC0415

    return HardwareProfile.from_facts(machine).slug


def test_a_test_that_fails_after_its_assertion_stores_nothing(quick: QuickSuite) -> None:
    quick.write(
        """
        import pytest

        pytestmark = [pytest.mark.model("tiny-bert"), pytest.mark.ovperf(tolerance=60)]

        @pytest.fixture
        def falls_over():
            yield
            assert False, "in the teardown"

        def test_in_teardown(falls_over, speedup, baseline):
            assert speedup("openvino-int8", over="openvino-fp32") >= baseline

        def test_in_a_subtest(subtests, speedup, baseline):
            with subtests.test("first"):
                assert speedup("openvino-int8", over="openvino-fp32") >= baseline
            assert False, "later"
        """
    )
    result = quick.run("--update-baselines")
    assert result.ret == 1
    assert not list(quick.pytester.path.rglob("baselines/**/*.json"))


def test_a_speed_up_that_is_only_looked_at_is_shown_and_not_judged(quick: QuickSuite) -> None:
    quick.write(
        """
        import pytest

        @pytest.mark.model("tiny-bert")
        def test_it(speedup):
            assert speedup("openvino-int8", over="openvino-fp32").ratio > 0.01
        """
    )
    result = quick.run()
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["*test_it*not judged*"])
    result.stdout.no_fnmatch_line("*--update-baselines=new*")
