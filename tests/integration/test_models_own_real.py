"""Modules that a function makes, and ONNX files: really made, exported, quantised and run on all engines."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING

import pytest

from pytest_ovperf.arms import Precision, parse_arm
from pytest_ovperf.engines.protocol import open_engine
from pytest_ovperf.errors import ModelError
from pytest_ovperf.models.cache import ArtefactCache
from pytest_ovperf.models.jobs import run_job
from pytest_ovperf.models.library import ModelLibrary
from pytest_ovperf.models.onnx_file import read_onnx
from pytest_ovperf.models.own.code import PATH_VARIABLE
from pytest_ovperf.models.sources import resolve
from pytest_ovperf.models.spec import NO_DATA, OwnData, Port
from pytest_ovperf.session.arms import Arms
from pytest_ovperf.stats.fidelity import compare

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from typing import Any

    Shape = tuple[int | str, ...] | Mapping[str, tuple[int, ...]]

pytest.importorskip("nncf")
pytest.importorskip("onnxscript")
pytest.importorskip("onnxruntime")
torch = pytest.importorskip("torch")

NETS = '''
from pathlib import Path

import numpy as np
import torch
from torch import nn


class Classifier(nn.Module):
    """One input, one tensor."""

    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(3, 16, 3, 2, 1), nn.BatchNorm2d(16), nn.ReLU(), nn.AdaptiveAvgPool2d(1))
        self.head = nn.Linear(16, 10)

    def forward(self, image):
        return self.head(self.body(image).flatten(1))


class Encoder(nn.Module):
    """Ids and a mask; a dictionary with something in it that is no tensor."""

    def __init__(self):
        super().__init__()
        self.words = nn.Embedding(50, 32)
        self.layers = nn.TransformerEncoder(nn.TransformerEncoderLayer(32, 4, 64, batch_first=True), 2)

    def forward(self, input_ids, attention_mask, scale=None):
        hidden = self.layers(self.words(input_ids), src_key_padding_mask=attention_mask == 0)
        return {"hidden": hidden, "pooled": hidden.mean(1), "scale": scale}


class Pair(nn.Module):
    """Two inputs of different ranks, and a tuple."""

    def __init__(self):
        super().__init__()
        self.left, self.right = nn.Linear(8, 8), nn.LSTM(8, 8, batch_first=True)

    def forward(self, left, right):
        out, _ = self.right(right)
        return self.left(left) + out[:, -1], out


class Dense(nn.Module):
    def __init__(self):
        super().__init__()
        self.dense = nn.Linear(8, 4)

    def forward(self, x):
        return self.dense(x)


class OneByOne(Dense):
    def forward(self, x):
        return torch.cat([self.dense(x[i : i + 1]) for i in range(int(x.shape[0]))])


class Squeezing(Dense):
    def forward(self, x):
        return self.dense(x).squeeze()


class Branching(Dense):
    def forward(self, x):
        return self.dense(x) if x.sum() > 0 else self.dense(-x)


def seeded(kind):
    torch.manual_seed(20)
    return kind()


def classifier(): return seeded(Classifier)
def encoder(): return seeded(Encoder)
def pair(): return seeded(Pair)
def dense(): return seeded(Dense)
def one_by_one(): return seeded(OneByOne)
def squeezing(): return seeded(Squeezing)
def branching(): return seeded(Branching)
def unseeded(): return Dense()
def no_module(): return 7
def failing(): return torch.load("not-there.pt")


def language_model():
    from transformers import GPT2Config, GPT2LMHeadModel

    torch.manual_seed(20)
    return GPT2LMHeadModel(GPT2Config(vocab_size=50, n_positions=32, n_embd=32, n_layer=1, n_head=2))


def trained():
    module = Dense()
    module.load_state_dict(torch.load(Path(__file__).with_name("dense.pt")))
    return module


def call(batch=2):
    return {"left": np.ones((batch, 8)), "right": np.ones((batch, 3, 8))}


def calls():
    rng = np.random.default_rng(20)
    for _ in range(12):
        yield {"x": rng.normal(0, 1, (2, 8)).astype(np.float32)}
'''


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a package of modules, where workers would find it."""
    folder = tmp_path_factory.mktemp("own")
    (folder / "ownnets.py").write_text(NETS, encoding="utf-8")
    return folder


@pytest.fixture(autouse=True)
def _on_path(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PATH_VARIABLE, str(folder))
    monkeypatch.syspath_prepend(folder)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> ModelLibrary:
    return library(tmp_path_factory.mktemp("cache"))


def library(cache: Path) -> ModelLibrary:
    return ModelLibrary(
        ArtefactCache(cache), lambda job, target: run_job(job, target, lambda _text: None), lambda _text: None
    )


def outputs(
    models: ModelLibrary, name: str, shape: Shape | None, arm: str, folder: Path, data: OwnData = NO_DATA
) -> dict[str, Any]:
    """Return what the arm computes, loaded as a worker loads it."""
    asked = parse_arm(arm, "CPU")
    arms = Arms(models, threads=1, alone=nullcontext)
    _, requests = arms.prepare(resolve(name, shape=shape, base=folder, data=data), asked)
    return dict(open_engine(requests[asked]).outputs())


ENCODER: Shape = {"input_ids": (1, 7), "attention_mask": (1, 7)}
PAIR: Shape = {"left": (1, 8), "right": (1, 3, 8)}


@pytest.mark.parametrize(
    ("name", "shape", "named"),
    [
        ("classifier", (1, 3, 32, 32), {"output_0"}),
        ("encoder", ENCODER, {"hidden", "pooled"}),
        ("pair", PAIR, {"output_0", "output_1"}),
        ("language_model", (1, 7), {"logits"}),
        ("one_by_one", (3, 8), {"output_0"}),
        ("squeezing", (1, 8), {"output_0"}),
    ],
)
def test_every_engine_computes_what_the_module_does(
    models: ModelLibrary, folder: Path, name: str, shape: Shape, named: set[str]
) -> None:
    pytorch = outputs(models, f"ownnets:{name}", shape, "pytorch-fp32", folder)
    assert set(pytorch) == named
    for arm in ("openvino-fp32", "onnxruntime-fp32"):
        other = outputs(models, f"ownnets:{name}", shape, arm, folder)
        assert named <= set(other)
        assert compare(other, pytorch).max_abs_error < 1e-4


@pytest.mark.parametrize(
    ("name", "shape"), [("classifier", (1, 3, 32, 32)), ("encoder", ENCODER), ("pair", PAIR), ("squeezing", (1, 8))]
)
@pytest.mark.parametrize("arm", ["openvino-fp32", "onnxruntime-fp32"])
def test_a_graph_that_was_exported_for_one_sample_is_right_for_more(
    models: ModelLibrary, folder: Path, name: str, shape: Shape, arm: str
) -> None:
    ours, theirs = (
        outputs(models, f"ownnets:{name}", shape, f"{kind}[batch=5]", folder) for kind in (arm, "pytorch-fp32")
    )
    assert all(len(array) == 5 for array in theirs.values())
    assert compare(ours, theirs).max_abs_error < 1e-4


def test_sizes_that_the_code_leaves_open_are_open_inputs(models: ModelLibrary, folder: Path) -> None:
    def ports(name: str, shape: Shape) -> tuple[Port, ...]:
        return models.settle(resolve(f"ownnets:{name}", shape=shape, base=folder)).ports

    assert list(map(str, ports("encoder", ENCODER))) == ["input_ids (?x?)", "attention_mask (?x?)"]
    assert [port.kind for port in ports("encoder", ENCODER)] == ["i64", "i64"]
    assert list(map(str, ports("classifier", (1, 3, 32, 32)))) == ["image (?x3x?x?)"]
    assert list(map(str, ports("one_by_one", (3, 8)))) == ["x (3x8)"]


@pytest.mark.parametrize("tuning", ["shape=dynamic", "shape=?x3x32x32,batch=2", "shape=static"])
def test_every_shape_computes_the_same(models: ModelLibrary, folder: Path, tuning: str) -> None:
    ours, theirs = (
        outputs(models, "ownnets:classifier", (1, 3, 32, 32), arm, folder)
        for arm in (f"openvino-fp32[{tuning}]", "pytorch-fp32")
    )
    assert compare(ours, theirs).cosine == pytest.approx(1.0)


def test_a_graph_whose_batch_the_code_fixes_is_not_given_another(models: ModelLibrary, folder: Path) -> None:
    with pytest.raises(ModelError, match="not good for x of 5x8: its code fixes sizes"):
        outputs(models, "ownnets:one_by_one", (3, 8), "openvino-fp32[batch=5]", folder)


@pytest.mark.parametrize(
    ("arm", "cosine"), [("openvino-fp16", 0.9999), ("openvino-int8", 0.98), ("pytorch-bf16", 0.999)]
)
def test_fewer_bits_stay_faithful(models: ModelLibrary, folder: Path, arm: str, cosine: float) -> None:
    fewer, full = (outputs(models, "ownnets:encoder", ENCODER, kind, folder) for kind in (arm, "pytorch-fp32"))
    assert cosine <= compare(fewer, full).cosine < 1.0


def test_other_weights_are_another_model(folder: Path, tmp_path: Path) -> None:
    digests, sums = [], []
    for seed in (1, 1, 2):
        torch.manual_seed(seed)
        torch.save(torch.nn.ModuleDict({"dense": torch.nn.Linear(8, 4)}).state_dict(), folder / "dense.pt")
        models = library(tmp_path)
        spec = models.settle(resolve("ownnets:trained", shape=(1, 8), base=folder))
        digests.append((models.own_digest(spec), models.files(spec, Precision.FP32).digest))
        sums.append(float(outputs(models, "ownnets:trained", (1, 8), "openvino-fp32", folder)["output_0"].sum()))
    assert digests[0] == digests[1] != digests[2]
    assert sums[0] == sums[1] != sums[2]


def test_other_code_is_another_model(folder: Path, tmp_path: Path) -> None:
    spec = resolve("ownnets:dense", shape=(1, 8), base=folder)
    before = library(tmp_path).own_digest(spec)
    source = folder / "ownnets.py"
    try:
        source.write_text(f"{NETS}\n# a change\n", encoding="utf-8")
        assert library(tmp_path).own_digest(spec) != before
    finally:
        source.write_text(NETS, encoding="utf-8")
    assert library(tmp_path).own_digest(spec) == before


@pytest.mark.parametrize(
    ("name", "shape", "said"),
    [
        ("unseeded", (1, 8), r"unseeded\(\) makes another module each time"),
        ("no_module", (1, 8), r"no_module\(\) returned int, which is no torch.nn.Module"),
        ("forward", (1, 8), "has no 'forward'"),
        ("dence", (1, 8), r"no 'dence' in .*\n.*Did you mean 'dense'"),
        ("encoder", (1, 7), "The shape is for one input, and forward needs 'input_ids', 'attention_mask'"),
        ("encoder", {"input_ids": (1, 7)}, "says nothing of 'attention_mask'"),
        ("encoder", {"ids": (1, 7)}, "is for 'ids', which forward .* does not take"),
        ("dense", (1, 9), r"failed when its module was called with x \(1, 9\) float32"),
        ("branching", (1, 8), r"cannot be exported.\ntorch.export: GuardOnDataDependent"),
    ],
)
def test_a_mistake_is_told(models: ModelLibrary, folder: Path, name: str, shape: Shape, said: str) -> None:
    with pytest.raises(ModelError, match=said):
        models.settle(resolve(f"ownnets:{name}", shape=shape, base=folder))


def test_a_factory_that_fails_shows_its_own_lines(models: ModelLibrary, folder: Path) -> None:
    with pytest.raises(ModelError, match="ownnets:failing failed when it was called without arguments") as refused:
        models.settle(resolve("ownnets:failing", shape=(1, 8), base=folder))
    assert 'torch.load("not-there.pt")' in str(refused.value)
    assert "torch_module.py" not in str(refused.value)


def test_a_call_of_the_users_own_is_what_the_module_is_given(models: ModelLibrary, folder: Path) -> None:
    data = OwnData(inputs="ownnets:call")
    two, four = (
        outputs(models, "ownnets:pair", None, arm, folder, data) for arm in ("openvino-fp32", "openvino-fp32[batch=4]")
    )
    pytorch = outputs(models, "ownnets:pair", None, "pytorch-fp32", folder, data)
    assert two["output_1"].shape == (2, 3, 8)
    assert four["output_1"].shape == (4, 3, 8)
    assert compare(two, pytorch).max_abs_error < 1e-5


def test_int8_of_a_module_is_calibrated_with_the_users_calls(models: ModelLibrary, folder: Path) -> None:
    own, drawn = (
        models.files(resolve("ownnets:dense", shape=(2, 8), base=folder, data=data), Precision.INT8)
        for data in (OwnData(calibration="ownnets:calls"), NO_DATA)
    )
    assert own.ir is not None
    assert drawn.ir is not None
    assert own.ir.read_bytes() != drawn.ir.read_bytes()


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("tiny-bert", None),
        ("tiny-bert", (3, 9)),
        ("tiny-gpt2", None),
        ("tiny-resnet", (2, 3, 96, 64)),
    ],
)
def test_the_onnx_file_of_a_directory_computes_the_same(
    model_cache: Path, folder: Path, name: str, shape: Shape | None
) -> None:
    models = library(model_cache)
    onnx, pytorch, openvino = (
        outputs(models, name, shape, arm, folder) for arm in ("onnxruntime-fp32", "pytorch-fp32", "openvino-fp32")
    )
    assert set(onnx) == set(openvino)
    assert compare(onnx, pytorch).max_abs_error < 1e-4


def test_an_onnx_file_says_which_of_its_sizes_are_fixed(models: ModelLibrary, folder: Path) -> None:
    def inputs(name: str, shape: Shape) -> list[str]:
        files = models.files(resolve(name, shape=shape, base=folder), Precision.FP32, onnx=True)
        assert files.onnx is not None
        return list(map(str, read_onnx(files.onnx).ports))

    assert inputs("ownnets:classifier", (1, 3, 32, 32)) == ["image (?x3x?x?)"]
    assert inputs("ownnets:one_by_one", (3, 8)) == ["x (3x8)"]
