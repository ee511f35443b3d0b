"""The NPU compilers there may be on a machine, and which of them is taken.

The one in the installed OpenVINO first: wheels for Windows and archives for Linux carry it. Else the hosted one, the
libraries of the Windows wheel under Wine, if it was installed by ``ovperf npu-compiler install``. Nothing is downloaded
here.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import sys
import tempfile
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import filelock

from pytest_ovperf.errors import NpuCompilerError
from pytest_ovperf.hardware.surroundings import openvino_libraries

from .ending import run_to_end
from .layout import HOST_NAME, LIBS_NAME, Installed, Layout, check_current
from .request import read_answer, write_request
from .verdict import Compilation
from .wine import Wine, windows_path

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from .request import CompileRequest

_COMPILER = re.compile(r"(?:lib)?openvino_intel_npu_compiler\.(?:dll|so(?:\.[\d.]+)?)", re.IGNORECASE)
_ARCHIVE_FOLDERS = ("runtime/lib/intel64", "runtime/bin/intel64/Release")
INSTALL = "ovperf npu-compiler install"


class NpuCompiler(Protocol):
    """A compiler for NPUs that needs none."""

    @property
    def words(self) -> str:
        """What it is, such as ``OpenVINO 2026.4.1's compiler for Windows, under Wine``."""

    @property
    def version(self) -> str:
        """The version of OpenVINO that it belongs to."""

    def run(self, request: CompileRequest) -> Compilation:
        """Compile in a process of its own, to its end. Raises `NpuCompilerError` if it cannot be started."""


@dataclass(frozen=True, slots=True)
class InstalledCompiler:
    """The compiler in the OpenVINO of this interpreter."""

    libs: Path
    version: str
    command: tuple[str, ...] = (sys.executable, "-P", str(Path(__file__).with_name("direct.py")))

    @property
    def words(self) -> str:
        """What it is."""
        return f"the compiler of the installed OpenVINO {self.version}"

    def run(self, request: CompileRequest) -> Compilation:
        """Compile in a process of its own."""
        with tempfile.TemporaryDirectory(prefix="ovperf-npu-", ignore_cleanup_errors=True) as folder:
            return _compile(request, Path(folder), self.libs, self.command, os.environ, self.words)


@dataclass(frozen=True, slots=True)
class HostedCompiler:
    """The compiler of OpenVINO's Windows wheel, in Wine: one compilation at a time, and nothing left behind it."""

    layout: Layout
    note: Installed
    wine: Wine

    @property
    def version(self) -> str:
        """The version of OpenVINO that it belongs to."""
        return self.note.version

    @property
    def words(self) -> str:
        """What it is."""
        return f"the compiler of OpenVINO {self.version} for Windows, under Wine"

    def run(self, request: CompileRequest) -> Compilation:
        """Compile in a process of its own, which ends with all of the prefix."""
        check_current(self.note)
        with alone(self.layout):
            return compile_hosted(request, self.layout, self.layout.place(self.version), self.wine, self.words)


def compile_hosted(request: CompileRequest, layout: Layout, place: Path, wine: Wine, words: str) -> Compilation:
    """Compile with what lies in ``place``, the folder of a version, and end whatever ran in the prefix.

    For whoever is `alone` there.
    """
    command = (str(wine.program), str(place / HOST_NAME))
    with _job(layout) as folder:
        try:
            return _compile(request, folder, place / LIBS_NAME, command, wine.environment(), words, wine=True)
        finally:
            wine.end()


def _compile(  # noqa: PLR0913, PLR0917  (what a process is started with)
    request: CompileRequest,
    folder: Path,
    libs: Path,
    command: tuple[str, ...],
    environment: Mapping[str, str],
    words: str,
    *,
    wine: bool = False,
) -> Compilation:
    write_request(folder, request, libs, windows_path if wine else lambda path: str(path.resolve()))
    try:
        ended = run_to_end(command, folder, environment, timeout_s=request.timeout_s, memory_bytes=request.memory_bytes)
    except OSError as error:
        raise NpuCompilerError(
            f"The NPU compiler ({words}) cannot be started with {' '.join(command)}: {error}",
            remedy="See what is missing: ovperf npu-compiler status",
        ) from error
    return Compilation(request, ended, read_answer(folder), words)


@contextlib.contextmanager
def alone(layout: Layout) -> Iterator[None]:
    """Keep others off the prefix: its server, and all that runs in it, ends with each compilation.

    Raises `NpuCompilerError` where the cache cannot be written.
    """
    try:
        layout.root.mkdir(parents=True, exist_ok=True)
        lock = filelock.FileLock(layout.lock)
        lock.acquire()
    except OSError as error:
        raise NpuCompilerError(
            f"{layout.root} cannot be written: {error}", remedy="Name a writable folder with --ov-cache-dir."
        ) from error
    try:
        yield
    finally:
        lock.release()


@contextlib.contextmanager
def _job(layout: Layout) -> Iterator[Path]:
    """Make a folder for one compilation, and remove it, along with those that a killed run has left."""
    shutil.rmtree(layout.jobs, ignore_errors=True)  # whoever made them has ended: the lock is ours
    layout.jobs.mkdir(parents=True)
    try:
        yield layout.jobs
    finally:
        shutil.rmtree(layout.jobs, ignore_errors=True)


def find_compiler(cache_dir: Path, environ: Mapping[str, str] = os.environ) -> NpuCompiler:
    """Return the compiler to take. Raises `NpuCompilerError` that says why there is none, and what to install."""
    libs = installed_libraries(environ)
    if libs is not None:
        return InstalledCompiler(libs, openvino_version() or "(unknown)")
    layout = Layout.of(cache_dir)
    note = layout.best(openvino_version())
    wine = Wine.find(layout.prefix)
    if note is None:
        raise NpuCompilerError(
            "There is no NPU compiler: not in the installed OpenVINO, and none is hosted in the cache.",
            remedy=f"Set one up: {INSTALL}",
        )
    if wine is None:
        raise NpuCompilerError(
            "The hosted NPU compiler needs Wine, which is not found.", remedy="ovperf npu-compiler status says more."
        )
    check_current(note)
    return HostedCompiler(layout, note, wine)


def installed_libraries(environ: Mapping[str, str] = os.environ) -> Path | None:
    """Return the folder of the installed OpenVINO's libraries if an NPU compiler is among them.

    In a wheel they lie in the package; in an archive where ``INTEL_OPENVINO_DIR``, which its setup script sets, says.
    """
    archive = environ.get("INTEL_OPENVINO_DIR")
    folders = [Path(archive, folder) for folder in _ARCHIVE_FOLDERS] if archive else []
    wheel = openvino_libraries()
    return next((folder for folder in [*([wheel] if wheel else []), *folders] if has_compiler(folder)), None)


def has_compiler(folder: Path) -> bool:
    """Tell whether OpenVINO's NPU compiler, and not merely what loads it, lies in ``folder``."""
    return folder.is_dir() and any(_COMPILER.fullmatch(path.name) for path in folder.iterdir())


def openvino_version() -> str | None:
    """Return the installed version of OpenVINO, ``None`` if it is not installed."""
    try:
        return metadata.version("openvino")
    except metadata.PackageNotFoundError:
        return None
