from __future__ import annotations

from types import SimpleNamespace

import pytest

from pytest_ovperf.engines.pytorch import forward_keywords
from pytest_ovperf.errors import ModelError
from pytest_ovperf.models.making.tensors import named_tensors


class FakeModel:
    """A model of which only the configuration and the names of the inputs are looked at."""

    def __init__(self, **config: object) -> None:
        self.config = SimpleNamespace(**config)

    def forward(
        self, input_ids: object, attention_mask: object = None, use_cache: object = None, **rest: object
    ) -> None: ...


class FakeVisionModel(FakeModel):
    def forward(self, pixel_values: object) -> None: ...  # type: ignore[override]


def is_tensor(value: object) -> bool:
    return isinstance(value, float)


def test_the_cache_of_past_keys_is_off_in_the_config_and_in_the_call() -> None:
    model = FakeModel(use_cache=True)
    assert forward_keywords(model, {"input_ids": 1}) == {"input_ids": 1, "use_cache": False}
    assert model.config.use_cache is False


def test_a_model_without_a_cache_gets_its_inputs_and_nothing_else() -> None:
    model = FakeVisionModel()
    assert forward_keywords(model, {"pixel_values": 1}) == {"pixel_values": 1}
    assert not hasattr(model.config, "use_cache")


def test_an_input_that_would_vanish_in_the_keywords_is_refused() -> None:
    with pytest.raises(ModelError, match="takes no input 'beam_idx'"):
        forward_keywords(FakeModel(), {"input_ids": 1, "beam_idx": 2})


@pytest.mark.parametrize(
    ("result", "named"),
    [
        (1.5, {"output_0": 1.5}),
        ((1.5, "cache", 2.5), {"output_0": 1.5, "output_2": 2.5}),
        ({"logits": 1.5, "past_key_values": object()}, {"logits": 1.5}),
        (7, {}),
    ],
)
def test_tensors_are_named_as_the_model_names_them(result: object, named: dict[str, float]) -> None:
    assert named_tensors(result, is_tensor) == named
