"""A worker that builds nothing: the files that artefacts consist of, without a model in them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from pytest_ovperf.models.jobs import ArtefactKind
from pytest_ovperf.models.spec import TorchSource

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_ovperf.models.jobs import BuildJob

CONFIG = {"architectures": ["BertModel"], "model_type": "bert", "vocab_size": 100, "max_position_embeddings": 64}


class FakeWorker:
    """Builds every kind of artefact as a few bytes, and remembers the jobs.

    A module has the digest ``module`` and the input ``x``, whose graph takes the dimensions ``takes``. What a user's
    function makes is one call of the shapes ``own``, with the content ``data``.
    """

    def __init__(self) -> None:
        self.jobs: list[BuildJob] = []
        self.module = "abc"
        self.takes = "?,8"
        self.own: dict[str, tuple[int, ...]] = {"input_ids": (2, 7)}
        self.data = b"mine"

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
            case ArtefactKind.OWN_INPUTS:
                (target / "inputs.npz").write_bytes(self.data)
                (target / "shapes.json").write_text(json.dumps(self.own), encoding="utf-8")
            case ArtefactKind.OWN_CALIBRATION:
                (target / "calibration.npz").write_bytes(self.data)
            case ArtefactKind.MODULE:
                dims = next(iter(job.shapes.values()), self.own.get("x"))
                known = {"digest": self.module, "inputs": {"x": ["float32", dims]}}
                (target / "module.json").write_text(json.dumps(known), encoding="utf-8")
            case ArtefactKind.IR if isinstance(job.source, TorchSource):
                write_ir(target / "openvino_model.xml", "x", self.takes, "f32")
            case ArtefactKind.ONNX:
                (target / "model.onnx").write_bytes(b"onnx")
            case _:
                (target / "openvino_model.xml").write_bytes(b"<net/>")

    @property
    def kinds(self) -> list[str]:
        return [job.kind.value for job in self.jobs]


def write_ir(path: Path, name: str, shape: str, kind: str) -> None:
    """Write an IR that has nothing but one input."""
    path.write_text(
        f'<net name="m" version="11"><layers><layer id="0" name="{name}" type="Parameter"><data shape="{shape}" '
        f'element_type="{kind}"/><output><port id="0" names="{name}"/></output></layer></layers></net>',
        encoding="utf-8",
    )
    path.with_suffix(".bin").write_bytes(b"weights")
