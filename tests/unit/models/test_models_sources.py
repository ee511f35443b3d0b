from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from pytest_ovperf.errors import ModelError
from pytest_ovperf.models.catalogue import CATALOGUE
from pytest_ovperf.models.sources import configuration_of, resolve
from pytest_ovperf.models.spec import (
    ONLY_INPUT,
    CallsSource,
    CatalogueSource,
    DirectorySource,
    HubSource,
    ModelSpec,
    OwnData,
    Task,
    TorchSource,
)

if TYPE_CHECKING:
    from pathlib import Path

BERT = {"architectures": ["BertModel"], "model_type": "bert", "vocab_size": 100, "max_position_embeddings": 64}
VIT = {"architectures": ["ViTForImageClassification"], "model_type": "vit", "image_size": 96, "patch_size": 16}
RESNET = {"architectures": ["ResNetForImageClassification"], "model_type": "resnet"}


def directory(base: Path, config: object, *, name: str = "mine", weights: str = "model.safetensors") -> Path:
    path = base / name
    path.mkdir()
    (path / "config.json").write_text(config if isinstance(config, str) else json.dumps(config), encoding="utf-8")
    if weights:
        (path / weights).write_bytes(b"")
    return path


def resolved(name: str, base: Path, shape: tuple[int, ...] | None = None) -> ModelSpec:
    return resolve(name, shape=shape, base=base)


@pytest.mark.parametrize("name", CATALOGUE)
def test_every_catalogue_entry_resolves_to_its_own_shape(name: str, tmp_path: Path) -> None:
    spec = resolved(name, tmp_path)
    assert spec.source == CatalogueSource(name)
    assert set(spec.shapes.values()) == {CATALOGUE[name].shape}
    assert not spec.static


@pytest.mark.parametrize(
    ("name", "task", "auto_class", "inputs"),
    [
        ("mobilenet_v2", Task.IMAGE_CLASSIFICATION, "AutoModelForImageClassification", ["pixel_values"]),
        ("distilbert", Task.FEATURE_EXTRACTION, "AutoModel", ["input_ids", "attention_mask"]),
        ("minilm", Task.FEATURE_EXTRACTION, "AutoModel", ["input_ids", "attention_mask", "token_type_ids"]),
        ("gpt2", Task.TEXT_GENERATION, "AutoModelForCausalLM", ["input_ids", "attention_mask", "position_ids"]),
    ],
)
def test_task_class_and_inputs_follow_the_architecture(
    name: str, task: Task, auto_class: str, inputs: list[str], tmp_path: Path
) -> None:
    spec = resolved(name, tmp_path)
    assert (spec.task, spec.auto_class, list(spec.shapes)) == (task, auto_class, inputs)


def test_a_near_miss_is_answered_with_the_nearest_name(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="Did you mean 'mobilenet_v2'"):
        resolved("mobilenetv2", tmp_path)


def test_a_name_like_nothing_is_answered_with_the_catalogue(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="The catalogue has: mobilenet_v2, resnet50") as caught:
        resolved("zzzz", tmp_path)
    assert "Did you mean" not in str(caught.value)


@pytest.mark.parametrize(
    "name", ["./gone", "../gone", "/gone/model", "~/no-such-model", "a/b/c", "gone\\x", "C:/x", "a/"]
)
def test_a_path_that_does_not_exist_is_refused_at_once(name: str, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="looks like a path"):
        resolved(name, tmp_path)


@pytest.mark.parametrize("name", ["~nobody-of-that-name/model", "long" * 100])
@pytest.mark.parametrize("shape", [None, {"ids": (1, 8)}])
def test_a_name_that_the_system_cannot_look_for_is_refused(
    name: str, shape: dict[str, tuple[int, ...]] | None, tmp_path: Path
) -> None:
    with pytest.raises(ModelError):
        resolve(name, shape=shape, base=tmp_path)


def test_the_empty_name_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no model ''"):
        resolved("", tmp_path)


def test_a_file_is_not_a_model(tmp_path: Path) -> None:
    (tmp_path / "model.bin").write_bytes(b"")
    with pytest.raises(ModelError, match="is a file"):
        resolved("./model.bin", tmp_path)


@pytest.mark.parametrize("name", ["mine", "./mine", "sub/../mine"])
def test_a_directory_is_found_from_the_base(name: str, tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    path = directory(tmp_path, BERT)
    spec = resolved(name, tmp_path)
    assert spec.source == DirectorySource(path.resolve())
    assert dict(spec.shapes) == dict.fromkeys(["input_ids", "attention_mask", "token_type_ids"], (1, 64))


@pytest.mark.parametrize(
    ("architecture", "task"),
    [
        ("BertForMaskedLM", Task.FEATURE_EXTRACTION),
        ("BertForSequenceClassification", Task.FEATURE_EXTRACTION),
        ("LlamaForCausalLM", Task.TEXT_GENERATION),
        ("GPT2LMHeadModel", Task.TEXT_GENERATION),
        ("ViTForImageClassification", Task.IMAGE_CLASSIFICATION),
    ],
)
def test_the_task_comes_from_the_architecture_in_config_json(architecture: str, task: Task, tmp_path: Path) -> None:
    directory(tmp_path, {**BERT, "architectures": [architecture]})
    assert resolved("mine", tmp_path).task is task


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        ("{", "cannot be read"),
        ("[]", "holds no JSON object"),
        ({}, "names the architecture '\\(none\\)'"),
        ({"architectures": ["WhisperForAudio"]}, "task is not known"),
        ({"architectures": ["T5Model"], "is_encoder_decoder": True}, "several parts"),
        ({"architectures": ["CLIPModel"], "text_config": {}, "vision_config": {}}, "several parts"),
        ({**VIT, "image_size": "big"}, "image_size"),
    ],
)
def test_a_config_that_cannot_be_measured_is_refused(config: object, reason: str, tmp_path: Path) -> None:
    directory(tmp_path, config)
    with pytest.raises(ModelError, match=reason):
        resolved("mine", tmp_path)


def test_a_directory_without_config_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    with pytest.raises(ModelError, match=r"has no config\.json"):
        resolved("mine", tmp_path)


def test_a_directory_without_weights_is_refused(tmp_path: Path) -> None:
    directory(tmp_path, BERT, weights="")
    with pytest.raises(ModelError, match="no weights"):
        resolved("mine", tmp_path)


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("owner/name", HubSource("owner/name", "main")),
        ("owner/name-2.0@v1", HubSource("owner/name-2.0", "v1")),
        ("owner/name@refs/pr/3", HubSource("owner/name", "refs/pr/3")),
    ],
)
def test_a_hub_id_is_taken_as_it_is_and_not_fetched(name: str, source: HubSource, tmp_path: Path) -> None:
    spec = resolved(name, tmp_path)
    assert (spec.source, spec.task) == (source, Task.UNSETTLED)
    with pytest.raises(ModelError, match="has not been fetched"):
        configuration_of(spec)


def test_a_directory_goes_before_a_hub_id_of_the_same_name(tmp_path: Path) -> None:
    (tmp_path / "owner").mkdir()
    path = directory(tmp_path, BERT, name="owner/name")
    assert resolved("owner/name", tmp_path).source == DirectorySource(path.resolve())


@pytest.mark.parametrize(
    ("name", "shape"), [("gpt2", (2, 1024)), ("mobilenet_v2", (4, 3, 192, 256)), ("minilm", (1, 512))]
)
def test_a_shape_that_fits_goes_to_every_input(name: str, shape: tuple[int, ...], tmp_path: Path) -> None:
    spec = resolved(name, tmp_path, shape)
    assert spec.static
    assert set(spec.shapes.values()) == {shape}


@pytest.mark.parametrize(
    ("name", "shape", "reason"),
    [
        ("gpt2", (64,), "1 dimensions where the inputs have 2"),
        ("gpt2", (), "0 dimensions where the inputs have 2"),
        ("gpt2", (1, 3, 224, 224), "4 dimensions where the inputs have 2"),
        ("gpt2", (1, 0), "at least 1"),
        ("gpt2", (-1, 8), "at least 1"),
        ("gpt2", (1, 1025), "at most 1024 tokens"),
        ("distilbert", (1, 513), "at most 512 tokens"),
        ("resnet50", (1, 64), "2 dimensions where the inputs have 4"),
        ("resnet50", (1, 1, 224, 224), "takes 3 channels"),
        ("mobilenet_v2", (1, 3, 224, 200), "multiples of 32"),
    ],
)
def test_a_shape_that_does_not_fit_names_the_limit(
    name: str, shape: tuple[int, ...], reason: str, tmp_path: Path
) -> None:
    with pytest.raises(ModelError, match=reason) as caught:
        resolved(name, tmp_path, shape)
    assert "Give a shape such as" in caught.value.remedy


def test_patches_tie_a_model_to_its_image_size(tmp_path: Path) -> None:
    directory(tmp_path, VIT)
    assert resolved("mine", tmp_path).shapes == {"pixel_values": (1, 3, 96, 96)}
    with pytest.raises(ModelError, match="images of 96x96 only"):
        resolved("mine", tmp_path, (1, 3, 224, 224))


def test_convolutions_take_any_image_size(tmp_path: Path) -> None:
    directory(tmp_path, RESNET)
    assert resolved("mine", tmp_path, (1, 3, 100, 60)).shapes == {"pixel_values": (1, 3, 100, 60)}


def test_roberta_holds_two_tokens_fewer_than_positions(tmp_path: Path) -> None:
    config = {**BERT, "architectures": ["RobertaModel"], "model_type": "roberta", "max_position_embeddings": 514}
    directory(tmp_path, config)
    with pytest.raises(ModelError, match="at most 512 tokens"):
        resolved("mine", tmp_path, (1, 513))


def test_resolving_imports_nothing_heavy() -> None:
    code = (
        "import sys, pathlib, pytest_ovperf.models.library, pytest_ovperf.models.sources as s;"
        "s.resolve('gpt2', shape=None, base=pathlib.Path());"
        "print([m for m in ('numpy', 'torch', 'transformers', 'openvino', 'nncf', 'optimum', 'huggingface_hub')"
        " if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603
    assert done.stdout.strip() == "[]"


def test_a_dimension_with_bounds_is_called_with_its_largest_size(tmp_path: Path) -> None:
    spec = resolve("tiny-bert", shape=(1, "2..16"), base=tmp_path)
    assert set(spec.shapes.values()) == {(1, 16)}
    assert spec.bounds == ((1, 1), (2, 16))
    assert spec.static  # the shape is the user's, and no dimension of it is without an end
    assert spec.shape_text == "1x2..16"


def test_bounds_that_leave_one_size_are_a_fixed_shape(tmp_path: Path) -> None:
    assert resolve("tiny-bert", shape=(1, "16..16"), base=tmp_path) == resolve(
        "tiny-bert", shape=(1, 16), base=tmp_path
    )


@pytest.mark.parametrize("size", ["16..2", "0..4", "..4", "1..", "-1..4", "1..2..3", "many", ""])
def test_bounds_that_make_no_sense_are_refused_with_an_example(size: str, tmp_path: Path) -> None:
    with pytest.raises(ModelError) as refused:
        resolve("tiny-bert", shape=(1, size), base=tmp_path)
    assert repr(size) in refused.value.seen
    assert '"1..128"' in refused.value.remedy


def test_bounds_hold_the_largest_size_to_the_models_limits(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="at most 64 tokens"):
        resolve("tiny-bert", shape=(1, "1..65"), base=tmp_path)


def test_the_import_path_of_a_function_is_a_module_to_be_made(tmp_path: Path) -> None:
    spec = resolve("json.decoder:JSONDecoder", shape=(1, 3, "8..64", 64), base=tmp_path)
    assert spec.source == TorchSource("json.decoder:JSONDecoder")
    assert (spec.task, spec.has_pytorch, spec.static) == (Task.UNSETTLED, True, True)
    assert spec.shapes == {ONLY_INPUT: (1, 3, 64, 64)}
    assert spec.shape_text == "1x3x8..64x64"
    by_name = resolve("json:loads", shape={"ids": (1, 8), "mask": (1, 8)}, base=tmp_path)
    assert by_name.shapes == {"ids": (1, 8), "mask": (1, 8)}


def test_a_module_whose_inputs_a_function_makes_needs_no_shape(tmp_path: Path) -> None:
    spec = resolve("json:loads", shape=None, base=tmp_path, data=OwnData(inputs="json:load"))
    assert (spec.shapes, spec.static, spec.data.inputs) == ({}, False, "json:load")


@pytest.mark.parametrize(
    ("name", "shape", "said"),
    [
        ("json:loads", None, "Nothing says what one call of the module that json:loads makes is given"),
        ("json:loads", (1, 0), "a size below 1"),
        ("no_such_shop.nets:make", (1, 8), "there is no module 'no_such_shop'"),
        ("C:models", None, "looks like a path"),
        ("C:\\models\\x", None, "looks like a path"),
        ("shop.nets:", None, "no import path of the form module:function"),
        ("shop/nets.py:make", None, "no import path of the form module:function"),
    ],
)
def test_what_is_no_function_that_could_make_a_module_is_refused(
    name: str, shape: tuple[int, ...] | None, said: str, tmp_path: Path
) -> None:
    with pytest.raises(ModelError) as caught:
        resolve(name, shape=shape, base=tmp_path)
    assert said in caught.value.seen


def test_a_directory_goes_before_an_import_path_and_a_word_before_a_directory(tmp_path: Path) -> None:
    directory(tmp_path, BERT, name="calls")
    assert isinstance(resolved("calls", tmp_path).source, CallsSource)
    assert isinstance(resolved("./calls", tmp_path).source, DirectorySource)


def test_calls_have_no_model(tmp_path: Path) -> None:
    spec = resolve("calls", shape=None, base=tmp_path, data=OwnData(inputs="json:load"))
    assert (spec.task, spec.shapes, spec.ports, spec.has_pytorch) == (Task.CALLS, {}, (), False)
    assert spec.data.inputs == "json:load"


@pytest.mark.parametrize(
    ("shape", "data", "said"),
    [
        ((1, 8), OwnData(), "shape= means nothing for 'calls'"),
        (None, OwnData(calibration="json:load"), "calibration= means nothing for 'calls'"),
        (None, OwnData(score="json:load"), "score= means nothing for 'calls'"),
    ],
)
def test_what_calls_have_no_use_for_is_refused(
    shape: tuple[int, ...] | None, data: OwnData, said: str, tmp_path: Path
) -> None:
    with pytest.raises(ModelError, match=said):
        resolve("calls", shape=shape, base=tmp_path, data=data)


def test_an_unknown_name_is_answered_with_what_is_registered(tmp_path: Path) -> None:
    with pytest.raises(ModelError) as caught:
        resolve("encodr", shape=None, base=tmp_path, registered={"search": 1, "encoder": 2})
    assert "nothing that is registered" in caught.value.seen
    assert "Did you mean 'encoder'? Registered are: encoder, search." in caught.value.remedy


def test_a_folder_of_calibration_data_is_found_from_the_base(tmp_path: Path) -> None:
    (tmp_path / "my calls").mkdir()
    (tmp_path / "my calls" / "1.npz").write_bytes(b"")
    spec = resolve("tiny-bert", shape=None, base=tmp_path, data=OwnData(calibration="my calls"))
    assert spec.data.calibration == str(tmp_path / "my calls")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (OwnData(calibration="gone"), "there is no such folder"),
        (OwnData(calibration="empty"), "which holds no calibration data"),
        (OwnData(calibration="file.npz"), "and not a folder"),
        (OwnData(calibration="no_such_shop:queries"), "there is no module 'no_such_shop'"),
        (OwnData(inputs="no_such_shop:queries"), "inputs= of the model 'tiny-bert', 'no_such_shop:queries'"),
        (OwnData(score="no_such_shop:queries"), "score= of the model 'tiny-bert', 'no_such_shop:queries'"),
    ],
)
def test_data_that_cannot_be_there_are_refused_at_once(data: OwnData, said: str, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "file.npz").write_bytes(b"")
    with pytest.raises(ModelError) as caught:
        resolve("tiny-bert", shape=None, base=tmp_path, data=data)
    assert said in caught.value.seen


@pytest.mark.parametrize("name", ["json:loads", "calls"])
def test_the_users_own_code_has_no_configuration(name: str, tmp_path: Path) -> None:
    spec = resolve(name, shape=None if name == "calls" else (1, 8), base=tmp_path)
    with pytest.raises(ModelError, match="has no configuration"):
        configuration_of(spec)


def test_a_path_into_a_folder_that_is_there_is_a_mistyped_one_and_no_hub_id(tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    with pytest.raises(ModelError, match="no 'nothere' in it") as refused:
        resolve("models/nothere", shape=None, base=tmp_path)
    assert "models/nothere@main" in refused.value.remedy
    assert resolve("models/nothere@main", shape=None, base=tmp_path).source == HubSource("models/nothere", "main")
