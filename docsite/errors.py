"""The page of errors: from the classes that the package raises on purpose."""

from __future__ import annotations

from pytest_ovperf import errors

from .text import code, markdown, page, table

_INTRODUCTION = """
Whatever goes wrong is told in two parts: what was seen, and behind an arrow what to do about it. A mistake in a test,
an option or a marker fails that test, or ends the run before it begins; what this machine cannot run skips. Neither is
ever told as a regression. The names below stand in reports and may be caught:

```python
from pytest_ovperf.errors import OvperfError
```
"""


def errors_page() -> str:
    """Return the page: each class below the one that it belongs to."""
    causes = [
        (code(str(cause)), code(name))
        for name, kind in _classes().items()
        if (cause := vars(kind).get("cause")) is not None
    ]
    rows = [
        (code(name), code(kind.__bases__[0].__name__), markdown(kind.__doc__).replace("\n\n", " "))
        for name, kind in _classes().items()
    ]
    return page(
        "Errors",
        _INTRODUCTION,
        table(["error", "is a", "means"], rows),
        "## Causes of a device's failure",
        "The fixed words that reports and `baselines/npu-compiler` have for why OpenVINO or a driver refused:",
        table(["cause", "raised as"], causes),
    )


def _classes() -> dict[str, type[errors.OvperfError]]:
    return {
        name: kind
        for name, kind in vars(errors).items()
        if isinstance(kind, type) and issubclass(kind, errors.OvperfError)
    }
