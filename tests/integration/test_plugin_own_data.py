"""What is said of a model of the user's own whose data were drawn at random. The arms are made up."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.unit.reports.html_reading import read

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from tests.integration.user_suite import QuickSuite

NOTE = (
    "./encoder: fidelity and the calibration of INT8 on inputs drawn at random say little of real ones: give yours "
    "with inputs= and calibration="
)
SPEEDS = """
    import pytest

    pytestmark = pytest.mark.model("{model}")

    @pytest.mark.parametrize("metric", ["latency", "throughput"])
    def test_int8_pays(speedup, baseline, metric):
        assert speedup("openvino-int8", over="openvino-fp32", metric=metric) >= baseline

    def test_openvino_pays(speedup, baseline):
        assert speedup("openvino-fp32", over="pytorch-fp32") >= baseline
"""
FIDELITY = """
    import pytest

    @pytest.mark.model("./encoder")
    def test_fidelity(fidelity):
        assert fidelity("openvino-int8", over="openvino-fp32").cosine >= {least}
"""


def an_encoder(folder: Path) -> None:
    """Write the part of a Hugging Face directory that is read before anything is built."""
    (folder / "encoder").mkdir()
    config = {"model_type": "bert", "architectures": ["BertModel"], "vocab_size": 99, "max_position_embeddings": 64}
    (folder / "encoder" / "config.json").write_text(json.dumps(config), encoding="utf-8")
    (folder / "encoder" / "model.safetensors").touch()


def unfolded(result: pytest.RunResult) -> str:
    return " ".join(result.stdout.str().split())


def test_drawn_data_are_told_once_a_model_and_not_on_every_row(quick: QuickSuite) -> None:
    an_encoder(quick.pytester.path)
    quick.write(SPEEDS.format(model="./encoder"))
    result = quick.run("--ov-report=report.html")
    result.assert_outcomes(passed=3)
    assert unfolded(result).count(NOTE) == 1
    page = read((quick.pytester.path / "report.html").read_text(encoding="utf-8"))
    assert " ".join(page.text.split()).count(NOTE) == 1
    assert NOTE not in page.with_id("comparisons").text


def test_the_summary_of_a_ci_server_has_the_note_once(quick: QuickSuite, monkeypatch: pytest.MonkeyPatch) -> None:
    an_encoder(quick.pytester.path)
    summary = quick.pytester.path / "summary.md"
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    quick.write(SPEEDS.format(model="./encoder"))
    quick.run()
    assert summary.read_text(encoding="utf-8").count("inputs drawn at random") == 1


def test_of_a_model_of_the_catalogue_there_is_nothing_to_tell(quick: QuickSuite) -> None:
    quick.write(SPEEDS.format(model="tiny-bert"))
    result = quick.run()
    result.assert_outcomes(passed=3)
    assert "drawn at random" not in result.stdout.str()


def test_where_no_outputs_were_compared_there_is_nothing_to_tell(quick: QuickSuite) -> None:
    an_encoder(quick.pytester.path)
    quick.write("""
        import pytest

        @pytest.mark.model("./encoder")
        def test_size(speedup, measure):
            assert speedup("openvino-int8", over="openvino-fp32", metric="load_time") >= 0.001
            assert measure("openvino-int8").latency <= 9
    """)
    result = quick.run()
    result.assert_outcomes(passed=1)
    assert "drawn at random" not in result.stdout.str()


def test_a_fidelity_that_is_asked_for_alone_is_told_of_too(quick: QuickSuite) -> None:
    an_encoder(quick.pytester.path)
    quick.write(FIDELITY.format(least=0.9))
    result = quick.run()
    result.assert_outcomes(passed=1)
    assert NOTE in unfolded(result)


def test_a_fidelity_that_fails_says_on_what_it_was_taken(quick: QuickSuite) -> None:
    an_encoder(quick.pytester.path)
    quick.write(FIDELITY.format(least=2))
    result = quick.run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["E *where * = Fidelity(cosine=*, note='fidelity * drawn at random *').cosine"])
