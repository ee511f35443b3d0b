"""The tutorial on a fresh machine: its commands, literally, with the wheel of this checkout in an empty environment.

    python benchmarks/fresh_machine.py [--constraint constraints.txt] [--page docs/tutorial.md]

The wheel is built and offered to pip beside the index that is configured; then the page is followed in an empty folder
from its first line to its last: files are written, commands are run, what is shown of their output is looked for. It
fails where a command fails or does not say what the page shows. Nothing of the environment that it is started from goes
along, but for what pip needs to reach its index. Bash is needed. The folder is left behind where something failed.

What counts of a page:

- ``sh`` blocks are run, one after the other; folder and variables stay from one to the next. A comment
  ``<!-- fails -->`` right before a block says that its last command is shown to fail, and it has to.
- a block with ``title="path"`` is a file, written there.
- a ``text`` block is looked for in what the block before it said: its lines in their order, other lines between them
  allowed; ``…`` stands for anything, spaces and rules for any number of them.
- ``<!-- example: … -->`` right before a block says why it cannot run on every machine: it is left out, and said to be.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ROOT = Path(__file__).resolve().parents[1]
_FENCE = re.compile(
    r"^(?P<indent> *)```(?P<language>\w*)(?P<rest>[^\n`]*)\n(?P<source>.*?)^(?P=indent)```[ ]*$",
    re.MULTILINE | re.DOTALL,
)
_TITLE = re.compile(r'title="([^"]+)"')
_NOTE = re.compile(r"<!-- (example: .+?|fails) -->\s*\Z", re.DOTALL)
_FAILS = "fails"
_ANYTHING = "…"
_RULE = re.compile(r"[─=_-]{3,}")
#: What pip has to know to reach its index; everything else of its configuration stays behind.
_OF_PIP = ("index-url", "extra-index-url", "find-links", "trusted-host", "cert", "proxy", "no-index", "default-timeout")
#: What no process can do without, on one system or another.
_NEEDED = (
    *("TMPDIR", "TEMP", "TMP", "SYSTEMROOT", "COMSPEC", "PATHEXT", "SSL_CERT_FILE", "SSL_CERT_DIR"),
    *("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"),
)
_STEP_TIMEOUT_S = 1800


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block of a page: its line, its language, the file that it is (if it is one), a note on it, its text."""

    line: int
    language: str
    title: str
    note: str
    source: str


@dataclass(frozen=True, slots=True)
class Step:
    """A command block that was run, or left out for a reason: its line, its first line, what it took."""

    line: int
    command: str
    seconds: float
    installs: bool
    left_out: str = ""


class NotAsShownError(Exception):
    """Something on the page is not so."""


def blocks(page: str) -> list[Block]:
    """Return the fenced blocks of a page in their order."""
    found, end = [], 0
    for fence in _FENCE.finditer(page):
        note = _NOTE.search(page[end : fence.start()])
        title = _TITLE.search(fence["rest"])
        indent = len(fence["indent"])
        lines = [line[indent:] if not line[:indent].strip() else line for line in fence["source"].splitlines()]
        found.append(
            Block(
                page.count("\n", 0, fence.start()) + 1,
                fence["language"],
                title[1] if title else "",
                note[1].removeprefix("example: ") if note else "",
                "".join(f"{line}\n" for line in lines),
            )
        )
        end = fence.end()
    return found


def missing(shown: str, said: str) -> str:
    """Return the first line of ``shown`` that ``said`` does not have where it should be, empty if it has all."""
    lines = [_even(line) for line in said.splitlines()]
    at = 0
    for line in shown.splitlines():
        if not line.strip(f" {_ANYTHING}"):
            continue
        pattern = re.compile(".*".join(re.escape(part) for part in _even(line).split(_ANYTHING)))
        at = next((number + 1 for number in range(at, len(lines)) if pattern.search(lines[number])), -1)
        if at < 0:
            return line
    return ""


def _even(line: str) -> str:
    return " ".join(_RULE.sub("─", line).split())


class FreshMachine:
    """An empty folder, an empty environment, and a shell in it that remembers where it is."""

    def __init__(self, place: Path, constraints: list[Path]) -> None:
        self._place = place
        for name in ("wheel", "home", "project"):
            (place / name).mkdir()
        self.wheel = self._built()
        self._make_environment(place / "environment")
        scripts = place / "environment" / ("Scripts" if sys.platform == "win32" else "bin")
        self.python = scripts / ("python.exe" if sys.platform == "win32" else "python")
        (place / "ours.txt").write_text(f"pytest-ovperf=={self.wheel.name.split('-')[1]}\n", encoding="utf-8")
        self._environment = self._clean(scripts, [place / "ours.txt", *constraints])
        self._folder = place / "project"

    def follow(self, page: str) -> list[Step]:
        """Follow a page. Raises `NotAsShownError` at the first thing that is not as it says."""
        steps: list[Step] = []
        said = ""
        for block in blocks(page):
            if block.title:
                path = self._folder / block.title
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(block.source, encoding="utf-8")
                print(f"{block.line:4}  wrote {block.title}", flush=True)
            elif block.language == "sh":
                step, said = self._step(block)
                steps.append(step)
            elif block.language == "text" and not (steps and steps[-1].left_out):
                line = missing(block.source, said)
                if line:
                    raise NotAsShownError(f"line {block.line}: the output has no line {line.strip()!r}:\n\n{said}")
        return steps

    def check_wheel(self) -> None:
        """Raise `NotAsShownError` unless the files of the wheel, and no other release, are what was installed."""
        code = "import json, sysconfig; print(json.dumps(sysconfig.get_path('purelib')))"
        asked = self._run([self.python, "-c", code], self._environment)
        folder = Path(json.loads(asked))
        with zipfile.ZipFile(self.wheel) as archive:
            for name in archive.namelist():
                if name.startswith("pytest_ovperf/"):
                    installed = folder / name
                    if not installed.is_file() or _digest(installed.read_bytes()) != _digest(archive.read(name)):
                        raise NotAsShownError(f"{name} is not as in the wheel of this checkout: {installed}")

    def _make_environment(self, folder: Path) -> None:
        self._run([sys.executable, "-m", "venv", folder], os.environ)

    def _built(self) -> Path:
        command: list[str | Path] = [
            sys.executable,
            "-m",
            "pip",
            "wheel",
            "-q",
            "--no-deps",
            "-w",
            self._place / "wheel",
            ROOT,
        ]
        self._run(command, os.environ)
        (wheel,) = (self._place / "wheel").glob("*.whl")
        return wheel

    def _clean(self, scripts: Path, constraints: list[Path]) -> dict[str, str]:
        """Return an environment that has nothing of ours but the way to pip's index, and the wheel."""
        settings = pip_settings(self._run([sys.executable, "-m", "pip", "config", "list"], os.environ))
        links = [self.wheel.parent.as_uri(), *settings.pop("find-links", "").split()]
        home = str(self._place / "home")
        system = os.defpath if sys.platform == "win32" else "/usr/local/bin:/usr/bin:/bin"
        return {
            **{name: os.environ[name] for name in _NEEDED if name in os.environ},
            **{f"PIP_{name.upper().replace('-', '_')}": value for name, value in settings.items()},
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_FIND_LINKS": " ".join(links),
            "PIP_CONSTRAINT": " ".join(path.resolve().as_uri() for path in constraints),
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "PATH": os.pathsep.join([str(scripts), system]),
            **dict.fromkeys(("HOME", "USERPROFILE", "LOCALAPPDATA", "APPDATA"), home),
            "LANG": "C.UTF-8",
            "PYTHONUTF8": "1",
            "COLUMNS": "80",
            "TERM": "dumb",
        }

    def _step(self, block: Block) -> tuple[Step, str]:
        command = block.source.strip().partition("\n")[0]
        installs = "pip install" in block.source
        if block.note and block.note != _FAILS:
            print(f"{block.line:4}  left out: {command} ({block.note})", flush=True)
            return Step(block.line, command, 0.0, installs, block.note), ""
        print(f"{block.line:4}  $ {block.source.strip()}", flush=True)
        before = time.monotonic()
        status, said = self._in_shell(block.source)
        seconds = time.monotonic() - before
        if (status != 0) is not (block.note == _FAILS):
            raise NotAsShownError(f"line {block.line}: exit status {status} of\n\n{block.source}\n{said}")
        return Step(block.line, command, seconds, installs), said

    def _in_shell(self, source: str) -> tuple[int, str]:
        """Run lines in bash; folder and variables at their end are those that the next ones begin with."""
        end = self._place / "end"
        script = f'trap \'pwd > "{end}.folder"; env -0 > "{end}.variables"\' EXIT\nset -e\n{source}'
        ended = subprocess.run(  # noqa: S603  (the page of this checkout)
            [shutil.which("bash") or "bash", "-c", script],
            cwd=self._folder,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=_STEP_TIMEOUT_S,
            check=False,
            encoding="utf-8",
            errors="replace",
        )
        self._folder = Path(Path(f"{end}.folder").read_text(encoding="utf-8").rstrip("\n"))
        pairs = Path(f"{end}.variables").read_bytes().decode("utf-8", "surrogateescape").split("\0")
        self._environment = dict(pair.split("=", 1) for pair in pairs if "=" in pair)
        return ended.returncode, ended.stdout

    def _run(self, command: Sequence[str | Path], environment: Mapping[str, str]) -> str:
        ended = subprocess.run(  # noqa: S603  (our own commands)
            [str(word) for word in command],
            cwd=self._place,
            env={name: value for name, value in environment.items() if name != "PYTHONPATH"},
            check=False,
            capture_output=True,
            encoding="utf-8",
        )
        if ended.returncode:
            raise NotAsShownError(f"{' '.join(map(str, command))} failed:\n\n{ended.stdout}{ended.stderr}")
        return ended.stdout


def pip_settings(listed: str) -> dict[str, str]:
    """Return what ``pip config list`` says of the index, the environment's values before those of files."""
    found: dict[str, str] = {}
    lines = [re.fullmatch(r"(:env:|[\w-]+)\.([\w-]+)='(.*)'", line, re.DOTALL) for line in listed.splitlines()]
    for line in sorted(filter(None, lines), key=lambda each: each[1] == ":env:"):
        if line[2] in _OF_PIP:
            found[line[2]] = line[3].replace("\\n", " ").strip()
    return found


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def table(steps: list[Step]) -> str:
    """Return what the steps took, and what all of them do, with and without installing packages."""
    lines = [
        f"{step.line:>5}  {'left out' if step.left_out else f'{step.seconds:6.1f} s':>9}  {step.command}"
        for step in steps
    ]
    total = sum(step.seconds for step in steps)
    measured = sum(step.seconds for step in steps if not step.installs)
    heads = [f"{'line':>5}  {'time':>9}  command", f"{'─' * 5}  {'─' * 9}  {'─' * 40}"]
    ends = [f"{'':5}  {total:7.1f} s  all of it", f"{'':5}  {measured:7.1f} s  without what pip fetches and installs"]
    return "\n".join([*heads, *lines, *ends])


def main(arguments: list[str] | None = None) -> int:
    """Follow the page and print what it took; return 1 where it is not as it says."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--page", type=Path, default=ROOT / "docs" / "tutorial.md", help="default: the tutorial")
    parser.add_argument("--constraint", type=Path, action="append", default=[], help="for pip, as its own -c")
    options = parser.parse_args(arguments)
    place = Path(tempfile.mkdtemp(prefix="fresh-machine-")).resolve()
    try:
        machine = FreshMachine(place, options.constraint)
        steps = machine.follow(options.page.read_text(encoding="utf-8"))
        machine.check_wheel()
    except (NotAsShownError, subprocess.TimeoutExpired) as error:
        print(f"\n{options.page.name} is not as it says: {error}\n\nThe folder is left behind: {place}")
        return 1
    if not any(not step.left_out for step in steps):
        print(f"{options.page} has no command to run.")
        return 1
    print(f"\n{table(steps)}")
    shutil.rmtree(place, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
