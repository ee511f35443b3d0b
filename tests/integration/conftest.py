"""The fixtures of the tests that run the plugin as a user does."""

from __future__ import annotations

import json
import math
import os
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_ovperf.errors import EnvironmentUnusableError
from tests.integration.confirming_suite import Confirming
from tests.integration.user_suite import INT8_PAYS, QuickSuite, Suite

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_ovperf.environments.environment import Environment


@pytest.fixture(scope="session", autouse=True)
def _no_worker_around() -> Iterator[None]:
    """Keep the inner runs from taking themselves for workers of pytest-xdist where these tests are.

    pytest-benchmark, for one, then turns itself off.
    """
    with pytest.MonkeyPatch.context() as patch:
        for name in ("PYTEST_XDIST_WORKER", "PYTEST_XDIST_WORKER_COUNT", "PYTEST_XDIST_TESTRUNUID"):
            patch.delenv(name, raising=False)
        yield


@pytest.fixture(scope="session")
def model_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a cache that all runs share, so that a model is built once."""
    return tmp_path_factory.mktemp("model-cache")


@pytest.fixture(scope="session")
def old_release(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """Return an environment with OpenVINO 2024.4.0; skipped where no index has it for this Python.

    It is made for this run, in a third of a minute. ``OVPERF_TEST_ENVIRONMENTS`` names a cache that keeps it.
    """
    from pytest_ovperf.environments.finding import find  # noqa: PLC0415  (only these tests need it)

    base = tmp_path_factory.getbasetemp()
    shared = base.parent if base.name.startswith("popen-") else base  # the workers of pytest-xdist share one
    try:
        return find("2024.4.0", Path(os.environ.get("OVPERF_TEST_ENVIRONMENTS") or shared / "releases"), print)
    except EnvironmentUnusableError as error:
        if "index cannot be reached" in error.seen or "no wheel for" in error.seen:
            pytest.skip(error.seen)
        raise


@pytest.fixture(scope="session")
def npu_cache(model_cache: Path) -> Path:
    """Return the shared cache with a hosted NPU compiler in it; skipped where what that needs is not installed.

    It is set up for this run, from the wheel that pip fetches: half a minute. ``OVPERF_TEST_NPU_CACHE`` names a cache
    that has one already.
    """
    from pytest_ovperf.npu import installing  # noqa: PLC0415  (only these tests need it)

    missing = [tool.name for tool in installing.status(model_cache).tools if not tool.found]
    if missing:
        pytest.skip(f"the NPU compiler cannot be hosted here: {', '.join(missing)} missing")
    there = os.environ.get("OVPERF_TEST_NPU_CACHE")
    if there:
        (model_cache / "npu-compiler").symlink_to(Path(there, "npu-compiler"), target_is_directory=True)
    installing.install(model_cache, None, print)
    return model_cache


@pytest.fixture
def suite(pytester: pytest.Pytester, model_cache: Path, monkeypatch: pytest.MonkeyPatch) -> Suite:
    for name in ("CI", "GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY"):  # where more is printed, and a summary written
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "160")
    return Suite(pytester, model_cache)


@pytest.fixture
def quick(suite: Suite, tmp_path: Path) -> QuickSuite:
    """Return a user's folder whose arms are made up and take no time."""
    return QuickSuite(suite.pytester, tmp_path / "quick-cache")


@pytest.fixture
def confirming(suite: Suite, monkeypatch: pytest.MonkeyPatch) -> Confirming:
    """Return a user's folder with baselines, whose candidate may have become slower since."""
    return Confirming(suite.pytester, monkeypatch)


@pytest.fixture(scope="session")
def recorded(tmp_path_factory: pytest.TempPathFactory, model_cache: Path) -> Path:
    """Return a baselines folder that a real ``--update-baselines`` run of `INT8_PAYS` wrote."""
    folder = tmp_path_factory.mktemp("recorded")
    (folder / "test_speed.py").write_text(textwrap.dedent(INT8_PAYS), encoding="utf-8")
    (folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    command = [
        sys.executable,
        "-m",
        "pytest",
        "--update-baselines",
        f"--ov-cache-dir={model_cache}",
    ]
    run = subprocess.run(command, cwd=folder, check=False, capture_output=True, text=True)  # noqa: S603
    assert run.returncode == 0, run.stdout
    return folder / "baselines"


@pytest.fixture
def with_baseline(suite: Suite, recorded: Path) -> Callable[[float], None]:
    """Return a function that gives the suite a baseline whose speed-up is ``factor`` times what was recorded."""

    def place(factor: float) -> None:
        suite.write(INT8_PAYS)
        shutil.copytree(recorded, suite.baselines)
        path = suite.baseline_file()
        document = json.loads(path.read_text(encoding="utf-8"))
        for entries in document["tests"].values():
            for entry in entries.values():
                days = entry["log_ratios"]
                entry["log_ratios"] = {day: [round(each + math.log(factor), 6) for each in days[day]] for day in days}
        path.write_text(json.dumps(document, indent=2), encoding="utf-8")

    return place
