"""Which models a test of these suites takes, and in which set: all of the catalogue, as far as there is time.

`pytest --ov-set=quick` takes about a minute, the default set six, and `--ov-set=full` measures everything in
about an hour.
"""

from __future__ import annotations

import pytest

CATALOGUE = ("mobilenet_v2", "resnet50", "distilbert", "minilm", "gpt2")
WITHOUT_GPT2 = CATALOGUE[:-1]

#: One forward pass over 64 tokens, nothing generated.
GPT2_STEP = pytest.mark.model("gpt2", shape=(1, 64))

in_full = pytest.mark.ovperf(set="full")


def models(*, quick=(), default=(), full=CATALOGUE):
    """Parametrize a test by models; the smallest set that names one is the one from which on it is measured."""
    sets = dict.fromkeys(full, "full") | dict.fromkeys(default, "default") | dict.fromkeys(quick, "quick")
    return pytest.mark.parametrize("model", [_model(name, chosen) for name, chosen in sets.items()], indirect=True)


def _model(name, chosen):
    marks = [pytest.mark.ovperf(set=chosen), *([GPT2_STEP] if name == "gpt2" else [])]
    return pytest.param(name, marks=marks)
