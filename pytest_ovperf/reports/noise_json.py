"""What ``ovperf noise --json`` prints: all of the findings as one document."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

from pytest_ovperf.stats.noise import pair_kind

if TYPE_CHECKING:
    from pytest_ovperf.hardware.condition import Condition
    from pytest_ovperf.stats.machine_noise import SelfCheck

    from .noise_findings import NoiseFindings, PairFindings, PairKnown

#: The version of the document; it grows with every change that a script would stumble over.
SCHEMA = 1


def noise_json(findings: NoiseFindings) -> str:
    """Return the findings as an indented JSON document, `SCHEMA` its version; ``null`` is what is not known."""
    document = {
        "schema": SCHEMA,
        "model": findings.model,
        "device": findings.device,
        "machine": findings.machine,
        "profile": findings.profile,
        "versions": dict(findings.versions),
        "started": findings.started,
        "asked_s": findings.asked_s,
        "spent_s": findings.spent_s,
        "budget_s": findings.budget_s,
        "telling_s": findings.telling_s,
        "interrupted": findings.interrupted,
        "noisier_than_assumed": findings.noisier,
        "pairs": [_pair(pair) for pair in findings.pairs],
        "left_out": list(findings.left_out),
        "while_measuring": [_condition(each) for each in findings.disturbances],
        "conditions": [_condition(each) for each in findings.conditions],
    }
    return json.dumps(document, indent=2, ensure_ascii=True)


def _pair(pair: PairFindings) -> dict[str, object]:
    return {
        "kind": str(pair_kind(pair.comparison)),
        "candidate": pair.comparison.candidate.name,
        "reference": pair.comparison.reference.name,
        "launches": pair.launches,
        "launch_s": pair.launch_seconds,
        "rounds": pair.rounds,
        "disturbed_rounds": pair.disturbed,
        "known": None if pair.known is None else _known(pair.known),
        "self_check": None if pair.check is None else _check(pair.check),
        "flags": [asdict(flag) for flag in pair.flags],
    }


def _known(known: PairKnown) -> dict[str, object]:
    noise = known.noise
    return {
        "launch_sd": noise.launch_sd,
        "low": noise.low,
        "high": noise.high,
        "round_sd": noise.round_sd,
        "expected_sd": noise.expected_sd,
        "assumed_sd": noise.known.launch_sd,
        "noisier_than_assumed": noise.noisier,
        "in_budget": asdict(known.in_budget),
        "in_full": asdict(known.in_full),
        "wanted": noise.known.detects,
        "good_enough": known.good,
        "serving_tolerance": known.serving_tolerance,
    }


def _check(check: SelfCheck) -> dict[str, object]:
    speedup = check.speedup
    return {
        "equality": str(check.equality),
        "ratio": speedup.ratio,
        "low": speedup.low,
        "high": speedup.high,
        "log_ratios": list(speedup.log_ratios),
    }


def _condition(condition: Condition) -> dict[str, object]:
    return {
        "name": condition.name,
        "rating": str(condition.rating),
        "seen": condition.seen,
        "advice": condition.advice or None,
        "values": dict(condition.values),
    }
