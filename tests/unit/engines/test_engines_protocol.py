from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from pytest_ovperf.arms import Engine, Precision
from pytest_ovperf.engines.protocol import LoadRequest, engine_module, open_engine
from pytest_ovperf.errors import ExtraMissingError, ModelError
from pytest_ovperf.metrics import WorkloadKind
from pytest_ovperf.tuning import Tuning


def request(engine: Engine, inputs: Path, shape: dict[str, tuple[int, ...]] | None = None) -> LoadRequest:
    return LoadRequest(
        engine=engine,
        precision=Precision.INT8,
        device="CPU",
        weights=None,
        auto_class="AutoModel",
        ir=Path("folder") / "model.xml",
        inputs=inputs,
        shape=shape,
        threads=4,
    )


@pytest.mark.parametrize("shape", [None, {"ids": (1, 128), "mask": (1, 128)}])
def test_a_request_survives_json(shape: dict[str, tuple[int, ...]] | None) -> None:
    asked = replace(
        request(Engine.OPENVINO, Path("inputs.npz"), shape),
        kind=WorkloadKind.STREAM,
        tuning=Tuning.parse("streams=2,pinning=off,KV_CACHE_PRECISION=u8"),
        new_tokens=8,
        cache_dir=Path("cache"),
    )
    assert LoadRequest.from_json(json.loads(json.dumps(asked.to_json()))) == asked


@pytest.mark.parametrize(
    ("engine", "kind", "new_tokens", "module"),
    [
        (Engine.OPENVINO, WorkloadKind.INFER, 0, "openvino"),
        (Engine.OPENVINO, WorkloadKind.LOAD, 0, "openvino"),
        (Engine.OPENVINO, WorkloadKind.STREAM, 0, "openvino_stream"),
        (Engine.OPENVINO, WorkloadKind.GENERATE, 32, "openvino_generate"),
        (Engine.OPENVINO, WorkloadKind.MEMORY, 32, "openvino_generate"),
        (Engine.PYTORCH, WorkloadKind.MEMORY, 0, "pytorch"),
        (Engine.PYTORCH, WorkloadKind.STREAM, 0, "pytorch_stream"),
        (Engine.PYTORCH, WorkloadKind.GENERATE, 32, "pytorch_generate"),
        (Engine.GENAI, WorkloadKind.GENERATE, 32, "genai"),
        (Engine.GENAI, WorkloadKind.LOAD, 0, "genai"),
    ],
)
def test_engine_and_workload_choose_the_module(
    engine: Engine, kind: WorkloadKind, new_tokens: int, module: str
) -> None:
    asked = replace(request(engine, Path("inputs.npz")), kind=kind, new_tokens=new_tokens)
    assert engine_module(asked) == module


def test_an_arms_own_threads_go_before_those_of_all_arms() -> None:
    asked = request(Engine.OPENVINO, Path("inputs.npz"))
    assert asked.cpu_threads == 4
    assert replace(asked, tuning=Tuning.parse("threads=1")).cpu_threads == 1


def opening_fails_with(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    def load(_: LoadRequest) -> None:
        raise error

    monkeypatch.setattr("importlib.import_module", lambda *_: SimpleNamespace(load=load))


@pytest.fixture
def inputs(tmp_path: Path) -> Path:
    path = tmp_path / "inputs.npz"
    path.touch()
    return path


@pytest.mark.parametrize(
    ("engine", "package", "extra"),
    [(Engine.OPENVINO, "openvino", "openvino"), (Engine.PYTORCH, "torch", "pytorch"),
     (Engine.PYTORCH, "transformers", "pytorch")],
)  # fmt: skip
def test_an_absent_package_names_its_extra(
    monkeypatch: pytest.MonkeyPatch, inputs: Path, engine: Engine, package: str, extra: str
) -> None:
    opening_fails_with(ModuleNotFoundError(f"No module named {package!r}", name=package), monkeypatch)
    with pytest.raises(ExtraMissingError) as caught:
        open_engine(request(engine, inputs))
    assert repr(package) in caught.value.seen
    assert caught.value.remedy == f'pip install "pytest-ovperf[{extra}]"'


def test_a_broken_package_is_not_called_absent(monkeypatch: pytest.MonkeyPatch, inputs: Path) -> None:
    opening_fails_with(ModuleNotFoundError("No module named 'sympy'", name="sympy"), monkeypatch)
    with pytest.raises(ModuleNotFoundError, match="sympy"):
        open_engine(request(Engine.PYTORCH, inputs))


def test_absent_inputs_are_told_before_anything_is_imported(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no inputs at"):
        open_engine(request(Engine.OPENVINO, tmp_path / "inputs.npz"))
