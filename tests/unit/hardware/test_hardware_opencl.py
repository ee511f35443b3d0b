"""Asking the OpenCL loader for its platforms, with a stand-in; the integration tests have a real one."""

from __future__ import annotations

import ctypes
from typing import Any

import pytest

from pytest_ovperf.hardware.opencl import platform_names

NOT_FOUND = -1001


class Loader:
    """Answers as a loader with these platforms does: handles from 1 on, and an error code where there is none."""

    def __init__(self, *names: bytes) -> None:
        def list_platforms(_most: int, room: Any, number: Any) -> int:  # noqa: ANN401  (as ctypes passes them)
            for index in range(len(names)):
                room[index] = index + 1
            number._obj.value = len(names)
            return 0 if names else NOT_FOUND

        def describe(platform: int, _what: int, _size: int, name: Any, _used: None) -> int:  # noqa: ANN401
            name.value = names[platform - 1]
            return 0 if name.value else NOT_FOUND

        self.clGetPlatformIDs, self.clGetPlatformInfo = list_platforms, describe


@pytest.mark.parametrize(
    ("loader", "names"),
    [
        (Loader(), ()),
        (Loader(b"Intel(R) OpenCL", b"Portable Computing"), ("Intel(R) OpenCL", "Portable Computing")),
        (Loader(b"", b"Intel \xff"), ("Intel \ufffd",)),
        (object(), None),
    ],
    ids=["none", "two", "one that does not answer", "another library"],
)
def test_platforms_are_named(monkeypatch: pytest.MonkeyPatch, loader: object, names: tuple[str, ...] | None) -> None:
    monkeypatch.setattr(ctypes, "CDLL", lambda _: loader)
    assert platform_names() == names
