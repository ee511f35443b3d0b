"""``ovperf init``: a first suite, its settings and a workflow, written into a project where nothing of it is yet."""

from __future__ import annotations

import os
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_ovperf.errors import SettingsError
from pytest_ovperf.hooks.cache_dir import ini_value

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from .starter import StarterFile

#: What is told of a file that is not written.
_THERE = "is there already"
_MODEL = "minilm"


def add_init(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the subcommand to ``commands``."""
    init = commands.add_parser("init", help="write a first suite and a CI workflow; touches nothing that is there")
    init.add_argument(
        "folder",
        nargs="?",
        default=Path(),
        type=lambda text: Path(text).expanduser(),
        metavar="FOLDER",
        help="the project to write into (default: this folder)",
    )
    init.add_argument(
        "--model",
        default=_MODEL,
        metavar="SOURCE",
        help="what the tests are to measure, all that @pytest.mark.model takes: a Hugging Face directory, an .onnx or "
        ".xml file, a hub id, the import path of a function, a name of the catalogue (default: %(default)s)",
    )
    init.set_defaults(run=_init)


def _init(options: argparse.Namespace) -> None:
    from .starter import SUITE, starter_files, starter_model  # noqa: PLC0415  (only the command that needs it pays for it)

    project: Path = options.folder
    _check_project(project)
    files = starter_files(starter_model(options.model, Path.cwd(), project), project)
    _check_suite(project / SUITE)
    left = {file.path: _hindrance(file, project) for file in files}
    written = [file for file in files if not left[file.path] and _write(project / file.path, file.text)]
    left = {file.path: left[file.path] or _THERE for file in files if file not in written}
    _tell(project, written, left)
    _tell_next(project / SUITE)
    _tell_of_plain_runs(project, SUITE, [Path(file.path).name for file in files])


def _check_project(project: Path) -> None:
    if project.is_dir():
        return
    what = "is no folder" if project.exists() else "does not exist"
    raise SettingsError(
        f"{project} {what}.", remedy="Name the folder of your project, or run `ovperf init` in it without a name."
    )


def _check_suite(suite: Path) -> None:
    """Make the folder of the suite. Raises `SettingsError` where that is not possible, or where it is somebody else's.

    A pytest.ini in a folder that has tests already would change how those are run.
    """
    try:
        suite.mkdir(exist_ok=True)
        strange = not (suite / "pytest.ini").exists() and any(suite.rglob("*.py"))
    except FileExistsError as error:
        raise SettingsError(
            f"{suite} is a file, and the tests would be written into a folder of that name.",
            remedy="Give the file another name, or run `ovperf init` in another folder.",
        ) from error
    except OSError as error:
        raise SettingsError(
            f"The folder {suite} cannot be made: {error.strerror or error}.",
            remedy="Make the project's folder writable, or name another one.",
        ) from error
    if strange:
        raise SettingsError(
            f"{suite} holds Python files already, and no pytest.ini: one written there would change how they are run.",
            remedy="Give that folder another name, or run `ovperf init` in another folder and move what it writes.",
        )


def _hindrance(file: StarterFile, project: Path) -> str:
    """Return why a file is not to be written, empty if nothing speaks against it."""
    if os.path.lexists(project / file.path):
        return _THERE
    if file.path.startswith(".github/"):
        here = project.resolve()
        root = next((folder for folder in (here, *here.parents) if (folder / ".git").exists()), here)
        if root != here:
            return f"not written: GitHub reads the workflows of {root} alone"
    return ""


def _write(path: Path, text: str) -> bool:
    """Write a new file; tell whether it is one: what somebody else has just put there is left.

    Raises `SettingsError` where it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except FileExistsError:
        return False
    except OSError as error:
        raise SettingsError(
            f"{path} cannot be written: {error.strerror or error}.",
            remedy="Make its folder writable and run `ovperf init` again: it goes on where it stopped.",
        ) from error
    return True


def _tell(project: Path, written: Sequence[StarterFile], left: dict[str, str]) -> None:
    cells = max(len(path) for path in (*left, *(file.path for file in written)))
    if written:
        print(f"Written in {project.resolve()}:")
        for file in written:
            print(f"  {file.path:<{cells}}  {file.about}")
    else:
        print(f"Nothing was written in {project.resolve()}.")
    if left:
        print("Left as it is:")
        for path, why in left.items():
            print(f"  {path:<{cells}}  {why}")


def _tell_next(suite: Path) -> None:
    from pytest_ovperf.reports.advice import quoted  # noqa: PLC0415  (only the command that needs it pays for it)

    here = Path.cwd()
    shown = (suite.relative_to(here) if suite.is_relative_to(here) else suite).as_posix()
    folder = quoted(shown)
    steps = {
        f"pytest {folder} --ov-plan": "what would be measured, on what, for how long",
        f"pytest {folder}": "measure; without a baseline a comparison says so and passes",
        f"pytest {folder} --update-baselines=new": f"record baselines; commit {shown}/baselines",
    }
    cells = max(map(len, steps))
    print("\nNext:")
    for command, about in steps.items():
        print(f"  {command:<{cells}}  {about}")
    print("\nFor your .gitignore, where you ask for these files: report.html, junit.xml, ovperf-cache/")


def _tell_of_plain_runs(project: Path, suite: str, names: Sequence[str]) -> None:
    """Say how to keep the suite out of a plain run of the project, where its settings would take it."""
    path, value = ini_value(project.resolve(), "python_files")
    patterns = value.split() if isinstance(value, str) else value if isinstance(value, list) else []
    if any(fnmatch(name, str(pattern)) for name in names for pattern in patterns):
        print(
            f"\nA plain `pytest` takes these tests, too: so says python_files in {path}. To keep them out of it, add "
            f"{suite} to norecursedirs there."
        )
