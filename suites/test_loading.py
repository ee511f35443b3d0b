"""From the file to the first result, each time in a fresh process: what `CACHE_DIR` saves, and OpenVINO over PyTorch.

Packages are imported before the clock starts: their time is not the model's. With `cache=cold` the folder for compiled
models is empty, with `cache=warm` it holds this very model.
"""

from __future__ import annotations

import pytest
from model_sets import models


@models(default=["resnet50"])
def test_the_cache_pays(speedup, baseline):
    assert speedup("openvino-fp32[cache=warm]", over="openvino-fp32[cache=cold]", metric="load_time") >= baseline


@models()
def test_the_cache_pays_until_the_first_result(speedup, baseline):
    assert speedup("openvino-fp32[cache=warm]", over="openvino-fp32[cache=cold]", metric="first_inference") >= baseline


@models()
def test_the_cache_pays_for_int8(speedup, baseline):
    assert speedup("openvino-int8[cache=warm]", over="openvino-int8[cache=cold]", metric="load_time") >= baseline


@models()
def test_the_first_result_over_pytorch(speedup, baseline):
    assert speedup("openvino-fp32", over="pytorch-fp32", metric="first_inference") >= baseline


@models()
@pytest.mark.parametrize("metric", ["load_time", "cached_load_time"])
def test_loading_over_pytorch(speedup, baseline, metric):
    assert speedup("openvino-fp32", over="pytorch-fp32", metric=metric) >= baseline


@models()
@pytest.mark.parametrize("metric", ["load_time", "first_inference"])
def test_int8_over_fp32(speedup, baseline, metric):
    assert speedup("openvino-int8", over="openvino-fp32", metric=metric) >= baseline


@models()
def test_an_export_takes_a_minute_at_most(measure):
    """An absolute figure: it holds for this hardware, and for a converter that is not this project's."""
    assert measure("openvino-fp32").export_time <= 60
