"""What ``ovperf init`` writes, run: apart from the project's own tests and settings, and as it stands."""

from __future__ import annotations

import json
import re
import shutil
from typing import TYPE_CHECKING

import pytest

from pytest_ovperf.cli.main import main
from tests.fakes import onnx_bytes
from tests.integration.user_suite import INSTALL_QUICK_ARMS

if TYPE_CHECKING:
    from pathlib import Path

    from tests.integration.user_suite import Suite

#: Settings of a project's own, each of which would break or change the suite if it counted there.
PROJECTS = {
    "pytest.ini": "[pytest]\naddopts = --no-such-option-of-the-project\n",
    "pyproject.toml": '[tool.pytest.ini_options]\naddopts = "--no-such-option-of-the-project"\n',
    "tox.ini": "[pytest]\naddopts = --no-such-option-of-the-project\n",
    "setup.cfg": "[tool:pytest]\naddopts = --no-such-option-of-the-project\n",
}


@pytest.fixture
def project(suite: Suite) -> Path:
    """Return a project with a test of its own; its arms are made up."""
    folder = suite.pytester.path
    (folder / "tests").mkdir()
    (folder / "tests" / "test_own.py").write_text("def test_own():\n    pass\n", encoding="utf-8")
    return folder


def initialised(folder: Path, *words: str, quick: bool = True) -> None:
    assert main(["init", str(folder), *words]) == 0
    if quick:
        (folder / "performance" / "conftest.py").write_text(INSTALL_QUICK_ARMS, encoding="utf-8")


def promise_more(baselines: Path) -> None:
    """Raise every recorded speed-up, so that what is measured has fallen behind."""
    (path,) = baselines.rglob("perf_minilm.json")
    document = json.loads(path.read_text(encoding="utf-8"))
    for entries in document["tests"].values():
        for entry in entries.values():
            days = entry["log_ratios"]
            entry["log_ratios"] = {day: [round(each + 1, 6) for each in days[day]] for day in days}
    path.write_text(json.dumps(document, indent=2), encoding="utf-8")


@pytest.mark.parametrize("name", PROJECTS)
def test_the_suite_has_its_own_settings_beside_a_projects(suite: Suite, project: Path, name: str) -> None:
    (project / name).write_text(PROJECTS[name], encoding="utf-8")
    initialised(project)
    result = suite.run("performance", "--ov-plan")
    assert result.ret == pytest.ExitCode.OK, result.stderr.str()
    result.stdout.fnmatch_lines(["configfile: pytest.ini", "collected 4 items / 1 deselected / 3 selected"])


@pytest.mark.parametrize("name", ["pyproject.toml", "pytest.ini"])
def test_a_plain_run_of_the_project_takes_its_own_tests_alone(suite: Suite, project: Path, name: str) -> None:
    (project / name).write_text(PROJECTS[name].replace("--no-such-option-of-the-project", "-ra"), encoding="utf-8")
    initialised(project)
    result = suite.pytester.runpytest_subprocess("--strict-markers", "--strict-config", "-W", "error")
    result.assert_outcomes(passed=1)
    assert "OpenVINO" not in result.stdout.str()


def test_what_c_names_goes_before_the_suites_settings(suite: Suite, project: Path) -> None:
    """Then the file of tests is named as well: no other pytest.ini says that perf_*.py holds any."""
    (project / "own.ini").write_text("[pytest]\n", encoding="utf-8")
    initialised(project)
    result = suite.run("-c", "own.ini", "performance/perf_minilm.py", "--ov-plan")
    result.stdout.fnmatch_lines(["configfile: own.ini", "collected 4 items*"])


def test_the_suite_runs_without_a_warning_and_its_commands_lead_back(suite: Suite, project: Path) -> None:
    initialised(project)
    result = suite.run("performance", "--strict-markers", "--strict-config", "-W", "error")
    result.assert_outcomes(passed=3, deselected=1, warnings=0)
    recorded = suite.run("performance", "--update-baselines=new")
    recorded.assert_outcomes(passed=3, deselected=1)
    recorded.stdout.fnmatch_lines(["*performance/baselines/*.json*"])
    promise_more(project / "performance" / "baselines")
    failed = suite.run("performance", "-k", "int8_pays")
    failed.assert_outcomes(failed=1, deselected=3)
    (command,) = set(re.findall(r"Measure again: +pytest (.*)", failed.stdout.str()))
    again = suite.run(*command.replace('"', "").split())
    again.assert_outcomes(failed=1)


def test_a_real_directory_is_measured(suite: Suite, project: Path) -> None:
    transformers = pytest.importorskip("transformers")
    sizes = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64}
    config = transformers.BertConfig(**sizes, vocab_size=100, max_position_embeddings=32)
    transformers.BertModel(config).save_pretrained(project / "models" / "encoder")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(project)
        initialised(project, "--model", "models/encoder", quick=False)
    result = suite.run("performance", "--ov-budget=1", "-W", "error")
    result.assert_outcomes(passed=3, deselected=1)
    result.stdout.fnmatch_lines(["*latency of ../models/encoder on CPU*", "2 no-baseline*"])


def test_a_real_model_file_is_measured(suite: Suite, project: Path) -> None:
    onnx_bytes.dense(project / "net.onnx", outputs=512)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(project)
        initialised(project, "--model", "net.onnx", quick=False)
    result = suite.run("performance", "--ov-budget=1", "-W", "error")
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(["2 no-baseline*"])


def test_a_language_model_writes_text(suite: Suite, project: Path) -> None:
    initialised(project, "--model", "tiny-gpt2")
    result = suite.run("performance", "-W", "error")
    result.assert_outcomes(passed=3, deselected=1)
    result.stdout.fnmatch_lines(["Speed-ups in tokens_per_second*"])


def test_commands_inside_the_suite_see_its_settings(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    initialised(project)
    settings = project / "performance" / "pytest.ini"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text.replace("# ov_cache_dir", "ov_cache_dir"), encoding="utf-8")
    capsys.readouterr()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(project / "performance")
        assert main(["cache", "list"]) == 0
    assert f"No model is kept in {project / '.ovperf-cache'}." in capsys.readouterr().out


def test_code_of_the_project_is_found(suite: Suite, project: Path) -> None:
    (project / "shop").mkdir()
    (project / "shop" / "prices.py").write_text("LEAST = 1\n", encoding="utf-8")
    initialised(project)
    (project / "performance" / "perf_own.py").write_text(
        "from shop.prices import LEAST\n\ndef test_own():\n    assert LEAST\n", encoding="utf-8"
    )
    shutil.rmtree(project / "tests")
    suite.run("performance/perf_own.py").assert_outcomes(passed=1)
