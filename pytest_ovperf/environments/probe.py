"""Ask an interpreter what it is and what it has, in a process of its own."""

from __future__ import annotations

import contextlib
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pytest_ovperf.errors import EnvironmentUnusableError
from pytest_ovperf.hardware.asking import DISTRIBUTIONS

from .asked import REMEDY
from .environment import OLDEST_PYTHON, OLDEST_RELEASE, Environment, is_too_old, python_words
from .running import run

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from .running import Ended

#: Long enough for an environment on a slow disk, read for the first time.
_TIMEOUT_S = 120.0

#: What the worker imports, in the order of the import: a broken one of the first two would break OpenVINO's, too.
_NEEDED = ("numpy", "psutil", "openvino")

_VERSIONS = (*DISTRIBUTIONS, "openvino-tokenizers", "psutil")

#: Written for any Python, so that one that is too old can say so. It prints twice: the second line is missing when an
#: import ended the process. OpenVINO's telemetry is kept out: it starts a process that would outlive this one.
_SCRIPT = """
import json, sys
def tell(**facts):
    sys.stdout.write(chr(10) + json.dumps({"ovperf": facts}) + chr(10))
    sys.stdout.flush()
tell(python=list(sys.version_info[:3]))
if sys.version_info >= (3, 8):
    import importlib.metadata, importlib.util, platform
    sys.modules["openvino_telemetry"] = None
    versions, lacking, broken, build = {"python": platform.python_version()}, [], {}, ""
    for name in NAMES:
        try:
            versions[name] = importlib.metadata.version(name)
        except Exception:
            pass
    for name in NEEDED:
        try:
            module = importlib.import_module(name)
            if name == "openvino":
                build = str(module.get_version())
                import numpy
                numbers = numpy.arange(1.0, 65.0, dtype=numpy.float32)
                if module.Tensor(numbers).data.tolist() != numbers.tolist():
                    raise ImportError("it misreads the arrays of NumPy " + numpy.__version__)
        except BaseException as error:
            if isinstance(error, ModuleNotFoundError) and error.name == name:
                lacking.append(name)
            else:
                broken[name] = type(error).__name__ + ": " + str(error)
    pip = importlib.util.find_spec("pip") is not None
    tell(versions=versions, lacking=lacking, broken=broken, build=build, pip=pip)
"""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of asking: how the process ended, and the facts that it told until then."""

    python: Path
    ended: Ended
    facts: Mapping[str, Any]

    def environment(self) -> Environment:
        """Return the environment, if a worker can run there. Raises `EnvironmentUnusableError` that says why not."""
        self._check_python()
        self._check_packages()
        versions = {str(name): str(version) for name, version in self.facts["versions"].items()}
        release = _release(versions.get("openvino", ""), str(self.facts["build"]))
        if is_too_old(release):
            raise EnvironmentUnusableError(
                f"{self.python} has OpenVINO {release}, which is too old to be measured.",
                remedy=f"Name an environment with a release from {OLDEST_RELEASE} on.",
            )
        return Environment(self.python, release, {**versions, "openvino": str(self.facts["build"])})

    def _check_python(self) -> None:
        version = self.facts.get("python")
        if not self.ended.started:
            raise EnvironmentUnusableError(f"{self.python}: {self.ended.ending}.", remedy=REMEDY)
        if version is None:
            how = f" ({self.ended.ending})" if self.ended.ending else ""
            raise EnvironmentUnusableError(
                f"{self.python} is no Python interpreter that can be used. Asked what it is{how}, it said:\n"
                f"{self.ended.words}",
                remedy=REMEDY,
            )
        if tuple(version) < OLDEST_PYTHON:
            raise EnvironmentUnusableError(
                f"{self.python} is {python_words(tuple(version))}; measuring there needs {python_words(OLDEST_PYTHON)} "
                "or newer.",
                remedy="Name a newer interpreter, or a release of OpenVINO, such as openvino==2025.4.1, for which an "
                "environment is then made.",
            )

    def _check_packages(self) -> None:
        if "versions" not in self.facts:
            raise EnvironmentUnusableError(
                f"{self.python} ended while it imported {', '.join(_NEEDED)}: {self.ended.ending}. It said:\n"
                f"{self.ended.words}",
                remedy=f"Mend that environment: {self._installing('--force-reinstall ', _NEEDED)}",
            )
        lacking, broken = self.facts["lacking"], self.facts["broken"]
        if lacking:
            raise EnvironmentUnusableError(
                f"{self.python} has no {', no '.join(lacking)}. (What PYTHONPATH names and what is installed for the "
                "user alone does not count.)",
                remedy=self._installing("", lacking),
            )
        if set(broken) == {"openvino"} and "of NumPy" in broken["openvino"]:
            raise EnvironmentUnusableError(
                f"{self.python} has an OpenVINO and a NumPy that do not go together. {broken['openvino']}",
                remedy=self._installing("", ['"numpy<2"']),
            )
        if broken:
            seen = "; ".join(f"{name}: {said}" for name, said in broken.items())
            raise EnvironmentUnusableError(
                f"{self.python} cannot import what measuring needs. {seen}",
                remedy=f"Mend that environment: {self._installing('--force-reinstall ', list(broken))}",
            )

    def _installing(self, how: str, packages: Sequence[str]) -> str:
        """Return the command that installs ``packages`` there; a uv-made environment has no pip of its own."""
        python = f'"{self.python}"' if " " in str(self.python) else str(self.python)
        names = " ".join(f'"openvino>={OLDEST_RELEASE}"' if name == "openvino" else name for name in packages)
        if self.facts.get("pip", True):
            return f"{python} -m pip install {how}{names}"
        return f"uv pip install --python {python} {how.replace('force-', '')}{names}"


def ask(python: Path, *, timeout_s: float = _TIMEOUT_S) -> Answer:
    """Run the interpreter once, apart from PYTHONPATH and packages of the user's own folder, and return its answer."""
    script = _SCRIPT.replace("NAMES", repr(_VERSIONS)).replace("NEEDED", repr(_NEEDED))
    ended = run((str(python), "-I", "-c", script), timeout_s=timeout_s)
    facts: dict[str, Any] = {}
    for line in ended.out.splitlines():
        with contextlib.suppress(ValueError):
            match json.loads(line):
                case {"ovperf": dict(told)}:
                    facts.update(told)
    return Answer(python, ended, facts)


def _release(installed: str, build: str) -> str:
    """Return the release: as installed if OpenVINO itself agrees, else its own number, as of a build from source."""
    number = re.match(r"\d+(?:\.\d+)*", build)
    if installed and (number is None or installed.startswith(number.group())):
        return installed
    return number.group() if number else build
