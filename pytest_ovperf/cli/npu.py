"""``ovperf npu-compiler`` and ``ovperf npu-compile``: ask Intel's NPU compiler about a model, without an NPU."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_ovperf.errors import OvperfError, SettingsError
from pytest_ovperf.hooks.options import positive

from .place import add_cache_dir, cache_dir, encoding, width

if TYPE_CHECKING:
    import argparse

_ALL = "3720,4000,5010"
_ANY_INPUT = "*"


def add_npu(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the subcommands to ``commands``."""
    compiler = commands.add_parser("npu-compiler", help="set up Intel's NPU compiler on a machine without an NPU")
    actions = compiler.add_subparsers(required=True, metavar="ACTION")
    installing = actions.add_parser("install", help="fetch, build and verify it; nothing happens if it is there")
    installing.add_argument("--version", metavar="VERSION", help="of OpenVINO (default: the installed one's)")
    installing.add_argument("--again", action="store_true", help="set it up anew although it is there")
    installing.set_defaults(run=_install)
    looking = actions.add_parser("status", help="what there is, what is missing and which package brings it")
    looking.set_defaults(run=_status)
    removing = actions.add_parser("remove", help="delete all of it")
    removing.set_defaults(run=_remove)

    compiling = commands.add_parser("npu-compile", help="does a model compile for an NPU, and if not, why")
    compiling.add_argument("model", type=Path, metavar="MODEL", help="an OpenVINO IR (.xml) or an ONNX file")
    compiling.add_argument(
        "--platform", default=_ALL, metavar="LIST", help="numbers or names, such as 4000,pantherlake (%(default)s)"
    )
    compiling.add_argument(
        "--shape",
        action="append",
        default=[],
        metavar="[INPUT=]SIZES",
        help="fix an input first, or all of them: input_ids=1,128; a size may have bounds: 1,1..128",
    )
    compiling.add_argument("--timeout", default="600", metavar="SECONDS", help="for each platform (%(default)s)")
    compiling.add_argument("--json", action="store_true", help="print all of it as one JSON document, for scripts")
    compiling.set_defaults(run=_compile)
    for action in (installing, looking, removing, compiling):
        add_cache_dir(action, "where the compiler is kept")


def _install(options: argparse.Namespace) -> None:
    from pytest_ovperf.npu.installing import install  # noqa: PLC0415  (only the command that needs it pays for it)

    done: list[str] = []

    def say(step: str) -> None:
        done.append(step)
        print(f"{step} …" if encoding().lower().startswith("utf") else step, flush=True)

    note = install(cache_dir(options), options.version, say, again=options.again)
    how = "is installed and compiles" if done else f"was installed already, verified on {note.verified_on}"
    print(f"The NPU compiler of OpenVINO {note.version} (build {note.build}) {how}.")


def _status(options: argparse.Namespace) -> int:
    from pytest_ovperf.npu.installing import status  # noqa: PLC0415  (see _install)
    from pytest_ovperf.reports.npu_text import status_text  # noqa: PLC0415

    found = status(cache_dir(options))
    print(status_text(found, width=width(), encoding=encoding()))
    return 0 if found.hosted or found.in_openvino else 1


def _remove(options: argparse.Namespace) -> None:
    from pytest_ovperf.npu.installing import remove  # noqa: PLC0415  (see _install)

    folder = cache_dir(options)
    print(f"{remove(folder) / (1 << 20):.0f} MiB freed in {folder}")


def _compile(options: argparse.Namespace) -> int:
    """Compile for every platform; return 0 if it compiles for all of them."""
    from pytest_ovperf.hardware.cores import usable_memory_bytes  # noqa: PLC0415  (see _install)
    from pytest_ovperf.npu.compilers import find_compiler  # noqa: PLC0415
    from pytest_ovperf.npu.platforms import parse_platforms  # noqa: PLC0415
    from pytest_ovperf.npu.request import CompileRequest  # noqa: PLC0415
    from pytest_ovperf.reports.npu_text import Asked, compile_facts, compile_text  # noqa: PLC0415

    platforms = parse_platforms(options.platform, "--platform")
    shape = _shapes(options.shape)
    timeout_s = positive(options.timeout, "--timeout", "seconds")
    if not options.model.is_file():
        raise SettingsError(f"There is no file {options.model}.", remedy="Name an .xml or .onnx file.")
    compiler = find_compiler(cache_dir(options))
    asked: list[Asked] = []
    for platform in platforms:
        request = CompileRequest(options.model.resolve(), platform, shape or None, timeout_s, usable_memory_bytes())
        compilation = compiler.run(request)
        try:
            asked.append(Asked(platform, compilation, compilation.blob()))
        except OvperfError as error:
            asked.append(Asked(platform, compilation, error))
    if options.json:
        print(json.dumps(compile_facts(options.model, asked), indent=2))
    else:
        command = f"ovperf npu-compile {options.model}"
        print(compile_text(options.model, asked, command=command, width=width(), encoding=encoding()))
    return int(any(isinstance(each.result, OvperfError) for each in asked))


def _shapes(words: list[str]) -> dict[str, tuple[int | tuple[int, int], ...]]:
    """Return input → sizes, of ``name=1,128`` or, for every input, ``1,128``. Raises `SettingsError`."""
    shapes: dict[str, tuple[int | tuple[int, int], ...]] = {}
    for word in words:
        name, _, sizes = word.rpartition("=")
        shapes[name or _ANY_INPUT] = tuple(_size(size, word) for size in sizes.split(","))
    if _ANY_INPUT in shapes and len(shapes) > 1:
        raise SettingsError(
            "--shape names one input and all of them.", remedy="Give one --shape for all, or one for each by name."
        )
    return shapes


def _size(text: str, word: str) -> int | tuple[int, int]:
    least, dots, most = text.strip().partition("..")
    if least.isdecimal() and int(least) > 0 and (not dots or (most.isdecimal() and int(most) >= int(least))):
        return (int(least), int(most)) if dots else int(least)
    raise SettingsError(
        f"{text!r} in --shape {word} is neither a size nor a range of sizes.",
        remedy="Write --shape input_ids=1,128 or --shape input_ids=1,1..128.",
    )
