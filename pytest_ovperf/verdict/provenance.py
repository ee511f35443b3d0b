"""What was true when something was measured: kept with a baseline for whoever asks what has changed since."""

from __future__ import annotations

import contextlib
import functools
import subprocess
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pytest_ovperf.records import Launch

_BUILDERS = ("torch", "transformers", "optimum-intel", "nncf")
_GIT_TIMEOUT_S = 5.0


#: What the digest of a user's model is called among what was true.
WEIGHTS = "weights"


def provenance(
    launch: Launch, device: str, root: Path, installed: Mapping[str, str], weights: str = ""
) -> Mapping[str, str]:
    """Return versions, effective precisions, threads, ``device``, the date, and the commit of ``root`` if any.

    ``installed`` are the versions of everything installed: those that make the models are taken from it. ``weights`` is
    the digest of the model's files, empty where they are made by one of these versions.
    """
    commit = commit_of(root)
    return {
        **{name: installed[name] for name in _BUILDERS if name in installed},
        **launch.reference.versions,
        **launch.candidate.versions,
        "candidate inference precision": launch.candidate.precision,
        "reference inference precision": launch.reference.precision,
        "executed on": ", ".join(dict.fromkeys((*launch.candidate.devices, *launch.reference.devices))),
        "threads": str(launch.candidate.threads),
        "device": device,
        **({WEIGHTS: weights} if weights else {}),
        "date": datetime.now(UTC).date().isoformat(),
        **({"commit": commit} if commit else {}),
    }


@functools.cache
def commit_of(root: Path) -> str:
    """Return the commit that the project at ``root`` stands at, empty where git or a repository is missing."""
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        command = ["git", "-C", str(root), "rev-parse", "HEAD"]
        asked = subprocess.run(  # noqa: S603  (a fixed command)
            command, check=True, capture_output=True, text=True, encoding="utf-8", timeout=_GIT_TIMEOUT_S
        )
        return asked.stdout.strip()
    return ""
