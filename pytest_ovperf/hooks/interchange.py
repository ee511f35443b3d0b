"""The hooks of pytest-benchmark, where that plugin is there: they translate and forward, and decide nothing.

`plugin` takes them in; without pytest-benchmark, or with ``-p no:benchmark``, nobody calls them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from .outcomes import SESSION, session_of

if TYPE_CHECKING:
    from pytest_ovperf.runs.view import RunView

#: The run that pytest-benchmark was given to save.
_RUN: pytest.StashKey[RunView] = pytest.StashKey()


def hand_over(session: pytest.Session) -> None:
    """Give pytest-benchmark what was measured, right before it writes its files."""
    config = session.config
    benchmark, ours = config.pluginmanager.getplugin("pytest-benchmark"), config.stash.get(SESSION, None)
    if benchmark is None or ours is None or not ours.has_measured:
        return
    from pytest_ovperf.session.results import hand_over as give  # noqa: PLC0415  (paid only by runs that use the plugin)

    cases = {item.nodeid: getattr(item, "callspec", None) for item in session.items}
    run = give(ours, benchmark, {test: case.params for test, case in cases.items() if case is not None})
    if run is not None:
        config.stash[_RUN] = run


@pytest.hookimpl(optionalhook=True)
def pytest_benchmark_update_machine_info(config: pytest.Config, machine_info: dict[str, Any]) -> None:
    """Add the hardware profile and the devices to what is saved."""
    run = config.stash.get(_RUN, None)
    if run is not None:
        from pytest_ovperf.runs.benchmark_json import BLOCK, machine_block  # noqa: PLC0415  (see above)

        machine_info[BLOCK] = machine_block(run.machine, run.devices)


@pytest.hookimpl(optionalhook=True)
def pytest_benchmark_update_json(config: pytest.Config, output_json: dict[str, Any]) -> None:
    """Add what is true of the run as a whole to what is saved."""
    run = config.stash.get(_RUN, None)
    if run is not None:
        from pytest_ovperf.runs.benchmark_json import BLOCK, run_block  # noqa: PLC0415  (see above)

        output_json[BLOCK] = run_block(run)


@pytest.hookimpl(optionalhook=True, tryfirst=True)
def pytest_benchmark_compare_machine_info(
    config: pytest.Config, machine_info: dict[str, Any], compared_benchmark: dict[str, Any]
) -> None:
    """Describe this machine as the compared file does: else pytest-benchmark would always warn of another machine."""
    from pytest_ovperf.runs.benchmark_json import BLOCK  # noqa: PLC0415  (see above)

    if BLOCK not in compared_benchmark["machine_info"]:
        machine_info.pop(BLOCK, None)
    elif not hasattr(config, "workerinput"):
        from pytest_ovperf.session.results import machine_block as block_of  # noqa: PLC0415  (see above)

        machine_info[BLOCK] = block_of(session_of(config))
