"""A folder with tests as a user would write them, and a real pytest run over it."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

QUICK_ARMS = Path(__file__).resolve().parents[1] / "fakes" / "quick_arms.py"
#: What a conftest says so that arms are made up and take no time.
INSTALL_QUICK_ARMS = f"import runpy\n\nrunpy.run_path({str(QUICK_ARMS)!r})['install']()\n"

#: Two OpenVINO arms of a model that is built in a second: the cheapest real comparison there is.
INT8_PAYS = """
    import pytest

    @pytest.mark.model("tiny-bert")
    @pytest.mark.ovperf(tolerance=60)  # a noisy machine must not decide what these tests are not about
    def test_int8_pays(speedup, baseline):
        assert speedup("openvino-int8", over="openvino-fp32") >= baseline
"""


def run_once(folder: Path, source: str, *arguments: str, conftest: str = "") -> subprocess.CompletedProcess[str]:
    """Run pytest over one module in ``folder``, for what several tests look at. Its cache is the folder's own.

    A cache that is named among the ``arguments`` goes before that.
    """
    (folder / "test_speed.py").write_text(textwrap.dedent(source), encoding="utf-8")
    (folder / "conftest.py").write_text(conftest, encoding="utf-8")
    (folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    command = [sys.executable, "-m", "pytest", f"--ov-cache-dir={folder / 'cache'}", *arguments]
    return subprocess.run(command, cwd=folder, check=False, capture_output=True, encoding="utf-8")  # noqa: S603


@dataclass(frozen=True)
class Suite:
    """A user's folder with tests in it."""

    pytester: pytest.Pytester
    cache_dir: Path

    @property
    def baselines(self) -> Path:
        return self.pytester.path / "baselines"

    def baseline_file(self) -> Path:
        """Return the only baseline file there is."""
        (found,) = self.baselines.rglob("*.json")
        return found

    def write(self, source: str, **others: str) -> None:
        self.pytester.makepyfile(test_speed=source, **others)

    def run(self, *arguments: str) -> pytest.RunResult:
        return self.pytester.runpytest_subprocess(f"--ov-cache-dir={self.cache_dir}", *arguments)


@dataclass(frozen=True)
class QuickSuite(Suite):
    """A user's folder whose measurements take no time: their arms are made up, all else is real."""

    def write(self, source: str, conftest: str = "", **others: str) -> None:
        self.pytester.makeconftest(INSTALL_QUICK_ARMS + textwrap.dedent(conftest))
        super().write(source, **others)
