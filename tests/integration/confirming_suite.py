"""A folder with tests whose candidate may be slower than its baselines. The plugin is real, the arms are made up."""

from __future__ import annotations

import gzip
import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_ovperf.arms import Comparison, parse_arm
from pytest_ovperf.metrics import Metric, Workload, WorkloadKind
from pytest_ovperf.records import StoredBaseline
from pytest_ovperf.session.turns import kept_traces
from pytest_ovperf.store.keys import EntryKey
from pytest_ovperf.store.store import BaselineStore
from tests.fakes.quick_arms import CALL_NS, MACHINE
from tests.integration.user_suite import QUICK_ARMS

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pytest

#: Installs arms that take no time. FACTORS says by how much the candidate is slower in each pass through a test, the
#: last one holding on; other tests run at full speed. Writes down which test was run when.
CONFTEST = f"""
    import json
    import os
    import runpy
    from collections import Counter

    arms = runpy.run_path({str(QUICK_ARMS)!r})
    arms["install"]()
    factors, passes = json.loads(os.environ["FACTORS"]), Counter()

    def pytest_runtest_logstart(nodeid):
        name = nodeid.rpartition("::")[2].partition("[")[0]
        own = factors.get(name, [1])
        arms["CALL_NS"]["openvino-int8"] = round(10_000_000 * own[min(passes[name], len(own) - 1)])
        passes[name] += 1
        with open("passes.txt", "a") as file:
            print(name, file=file)
"""
TWO_TESTS = """
    import pytest

    pytestmark = pytest.mark.model("tiny-bert")

    def test_it(speedup, baseline):
        assert speedup("openvino-int8", over="openvino-fp32") >= baseline

    def test_other(speedup, baseline):
        assert speedup("openvino-int8", over="pytorch-fp32") >= baseline
"""
NODE = "test_speed.py::test_it[CPU]"
SLOW = 1.5
LOOKS_LIKE = "*test_it*looks like a regression: it is measured again at the end of the run"
CONFIRMED = "*Measured again: 4 of these launches were taken later in the run."


def compared_with(reference: str) -> Comparison:
    """Return what the tests compare: INT8 over another arm, of the model at its own shape."""
    workload = Workload(WorkloadKind.INFER, {"input_ids": (1, 16)})
    candidate = parse_arm("openvino-int8", "CPU")
    return Comparison("tiny-bert", candidate, parse_arm(reference, "CPU"), Metric.LATENCY, workload)


@dataclass(frozen=True)
class Confirming:
    """A user's folder with baselines, whose candidate may have become slower since."""

    pytester: pytest.Pytester
    monkeypatch: pytest.MonkeyPatch

    def write(self, source: str = TWO_TESTS, **others: str) -> None:
        """Write the tests; what INT8 is compared with in `test_it` and `test_other` has a baseline at full speed."""
        self.pytester.makeconftest(CONFTEST)
        self.pytester.makepyfile(test_speed=source, **others)
        store = BaselineStore(self.pytester.path / "baselines", MACHINE.profile)
        for test in ("test_it[CPU]", "test_other[CPU]", "test_it", "TestIt::test_it[CPU-1]", "TestIt::test_it[CPU-2]"):
            for reference in CALL_NS.keys() - {"openvino-int8"}:
                ratio = CALL_NS[reference] / CALL_NS["openvino-int8"]
                key = EntryKey.of(f"test_speed.py::{test}", compared_with(reference))
                store.put(key, StoredBaseline((math.log(ratio),) * 6, 0.03, 1e7, 2e7, None, {}))

    def run(self, *arguments: str, **factors: Sequence[float]) -> pytest.RunResult:
        """Run the tests with the candidate slower by ``factors`` in each pass through the test of that name."""
        self.monkeypatch.setenv("FACTORS", json.dumps(factors))
        return self.pytester.runpytest_subprocess(
            f"--ov-cache-dir={self.pytester.path / 'cache'}", *arguments, timeout=120
        )

    @property
    def passes(self) -> list[str]:
        """The tests in the order in which they were run."""
        return self.logged("passes.txt")

    def traces(self) -> dict[str, list[int]]:
        """The launches in each file of raw times, by test."""
        kept: dict[str, list[int]] = {}
        for path in kept_traces(self.pytester.path / "cache"):
            data = json.loads(gzip.decompress(path.read_bytes()))
            test = path.name.partition("test_speed.py-")[2].partition("-")[0]
            kept.setdefault(test, []).append(len(data["launches"]))
        return kept

    def last_failed(self) -> list[str]:
        path = self.pytester.path / ".pytest_cache" / "v" / "cache" / "lastfailed"
        return list(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else []

    def logged(self, name: str) -> list[str]:
        """What the tests wrote to a file."""
        path = self.pytester.path / name
        return path.read_text(encoding="utf-8").split() if path.exists() else []
