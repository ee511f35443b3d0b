"""What keeps an arm from being raced in another environment, as far as that is seen without starting it there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_ovperf.arms import Engine
from pytest_ovperf.engines.protocol import packages_of
from pytest_ovperf.environments.environment import version_key
from pytest_ovperf.metrics import WorkloadKind

if TYPE_CHECKING:
    from pytest_ovperf.arms import Arm
    from pytest_ovperf.environments.environment import Environment
    from pytest_ovperf.metrics import Metric

    from .questions import Question

#: By what name pip knows the packages that arms import, where that is another one.
_DISTRIBUTIONS = {"openvino_genai": "openvino-genai", "optimum": "optimum-intel"}

#: The oldest release whose GenAI builds a pipeline from a folder that has no tokenizer in it.
_OLDEST_GENAI = "2025.2.0"

#: What is the same whatever release there is: the files of the model, and the packages that make them.
_NOT_OF_A_RELEASE = {
    WorkloadKind.FILES: "is that of the model's files, which all releases read",
    WorkloadKind.EXPORT: "is that of the packages which export the model, and those are this environment's",
}


def same_with_all(metric: Metric) -> str:
    """Say why a metric is the same with all releases; empty for one that a release can change."""
    why = _NOT_OF_A_RELEASE.get(metric.workload)
    return f"{metric} {why}" if why else ""


def needed(question: Question, arm: Arm) -> tuple[str, ...]:
    """Return the packages that an arm imports for a question, by the names that pip knows."""
    generates = question.generation is not None
    packages = packages_of(arm.engine, question.metric.workload, generates=generates)
    return tuple(_DISTRIBUTIONS.get(package, package) for package in packages)


def without_release(arm: Arm) -> str:
    """Say why no release of OpenVINO makes ``arm`` another one; empty for an arm of OpenVINO's."""
    if arm.engine is Engine.CALL:
        return f"{arm.name} is a function of your own, and what it imports is this environment's alone"
    return "" if arm.engine.is_openvino else f"{arm.name} has no OpenVINO in it"


def obstacle(question: Question, arm: Arm, environment: Environment) -> str:
    """Say why an arm of a question cannot be raced in ``environment``; empty where it can."""
    without = without_release(arm)
    if without:
        return without
    missing = [name for name in needed(question, arm) if name not in environment.versions]
    if missing:
        return f"{arm.name} needs {', '.join(missing)}, which {environment.python} does not have"
    has = environment.versions.get("openvino-genai", "")
    if arm.engine is Engine.GENAI and version_key(has) < version_key(_OLDEST_GENAI):
        return f"{arm.name} needs OpenVINO GenAI {_OLDEST_GENAI} or newer, and {environment.python} has {has}"
    return ""
