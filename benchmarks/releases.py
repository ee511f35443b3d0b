"""What a new release of OpenVINO brings: this environment's raced against older ones over the catalogue, as one table.

    python -m benchmarks.releases 2024.4.0 2025.4.1 --into DIRECTORY [--models minilm gpt2] [--budget 40]

Each release is raced by a run of pytest with ``--ov-against``, one after the other, on the models and arms of `TESTS`;
environments and models are made once and kept in the plugin's cache. Nothing else should run meanwhile. A run leaves
its ``--benchmark-json`` and what it printed in DIRECTORY, and the table is of all that lies there: releases may be
raced in several sittings, and ``python -m benchmarks.releases --into DIRECTORY`` prints what there is.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_ovperf.environments.environment import version_key
from pytest_ovperf.reports import figures, layer_lines
from pytest_ovperf.reports.races import release_of
from pytest_ovperf.runs.reading import read_run
from pytest_ovperf.runs.values import cost_of, metric_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pytest_ovperf.runs.view import ComparisonView

#: What is raced of each model: both arms of every test, each against itself with the other release.
TESTS = {
    "minilm": ['speedup("openvino-int8", over="openvino-fp32")'],
    "distilbert": ['speedup("openvino-int8", over="openvino-fp32")'],
    "resnet50": ['speedup("openvino-int8", over="openvino-fp32")'],
    "mobilenet_v2": ['speedup("openvino-int8", over="openvino-fp32")'],
    "gpt2": [
        'speedup("openvino-int8", over="openvino-fp32")',  # one pass over 64 tokens
        'speedup("genai-int8", over="genai-fp32", metric="tpot")',  # older releases have no optimum beside them
    ],
    "tiny-bert": ['speedup("openvino-int8", over="openvino-fp32")'],
}
USUAL = tuple(name for name in TESTS if not name.startswith("tiny-"))
SHAPES = {"gpt2": ", shape=(1, 64)"}
#: Passed, and failed: a release may well be slower. Whatever else pytest ends with is no result.
FINE = (0, 1)
HEAD = (
    "| model | arm | OpenVINO | old | new | new over old | verdict | outputs' cosine | execution graph |",
    "|:--|:--|:--|--:|--:|--:|:--|--:|:--|",
)


def tests_of(models: Sequence[str]) -> str:
    """Return the tests of these models."""
    tests = ["import pytest\n"]
    for model in models:
        for number, asked in enumerate(TESTS[model]):
            shape = "" if "metric=" in asked else SHAPES.get(model, "")
            name = f"test_{model.replace('-', '_')}_{number}"
            tests.append(
                f'\n\n@pytest.mark.model("{model}"{shape})\n'
                f"def {name}(speedup, baseline):\n    assert {asked} >= baseline\n"
            )
    return "".join(tests)


def race(release: str, models: Sequence[str], into: Path, arguments: Sequence[str]) -> None:
    """Race one release, and keep what came of it. Raises `SystemExit` where pytest could not run it."""
    with tempfile.TemporaryDirectory(prefix="ovperf-releases-") as folder:
        Path(folder, "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
        Path(folder, "test_releases.py").write_text(tests_of(models), encoding="utf-8")
        kept = into.absolute() / f"{release}.json"
        command = [
            *(sys.executable, "-m", "pytest", "--ov-device=CPU", "-rs", "-p", "no:cacheprovider"),
            *(f"--ov-against=openvino=={release}", f"--benchmark-json={kept}", *arguments),
        ]
        started = time.monotonic()
        ended = subprocess.run(command, cwd=folder, check=False, capture_output=True, text=True, encoding="utf-8")  # noqa: S603
    (into / f"{release}.txt").write_text(ended.stdout + ended.stderr, encoding="utf-8", newline="\n")
    print(f"raced {release} in {time.monotonic() - started:.0f} s", file=sys.stderr)
    if ended.returncode not in FINE:
        raise SystemExit(f"{ended.stdout}{ended.stderr}\npytest ended with exit code {ended.returncode}")


def rows(into: Path) -> Iterator[str]:
    """Yield a line of the table for each race that is kept in ``into``."""
    found = (read_run(path, path.stem).comparisons for path in into.glob("*.json"))
    return map(row, in_order(view for views in found for view in views if view.is_race))


def in_order(views: Iterable[ComparisonView]) -> list[ComparisonView]:
    """Return races model by model and arm by arm, the oldest release first."""
    models = list(TESTS)
    return sorted(
        views,
        key=lambda view: (
            models.index(view.model.partition(" ")[0]),
            view.metric,
            view.candidate.name,
            version_key(view.reference.release),
        ),
    )


def row(view: ComparisonView) -> str:
    """Return one race as a line of Markdown."""
    metric = metric_of(view.metric)
    old, new = (figures.cost(cost_of(arm, view.metric), metric) for arm in (view.reference, view.candidate))
    mine = release_of(view.versions.get("openvino", ""))
    about = view.model if view.metric == "latency" else f"{view.model}, {view.metric}"
    cosine = "not comparable" if view.fidelity is None else f"{view.fidelity.cosine:.4f}"
    ratio = f"{figures.speedup(view.ratio)} ({figures.interval(view.low, view.high)})"
    cells = (about, view.candidate.name, f"{view.reference.release} → {mine}", old, new, ratio, view.said, cosine)
    return f"| {' | '.join(cells)} | {graph(view)} |"


def graph(view: ComparisonView) -> str:
    """Return how the execution graph differs, and the heaviest of what does."""
    known = next((layers for layers in view.layers if layers.changes is not None), None)
    if known is None:
        return "not known"
    told = layer_lines.difference(known) or layer_lines.short(known)
    return told.replace("|", "\\|").replace("*", "\\*")


def main() -> None:
    """Race what is asked for, and print the table of all that is kept."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("releases", nargs="*", metavar="RELEASE", help="such as 2025.4.1; none: print the table only")
    parser.add_argument("--into", type=Path, required=True, metavar="DIRECTORY", help="where the runs are kept")
    parser.add_argument("--models", nargs="+", choices=TESTS, default=USUAL, metavar="MODEL", help=", ".join(TESTS))
    parser.add_argument(
        "--budget", type=float, default=40, metavar="SECONDS", help="of each race (default: %(default)s)"
    )
    parser.add_argument("--ov-cache-dir", metavar="DIRECTORY", help="the plugin's cache (default: the user's own)")
    options = parser.parse_args()
    options.into.mkdir(parents=True, exist_ok=True)
    arguments = [f"--ov-budget={options.budget:g}"]
    if options.ov_cache_dir:
        arguments.append(f"--ov-cache-dir={Path(options.ov_cache_dir).absolute()}")
    for release in options.releases:
        race(release, options.models, options.into, arguments)
    print("\n".join((*HEAD, *rows(options.into))))
    skipped = [line for path in sorted(options.into.glob("*.txt")) for line in _skipped(path)]
    if skipped:
        print("\nNot raced:\n\n" + "\n".join(f"- {line}" for line in skipped))


def _skipped(path: Path) -> list[str]:
    said = path.read_text(encoding="utf-8").splitlines()
    return [line.partition(": ")[2] for line in said if line.startswith("SKIPPED")]


if __name__ == "__main__":
    main()
