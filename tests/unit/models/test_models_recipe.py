from __future__ import annotations

import string
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_ovperf.errors import ModelError
from pytest_ovperf.models.recipe import Recipe, directory_digest, package_versions

if TYPE_CHECKING:
    from pathlib import Path

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
INGREDIENTS = st.dictionaries(st.text(max_size=5), JSON, max_size=4)


@given(INGREDIENTS)
def test_the_order_of_ingredients_does_not_matter(ingredients: dict[str, object]) -> None:
    turned = dict(reversed(ingredients.items()))
    assert Recipe("m", "ir", ingredients).digest == Recipe("m", "ir", turned).digest


@given(INGREDIENTS, st.text(max_size=5), st.text(max_size=5), st.text(max_size=5))
def test_every_ingredient_matters(ingredients: dict[str, object], key: str, one: str, other: str) -> None:
    with_one, with_other = (Recipe("m", "ir", {**ingredients, key: value}) for value in (one, other))
    assert (with_one.digest == with_other.digest) == (one == other)


def test_types_and_nesting_matter() -> None:
    values: list[object] = [1, "1", True, None, [1], {"1": 1}, [[1]], ""]
    assert len({Recipe("m", "ir", {"key": value}).digest for value in values}) == len(values)


def test_name_and_kind_matter() -> None:
    digests = {Recipe(name, kind, {}).digest for name in ("a", "b") for kind in ("ir", "int8")}
    assert len(digests) == 4


@given(st.text(max_size=100))
def test_the_folder_is_a_safe_file_name(name: str) -> None:
    folder = Recipe(name, "ir", {}).folder
    assert set(folder) <= set(string.ascii_letters + string.digits + "._-")
    assert folder[0] not in ".-"
    assert len(folder) < 100


def test_a_package_that_is_missing_is_an_ingredient_too() -> None:
    assert package_versions(["no-such-package"]) == {"no-such-package": "absent"}
    assert package_versions(["numpy"])["numpy"][0].isdigit()


def model_directory(path: Path) -> Path:
    path.mkdir()
    (path / "config.json").write_text("{}", encoding="utf-8")
    (path / "model.safetensors").write_bytes(b"weights")
    return path


def test_equal_directories_have_equal_digests_wherever_they_are(tmp_path: Path) -> None:
    assert directory_digest(model_directory(tmp_path / "a")) == directory_digest(model_directory(tmp_path / "b"))


@pytest.mark.parametrize(("name", "content"), [("config.json", "{ }"), ("model.safetensors", "weight!"), ("x.bin", "")])
def test_a_changed_or_added_model_file_changes_the_digest(tmp_path: Path, name: str, content: str) -> None:
    path = model_directory(tmp_path / "a")
    before = directory_digest(path)
    (path / name).write_text(content, encoding="utf-8")
    assert directory_digest(path) != before


def test_notes_beside_the_model_do_not_change_the_digest(tmp_path: Path) -> None:
    path = model_directory(tmp_path / "a")
    before = directory_digest(path)
    (path / "README.md").write_text("notes", encoding="utf-8")
    (path / "logs").mkdir()
    assert directory_digest(path) == before


def test_a_directory_that_vanished_is_a_model_error(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="cannot be read"):
        directory_digest(tmp_path / "gone")
