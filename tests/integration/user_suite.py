"""A folder with tests as a user would write them, and a real pytest run over it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

QUICK_ARMS = Path(__file__).resolve().parents[1] / "fakes" / "quick_arms.py"

#: Two OpenVINO arms of a model that is built in a second: the cheapest real comparison there is.
INT8_PAYS = """
    import pytest

    @pytest.mark.model("tiny-bert")
    @pytest.mark.ovperf(tolerance=60)  # a noisy machine must not decide what these tests are not about
    def test_int8_pays(speedup, baseline):
        assert speedup("openvino-int8", over="openvino-fp32") >= baseline
"""


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

    def write(self, source: str, **others: str) -> None:
        self.pytester.makeconftest(f"import runpy\n\nrunpy.run_path({str(QUICK_ARMS)!r})['install']()\n")
        super().write(source, **others)
