"""Versions of OpenVINO: one name for each, and their order."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_ovperf.environments.environment import (
    Environment,
    install_words,
    is_preview,
    is_too_old,
    normalised,
    packages,
    version_key,
)

NUMBERS = st.lists(st.integers(0, 3000), min_size=1, max_size=4)


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("2025.4", "2025.4.0"),
        ("2025.4.1", "2025.4.1"),
        ("2024.4.0.0", "2024.4.0"),
        ("2026.5.0.DEV20261101", "2026.5.0.dev20261101"),
        ("2025.0rc2", "2025.0.0rc2"),
        ("2024.6.0.post1", "2024.6.0.post1"),
    ],
)
def test_a_version_has_one_name(written: str, name: str) -> None:
    assert normalised(written) == name


@given(NUMBERS)
def test_naming_twice_changes_nothing(numbers: list[int]) -> None:
    once = normalised(".".join(map(str, numbers)))
    assert normalised(once) == once


def test_versions_sort_by_their_numbers() -> None:
    mixed = ["2025.10.0", "2025.4.1", "2024.6.0", "2025.0.0", "2025.4.0"]
    assert sorted(mixed, key=version_key) == ["2024.6.0", "2025.0.0", "2025.4.0", "2025.4.1", "2025.10.0"]


@given(NUMBERS)
def test_a_preview_comes_before_its_release(numbers: list[int]) -> None:
    release = ".".join(map(str, numbers))
    assert is_preview(f"{release}.dev20261101")
    assert version_key(f"{release}.dev20261101") < version_key(release)
    assert version_key(f"{release}rc1") < version_key(release) < version_key(f"{release}.post1")


def test_releases_from_2024_on_serve() -> None:
    assert is_too_old("2023.3.0")
    assert not is_too_old("2024.0")
    assert not is_too_old("2024.0.0rc1")


def test_the_release_that_says_nothing_of_numpy_gets_one_that_it_can_read() -> None:
    assert packages("2024.0.0") == ("openvino==2024.0.0", "numpy<2", "psutil")
    assert packages("2024.1.0") == ("openvino==2024.1.0", "numpy", "psutil")


def test_a_command_to_be_typed_is_quoted_for_a_shell() -> None:
    assert install_words("2024.0.0") == 'python -m pip install openvino==2024.0.0 "numpy<2" psutil'


def test_an_environment_is_called_by_its_release() -> None:
    assert Environment(Path("python"), "2025.4.1", {}).label == "OpenVINO 2025.4.1"
