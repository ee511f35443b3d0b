"""What an OpenVINO GenAI pipeline tells about the model that it compiled. It prints that, and offers no other way."""

from __future__ import annotations

import contextlib
import os
import re
from typing import TYPE_CHECKING, Any, Final

from pytest_ovperf.records import ArmFacts

from .openvino_generate import KV_CACHE
from .properties import read_settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from .protocol import LoadRequest

#: The variable by which GenAI is told to print, and the lowest level at which it prints the properties.
_VARIABLE: Final = "OPENVINO_LOG_LEVEL"
_LEVEL: Final = "2"

_PROPERTY: Final = re.compile(r"^ +([A-Z][A-Z0-9_]*): ?(.*?)\s*$")
_MODEL: Final = "Model: "
_PAGED: Final = "Paged Attention"
_TRUTHS: Final = {"YES": True, "NO": False}


@contextlib.contextmanager
def reporting() -> Iterator[None]:
    """Let GenAI print the properties of the models that it compiles inside."""
    before = os.environ.get(_VARIABLE)
    os.environ[_VARIABLE] = _LEVEL
    try:
        yield
    finally:
        if before is None:
            os.environ.pop(_VARIABLE, None)
        else:
            os.environ[_VARIABLE] = before


def read_printed(printed: str, request: LoadRequest, load_ns: int, packages: tuple[Any, Any]) -> ArmFacts:
    """Return the facts in what a pipeline ``printed``; without a word of it, precision is ``unknown``.

    ``packages`` are ``openvino`` and ``openvino_genai``, for their versions.
    """
    read = _properties(printed)
    openvino, genai = packages
    settings = read_settings(request, read)
    if KV_CACHE in read:
        settings[KV_CACHE] = str(read[KV_CACHE])
    if _MODEL in printed:
        settings["ATTENTION_BACKEND"] = "PA" if _PAGED in printed else "SDPA"
    return ArmFacts(
        precision=str(read.get("INFERENCE_PRECISION_HINT", "unknown")),
        devices=tuple(str(read.get("EXECUTION_DEVICES", request.device)).split()),
        threads=int(read.get("INFERENCE_NUM_THREADS", 0)),
        load_ns=load_ns,
        versions={"openvino": str(openvino.get_version()), "openvino-genai": str(genai.get_version())},
        streams=int(read.get("NUM_STREAMS", 0)),
        requests=1,
        settings=settings,
    )


def _properties(printed: str) -> Mapping[str, Any]:
    """Return the properties of the model that was told of last, by name."""
    lines = iter(printed.rpartition(_MODEL)[2].splitlines()[1:] if _MODEL in printed else ())
    found: dict[str, Any] = {}
    for line in lines:
        told = _PROPERTY.match(line)
        if told is None:
            break
        found[told[1]] = _TRUTHS.get(told[2], told[2])
    return found
