"""Strategies of hypothesis for shapes that a model takes.

::

    @pytest.mark.model("minilm")
    def test_every_shape_agrees(agreement):
        both = agreement("openvino-int8", over="pytorch-fp32")

        @settings(max_examples=25, deadline=None)
        @given(both.shapes(batch=(1, 4), length=(1, 64)))
        def agree(shape):
            assert both.on(shape).cosine >= 0.98

        agree()

Needs hypothesis: ``pip install "pytest-ovperf[hypothesis]"``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .errors import ExtraMissingError
from .models.axes import Axis
from .models.varying import varying

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn, SearchStrategy

    from .models.spec import ModelSpec

    #: A size, or the smallest and the largest of several.
    Bounds = int | tuple[int, int]

    #: The dimensions of each input by its name.
    Shapes = dict[str, tuple[int, ...]]

__all__ = ["shapes"]


def shapes(
    model: ModelSpec,
    *,
    batch: Bounds | None = None,
    length: Bounds | None = None,
    height: Bounds | None = None,
    width: Bounds | None = None,
) -> SearchStrategy[Shapes]:
    """Return a strategy of shapes that ``model`` takes: mappings of each input's name to its dimensions.

    Each keyword is one size, or the smallest and the largest: ``batch=(1, 4)``, ``length=64``. Dimensions that belong
    together are drawn as one: the batch of all inputs, the tokens of ids and mask. Examples shrink towards small ones.

    ``batch`` is the first dimension (1 to 8 where nothing is said). ``length`` is the number of tokens of a text, and
    of a graph every other dimension that it leaves open; open dimensions that differ in the model's own call are drawn
    one by one (all that the model takes; where it has no limit, up to the length of its own call). ``height`` and
    ``width`` are those of images (32 to those of its own call). What the model does not let vary stays as it is: fixed
    image sizes, multiples of a stride, bounds of a file, bounds of the marker's shape. What the export of a model fixes
    on top of that only an `agreement` knows: take its ``both.model``, or ``both.shapes``.

    Raises `ModelError` for bounds outside the model's, for what does not vary, and for a model that has not been
    fetched or made (an `agreement` has); `ExtraMissingError` without hypothesis.
    """
    try:
        from hypothesis import strategies  # noqa: PLC0415  (an extra; what has no strategies works without)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "hypothesis":
            raise
        raise ExtraMissingError.of("hypothesis", "hypothesis", "Drawing shapes") from None
    asked = {Axis.BATCH: batch, Axis.LENGTH: length, Axis.HEIGHT: height, Axis.WIDTH: width}
    within = varying(model).within(asked)

    @strategies.composite
    def drawn(draw: DrawFn) -> Shapes:
        sizes = [(size, size.least // size.step, (size.most or size.least) // size.step) for size in within.sizes]
        return within.shapes({size: draw(strategies.integers(low, high)) * size.step for size, low, high in sizes})

    return drawn()
