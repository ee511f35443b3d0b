"""Functions of the user's as arms, in real plugin runs: a verdict on two of them, mixed with engines, and mistakes."""

from __future__ import annotations

import json
import sys
import textwrap
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.integration.user_suite import Suite

pytest.importorskip("openvino")

SEARCH = """
    import time

    import numpy as np


    def quickly(threads, device):
        assert threads > 0
        assert device == "CPU"
        return lambda: pause(0.001)


    def slowly():
        return lambda: pause(0.004)


    def pause(seconds):
        time.sleep(seconds)
        return {"scores": np.ones((2, 3), np.float32)}


    def silent():
        return lambda: time.sleep(0.001)


    def with_model(model, inputs):
        import torch
        import transformers

        net = transformers.AutoModel.from_pretrained(model).eval()
        tensors = {name: torch.from_numpy(array) for name, array in inputs.items()}

        def call():
            with torch.inference_mode():
                return net(**tensors)

        return call


    def without_index():
        raise LookupError("there is no index")


    def late():
        rows = iter(range(20))
        return lambda: next(rows) and None
"""

TWO_CALLS = """
    import pytest

    pytestmark = [pytest.mark.model("calls"), pytest.mark.ovperf(tolerance=60)]

    def test_quick_is_quicker(speedup, fidelity, baseline):
        assert fidelity("search:quickly", over="search:slowly").cosine >= 0.9999
        assert speedup("search:quickly", over="search:slowly") >= baseline
"""


@pytest.fixture
def calls(suite: Suite) -> Suite:
    suite.pytester.makeini("[pytest]\npythonpath = own")
    own = suite.pytester.mkdir("own")
    (own / "search.py").write_text(textwrap.dedent(SEARCH), encoding="utf-8")
    return suite


def test_two_functions_get_a_baseline_and_a_verdict_against_it(calls: Suite) -> None:
    calls.write(TWO_CALLS)
    calls.run("--update-baselines", "--ov-budget=1").assert_outcomes(passed=1)
    (label,) = next(iter(json.loads(calls.baseline_file().read_text(encoding="utf-8"))["tests"].values()))
    assert label == "calls · search:quickly over search:slowly on CPU · latency · infer"
    files = "--ov-report=out/report.html", "--benchmark-json=out/run.json", "--junit-xml=out/junit.xml"
    result = calls.run("--ov-budget=1", *files)
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["*search:quickly over search:slowly*ok*"])
    for name in ("report.html", "run.json", "junit.xml"):
        assert "search:quickly" in (calls.pytester.path / "out" / name).read_text(encoding="utf-8")
    compared = calls.pytester.run(
        sys.executable, "-m", "pytest_ovperf.cli.main", "compare", "out/run.json", "out/run.json"
    )
    assert compared.ret == 0
    plan = calls.run("--ov-plan")
    plan.stdout.fnmatch_lines(["*search:quickly over search:slowly*"])


def test_a_function_is_held_against_an_engine_on_the_same_model_and_inputs(calls: Suite) -> None:
    calls.write(
        """
        import pytest

        @pytest.mark.model("tiny-bert")
        def test_both(fidelity):
            assert fidelity("search:with_model[batch=2]", over="openvino-fp32").cosine >= 0.9999
        """
    )
    calls.run().assert_outcomes(passed=1)


def test_a_function_that_returns_nothing_is_timed_and_that_is_said(calls: Suite) -> None:
    calls.write(
        """
        import pytest

        pytestmark = pytest.mark.model("calls")

        def test_silent(speedup):
            assert speedup("search:silent", over="search:slowly") > 1

        def test_fidelity(fidelity):
            assert fidelity("search:silent", over="search:slowly").cosine > 0.9
        """
    )
    result = calls.run("--ov-budget=1")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        [
            "*MeasurementError: The arms have no output in common: none at all against scores*",
            "*test_silent*what both arms return cannot be compared, so this may not be the same work*",
        ]
    )


def test_mistakes_are_named_with_the_users_lines(calls: Suite) -> None:
    calls.write(
        """
        import pytest

        pytestmark = pytest.mark.model("calls")

        @pytest.mark.parametrize("name", ["without_index", "late"])
        def test_wrong(speedup, name):
            speedup(f"search:{name}", over="search:quickly")

        def test_engine(speedup):
            speedup("openvino-fp32", over="search:quickly")

        def test_nowhere(speedup):
            speedup("seerch:quickly", over="search:slowly")
        """
    )
    result = calls.run("--ov-budget=1")
    result.assert_outcomes(failed=4)
    result.stdout.fnmatch_lines(
        [
            "*search:without_index failed when it was called with no arguments:",
            '*raise LookupError("there is no index")',
            "*LookupError: there is no index",
            "*search:late failed when the call that it made was called:",
            "*StopIteration",
            "*There is no model that openvino-fp32 could run*",
            "*'seerch:quickly' cannot be imported: there is no module 'seerch'*",
        ]
    )
    result.stdout.no_fnmatch_line("*engines/call.py*")
