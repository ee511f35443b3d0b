"""The hook that projects and other plugins answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from os import PathLike

    import pytest

    from pytest_ovperf.models.described import Model


class ModelHooks:
    """What pytest-ovperf asks of conftest files and plugins."""

    def pytest_ovperf_models(self, config: pytest.Config) -> Mapping[str, Model | str | PathLike[str]] | None:
        """Return models by the name that ``@pytest.mark.model`` shall know them by.

        Each is a `pytest_ovperf.Model`, or a source alone: ``{"encoder": Model("models/encoder", shape=(1, 128)),
        "net": "net.onnx"}``. Asked once a run, when all tests are collected, and only in runs that use fixtures of
        pytest-ovperf. Several may answer, and each name is known to every test of the run: the same name with two
        descriptions is an error. ``config`` may be left out.
        """
