"""What stands for a module of the user's own: whatever decides on its results, and nothing else."""

from __future__ import annotations

import importlib
import sys
import textwrap
from typing import TYPE_CHECKING

import pytest

from pytest_ovperf.errors import ModelError
from pytest_ovperf.models.own.code import find_own

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    #: Makes the module of ``identity_nets`` anew, from sources in which one text stands in the place of another.
    Digest = Callable[..., str]

torch = pytest.importorskip("torch")

SOURCES = {
    "identity_nets.py": """
        import torch

        from identity_shop import ops


        class Net(torch.nn.Module):
            def __init__(self):
                super().__init__()
                torch.manual_seed(20)
                self.dense = torch.nn.Linear(4, 2)
                self.scale = 1.5
                self.kept = object()
                self.register_buffer("seen", torch.zeros(1), persistent=False)

            def forward(self, x):
                return ops.scaled(self.dense(x), self.scale)

            def extra_repr(self):
                return repr(self.kept)

            def get_extra_state(self):
                return {"packed": (torch.tensor([0.5] * 2000), None)}


        def make():
            return Net()
    """,
    "identity_shop/ops.py": "def scaled(x, factor):\n    return x * factor\n",
    "identity_unused.py": "A = 1\n",
}


@pytest.fixture
def digest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Digest]:
    from pytest_ovperf.models.making.identity import module_digest  # noqa: PLC0415  (torch may not be there)

    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "identity_shop").mkdir()
    monkeypatch.setattr(sys, "dont_write_bytecode", True)

    def made(old: str = "", new: str = "") -> str:
        forget()
        assert any(old in source for source in SOURCES.values())
        for name, source in SOURCES.items():
            changed = source.replace(old, new) if old else source
            (tmp_path / name).write_text(textwrap.dedent(changed), encoding="utf-8")
        importlib.invalidate_caches()
        return module_digest("identity_nets:make", find_own("identity_nets:make")())

    yield made
    forget()


def forget() -> None:
    for name in [name for name in sys.modules if name.startswith("identity_")]:
        del sys.modules[name]


def test_the_same_module_is_known_again_wherever_its_objects_lie(digest: Digest) -> None:
    assert digest() == digest() == digest("A = 1", "A = 2")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("manual_seed(20)", "manual_seed(21)"),
        ("self.scale = 1.5", "self.scale = float('2')"),
        ("torch.zeros(1)", "torch.ones(1)"),
        ("[0.5] * 2000", "[0.5] * 1000 + [0.6] + [0.5] * 999"),  # more than the text of a tensor shows
        ("return x * factor", "return x + factor"),
        ("return Net()", "return torch.nn.Sequential(Net())"),
    ],
)
def test_whatever_decides_on_its_results_makes_it_another(digest: Digest, old: str, new: str) -> None:
    assert digest(old, new) != digest()


def test_a_number_that_the_factory_reads_from_elsewhere_makes_it_another(
    digest: Digest, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading = ("self.scale = 1.5", "import os; self.scale = float(os.environ['IDENTITY_SCALE'])")
    monkeypatch.setenv("IDENTITY_SCALE", "1")
    before = digest(*reading)
    monkeypatch.setenv("IDENTITY_SCALE", "2")
    assert digest(*reading) != before


def test_weights_that_the_first_call_makes_are_refused(digest: Digest) -> None:
    with pytest.raises(ModelError, match=r"dense\.\w+ of the module of identity_nets:make has no values before"):
        digest("torch.nn.Linear(4, 2)", "torch.nn.LazyLinear(2)")
