"""Set the hosted NPU compiler up in the cache, say what there is of it, and remove it."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pytest_ovperf.environments.running import run
from pytest_ovperf.errors import NpuCompilerError, OvperfError
from pytest_ovperf.hardware.cores import usable_memory_bytes

from .compilers import alone, compile_hosted, installed_libraries, openvino_version
from .layout import HOST_NAME, HOST_SOURCE, LIBS_NAME, Installed, Layout, host_digest, write_note
from .request import CompileRequest
from .tools import Tool, c_compiler, require, tools
from .wheel import Wheel, download, unpack
from .wine import Wine

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_PREFIX_TIMEOUT_S = 300.0
_BUILD_TIMEOUT_S = 120.0
_VERIFY_TIMEOUT_S = 300.0
_VERIFY_PLATFORM = "4000"

#: A model of one ReLU, small enough to be written here: what is compiled before a version counts as installed.
_RELU = """<?xml version="1.0"?>
<net name="relu" version="11">
  <layers>
    <layer id="0" name="x" type="Parameter" version="opset1">
      <data shape="1,8" element_type="f32"/>
      <output><port id="0" precision="FP32" names="x"><dim>1</dim><dim>8</dim></port></output>
    </layer>
    <layer id="1" name="relu" type="ReLU" version="opset1">
      <input><port id="0" precision="FP32"><dim>1</dim><dim>8</dim></port></input>
      <output><port id="1" precision="FP32" names="y"><dim>1</dim><dim>8</dim></port></output>
    </layer>
    <layer id="2" name="result" type="Result" version="opset1">
      <input><port id="0" precision="FP32"><dim>1</dim><dim>8</dim></port></input>
    </layer>
  </layers>
  <edges>
    <edge from-layer="0" from-port="0" to-layer="1" to-port="0"/>
    <edge from-layer="1" from-port="1" to-layer="2" to-port="0"/>
  </edges>
</net>
"""


@dataclass(frozen=True, slots=True)
class Status:
    """What there is: the tools, the versions that are hosted, and the compiler in the installed OpenVINO, if any."""

    root: Path
    tools: tuple[Tool, ...]
    hosted: tuple[Installed, ...]
    outdated: tuple[str, ...]
    in_openvino: Path | None
    wanted: str | None


def status(cache_dir: Path) -> Status:
    """Return what there is in the cache at ``cache_dir`` and around it."""
    layout = Layout.of(cache_dir)
    hosted = layout.installed()
    outdated = tuple(note.version for note in hosted if note.host_source != host_digest())
    around = tools(Wine.find(layout.prefix))
    return Status(layout.root, around, hosted, outdated, installed_libraries(), openvino_version())


def install(
    cache_dir: Path, version: str | None, say: Callable[[str], None], *, again: bool = False, wheel: Wheel | None = None
) -> Installed:
    """Host the compiler of OpenVINO ``version``, by default the installed one's, and return what was installed.

    Where OpenVINO is not installed either, any that is there will do, and else the newest is fetched. One that is there
    already is left as it is, unless ``again``. Whoever else installs or compiles is waited for. A version counts as
    installed once a small model was compiled by it. ``wheel`` takes the place of pip's download.
    Raises `NpuCompilerError` that says what is missing and which package brings it, or what went wrong.
    """
    layout = Layout.of(cache_dir)
    wanted = version or openvino_version()
    with alone(layout):
        there = next((note for note in reversed(layout.installed()) if wanted in {None, note.version}), None)
        if there is not None and there.host_source == host_digest() and not again:
            return there
        wine = Wine.find(layout.prefix)
        require(tools(wine))
        assert wine is not None  # noqa: S101  (just required)
        shutil.rmtree(layout.building, ignore_errors=True)
        layout.building.mkdir(parents=True)
        try:
            note = _build(layout, wanted, wine, say, wheel)
        finally:
            wine.end()
            shutil.rmtree(layout.building, ignore_errors=True)
    return note


def _build(
    layout: Layout, version: str | None, wine: Wine, say: Callable[[str], None], wheel: Wheel | None
) -> Installed:
    if wheel is None:
        say(f"fetching OpenVINO {version or '(the newest)'} for Windows with pip")
        wheel = download(version, layout.building)
    say("unpacking its libraries")
    unpack(wheel, layout.building / LIBS_NAME)
    if wheel.path.parent == layout.building:
        wheel.path.unlink()
    say("building the host program")
    build_host(layout.building / HOST_NAME)
    if not (layout.prefix / "system.reg").is_file():
        say("making a prefix for Wine")
        make_prefix(wine)
    say("compiling a small model to see that it works")
    build = _verify(layout, wine, wheel.version)
    today = datetime.now(UTC).date().isoformat()
    note = Installed(wheel.version, build, wheel.path.name, wheel.sha256, host_digest(), today)
    place = layout.place(wheel.version)
    shutil.rmtree(place, ignore_errors=True)
    write_note(layout.building, note)
    layout.building.replace(place)
    return note


def build_host(target: Path) -> None:
    """Build the host program. Raises `NpuCompilerError` with what the C compiler said."""
    compiler = c_compiler()
    command = [str(compiler), "-std=gnu99", "-O2", "-static", "-s", "-o", str(target.resolve()), str(HOST_SOURCE)]
    done = run(command, timeout_s=_BUILD_TIMEOUT_S)
    if done.timed_out or not done.started:
        raise NpuCompilerError(f"{compiler} cannot be run: {done.ending}", remedy="ovperf npu-compiler status")
    if not done.ok:
        raise NpuCompilerError(
            f"{compiler} does not build the host program:\n{done.words}",
            remedy="Install a complete one: apt install gcc-mingw-w64-x86-64",
        )


def make_prefix(wine: Wine) -> None:
    """Make Wine's prefix, which takes some seconds and some hundred MiB. Raises `NpuCompilerError`."""
    try:
        done = subprocess.run(  # noqa: S603  (the program that was looked up)
            [str(wine.program), "wineboot", "--init"],
            env=wine.environment(),
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=_PREFIX_TIMEOUT_S,
        )
        # The server writes what was set up when its last program has gone, which it does not hurry about.
        subprocess.run(  # noqa: S603  (see above)
            [str(wine.server), "-w"], env=wine.environment(), check=False, timeout=_PREFIX_TIMEOUT_S
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NpuCompilerError(
            f"Wine cannot make a prefix in {wine.prefix}: {error}", remedy="ovperf npu-compiler remove, then install."
        ) from error
    if done.returncode or not (wine.prefix / "system.reg").is_file():
        raise NpuCompilerError(
            f"Wine made no prefix in {wine.prefix} (exit code {done.returncode}).",
            remedy=f"See what it says: WINEPREFIX={wine.prefix} {wine.program} wineboot --init",
        )


def _verify(layout: Layout, wine: Wine, version: str) -> str:
    """Compile the small model with what is being put together; return what OpenVINO says of its version."""
    model = layout.building / "relu.xml"
    model.write_text(_RELU, encoding="utf-8", newline="\n")
    model.with_suffix(".bin").write_bytes(b"")
    request = CompileRequest(model, _VERIFY_PLATFORM, None, _VERIFY_TIMEOUT_S, usable_memory_bytes())
    try:
        words = f"OpenVINO {version} for Windows, under Wine"
        blob = compile_hosted(request, layout, layout.building, wine, words).blob()
    except OvperfError as error:
        raise NpuCompilerError(
            f"OpenVINO {version} for Windows does not compile a small model for NPU {_VERIFY_PLATFORM}.\n{error.seen}",
            remedy="Try another release with --version, or a newer Wine.",
        ) from error
    for file in (model, model.with_suffix(".bin")):
        file.unlink()
    return blob.build


def remove(cache_dir: Path) -> int:
    """End what runs in the prefix, delete all of it, and return the bytes that were freed."""
    layout = Layout.of(cache_dir)
    if not layout.root.is_dir():
        return 0
    with alone(layout):
        wine = Wine.find(layout.prefix)
        if wine is not None:
            wine.end()
        freed = _bytes_below(layout.root)
        for path in layout.root.iterdir():
            if path.is_dir():
                shutil.rmtree(path)
    return freed


def _bytes_below(root: Path) -> int:
    # Not `rglob`: a prefix holds links to the root of the file system.
    files = (os.path.join(folder, name) for folder, _, names in os.walk(root) for name in names)  # noqa: PTH118
    return sum(os.lstat(file).st_size for file in files)
