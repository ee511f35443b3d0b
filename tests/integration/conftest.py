"""The fixtures of the tests that run the plugin as a user does."""

from __future__ import annotations

import json
import math
import os
import shutil
import signal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from filelock import FileLock

from pytest_ovperf.errors import EnvironmentUnusableError
from tests.integration.confirming_suite import Confirming
from tests.integration.user_suite import INSTALL_QUICK_ARMS, INT8_PAYS, QuickSuite, Suite, run_once

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


@pytest.fixture(scope="session", autouse=True)
def _interruptible() -> Iterator[None]:
    """Let the inner runs be interrupted where a shell has started these tests in the background.

    It has them ignore Ctrl-C then, and whatever they start would too.
    """
    is_ignored = signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    if is_ignored:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    if is_ignored:
        signal.signal(signal.SIGINT, signal.SIG_IGN)


@pytest.fixture(scope="session")
def whole_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder that the workers of pytest-xdist have in common."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if base.name.startswith("popen-") else base


@pytest.fixture(scope="session")
def model_cache(tmp_path_factory: pytest.TempPathFactory, whole_run: Path) -> Path:
    """Return a cache whose models all runs share, so that each is built once.

    The workers of pytest-xdist share no more than these: runs with one cache wait for each other to measure.
    """
    shared, cache = whole_run / "models-of-all", tmp_path_factory.mktemp("model-cache")
    for name in ("models", "building", "locks"):
        (shared / name).mkdir(parents=True, exist_ok=True)
        try:
            (cache / name).symlink_to(shared / name, target_is_directory=True)
        except OSError:  # on Windows not everybody may make links
            return shared
    return cache


@pytest.fixture(scope="session")
def copied_cache(model_cache: Path, recorded: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Path]:
    """Return a function that makes a cache for one run alone, in which the models of `INT8_PAYS` are built already."""
    assert recorded.exists()

    def make() -> Path:
        cache = tmp_path_factory.mktemp("copied") / "cache"
        for model in (model_cache / "models").glob("tiny-bert-*"):
            shutil.copytree(model, cache / "models" / model.name)
        return cache

    return make


@pytest.fixture(scope="session")
def old_release(whole_run: Path) -> Environment:
    """Return an environment with OpenVINO 2024.4.0; skipped where no index has it for this Python.

    It is made for this run, in a third of a minute. ``OVPERF_TEST_ENVIRONMENTS`` names a cache that keeps it.
    """
    from pytest_ovperf.environments.finding import find  # noqa: PLC0415  (only these tests need it)

    try:
        return find("2024.4.0", Path(os.environ.get("OVPERF_TEST_ENVIRONMENTS") or whole_run / "releases"), print)
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
def recorded(whole_run: Path, model_cache: Path) -> Path:
    """Return a baselines folder that a real ``--update-baselines`` run of `INT8_PAYS` wrote.

    Beside it are what the run said, ``said.txt``, its HTML report, ``out/report.html``, and ``run.json``.
    """
    folder = whole_run / "recorded"
    with FileLock(folder.with_suffix(".lock")):
        if not (folder / "baselines").exists():
            folder.mkdir(exist_ok=True)
            files = "--ov-report=out/report.html", "--benchmark-json=run.json"
            run = run_once(folder, INT8_PAYS, "--update-baselines", f"--ov-cache-dir={model_cache}", *files)
            assert run.returncode == 0, run.stdout
            (folder / "said.txt").write_text(run.stdout, encoding="utf-8")
    return folder / "baselines"


@pytest.fixture(scope="session")
def quickly_recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a baselines folder that a run of `INT8_PAYS` with arms that take no time wrote."""
    folder = tmp_path_factory.mktemp("quickly-recorded")
    run = run_once(folder, INT8_PAYS, "--update-baselines", conftest=INSTALL_QUICK_ARMS)
    assert run.returncode == 0, run.stdout
    return folder / "baselines"


@pytest.fixture
def with_baseline(suite: Suite, recorded: Path) -> Callable[[float], None]:
    """Return a function that gives the suite a baseline whose speed-up is ``factor`` times what was recorded."""
    return lambda factor: place_baseline(suite, recorded, factor)


@pytest.fixture
def with_quick_baseline(quick: QuickSuite, quickly_recorded: Path) -> Callable[[float], None]:
    """Return what `with_baseline` does, for a suite whose arms take no time."""
    return lambda factor: place_baseline(quick, quickly_recorded, factor)


def place_baseline(suite: Suite, recorded: Path, factor: float) -> None:
    """Give a suite `INT8_PAYS` and a baseline for it whose speed-up is ``factor`` times what was recorded."""
    suite.write(INT8_PAYS)
    shutil.copytree(recorded, suite.baselines)
    path = suite.baseline_file()
    document = json.loads(path.read_text(encoding="utf-8"))
    for entries in document["tests"].values():
        for entry in entries.values():
            days = entry["log_ratios"]
            entry["log_ratios"] = {day: [round(each + math.log(factor), 6) for each in days[day]] for day in days}
    path.write_text(json.dumps(document, indent=2), encoding="utf-8")
