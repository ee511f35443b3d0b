"""``ovperf bisect`` with two real releases: a search from the first race to its end, and what explains a step."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_ovperf.arms import parse_arm
from pytest_ovperf.cli import main as cli
from pytest_ovperf.environments.probe import ask
from pytest_ovperf.metrics import Metric
from pytest_ovperf.models.cache import ArtefactCache
from pytest_ovperf.models.library import ModelLibrary
from pytest_ovperf.models.sources import resolve
from pytest_ovperf.records import VerdictKind
from pytest_ovperf.session.arms import Arms, build_in_worker
from pytest_ovperf.session.bisecting.layers import Explaining
from tests.unit.session.bisect_fakes import release_race

if TYPE_CHECKING:
    import pytest

    from pytest_ovperf.environments.environment import Environment


def test_two_releases_are_raced_without_any_network(
    old_release: Environment, model_cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status = cli.main(
        [
            "bisect",
            f"--good={old_release.python}",
            f"--bad={sys.executable}",
            f"--versions={sys.executable},{old_release.python}",
            "--model=tiny-bert",
            "--arm=openvino-fp32",
            "--tolerance=90",  # a noisy machine must not decide what this test is not about
            "--budget=1",
            f"--cache-dir={model_cache}",
        ]
    )
    own = ask(Path(sys.executable)).environment().openvino
    out = capsys.readouterr().out
    assert status == 1
    assert f"1. OpenVINO {own} over {old_release.openvino}:" in out
    assert "No loss beyond the tolerance of 90 % is proven" in out
    assert not list((model_cache / "bisect").glob("*.json"))
    assert list((model_cache / "traces").glob(f"*bisect-{own}-over-{old_release.openvino}*"))


def test_a_step_is_explained_by_the_layers_of_both_releases(old_release: Environment, model_cache: Path) -> None:
    library = ModelLibrary(
        ArtefactCache(model_cache), lambda job, target: build_in_worker(job, target, print), lambda _text: None
    )
    arm, own = parse_arm("openvino-int8", "CPU"), ask(Path(sys.executable)).environment()
    arms = Arms(library, 1, nullcontext, {each.openvino: each for each in (own, old_release)})
    _, requests = arms.prepare(resolve("tiny-bert", shape=None, base=Path()), arm)
    race = release_race(own.openvino, old_release.openvino, -0.1, VerdictKind.REGRESSED)
    found = Explaining(Metric.LATENCY, arm, requests[arm], arms, nullcontext).explain(race)
    assert found.notes == ()
    assert found.old == old_release.label
    assert found.attribution is not None
    assert found.attribution.new_layers_ns > 0
    assert found.attribution.old_layers_ns > 0
    assert found.changes is not None
    assert any(layer.kind == "FullyConnected" for layer in found.graph.layers)
