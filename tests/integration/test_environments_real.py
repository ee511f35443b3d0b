"""An environment with an old release of OpenVINO, fetched from the real index, and a worker in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_ovperf.environments.finding import find
from pytest_ovperf.worker.client import Worker

if TYPE_CHECKING:
    from pytest_ovperf.environments.environment import Environment


def test_an_old_release_is_made_and_told_by_its_name(old_release: Environment) -> None:
    assert old_release.label == "OpenVINO 2024.4.0"
    assert old_release.versions["openvino"].startswith("2024.4.0-")
    assert old_release.versions["openvino-genai"].startswith("2024.4.0")


def test_it_is_found_again_by_its_interpreter_and_its_folder(old_release: Environment) -> None:
    def never(said: str) -> None:
        raise AssertionError(said)

    cache = old_release.python.parents[3]
    assert find(str(old_release.python), cache, never) == old_release
    assert find(str(old_release.python.parents[1]), cache, never) == old_release
    assert find("openvino==2024.4", cache, never) == old_release


def test_a_worker_runs_in_it(old_release: Environment) -> None:
    with Worker.start("openvino-fp32", python=str(old_release.python)) as worker:
        assert worker.request("hello", timeout_s=60)["python"] == old_release.versions["python"]
