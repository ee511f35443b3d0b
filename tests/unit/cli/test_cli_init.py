"""``ovperf init``: what it writes, what it leaves, what it refuses."""

from __future__ import annotations

import ast
import json
import os
import re
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from pytest_ovperf.cli import starter
from pytest_ovperf.cli.main import main
from pytest_ovperf.cli.starter import StarterModel, starter_files, starter_model
from pytest_ovperf.errors import ModelError
from pytest_ovperf.models.spec import CallsSource, IrSource, ModelSpec, Task, TorchSource
from tests.fakes import onnx_bytes
from tests.unit import test_docs_ci as on_github

if TYPE_CHECKING:
    from collections.abc import Callable

FILES = [
    "performance/pytest.ini",
    "performance/perf_minilm.py",
    "performance/requirements.txt",
    ".github/workflows/performance.yml",
]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a project's folder, which is the working directory."""
    folder = tmp_path / "shop"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def contents(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8", errors="replace")
        for path in folder.rglob("*")
        if path.is_file()
    }


def directory(folder: Path, architecture: str = "BertModel", kind: str = "bert") -> Path:
    """Write what a Hugging Face directory is told by."""
    folder.mkdir(parents=True)
    keys = {"model_type": kind, "architectures": [architecture], "vocab_size": 50, "max_position_embeddings": 64}
    (folder / "config.json").write_text(json.dumps(keys), encoding="utf-8")
    (folder / "model.safetensors").write_bytes(b"")
    return folder


# What is written


def test_a_project_gets_a_suite_its_settings_and_a_workflow(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init"]) == 0
    assert sorted(contents(project)) == sorted(FILES)
    said = capsys.readouterr().out
    assert re.findall(r"^  (\S+)  +[a-z]", said.partition("Next:")[0], re.MULTILINE) == FILES
    assert "\n  pytest performance --ov-plan  " in said
    assert "\n  pytest performance --update-baselines=new  " in said
    assert ".gitignore" in said


def test_a_project_elsewhere_is_named_and_the_commands_lead_there(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "the app").mkdir()
    assert main(["init", "the app"]) == 0
    assert sorted(contents(project)) == sorted(f"the app/{file}" for file in FILES)
    assert '\n  pytest "the app/performance" --ov-plan  ' in capsys.readouterr().out


def test_a_second_time_nothing_is_changed(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init"]) == 0
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in project.rglob("*") if path.is_file()}
    capsys.readouterr()
    assert main(["init"]) == 0
    assert {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in before} == before
    assert len(contents(project)) == len(before)
    said = capsys.readouterr().out
    assert said.startswith("Nothing was written in ")
    assert said.count("is there already") == len(FILES)


@pytest.mark.parametrize("mine", FILES)
def test_a_file_that_is_there_is_left_and_said_to_be(
    project: Path, mine: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / mine).parent.mkdir(parents=True)
    (project / mine).write_text("# mine\n", encoding="utf-8")
    if mine.endswith(".py"):
        (project / "performance" / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    assert main(["init"]) == 0
    assert (project / mine).read_text(encoding="utf-8") == "# mine\n"
    assert set(contents(project)) == set(FILES)
    assert re.search(rf"Left as it is:(.|\n)*  {re.escape(mine)} +is there already", capsys.readouterr().out)


def test_another_model_is_added_beside_the_first(project: Path) -> None:
    assert main(["init"]) == 0
    before = contents(project)
    assert main(["init", "--model", "distilbert"]) == 0
    after = contents(project)
    assert set(after) - set(before) == {"performance/perf_distilbert.py"}
    assert {name: after[name] for name in before} == before


def test_nothing_else_of_the_project_is_touched(project: Path) -> None:
    mine = {"pyproject.toml": "[tool.pytest.ini_options]\n", ".gitignore": "*.pyc\n", "tests/test_a.py": ""}
    for name, text in mine.items():
        (project / name).parent.mkdir(exist_ok=True)
        (project / name).write_text(text, encoding="utf-8")
    assert main(["init"]) == 0
    after = contents(project)
    assert {name: after[name] for name in mine} == mine


def test_a_workflow_is_left_out_where_github_would_not_look_for_it(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project.parent / ".git").mkdir()
    assert main(["init"]) == 0
    assert not (project / ".github").exists()
    said = " ".join(capsys.readouterr().out.split())
    assert f"performance.yml not written: GitHub reads the workflows of {project.parent.resolve()} alone" in said


# The model


def suite_of(project: Path, name: str) -> str:
    return (project / "performance" / f"perf_{name}.py").read_text(encoding="utf-8")


def marker(suite: str) -> str:
    """Return what the suite's marker says of the model."""
    (found,) = re.findall(r"^pytestmark = pytest\.mark\.model\((.*)\)$", suite, re.MULTILINE)
    return str(found)


def test_a_directory_is_compared_with_pytorch_and_is_named_as_the_suite_sees_it(project: Path) -> None:
    directory(project / "models" / "my encoder")
    assert main(["init", "--model", "models/my encoder"]) == 0
    suite = suite_of(project, "my_encoder")
    assert marker(suite) == '"../models/my encoder"'
    assert 'over="pytorch-fp32"' in suite
    assert "fidelity" in suite


def test_a_language_model_is_asked_for_text(project: Path) -> None:
    directory(project / "writer", "GPT2LMHeadModel", "gpt2")
    assert main(["init", "--model", "writer"]) == 0
    assert 'metric="tokens_per_second", **WORK' in suite_of(project, "writer")


@pytest.mark.parametrize(
    ("write", "said"),
    [
        (lambda path: onnx_bytes.dense(path, dims=(1, 16)), '"../net.onnx"'),
        (onnx_bytes.dense, '"../net.onnx", shape=(1, 16)'),
        (onnx_bytes.lookup, '"../net.onnx", shape=(1, 128)'),
    ],
    ids=["fixed sizes", "one open", "two inputs"],
)
def test_a_model_file_is_compared_with_itself_and_gets_an_example_of_the_sizes_it_leaves_open(
    project: Path, write: Callable[[Path], Path], said: str
) -> None:
    write(project / "net.onnx")
    assert main(["init", "--model", "net.onnx"]) == 0
    suite = suite_of(project, "net")
    assert marker(suite) == said
    assert ("sizes of a call are not known" in suite) is ("shape=" in said)
    assert "pytorch" not in suite.partition('"""')[2].partition('"""')[2].lower()
    assert 'speedup("openvino-int8", over="openvino-fp32") >= baseline' in suite
    assert "openvino-fp32[hint=throughput]" in suite


@pytest.mark.parametrize(
    ("name", "module"),
    [("owner/Some-Model.v2@main", "perf_owner_some_model_v2.py"), ("tiny-bert", "perf_tiny_bert.py")],
)
def test_a_module_is_named_after_the_model(project: Path, name: str, module: str) -> None:
    (suite,) = (
        file for file in starter_files(starter_model(name, project, project), project) if file.path.endswith(".py")
    )
    assert suite.path == f"performance/{module}"
    assert marker(suite.text) == f'"{name}"'


def test_a_module_gets_an_example_of_what_it_is_given(project: Path) -> None:
    spec = ModelSpec(
        "shop.nets:make", TorchSource("shop.nets:make"), Task.UNSETTLED, "", {"": (1, 3, 8, 8)}, static=True
    )
    suite = starter_files(StarterModel(spec, {"": (1, 3, 8, 8)}, project), project)[1]
    assert suite.path == "performance/perf_shop_nets_make.py"
    assert marker(suite.text) == '"shop.nets:make", shape=(1, 3, 8, 8)'
    assert "sizes of a call are not known" in suite.text


def test_a_model_behind_a_link_is_named_as_it_was_given(
    project: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    onnx_bytes.dense(elsewhere / "net.onnx")
    try:
        (project / "models").symlink_to(elsewhere, target_is_directory=True)
    except OSError:
        pytest.skip("on Windows not everybody may make links")
    suite = starter_files(starter_model("models/net.onnx", project, project), project)[1].text
    assert '"../models/net.onnx"' in suite


def test_functions_are_no_model(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = ModelSpec("calls", CallsSource(), Task.CALLS, "", {}, static=False)
    monkeypatch.setattr(starter, "resolve", lambda *_words, **_more: calls)
    with pytest.raises(ModelError, match="functions of your own and for no model"):
        starter_model("calls", project, project)


def test_every_suite_is_python_and_no_word_is_left_to_fill_in(project: Path) -> None:
    directory(project / "writer", "GPT2LMHeadModel", "gpt2")
    directory(project / 'a "quoted" one')
    onnx_bytes.dense(project / "net.onnx")
    for name in ("minilm", "writer", "net.onnx", 'a "quoted" one'):
        for file in starter_files(starter_model(name, project, project), project):
            assert not re.search("@[A-Z]+@", file.text)
            assert max(map(len, file.text.splitlines())) <= 125
            if file.path.endswith(".py"):
                ast.parse(file.text)


@pytest.mark.parametrize("name", ["minilm", "writer", "net.onnx"])
def test_what_is_commented_out_is_python_as_well(project: Path, name: str) -> None:
    directory(project / "writer", "GPT2LMHeadModel", "gpt2")
    onnx_bytes.dense(project / "net.onnx")
    suite = starter_files(starter_model(name, project, project), project)[1].text
    code = r"^( *)# (?=pytestmark|@pytest|def |assert |    assert | +score=)"
    examples = len(re.findall(code, suite, re.MULTILINE))
    assert examples >= suite.count("\n# def ") + 1
    assert len(list(ast.walk(ast.parse(re.sub(code, r"\1", suite, flags=re.MULTILINE))))) > len(
        list(ast.walk(ast.parse(suite)))
    )


def test_an_onnx_file_may_be_held_against_onnx_runtime_and_an_ir_may_not(project: Path) -> None:
    onnx_bytes.dense(project / "net.onnx")
    suite = starter_files(starter_model("net.onnx", project, project), project)[1].text
    assert 'speedup("openvino-fp32", over="onnxruntime-fp32")' in suite
    ir = ModelSpec("net.xml", IrSource(project / "net.xml"), Task.UNSETTLED, "", {"x": (1, 8)}, static=True)
    assert "onnx" not in starter_files(StarterModel(ir, {}, project / "net.xml"), project)[1].text.lower()


# Settings and workflow


def test_every_setting_is_an_option_that_there_is(project: Path, request: pytest.FixtureRequest) -> None:
    assert main(["init"]) == 0
    text = (project / "performance" / "pytest.ini").read_text(encoding="utf-8")
    said = set(re.findall(r"^(?:# )?(ov_\w+) =", text, re.MULTILINE))
    known = {name for name in request.config._parser._inidict if name.startswith("ov_")}
    assert {"ov_device", "ov_budget", "ov_tolerance", "ov_set", "ov_strict", "ov_baselines", "ov_cache_dir"} <= said
    assert said - {"ov_models"} <= known


def test_code_below_src_is_found(project: Path) -> None:
    (project / "src").mkdir()
    assert main(["init"]) == 0
    assert "\npythonpath = ../src ..\n" in (project / "performance" / "pytest.ini").read_text(encoding="utf-8")


def test_the_workflow_is_one_that_github_takes(project: Path) -> None:
    assert main(["init"]) == 0
    source = (project / FILES[-1]).read_text(encoding="utf-8")
    example: Any = SimpleNamespace(name=FILES[-1], title=FILES[-1], source=source)  # as those of the page are
    on_github.test_a_workflow_has_what_github_asks_for_and_nothing_it_does_not_know(example)
    on_github.test_a_workflow_uses_actions_of_versions_that_exist(example)
    on_github.test_an_expression_consists_of_what_github_knows(example)
    on_github.test_what_a_workflow_keeps_is_what_its_commands_write(example)


def test_the_workflow_runs_the_suite_with_options_that_there_are(pytester: pytest.Pytester) -> None:
    assert main(["init", str(pytester.path)]) == 0
    workflow = yaml.safe_load((pytester.path / FILES[-1]).read_text(encoding="utf-8"))
    commands = [
        step["run"].split() for step in workflow["jobs"]["measure"]["steps"] if "pytest " in step.get("run", "")
    ]
    measuring = [words[words.index("pytest") + 1 :] for words in commands if "-m" in words and "pytest" in words]
    assert len(measuring) == 2
    for words in measuring:
        config = pytester.parseconfigure(*words)
        assert config.inipath == pytester.path / "performance" / "pytest.ini"
        assert config.getoption("ov_budget")


def test_what_the_workflow_installs_is_what_is_installed_here(project: Path) -> None:
    assert main(["init"]) == 0
    pins = (project / "performance" / "requirements.txt").read_text(encoding="utf-8").splitlines()[1:]
    assert re.fullmatch(r"pytest-ovperf\[all\]==\S+", pins[0])
    assert all(re.fullmatch(r"[\w-]+==[\w.]+", pin) for pin in pins[1:])  # no build such as +cpu, which no index has
    torch = next(pin for pin in pins if pin.startswith("torch=="))
    assert f"pip install {torch} --index-url" in (project / FILES[-1]).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("settings", "taken"),
    [
        ('python_files = ["test_*.py", "*.py"]', True),
        ('python_files = "perf_*.py"', True),
        ('python_files = "test_*.py"', False),
        ("", False),
    ],
)
def test_a_project_whose_plain_run_would_take_the_suite_is_told(
    project: Path, settings: str, capsys: pytest.CaptureFixture[str], *, taken: bool
) -> None:
    (project / "pyproject.toml").write_text(f"[tool.pytest.ini_options]\n{settings}\n", encoding="utf-8")
    assert main(["init"]) == 0
    said = capsys.readouterr().out
    assert ("add performance to norecursedirs there" in said) is taken


# Mistakes


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nowhere"], "nowhere does not exist"),
        (["README"], "README is no folder"),
        (["--model", "minilmm"], "Did you mean 'minilm'"),
        (["--model", "./nowhere"], "there is no such directory or file"),
        (["--model", "README"], "is a file, and neither of"),
        (["--model", ""], "There is no model ''"),
        (["--model", "~nobody.onnx"], "cannot be looked for"),
        (["--model", "x" * 5000], "cannot be looked for"),
        (["--model", "broken.onnx"], "broken.onnx"),
    ],
)
def test_a_mistake_is_told_and_nothing_is_written(
    project: Path, words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "README").write_text("", encoding="utf-8")
    (project / "broken.onnx").write_bytes(b"\xff\xff\xff")
    assert main(["init", *words]) == 1
    told = capsys.readouterr()
    assert said in told.err
    assert not told.out
    assert set(contents(project)) == {"README", "broken.onnx"}


def test_a_file_in_the_place_of_the_folder_is_refused(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "performance").write_text("", encoding="utf-8")
    assert main(["init"]) == 1
    assert "performance is a file" in capsys.readouterr().err
    assert set(contents(project)) == {"performance"}


def test_a_folder_of_that_name_with_tests_of_its_own_is_left_alone(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "performance").mkdir()
    (project / "performance" / "test_load.py").write_text("", encoding="utf-8")
    assert main(["init"]) == 1
    assert "holds Python files already, and no pytest.ini" in capsys.readouterr().err
    assert set(contents(project)) == {"performance/test_load.py"}


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="this user may write everywhere")
def test_a_project_that_is_closed_is_told(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project.chmod(0o500)
    try:
        assert main(["init"]) == 1
    finally:
        project.chmod(0o700)
    assert "cannot be made" in capsys.readouterr().err


def test_a_disk_that_refuses_is_told(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(*_arguments: object, **_options: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "mkdir", refuse)
    assert main(["init"]) == 1
    assert "performance cannot be made: Permission denied." in capsys.readouterr().err
    assert not contents(project)
