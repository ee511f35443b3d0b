"""What a user may say of arms and metrics in `speedup`: settings, prompts, every metric; and mistakes, told early."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.integration.user_suite import QuickSuite, Suite

EVERY_METRIC = """
    import pytest

    @pytest.mark.model("tiny-bert")
    class TestInference:
        def test_streams(self, speedup, baseline):
            assert speedup("openvino-int8", over="openvino-fp32", metric="throughput", streams=2) >= baseline

        def test_batch(self, speedup, baseline):
            assert speedup("openvino-fp32[batch=7]", over="openvino-fp32[batch=1]", metric="throughput") >= baseline

        def test_hint(self, speedup, fidelity, baseline):
            arms = "openvino-fp32[hint=throughput]", "openvino-fp32[hint=latency]"
            assert fidelity(arms[0], over=arms[1]).cosine >= 0.99
            assert speedup(arms[0], over=arms[1], metric="throughput") >= baseline

        @pytest.mark.parametrize("metric", ["load_time", "first_inference", "peak_memory", "model_size"])
        def test_once(self, speedup, baseline, metric):
            assert speedup("openvino-int8", over="pytorch-fp32", metric=metric) >= baseline

        def test_cache(self, speedup, baseline):
            warm, cold = "openvino-fp32[cache=warm]", "openvino-fp32[cache=cold]"
            assert speedup(warm, over=cold, metric="load_time") >= baseline

        def test_cached(self, speedup, baseline):
            assert speedup("openvino-int8", over="openvino-fp32", metric="cached_load_time") >= baseline

        def test_export(self, speedup, baseline):
            assert speedup("openvino-fp32", over="openvino-int8", metric="export_time") >= baseline

    @pytest.mark.model("tiny-gpt2")
    @pytest.mark.parametrize("metric", ["ttft", "tpot", "tokens_per_second", "requests_per_second", "load_time"])
    def test_generation(speedup, baseline, metric):
        asked = dict(metric=metric, batch=3, prompt=(4, 16), new_tokens=9)
        assert speedup("genai-int8", over="pytorch-fp32", **asked) >= baseline
"""


def test_every_metric_is_measured_recorded_and_judged(quick: QuickSuite) -> None:
    quick.write(EVERY_METRIC)
    first = quick.run("--update-baselines=new")
    first.assert_outcomes(passed=15)
    labels = [label for path in quick.baselines.rglob("*.json") for label in _labels(path.read_text(encoding="utf-8"))]
    assert (
        "tiny-bert · openvino-int8[streams=2] over openvino-fp32[streams=2] on CPU · throughput · stream 1x16" in labels
    )
    assert "tiny-bert · openvino-int8 over pytorch-fp32 on CPU · model_size · files 1x16" in labels
    assert (
        "tiny-bert · openvino-int8[cache=warm] over openvino-fp32[cache=warm] on CPU · cached_load_time · load 1x16"
    ) in labels
    generated = "genai-int8[batch=3] over pytorch-fp32[batch=3] on CPU · ttft · generate 1x4..16+9"
    assert f"tiny-gpt2 · {generated}" in labels
    again = quick.run()
    again.assert_outcomes(passed=15)
    again.stdout.fnmatch_lines(["15 ok*"])
    plan = quick.run("--ov-plan")
    plan.stdout.fnmatch_lines(["  *openvino-fp32[[]streams=2]* · throughput", "15 comparisons, 15 of them known*"])


def _labels(text: str) -> list[str]:
    tests = json.loads(text)["tests"]
    return [label for entries in tests.values() for label in entries]


def test_every_mistake_is_told_at_its_line_before_anything_is_built(quick: QuickSuite) -> None:
    """Nothing is measured: the arms are made up, and any that were opened would leave a row in the table."""
    calls = {
        '"openvino-int8", over="openvino-fp32", streems=2': "There is no setting 'streems' of an arm",
        '"openvino-int8", over="openvino-fp32", metric="latncy"': "There is no metric 'latncy'",
        '"openvino-int8", over="openvino-fp32", batch=0': "batch=0 is not possible",
        '"openvino-int8", over="openvino-fp32", streams=2': "with streams=2: one call comes after the other",
        '"openvino-int8", over="pytorch-fp32", metric="throughput", streams=2': "PyTorch has no setting streams",
        '"openvino-int8", over="openvino-fp32", requests=2': "requests=2 means nothing where one request goes after",
        '"openvino-int8", over="openvino-fp32", cache="warm"': "the cache is at work only while a model is loaded",
        '"openvino-int8[cache=cold]", over="openvino-fp32", metric="cached_load_time"': "the time with a warm cache",
        '"openvino-int8", over="openvino-fp32", metric="ttft"': "tiny-bert generates no text",
        '"openvino-int8", over="openvino-fp32", prompt=8': "prompt= and new_tokens= were given, and latency is not",
        '"genai-int8", over="openvino-fp32"': "genai-int8 generates text and nothing else",
        '"openvino-int4", over="openvino-fp32"': "openvino-int4 has the compressed weights of a model that generates",
        '"openvino-fp32", over="pytorch-fp32", metric="export_time"': "pytorch-fp32 is not exported",
        '"openvino-fp32[batch=8]", over="openvino-fp32", metric="model_size"': "is compared with itself",
    }
    tests = [f"def test_{number}(speedup):\n    speedup({call})\n" for number, call in enumerate(calls)]
    quick.write('import pytest\n\npytestmark = pytest.mark.model("tiny-bert")\n\n' + "\n".join(tests))
    result = quick.run()
    result.assert_outcomes(failed=len(calls))
    for said in calls.values():
        result.stdout.fnmatch_lines([f"E *{said}*"])
    result.stdout.no_fnmatch_line("*/pytest_ovperf/*.py:*")
    result.stdout.no_fnmatch_line("*Speed-up*")


def test_mistakes_about_generation_are_told_before_anything_is_built(quick: QuickSuite) -> None:
    calls = {
        "prompt=60, new_tokens=5": "tiny-gpt2 holds 64 tokens, and a prompt of 60 with 5 new ones takes 65",
        "new_tokens=0": "new_tokens=0 is no number of tokens",
        "prompt=0": "prompt=0 is no number of tokens",
        "prompt=(16, 4)": "is no range",
        "new_tokens=1, metric='tpot'": "there is no time between two",
        "shape='static'": "a text grows with each token",
        "streams=2": "one call comes after the other",
    }
    written = {call if "metric" in call else f"{call}, metric='ttft'": said for call, said in calls.items()}
    tests = [
        f'def test_{number}(speedup):\n    speedup("openvino-int8", over="openvino-fp32", {call})\n'
        for number, call in enumerate(written)
    ]
    fixed = (
        '@pytest.mark.model("tiny-gpt2", shape=(1, 8))\n'
        'def test_fixed(measure):\n    assert measure("openvino-int8").ttft <= 1\n'
    )
    quick.write('import pytest\n\npytestmark = pytest.mark.model("tiny-gpt2")\n\n' + "\n".join([*tests, fixed]))
    result = quick.run()
    result.assert_outcomes(failed=len(calls) + 1)
    for said in [*written.values(), "tiny-gpt2 is fixed to the shape 1x8, and a text grows with each token"]:
        result.stdout.fnmatch_lines([f"E *{said}*"])


def test_a_missing_extra_is_named_before_anything_is_built(quick: QuickSuite) -> None:
    quick.write(
        """
        import importlib.util

        import pytest

        from pytest_ovperf.session import questions

        @pytest.mark.model("tiny-gpt2")
        def test_it(speedup, monkeypatch):
            found = lambda name: None if name == "openvino_genai" else importlib.util.find_spec(name)
            monkeypatch.setattr(questions, "find_spec", found)
            speedup("genai-int8", over="pytorch-fp32", metric="ttft")
        """
    )
    result = quick.run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["E *needs the package 'openvino_genai'*", 'E *pip install "pytest-ovperf[[]genai]"*'])


def test_streams_and_batches_are_compared_for_real(suite: Suite) -> None:
    suite.write(
        """
        import pytest

        pytestmark = pytest.mark.model("tiny-bert")

        def test_streams(speedup):
            measured = speedup("openvino-int8", over="openvino-fp32", metric="throughput", streams=1)
            assert measured >= 0.05

        def test_batch(speedup):
            assert speedup("openvino-fp32[batch=4]", over="openvino-fp32[batch=1]", metric="throughput") >= 0.05
        """
    )
    result = suite.run("--ov-budget=1")
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(["*openvino-int8 over openvino-fp32 at streams=1*"])
