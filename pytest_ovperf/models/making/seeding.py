"""Draw the weights of a catalogue entry so that the numbers stay healthy. Imported inside workers only.

Random weights as a library draws them are a poor stand-in for trained ones: batch-norm statistics that fit nothing,
activations that vanish or become denormal, outputs that hardly depend on the input, and a depth that amplifies every
rounding error until INT8 has nothing to do with FP32. Here every layer keeps the variance of what it is given
(He et al. 2015, without the factor for a ReLU that the batch-norm shift makes nearly linear), branches are damped
against their shortcut, and statistics are taken from a seeded batch.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any

import torch
import transformers

from .quiet import quietly
from .samples import Draw, images

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from pytest_ovperf.models.catalogue import CatalogueEntry

#: Batch-norm shift before a ReLU, in standard deviations: most values pass, so errors are not amplified by depth.
_SHIFT = 1.0
#: Scale of a residual branch against its shortcut.
_BRANCH = 0.4
#: Share of noise in a depthwise kernel that otherwise passes its channel on. A kernel that sums its neighbours would
#: see mostly the border, where padding takes a third of them away, and hardly the image.
_DEPTHWISE_NOISE = 0.3
#: Images for the batch-norm statistics.
_STATISTICS_BATCH = 16

_RESIDUAL_ENDS = ("reduce_1x1.normalization", "layer.2.normalization")
_WORDS = ("word_embeddings", "wte")
#: Scale of position and token-type embeddings against those of words.
_PLACES = 0.3
#: Gains of the projections that are not 1: sharper attention, damped branches.
_GAINS: Sequence[tuple[tuple[str, ...], float]] = (
    (("query", "key", "q_lin", "k_lin"), 1.5),
    (("output.dense", "out_lin", "ffn.lin2", "attn.c_proj", "mlp.c_proj"), 0.5),
)
#: An embedding that is the head as well, and how far its words differ in length (standard deviation of the logarithm).
_SHARED_WORDS = "wte"
_LENGTHS = 0.25
#: The last norm before a head that shares the words' embedding.
_BEFORE_TIED_HEAD = "ln_f"
_PRE_NORM_ENDS = ("attn.c_proj", "mlp.c_proj")


def save_seeded(entry: CatalogueEntry, target: Path, say: Callable[[str], None]) -> None:
    """Build the model of ``entry`` and save it under ``target`` as a Hugging Face directory (safetensors, FP32)."""
    say("seeding the weights")
    with quietly(), torch.no_grad():
        model = _blank(entry)
        if len(entry.shape) == 4:  # noqa: PLR2004  (batch, channels, height, width)
            _seed_vision(model, entry.seed)
            say("calibrating the batch-norm statistics")
            _calibrate_vision(model, entry)
        else:
            _seed_text(model, entry.seed)
        model.eval().save_pretrained(target)


def _blank(entry: CatalogueEntry) -> Any:  # noqa: ANN401  (transformers is untyped)
    config = getattr(transformers, entry.config_class)(**entry.options)
    return getattr(transformers, entry.model_class)(config).float().eval()


def _normal(shape: Sequence[int], name: str, seed: int, std: float) -> Any:  # noqa: ANN401  (torch is untyped here)
    """Draw a tensor from its own stream, so that its values do not depend on the order in which parameters come."""
    generator = torch.Generator().manual_seed((seed << 32) + zlib.crc32(name.encode()))
    return torch.empty(shape).normal_(0, std, generator=generator)


def _seed_vision(model: Any, seed: int) -> None:  # noqa: ANN401
    for name, module in model.named_modules():
        if isinstance(module, torch.nn.Conv2d):
            fan_in = module.weight[0].numel()
            weight = _normal(module.weight.shape, f"{name}.weight", seed, fan_in**-0.5)
            if module.groups > 1:
                weight = weight * _DEPTHWISE_NOISE
                height, width = weight.shape[-2:]
                weight[:, :, height // 2, width // 2] += 1
            module.weight.copy_(weight)
        elif isinstance(module, torch.nn.BatchNorm2d):
            damped = name.endswith(_RESIDUAL_ENDS)
            gain = 1 + _normal(module.weight.shape, f"{name}.weight", seed, 0.05)
            shift = _normal(module.bias.shape, f"{name}.bias", seed, 0.1)
            module.weight.copy_(gain * _BRANCH if damped else gain)
            module.bias.copy_(shift if damped else shift + _SHIFT)


def _calibrate_vision(model: Any, entry: CatalogueEntry) -> None:  # noqa: ANN401
    """Take the batch-norm statistics from a seeded batch, then scale and centre the classifier on its features.

    In training mode each normalisation uses the batch itself, so one pass gives every layer the statistics of inputs
    that were already normalised upstream. The classifier's bias takes away what all images share, else every image
    would get the same logits, and adds a class prior as strong as what an image says: trained models have one too.
    """
    batch = torch.from_numpy(images(Draw.STATISTICS, (_STATISTICS_BATCH, *entry.shape[1:])))
    norms = [module for module in model.modules() if isinstance(module, torch.nn.BatchNorm2d)]
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # a plain average over the batches seen, which is one
        norm.train()
    model(batch)
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum
        norm.eval()
    classifier = [module for module in model.modules() if isinstance(module, torch.nn.Linear)][-1]
    seen: list[Any] = []
    hook = classifier.register_forward_hook(lambda _module, arguments, _result: seen.append(arguments[0]))
    model(batch)
    hook.remove()
    features = seen[0]
    mean = features.mean(0)
    spread = float((features - mean).pow(2).mean().sqrt())
    fan_in = features.shape[1]
    weight = _normal(classifier.weight.shape, "classifier.weight", entry.seed, fan_in**-0.5) / spread
    classifier.weight.copy_(weight)
    classifier.bias.copy_(_normal(classifier.bias.shape, "classifier.bias", entry.seed, 1.0) - weight @ mean)


def _seed_text(model: Any, seed: int) -> None:  # noqa: ANN401
    """Draw a transformer whose output still tells its tokens apart after the last layer.

    With equal scales everywhere, what all tokens share (token types, biases, near-uniform attention) comes to outweigh
    what they differ in as the depth grows. So positions and types are drawn smaller than words, attention is sharper
    than uniform, and branches are damped against their shortcut. In a pre-norm model the shortcut is the bare
    embedding, whose unit length the branches have to be scaled down to. Where the head is the embedding again, a token
    would then be most alike to itself and be generated for ever; random signs in the last norm take that away, so that
    what comes next depends on all that went before. And some words are longer than others, hence more frequent: with
    equal ones the best and the second best hardly differ, and any rounding would change the text.
    """
    for name, module in model.named_modules():
        if isinstance(module, torch.nn.Embedding):
            std = module.weight.shape[1] ** -0.5 * (1 if name.endswith(_WORDS) else _PLACES)
            weight = _normal(module.weight.shape, f"{name}.weight", seed, std)
            if name.endswith(_SHARED_WORDS):
                weight *= _normal((len(weight), 1), f"{name}.length", seed, _LENGTHS).exp()
            module.weight.copy_(weight)
        elif isinstance(module, torch.nn.LayerNorm):
            gain = 1 + _normal(module.weight.shape, f"{name}.weight", seed, 0.05)
            if name.endswith(_BEFORE_TIED_HEAD):
                gain *= _normal(gain.shape, f"{name}.sign", seed, 1.0).sign()
            module.weight.copy_(gain)
            module.bias.copy_(_normal(module.bias.shape, f"{name}.bias", seed, 0.05))
        elif isinstance(module, torch.nn.Linear | transformers.pytorch_utils.Conv1D):
            _seed_projection(name, module, seed)
    model.tie_weights()


def _seed_projection(name: str, module: Any, seed: int) -> None:  # noqa: ANN401
    # A Conv1D of transformers is a transposed Linear: (in, out).
    linear = isinstance(module, torch.nn.Linear)
    if linear and module.bias is None:
        return  # a language-model head without bias shares the embedding's weights
    fan_in, width = (module.weight.shape[1], module.weight.shape[0]) if linear else module.weight.shape
    gain = next((gain for endings, gain in _GAINS if name.endswith(endings)), 1.0)
    if name.endswith(_PRE_NORM_ENDS):
        gain *= width**-0.5
    module.weight.copy_(_normal(module.weight.shape, f"{name}.weight", seed, gain * fan_in**-0.5))
    module.bias.copy_(_normal(module.bias.shape, f"{name}.bias", seed, 0.02 * min(gain, 1.0)))
