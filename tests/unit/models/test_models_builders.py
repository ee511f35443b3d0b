from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_ovperf.arms import Precision
from pytest_ovperf.errors import ExtraMissingError
from pytest_ovperf.models import builders
from pytest_ovperf.models.builders import require_builders
from pytest_ovperf.models.jobs import ArtefactKind
from pytest_ovperf.models.sources import resolve
from tests.fakes import onnx_bytes

if TYPE_CHECKING:
    from pytest_ovperf.models.spec import ModelSpec


@pytest.fixture
def without(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Return the packages that are not installed, to be added to."""
    missing: set[str] = set()

    def find(name: str) -> object:
        parent, dot, _ = name.partition(".")
        if name in missing and not dot:
            return None
        if parent in missing:
            raise ModuleNotFoundError(name=parent)
        return find_spec("sys")

    monkeypatch.setattr(builders, "find_spec", find)
    return missing


def tiny(name: str = "tiny-gpt2") -> ModelSpec:
    return resolve(name, shape=None, base=Path())


@pytest.mark.parametrize(
    ("missing", "precision", "generates", "said"),
    [
        ("torch", Precision.FP32, False, "Building the weights of tiny-gpt2 needs the package 'torch'"),
        ("openvino", Precision.FP32, False, "Building the ir of tiny-gpt2 needs the package 'openvino'"),
        ("optimum", Precision.BF16, False, "Building the ir of tiny-gpt2 needs the package 'optimum'"),
        ("nncf", Precision.INT8, False, "Building the int8 of tiny-gpt2 needs the package 'nncf'"),
        ("optimum", Precision.FP32, True, "Building the stateful of tiny-gpt2 needs the package 'optimum'"),
        ("nncf", Precision.INT4, True, "Building the stateful_int4 of tiny-gpt2 needs the package 'nncf'"),
    ],
)
def test_a_package_that_a_build_would_miss_is_missed_before(
    without: set[str], missing: str, precision: Precision, *, generates: bool, said: str
) -> None:
    without.add(missing)
    with pytest.raises(ExtraMissingError, match=said) as refused:
        require_builders(tiny(), precision, generates=generates)
    assert refused.value.remedy == 'pip install "pytest-ovperf[all]"'


def test_what_the_precision_does_not_take_need_not_be_there(without: set[str]) -> None:
    without.add("nncf")
    for generates in (False, True):
        require_builders(tiny(), Precision.FP16, generates=generates)
        with pytest.raises(ExtraMissingError, match="nncf"):
            require_builders(tiny(), Precision.INT8, generates=generates)


def test_a_graph_needs_no_pytorch(without: set[str], tmp_path: Path) -> None:
    without |= {"torch", "transformers", "optimum", "nncf"}
    onnx_bytes.lookup(tmp_path / "m.onnx")
    require_builders(resolve("m.onnx", shape=(1, 8), base=tmp_path), Precision.FP32, generates=False)
    with pytest.raises(ExtraMissingError, match="torch"):
        require_builders(tiny(), Precision.FP32, generates=False)


def test_it_is_known_of_every_kind_what_it_takes() -> None:
    assert set(builders._IMPORTS) == set(ArtefactKind)
