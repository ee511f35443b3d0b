"""The page of file formats: from the docstrings of the modules that write and read them."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING

from pytest_ovperf.graphs import text as graph_text
from pytest_ovperf.npu import record as npu_record
from pytest_ovperf.runs import benchmark_json
from pytest_ovperf.store import layer_names
from pytest_ovperf.store import schema as baseline_schema
from pytest_ovperf.trial import traces

from .text import markdown, page

if TYPE_CHECKING:
    from types import ModuleType

_INTRODUCTION = """
Files that are meant to be kept have a version. What an older version wrote is read; a newer one is refused, with the
advice to upgrade. All are UTF-8; JSON is valid for everybody's readers.
"""

#: What is written, where, and the module whose docstring says what is in it.
_FILES: tuple[tuple[str, str, ModuleType], ...] = (
    ("Baselines", "`baselines/<hardware profile>/<test module>.json`. For git.", baseline_schema),
    ("Names of graphs and layer times", "`graphs/`, beside the baselines of a machine. For git.", layer_names),
    ("Graphs and layer times", "What is in those files.", graph_text),
    ("What compiles for an NPU", "`baselines/npu-compiler/npu-4000.json`. For git.", npu_record),
    (
        "A saved run",
        "What `--benchmark-json` writes; [to be compared](../how-to/comparing-runs.md).",
        benchmark_json,
    ),
    ("Raw times", "`traces/` in the cache folder, a file for each comparison measured. No need to keep them.", traces),
)


def file_formats_page() -> str:
    """Return the page."""
    return page("File formats", _INTRODUCTION, *(_section(*each) for each in _FILES))


def _section(title: str, where: str, module: ModuleType) -> str:
    schema = getattr(module, "SCHEMA", None)
    version = f" The version that is written now: {schema}." if schema else ""
    return f"## {title}\n\n{where}{version}\n\n{markdown(inspect.getdoc(module))}"
