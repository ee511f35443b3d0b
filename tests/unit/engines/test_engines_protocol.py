from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from pytest_ovperf.engines.protocol import LoadRequest, open_engine
from pytest_ovperf.errors import ExtraMissingError, ModelError
from pytest_ovperf.records import Engine, Precision


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
    asked = request(Engine.OPENVINO, Path("inputs.npz"), shape)
    assert LoadRequest.from_json(json.loads(json.dumps(asked.to_json()))) == asked


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
