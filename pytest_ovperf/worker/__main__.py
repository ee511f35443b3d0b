"""Entry of a worker process, by module name or by the path of this very file.

The parent starts it by path: the worker then runs the parent's own copy of the package, whatever the interpreter, and
neither the current directory nor the parent's other packages get onto its ``sys.path``.
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

_PACKAGE = "pytest_ovperf"


def _adopt_package(root: Path) -> None:
    """Make the package that this file belongs to importable, and nothing else that lies beside it."""
    spec = importlib.util.spec_from_file_location(
        _PACKAGE, root / "__init__.py", submodule_search_locations=[str(root)]
    )
    if spec is None or spec.loader is None:
        raise ImportError(f"{root} is no package that a worker could run from.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[_PACKAGE] = module
    spec.loader.exec_module(module)


if __name__ == "__main__":
    if not __package__:
        _adopt_package(Path(__file__).resolve().parent.parent)
    from pytest_ovperf.worker.main import main

    main()
