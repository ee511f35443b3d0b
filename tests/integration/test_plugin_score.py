"""A task's score in the place of the cosine: the user's function, called in each arm's process."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.fakes import onnx_bytes

if TYPE_CHECKING:
    from tests.integration.user_suite import QuickSuite, Suite

#: How many of 64 rows the model gives the class that its own FP32 weights give them.
TASK = """
    import numpy as np

    ROWS = np.random.default_rng(20).standard_normal((64, 16)).astype(np.float32)

    def accuracy(predict):
        with open("called.txt", "a") as file:
            file.write("called\\n")
        given = predict({"features": ROWS})["logits"].argmax(axis=-1)
        return np.mean(given == np.argmax(np.maximum(ROWS @ np.load("weight.npy") + np.linspace(0, 1, 8), 0), axis=-1))

    def fails(predict):
        return 1 / 0
"""

#: Of arms that take no time; `tests.fakes.quick_arms` has their scores.
SCORED = """
    import pytest

    @pytest.mark.model("tiny-bert", score="task:accuracy")
    def test_int8_pays(speedup, fidelity, baseline):
        assert fidelity("openvino-int8", over="openvino-fp32").score_loss <= 0.01
        assert speedup("openvino-int8", over="openvino-fp32") >= baseline
"""


def test_a_users_function_scores_each_arm_once_a_run(suite: Suite) -> None:
    np, folder = pytest.importorskip("numpy"), suite.pytester.path
    onnx_bytes.dense(folder / "net.onnx")
    np.save(folder / "weight.npy", np.random.default_rng(20).normal(0, 0.25, (16, 8)).astype(np.float32))
    suite.pytester.makeini("[pytest]\npythonpath = .")
    suite.write(
        """
        import pytest

        scored = pytest.mark.model("net.onnx", shape=("1..64", 16), score="task:accuracy")

        @scored
        def test_score(fidelity):
            near = fidelity("openvino-fp16", over="openvino-fp32")
            assert near.reference_score == 1.0
            assert near.score >= 0.9
            assert near.score_loss == near.reference_score - near.score

        @scored
        def test_again(fidelity):
            assert fidelity("openvino-fp16", over="openvino-fp32").score >= 0.9

        @pytest.mark.model("net.onnx", shape=(1, 16), score="task:fails")
        def test_fails(fidelity):
            fidelity("openvino-fp16", over="openvino-fp32")

        @pytest.mark.model("net.onnx", shape=(1, 16))
        def test_none(fidelity):
            assert fidelity("openvino-fp16", over="openvino-fp32").score >= 0.9
        """,
        task=TASK,
    )
    result = suite.run()
    result.assert_outcomes(passed=2, failed=2)
    text = result.stdout.str()
    assert (folder / "called.txt").read_text(encoding="utf-8").count("called") == 2
    assert "task:fails failed when it was called with predict" in text
    assert "return 1 / 0" in text
    assert "There is no score: nothing says how well an arm of this model does its task." in text
    assert 'score="shop.task:accuracy"' in text
    assert "pytest_ovperf/" not in text


def test_a_score_is_stored_with_the_baseline_and_shown_in_every_report(quick: QuickSuite) -> None:
    quick.write(SCORED, task="def accuracy(predict): ...")
    quick.run("--update-baselines").assert_outcomes(passed=1)
    (tests,) = json.loads(quick.baseline_file().read_text(encoding="utf-8"))["tests"].values()
    (entry,) = tests.values()
    assert (entry["fidelity"]["score"], entry["fidelity"]["reference_score"]) == (0.9123, 0.92)
    quick.write(SCORED.replace(">= baseline", ">= 100"), task="def accuracy(predict): ...")
    result = quick.run("--ov-report=r.html", "--junitxml=j.xml", "--benchmark-json=b.json")
    result.assert_outcomes(failed=1)
    assert "Fidelity: score 0.9123, reference 0.92." in result.stdout.str()
    files = {name: (quick.pytester.path / name).read_text(encoding="utf-8") for name in ("r.html", "j.xml", "b.json")}
    assert "score of the reference" in files["r.html"]
    assert 'name="ovperf.1.reference_score" value="0.92"' in files["j.xml"]
    (comparison,) = [
        entry["extra_info"]["ovperf"]["comparison"]
        for entry in json.loads(files["b.json"])["benchmarks"]
        if "comparison" in entry["extra_info"]["ovperf"]
    ]
    assert comparison["fidelity"]["scores"] == {"candidate": 0.9123, "reference": 0.92}
