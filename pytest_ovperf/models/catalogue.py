"""The catalogue: published architectures whose weights are drawn from a seed, so that no network is needed.

Speed depends on the architecture and the shapes, not on what the weights were trained for; `seeding` sees to it that
the numbers stay as well-behaved as trained ones.
"""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003  (dataclass annotations stay resolvable)
from dataclasses import dataclass

#: Raised whenever the same entry would come out with other weights, so that caches notice.
SEEDING_VERSION = 1


@dataclass(frozen=True, slots=True)
class CatalogueEntry:
    """One architecture: the classes of transformers that make it, its configuration and the workload of one call.

    ``family`` is its ``model_type`` in a ``config.json``, ``options`` the arguments of the configuration class.
    ``shape`` is (batch, tokens) for text and (batch, channels, height, width) for images.
    """

    name: str
    model_class: str
    config_class: str
    family: str
    options: Mapping[str, object]
    shape: tuple[int, ...]
    seed: int = 20


_BERT = ("BertModel", "BertConfig", "bert")
_DISTILBERT = ("DistilBertModel", "DistilBertConfig", "distilbert")
_GPT2 = ("GPT2LMHeadModel", "GPT2Config", "gpt2")
_MOBILENET = ("MobileNetV2ForImageClassification", "MobileNetV2Config", "mobilenet_v2")
_RESNET = ("ResNetForImageClassification", "ResNetConfig", "resnet")


_ENTRIES = (
    CatalogueEntry(
        "mobilenet_v2",
        *_MOBILENET,
        options={"num_labels": 1000, "image_size": 224},
        shape=(1, 3, 224, 224),
    ),
    CatalogueEntry(
        "resnet50",
        *_RESNET,
        options={"num_labels": 1000},
        shape=(1, 3, 224, 224),
    ),
    CatalogueEntry(
        "distilbert",
        *_DISTILBERT,
        options={
            "vocab_size": 30522,
            "dim": 768,
            "n_layers": 6,
            "n_heads": 12,
            "hidden_dim": 3072,
            "max_position_embeddings": 512,
        },
        shape=(1, 128),
    ),
    CatalogueEntry(
        "minilm",
        *_BERT,
        options={
            "vocab_size": 30522,
            "hidden_size": 384,
            "num_hidden_layers": 6,
            "num_attention_heads": 12,
            "intermediate_size": 1536,
            "max_position_embeddings": 512,
        },
        shape=(1, 128),
    ),
    CatalogueEntry(
        "gpt2",
        *_GPT2,
        options={"vocab_size": 50257, "n_positions": 1024, "n_embd": 768, "n_layer": 12, "n_head": 12},
        shape=(1, 64),
        seed=22,
    ),
    CatalogueEntry(
        "tiny-mobilenet_v2",
        *_MOBILENET,
        options={"num_labels": 100, "image_size": 64, "depth_multiplier": 0.5, "finegrained_output": False},
        shape=(1, 3, 64, 64),
    ),
    CatalogueEntry(
        "tiny-resnet",
        *_RESNET,
        options={"num_labels": 100, "embedding_size": 32, "hidden_sizes": [64, 128], "depths": [1, 2]},
        shape=(1, 3, 64, 64),
    ),
    CatalogueEntry(
        "tiny-bert",
        *_BERT,
        options={
            "vocab_size": 256,
            "hidden_size": 64,
            "num_hidden_layers": 2,
            "num_attention_heads": 4,
            "intermediate_size": 128,
            "max_position_embeddings": 64,
        },
        shape=(1, 16),
    ),
    CatalogueEntry(
        "tiny-gpt2",
        *_GPT2,
        options={
            "vocab_size": 256,
            "n_positions": 64,
            "n_embd": 64,
            "n_layer": 2,
            "n_head": 4,
            # The defaults name a token of the full vocabulary, which this one does not have.
            "bos_token_id": 0,
            "eos_token_id": 0,
        },
        shape=(1, 16),
        seed=22,
    ),
)

#: Every entry by name, in the order in which they are listed to users.
CATALOGUE: Mapping[str, CatalogueEntry] = {entry.name: entry for entry in _ENTRIES}
