"""The examples of docs/how-to/ci.md, as far as they can be checked without the services that they are for.

Every file is parsed and held against what its service knows; every command line of pytest and ovperf in them is parsed
by these programs themselves, so an example with an option that does not exist fails here.
"""

from __future__ import annotations

import itertools
import re
import shlex
import shutil
import subprocess
import tomllib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from pytest_ovperf.cli import main as cli
from pytest_ovperf.reports.junit import properties
from pytest_ovperf.runs.of_layers import layers_views
from tests.pages import DOCS, ROOT, Fence, fences
from tests.unit.reports.layer_examples import LOST
from tests.unit.reports.run_examples import CASES, comparison, targeted

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = fences(DOCS / "how-to" / "ci.md")
PROPERTIES = (DOCS / "reference" / "junit.md").read_text(encoding="utf-8")

#: Action → the version that the examples use, which is known to exist, and the inputs that they give it.
ACTIONS = {
    "actions/checkout": ("v6", {"fetch-depth"}),
    "actions/setup-python": ("v6", {"python-version", "cache", "cache-dependency-path"}),
    "actions/cache": ("v5", {"path", "key", "restore-keys"}),
    "actions/upload-artifact": ("v6", {"name", "path"}),
}
WORKFLOW_KEYS = {"name", "on", "permissions", "concurrency", "jobs"}
JOB_KEYS = {"if", "runs-on", "timeout-minutes", "steps"}
STEP_KEYS = {"name", "uses", "with", "run", "env", "if", "continue-on-error", "working-directory"}
#: What an expression of GitHub's may consist of here.
EXPRESSION = re.compile(
    r"(github\.(ref|event_name)|runner\.(os|arch)|inputs\.\w+|hashFiles\('[^']+'\)|!cancelled\(\))( [!=]= '[^']*')?"
)
GITLAB_JOB_KEYS = {
    "stage",
    "image",
    "tags",
    "resource_group",
    "timeout",
    "cache",
    "before_script",
    "script",
    "extends",
    "rules",
    "artifacts",
}
GITLAB_ARTIFACT_KEYS = {"when", "expire_in", "expose_as", "paths", "reports"}


EXAMPLES = {fence.title: fence for fence in PAGE if fence.title}
WORKFLOWS = [example for example in EXAMPLES.values() if example.title.startswith(".github/workflows/")]


def loaded(example: Fence) -> dict[str, Any]:
    document = yaml.safe_load(example.source)
    assert isinstance(document, dict)
    if True in document:  # YAML 1.1 takes the bare word ``on`` for a truth value; GitHub does not
        document["on"] = document.pop(True)
    return document


@dataclass(frozen=True)
class Script:
    """Lines for a shell, and the values that each of its variables may have."""

    where: str
    lines: str
    variables: dict[str, list[str]]

    def variants(self) -> Iterator[str]:
        """Return the lines with every combination of values in them."""
        used = [name for name in self.variables if re.search(rf"\${name}\b", self.lines)]
        for values in itertools.product(*(self.variables[name] for name in used)):
            lines = self.lines
            for name, value in zip(used, values, strict=True):
                lines = re.sub(rf"\${name}\b", value, lines)
            yield lines


def workflow_scripts(example: Fence) -> Iterator[Script]:
    workflow = loaded(example)
    inputs = (workflow["on"].get("workflow_dispatch") or {}).get("inputs", {})
    for job in workflow["jobs"].values():
        for step in job["steps"]:
            variables = {
                name: [str(option) for option in inputs[expression[1]]["options"]]
                for name, value in step.get("env", {}).items()
                for expression in [re.fullmatch(r"\$\{\{ inputs\.(\w+) \}\}", value)]
                if expression
            }
            if "run" in step:
                yield Script(f"{example.title}: {step['name']}", step["run"], variables)


def gitlab_scripts(example: Fence) -> Iterator[Script]:
    jobs = {name: job for name, job in loaded(example).items() if isinstance(job, dict)}
    for name, job in jobs.items():
        given: dict[str, list[str]] = {}
        for rule in job.get("rules", []):
            for variable, value in rule.get("variables", {}).items():
                given.setdefault(variable, []).append(value)
        for part in ("before_script", "script"):
            for line in job.get(part, []):
                yield Script(f"{example.title}: {name}", line, given)


def jenkins_scripts(example: Fence) -> Iterator[Script]:
    for lines in re.findall(r"\bsh '''(.*?)'''", example.source, re.DOTALL):
        yield Script(example.title, lines.replace("\\\n", " "), {})


def scripts() -> list[Script]:
    found = [script for example in WORKFLOWS for script in workflow_scripts(example)]
    found += gitlab_scripts(EXAMPLES[".gitlab-ci.yml"])
    found += jenkins_scripts(EXAMPLES["Jenkinsfile"])
    return [*found, *(Script("sh", each.source, {}) for each in PAGE if each.language == "sh")]


def commands(program: str) -> list[tuple[str, ...]]:
    """Return the arguments of each call of ``program`` in the examples, every variable replaced."""
    found = []
    for script in scripts():
        for line in itertools.chain.from_iterable(variant.splitlines() for variant in script.variants()):
            words = shlex.split(line)
            for place, word in enumerate(words):
                if word == program or word.endswith(f"/{program}"):
                    end = next((at for at, each in enumerate(words) if at > place and each in (">>", ";", "&&")), None)
                    found.append(tuple(words[place + 1 : end]))
    return list(dict.fromkeys(found))


def test_the_page_has_an_example_for_each_service() -> None:
    assert list(EXAMPLES) == [
        ".github/workflows/performance.yml",
        ".github/workflows/baselines.yml",
        ".github/workflows/performance-hosted.yml",
        ".gitlab-ci.yml",
        "Jenkinsfile",
    ]


# Files


@pytest.mark.parametrize("example", WORKFLOWS, ids=lambda example: example.title)
def test_a_workflow_has_what_github_asks_for_and_nothing_it_does_not_know(example: Fence) -> None:
    workflow = loaded(example)
    assert {"name", "on", "jobs"} <= set(workflow) <= WORKFLOW_KEYS
    assert set(workflow["on"]) <= {"pull_request", "schedule", "workflow_dispatch"}
    assert set(workflow["permissions"].items()) <= {("contents", "read"), ("contents", "write")}
    for schedule in workflow["on"].get("schedule", []):
        assert re.fullmatch(r"\d+ \d+ [*\d]+ [*\d]+ [*\d]+", schedule["cron"])
    for job in workflow["jobs"].values():
        assert {"runs-on", "steps"} <= set(job) <= JOB_KEYS
        for step in job["steps"]:
            assert set(step) <= STEP_KEYS
            assert ("uses" in step) != ("run" in step)


@pytest.mark.parametrize("example", WORKFLOWS, ids=lambda example: example.title)
def test_a_workflow_uses_actions_of_versions_that_exist(example: Fence) -> None:
    for job in loaded(example)["jobs"].values():
        for step in job["steps"]:
            if "uses" in step:
                action, _, version = step["uses"].partition("@")
                known, inputs = ACTIONS[action]
                assert version == known
                assert set(step.get("with", {})) <= inputs


@pytest.mark.parametrize("example", WORKFLOWS, ids=lambda example: example.title)
def test_an_expression_consists_of_what_github_knows(example: Fence) -> None:
    found = re.findall(r"\$\{\{ (.*?) \}\}", example.source)
    assert found
    assert [expression for expression in found if not EXPRESSION.fullmatch(expression)] == []


@pytest.mark.parametrize("example", WORKFLOWS, ids=lambda example: example.title)
def test_what_a_workflow_keeps_is_what_its_commands_write(example: Fence) -> None:
    workflow = loaded(example)
    written = "\n".join(script.lines for script in workflow_scripts(example))
    steps = [step for job in workflow["jobs"].values() for step in job["steps"]]
    kept = [step["with"]["path"].split() for step in steps if step.get("uses", "").startswith("actions/upload")]
    for path in itertools.chain.from_iterable(kept):
        assert re.search(rf"--[\w-]+=(\$GITHUB_WORKSPACE/)?{re.escape(path)}\b", written), path


def test_the_gitlab_file_has_jobs_with_known_keys() -> None:
    document = loaded(EXAMPLES[".gitlab-ci.yml"])
    stages = document.pop("stages")
    for name, job in document.items():
        whole = {**document.get(job.get("extends"), {}), **job}
        assert set(whole) <= GITLAB_JOB_KEYS, name
        assert whole["stage"] in stages
        assert name.startswith(".") or whole["script"]
        for rule in whole.get("rules", []):
            assert set(rule) <= {"if", "when", "variables"}
        for line in [*whole.get("before_script", []), *whole.get("script", [])]:
            assert isinstance(line, str)
        artifacts = whole.get("artifacts", {})
        assert set(artifacts) <= GITLAB_ARTIFACT_KEYS
        written = "\n".join(whole.get("script", []))
        for path in [*artifacts.get("paths", []), *artifacts.get("reports", {}).values()]:
            assert f"={path}" in written or path == "baselines/"


def without_strings(groovy: str) -> str:
    """Return Groovy with its comments gone and its strings empty: what is left has only its own brackets."""
    return re.sub(r"//[^\n]*|'''.*?'''|'[^'\n]*'|\"[^\"\n]*\"", "''", groovy, flags=re.DOTALL)


@dataclass(frozen=True)
class Block:
    """``name { … }``, with the blocks and the statements in it."""

    name: str
    blocks: list[Block]
    statements: list[str]


def parsed(groovy: str) -> Block:
    """Return the blocks of a declarative pipeline. A bracket that has no partner is an error."""
    stack = [Block("", [], [])]
    for line in (line.strip() for line in without_strings(groovy).splitlines()):
        opened = re.fullmatch(r"(\w+)(?:\([^)]*\))? \{", line)
        inline = re.fullmatch(r"(\w+) \{ (.+) \}", line)
        if opened:
            stack.append(Block(opened[1], [], []))
        elif inline:
            stack[-1].blocks.append(Block(inline[1], [], [inline[2]]))
        elif line == "}":
            block = stack.pop()
            stack[-1].blocks.append(block)
        elif line and line != "''":
            assert line.count("(") == line.count(")")
            assert not set("{}") & set(line)
            stack[-1].statements.append(line)
    (outermost,) = stack
    return outermost


def test_the_jenkinsfile_is_a_declarative_pipeline() -> None:
    (pipeline,) = parsed(EXAMPLES["Jenkinsfile"].source).blocks
    assert pipeline.name == "pipeline"
    assert [block.name for block in pipeline.blocks] == ["agent", "options", "triggers", "stages", "post"]
    sections = {block.name: block for block in pipeline.blocks}
    for stage in sections["stages"].blocks:
        assert stage.name == "stage"
        assert [block.name for block in stage.blocks] in (["steps"], ["when", "steps"])
        assert all(statement.startswith("sh ") for statement in stage.blocks[-1].statements)
    (always,) = sections["post"].blocks
    assert always.name == "always"
    assert [statement.split()[0] for statement in always.statements] == ["junit", "archiveArtifacts"]
    written = "\n".join(script.lines for script in jenkins_scripts(EXAMPLES["Jenkinsfile"]))
    kept = re.findall(r"(?:testResults|artifacts): '([^']+)'", EXAMPLES["Jenkinsfile"].source)
    for path in itertools.chain.from_iterable(each.split(", ") for each in kept):
        assert f"={path}" in written


@pytest.mark.parametrize("broken", ["pipeline {", "pipeline {\n}\n}", "pipeline {\n  sh ('x'\n}"])
def test_a_jenkinsfile_that_is_not_balanced_is_found_out(broken: str) -> None:
    with pytest.raises((AssertionError, ValueError, IndexError)):
        parsed(broken)


# Commands


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash to ask")
@pytest.mark.parametrize("script", scripts(), ids=lambda script: script.where)
def test_a_script_is_shell(script: Script) -> None:
    for lines in script.variants():
        checked = subprocess.run(  # noqa: S603  (nothing is executed: -n only reads)
            [shutil.which("bash") or "bash", "-n"], input=lines, capture_output=True, text=True, check=False
        )
        assert checked.returncode == 0, checked.stderr


def configured(pytester: pytest.Pytester, arguments: tuple[str, ...]) -> pytest.Config:
    """Let pytest and all its plugins read a command line as they would in a run."""
    pytester.mkdir("tests").joinpath("performance").mkdir()
    here = [word.replace("$GITHUB_WORKSPACE", str(pytester.path)) for word in arguments]
    assert not any("$" in word for word in here), here
    return pytester.parseconfigure(*here)


@pytest.mark.parametrize("arguments", commands("pytest"), ids=" ".join)
def test_pytest_takes_every_command_line(pytester: pytest.Pytester, arguments: tuple[str, ...]) -> None:
    config = configured(pytester, arguments)
    assert config.args == ["tests/performance"]
    assert config.getoption("ov_device") == "CPU"


@pytest.mark.parametrize("wrong", ["--ov-no-such-option", "--update-baselines=some", "--ov-budget=soon"])
def test_a_command_line_that_pytest_would_refuse_is_found_out(pytester: pytest.Pytester, wrong: str) -> None:
    with pytest.raises((pytest.UsageError, pytest.exit.Exception)):
        configured(pytester, ("tests/performance", wrong))


@pytest.mark.parametrize("arguments", commands("ovperf"), ids=" ".join)
def test_ovperf_takes_every_command_line(arguments: tuple[str, ...]) -> None:
    assert cli._parser().parse_args(arguments).run


def test_the_commands_are_found() -> None:
    assert len(commands("pytest")) >= 8
    assert {"--update-baselines=new", "--update-baselines=extend", "--update-baselines=all"} <= {
        word for arguments in commands("pytest") for word in arguments
    }
    assert ("compare", "base.json", "head.json", "--html=compare.html", "--format=markdown") in commands("ovperf")


def test_what_is_installed_exists() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    pinned = set((ROOT / "constraints.txt").read_text(encoding="utf-8").split())
    installed = [words[1:] for words in commands("pip") if words[0] == "install"]
    assert len(installed) >= 4
    for word in {word for words in installed for word in words}:
        if word.startswith("pytest-ovperf"):
            extras = re.fullmatch(r"pytest-ovperf\[(.+)\]", word)
            assert extras
            assert set(extras[1].split(",")) <= set(project["optional-dependencies"])
        elif "==" in word:
            assert word in pinned


# The text


def test_every_property_is_explained() -> None:
    explained = replace(comparison(CASES[2]), layers=layers_views([LOST]))
    raced = replace(explained, reference=replace(explained.reference, release="2025.4.1"))
    found = [*properties([explained]), *properties([raced]), *properties([targeted(comparison(CASES[3]), 1.5)])]
    table = PROPERTIES.partition("| property | says |")[2]
    for name, _ in found:
        last = name.rpartition(".")[2]
        side = last.replace("reference_", "candidate_", 1)
        assert any(form in table for form in (f"`{name}`", f"`.{last}`", f"`ovperf.1.{side}`")), name
