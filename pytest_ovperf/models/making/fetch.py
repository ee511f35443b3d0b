"""Fetch a model from the Hugging Face hub. Imported inside workers only."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from huggingface_hub import snapshot_download

from pytest_ovperf.errors import ModelError
from pytest_ovperf.models.layout import WEIGHT_PATTERNS

from .quiet import quietly

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_DESCRIPTION = ("*.json", "*.txt", "*.model")
_SAFE_WEIGHTS, _OLD_WEIGHTS = WEIGHT_PATTERNS
#: Other people's exports and sub-models, which would only cost time and space.
_UNUSED = ("*/*",)


def fetch_model(repository: str, revision: str, target: Path, say: Callable[[str], None]) -> None:
    """Fetch configuration and weights of ``repository`` at ``revision`` into ``target``.

    Weights in the safetensors format are preferred. Raises `ModelError` when the hub cannot be reached, does not know
    the repository or the revision, or asks for a login.
    """
    say(f"fetching {repository}@{revision} from the Hugging Face hub")
    with quietly():
        _download(repository, revision, target, (*_DESCRIPTION, _SAFE_WEIGHTS))
        if not any(target.glob(_SAFE_WEIGHTS)):
            _download(repository, revision, target, (_OLD_WEIGHTS,))
    shutil.rmtree(target / ".cache", ignore_errors=True)


def _download(repository: str, revision: str, target: Path, patterns: tuple[str, ...]) -> None:
    try:
        snapshot_download(
            repository,
            revision=revision,
            local_dir=target,
            allow_patterns=list(patterns),
            ignore_patterns=list(_UNUSED),
        )
    except (ModuleNotFoundError, MemoryError):
        raise
    except Exception as error:  # the hub's client raises its transport's errors, which differ between releases
        cause = next(iter(str(error).strip().splitlines()), type(error).__name__)
        by_hand = f"hf download {repository} --revision {revision} --local-dir models/{repository.rpartition('/')[2]}"
        raise ModelError(
            f"There is no directory {repository}, so it was taken for a hub id; {repository}@{revision} could not be "
            f"fetched from the Hugging Face hub: {type(error).__name__}: {cause}",
            remedy="Check the name and the network (HF_ENDPOINT, HF_TOKEN, proxies); or fetch it where there is one, "
            f"{by_hand}, and name that directory instead.",
        ) from error
