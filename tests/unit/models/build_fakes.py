"""A worker that builds nothing: the files that artefacts consist of, without a model in them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from pytest_ovperf.models.jobs import ArtefactKind

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_ovperf.models.jobs import BuildJob

CONFIG = {"architectures": ["BertModel"], "model_type": "bert", "vocab_size": 100, "max_position_embeddings": 64}


class FakeWorker:
    """Builds every kind of artefact as a few bytes, and remembers the jobs."""

    def __init__(self) -> None:
        self.jobs: list[BuildJob] = []

    def __call__(self, job: BuildJob, target: Path) -> None:
        self.jobs.append(job)
        match job.kind:
            case ArtefactKind.WEIGHTS:
                (target / "config.json").write_text(json.dumps(CONFIG), encoding="utf-8")
                (target / "model.safetensors").write_bytes(b"weights")
            case ArtefactKind.INPUTS | ArtefactKind.PROMPTS:
                (target / "inputs.npz").write_bytes(b"")
                shapes = dict(job.shapes) or {"input_ids": job.call.dims}
                (target / "shapes.json").write_text(json.dumps(shapes), encoding="utf-8")
            case _:
                (target / "openvino_model.xml").write_bytes(b"<net/>")

    @property
    def kinds(self) -> list[str]:
        return [job.kind.value for job in self.jobs]
