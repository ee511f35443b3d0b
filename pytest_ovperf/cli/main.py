"""The ``ovperf`` console command: a first suite, what is in the cache, what devices there are."""

from __future__ import annotations

import argparse
import io
import os
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pytest_ovperf.errors import CacheError, OvperfError
from pytest_ovperf.session.turns import kept_traces

from .bisect import add_bisect
from .compare import add_compare
from .init import add_init
from .noise import add_noise
from .npu import add_npu
from .place import add_cache_dir, cache_dir, encoding, width

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pytest_ovperf.models.cache import CacheEntry

_UNITS = ("B", "KiB", "MiB", "GiB")
_STEP = 1024
_INTERRUPTED = 130  # what shells report of a command that Ctrl-C ended


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status: 0, 1 for an error of ours, 2 for unknown words, 130 after Ctrl-C.

    ``compare`` and ``bisect`` have exit statuses of their own, which their help lists.
    """
    options = _parser().parse_args(arguments)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a model's name may hold what this terminal lacks
    try:
        return options.run(options) or 0  # a command that says nothing else went well
    except OvperfError as error:
        print(f"ovperf: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:  # whoever reads, such as head, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # so that Python's own last flush goes well
        return 1
    except KeyboardInterrupt:
        print("ovperf: interrupted", file=sys.stderr)
        return _INTERRUPTED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="ovperf", description="Look after what pytest-ovperf keeps and sees.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    add_init(commands)

    cache = commands.add_parser("cache", help="list or clear the models built and environments made so far")
    actions = cache.add_subparsers(required=True, metavar="ACTION")
    listing = actions.add_parser("list", help="what is kept, how large it is and when it was last used")
    listing.set_defaults(run=_list_cache)
    clearing = actions.add_parser("clear", help="delete built models; they are made again when needed")
    clearing.add_argument("models", nargs="*", metavar="MODEL", help="only these models, or releases (default: all)")
    instead = clearing.add_mutually_exclusive_group()
    instead.add_argument("--traces", action="store_true", help="delete the raw times of past measurements instead")
    instead.add_argument(
        "--environments", action="store_true", help="delete the environments of other OpenVINO releases instead"
    )
    clearing.set_defaults(run=_clear_cache)
    for action in (listing, clearing):
        add_cache_dir(action, "the cache to look at")

    devices = commands.add_parser("devices", help="this machine, OpenVINO's devices, and why one cannot be used")
    devices.add_argument("--json", action="store_true", help="print all of it as one JSON document, for scripts")
    devices.set_defaults(run=_show_devices)

    add_noise(commands)
    add_compare(commands)
    add_bisect(commands)
    add_npu(commands)
    return parser


def _list_cache(options: argparse.Namespace) -> None:
    from pytest_ovperf.models.cache import ArtefactCache  # noqa: PLC0415  (only the command that needs it pays for it)

    folder = cache_dir(options)
    entries = ArtefactCache(folder).entries()
    traces = kept_traces(folder)
    if traces:
        size = _size(sum(path.stat().st_size for path in traces))
        print(f"{len(traces)} measurements with their raw times, {size}, in {traces[0].parent}")
    from .environments import list_environments  # noqa: PLC0415  (see above)

    list_environments(folder, _size)
    if not entries:
        print(f"No model is kept in {folder}.")
        return
    widths = [max(len(entry.name) for entry in entries), max(len(entry.kind) for entry in entries)]
    for entry in entries:
        print(_line(entry, widths))
    print(f"{len(entries)} parts of models, {_size(sum(entry.bytes for entry in entries))}, in {folder}")


def _line(entry: CacheEntry, widths: Sequence[int]) -> str:
    used = datetime.fromtimestamp(entry.last_used_unix, UTC).astimezone().strftime("%Y-%m-%d %H:%M")
    damage = f"  damaged: {entry.damage}" if entry.damage else ""
    return (
        f"{entry.name:<{widths[0]}}  {entry.kind:<{widths[1]}}  {_size(entry.bytes):>9}  "
        f"last used {used}  {entry.digest[:12]}{damage}"
    )


def _clear_cache(options: argparse.Namespace) -> None:
    from pytest_ovperf.models.cache import ArtefactCache  # noqa: PLC0415  (only the command that needs it pays for it)

    folder = cache_dir(options)
    if options.traces:
        _clear_traces(folder, options.models)
        return
    if options.environments:
        from .environments import clear_environments  # noqa: PLC0415  (see above)

        clear_environments(folder, options.models, _size)
        return
    cache = ArtefactCache(folder)
    unknown = set(options.models) - {entry.name for entry in cache.entries()}
    if unknown:
        raise CacheError(
            f"{folder} has nothing of {', '.join(sorted(unknown))}.",
            remedy="See what it has: ovperf cache list",
        )
    removed = cache.clear(options.models or None)
    print(f"{len(removed)} deleted, {_size(sum(entry.bytes for entry in removed))} freed in {folder}")


def _clear_traces(folder: Path, models: Sequence[str]) -> None:
    if models:
        raise CacheError("Raw times are not kept by model.", remedy="Clear them all: ovperf cache clear --traces")
    traces = kept_traces(folder)
    for path in traces:
        path.unlink(missing_ok=True)
    print(f"{len(traces)} measurements deleted in {folder}")


def _show_devices(options: argparse.Namespace) -> None:
    from pytest_ovperf.hardware.probe import read_machine  # noqa: PLC0415  (only the command that needs it pays for it)
    from pytest_ovperf.reports.devices_text import devices_json, devices_text  # noqa: PLC0415

    machine = read_machine()
    if options.json:
        print(devices_json(machine))
        return
    print(devices_text(machine, width=width(), encoding=encoding()))


def _size(number: float) -> str:
    for unit in _UNITS[:-1]:
        if number < _STEP:
            return f"{number:.0f} {unit}" if unit == "B" else f"{number:.1f} {unit}"
        number /= _STEP
    return f"{number:.1f} {_UNITS[-1]}"


if __name__ == "__main__":
    sys.exit(main())
