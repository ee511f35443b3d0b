"""A model as a project describes it once, to name it in markers: where it comes from, and the data that go with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from os import PathLike  # noqa: TC003  (see above)
from typing import Any

#: A function by its import path, such as ``shop.data:queries``, or itself, where a worker process can import it.
Function = str | Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Model:
    """A model of the user's own, for the hook ``pytest_ovperf_models`` or a project's own ``model`` fixture.

    ``source`` is whatever ``@pytest.mark.model`` can name: a Hugging Face directory, a hub id, an ``.xml``, an
    ``.onnx``, the import path of a function that makes a ``torch.nn.Module``, or ``"calls"``. ``shape`` is that of one
    call, as in the marker. ``inputs`` is a function that returns one call's arrays by input name; ``calibration`` one
    that yields such calls for quantisation, or a folder that holds them; ``score`` one that tells how well an arm does
    the model's task. A relative path is looked for from the root of the tests.
    """

    source: str | PathLike[str]
    shape: Sequence[int | str] | Mapping[str, Sequence[int]] | None = None
    inputs: Function | None = None
    calibration: Function | str | PathLike[str] | None = None
    score: Function | None = None
