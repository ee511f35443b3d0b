"""The lines of the ini value ``ov_models``."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_ovperf.errors import SettingsError
from pytest_ovperf.hooks.model_lines import parse_line
from pytest_ovperf.models.described import Model

NAMES = st.from_regex(r"[a-z][a-z0-9_.-]{0,10}", fullmatch=True)
#: Paths with spaces in them, and whatever else is no quotation mark and no equals sign.
SOURCES = st.from_regex(r"[a-zA-Z./:@_-]{1,20}( [a-zA-Z0-9./_-]{1,20}){0,3}", fullmatch=True)
SIZES = st.one_of(
    st.integers(1, 4096),
    st.tuples(st.integers(1, 64), st.integers(64, 512)).map(lambda bounds: f"{bounds[0]}..{bounds[1]}"),
)
ONE_SHAPE = st.lists(SIZES, min_size=1, max_size=4).map(tuple)
SHAPES_BY_INPUT = st.dictionaries(
    st.from_regex(r"[a-z_]{1,12}(:[0-9])?", fullmatch=True),
    st.lists(st.integers(1, 512), min_size=1, max_size=4).map(tuple),
    min_size=1,
    max_size=4,
)
FUNCTIONS = st.from_regex(r"[a-z]{1,5}(\.[a-z]{1,5})?:[a-z_]{1,8}", fullmatch=True)


def written(shape: object) -> str:
    """Return a shape as it stands in a line."""
    if isinstance(shape, dict):
        return ",".join(f"{name}:{written(sizes)}" for name, sizes in shape.items())
    return "x".join(map(str, shape)) if isinstance(shape, tuple) else str(shape)


@given(
    name=NAMES,
    source=SOURCES,
    shape=st.none() | ONE_SHAPE | SHAPES_BY_INPUT,
    inputs=st.none() | FUNCTIONS,
    calibration=st.none() | FUNCTIONS | SOURCES,
    score=st.none() | FUNCTIONS,
    space=st.sampled_from(["", " ", "  "]),
    order=st.permutations(["shape", "inputs", "calibration", "score"]),
)
def test_what_is_written_is_read(
    name: str,
    source: str,
    shape: tuple[int | str, ...] | dict[str, tuple[int, ...]] | None,
    inputs: str | None,
    calibration: str | None,
    score: str | None,
    space: str,
    order: list[str],
) -> None:
    said = {"shape": shape, "inputs": inputs, "calibration": calibration, "score": score}
    words = [f"{word}{space}={space}{written(said[word])}" for word in order if said[word] is not None]
    read = parse_line(" ".join([f"{name}{space}={space}{source}", *words]))
    assert read == (name, Model(source, shape, inputs, calibration, score))


@given(st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), max_size=60))
def test_a_line_is_read_or_refused_by_its_own_words(line: str) -> None:
    try:
        _, model = parse_line(line)
    except SettingsError as error:
        assert repr(line) in error.seen  # noqa: PT017  (most lines are mistakes)
    else:
        assert model.source


@pytest.mark.parametrize(
    ("line", "model"),
    [
        ("net = my nets/net one.onnx shape=1x1..128", Model("my nets/net one.onnx", shape=(1, "1..128"))),
        ("net = 'odd x=1/net.onnx' shape=1x8", Model("odd x=1/net.onnx", shape=(1, 8))),
        ('net = "net.onnx" calibration="calls of may"', Model("net.onnx", calibration="calls of may")),
        (
            "both = both.xml shape=input_ids:1x77, pixel_values:1x3x224x224 inputs=shop.data:one",
            Model(
                "both.xml",
                shape={"input_ids": (1, 77), "pixel_values": (1, 3, 224, 224)},
                inputs="shop.data:one",
            ),
        ),
        ("tf = net.onnx shape=x:0:1x8", Model("net.onnx", shape={"x:0": (1, 8)})),
        ("win = C:\\models\\x", Model("C:\\models\\x")),
    ],
)
def test_examples(line: str, model: Model) -> None:
    assert parse_line(line)[1] == model


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("encoder", "it has no ="),
        ("encoder =", "it names no model"),
        ("encoder = shape=1x8", "it names no model"),
        ("encoder = a shpe=1x8", "Did you mean shape=?"),
        ("encoder = a zzz=1x8", "There are shape=, inputs=, calibration=, score=."),
        ("encoder = a shape=1x8 shape=1x9", "it says shape= twice"),
        ("encoder = a inputs= shape=1x8", "there is nothing behind inputs="),
        ("encoder = a shape=1*8", "'1*8' is no shape"),
        ("encoder = a shape=1x-8", "is no shape"),
        ("encoder = a shape=ids:1x8,1x9", "has '1x9'"),
        ("encoder = a shape=ids:1x8,ids:1x9", "has 'ids:1x9'"),
        ("encoder = a shape=ids:1x1..8", "bounds to 'ids' alone"),
    ],
)
def test_a_mistake_names_the_line_and_what_to_write(line: str, said: str) -> None:
    with pytest.raises(SettingsError) as caught:
        parse_line(line)
    assert said in str(caught.value)
    assert repr(line) in caught.value.seen
