"""One case of a test for each asked device that it makes sense on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_ovperf.errors import OvperfError
from pytest_ovperf.session.places import in_order

from . import markers
from .outcomes import session_of

if TYPE_CHECKING:
    import pytest


def give_devices(metafunc: pytest.Metafunc) -> None:
    """Parametrize a test that takes our ``device`` with the devices it is to run on, unless it does so itself."""
    definition = metafunc.definition
    if any("device" in _argument_names(mark) for mark in definition.iter_markers("parametrize")):
        return
    session = session_of(metafunc.config)
    try:
        mark = markers.read_device(definition)
        wanted = mark.names if mark else None
        chosen = session.places.devices_for(wanted)
    except OvperfError:
        mark, wanted, chosen = None, None, ("CPU",)  # said with all other mistakes, once everything is collected
    if mark is not None and mark.fallback and len(chosen) > 1:  # one case, in the marker's order of preference
        names = in_order(chosen, mark.names)
        metafunc.parametrize("device", [names], ids=[",".join(names)], indirect=True)
        return
    # A test that no asked device fits keeps its own devices: it is collected, and then deselected by name.
    cases = session.places.cases(chosen or wanted or (), compiles="compiled_model" in metafunc.fixturenames)
    metafunc.parametrize("device", cases, ids=[case.replace("NPU.", "NPU-") for case in cases], indirect=True)


def _argument_names(mark: pytest.Mark) -> list[str]:
    """Return what a ``parametrize`` marker gives values to: it takes one string with commas, or a sequence."""
    names = mark.args[0] if mark.args else mark.kwargs.get("argnames", ())
    return [name.strip() for name in names.split(",")] if isinstance(names, str) else list(names)
