"""OpenVINO's wheel for Windows: downloaded by pip, checked against its own list of contents, its libraries unpacked."""

from __future__ import annotations

import base64
import csv
import hashlib
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from pytest_ovperf.environments.running import run
from pytest_ovperf.environments.tools import own_pip
from pytest_ovperf.errors import NpuCompilerError

from .compilers import has_compiler

_LIBRARIES = "openvino/libs/"
_DOWNLOAD_TIMEOUT_S = 1800.0


@dataclass(frozen=True, slots=True)
class Wheel:
    """A wheel on disk, its version and the SHA-256 of the whole file."""

    path: Path
    version: str
    sha256: str


def download(version: str | None, folder: Path) -> Wheel:
    """Let pip fetch the wheel of ``version`` (``None``: the newest that it finds) into ``folder``.

    Through whatever index pip is set up with; pip checks the index's own hash. Raises `NpuCompilerError` with what pip
    said.
    """
    wanted = "openvino" if version is None else f"openvino=={version}"
    command = [*own_pip(Path(sys.executable)), "download", "--no-deps", "--only-binary=:all:"]
    command += ["--platform", "win_amd64", "--dest", str(folder.resolve()), wanted]
    done = run(command, timeout_s=_DOWNLOAD_TIMEOUT_S)
    if done.timed_out:
        raise NpuCompilerError(
            f"pip did not fetch {wanted} for Windows within {_DOWNLOAD_TIMEOUT_S:g} s.", remedy="Try again."
        )
    if not done.ok:
        raise NpuCompilerError(
            f"pip cannot fetch {wanted} for Windows:\n{done.words}",
            remedy="See pip's words; --version names another release, and pip's own settings another index.",
        )
    (path,) = folder.glob("openvino-*.whl")
    return Wheel(path, path.name.split("-")[1], hashlib.sha256(path.read_bytes()).hexdigest())


def unpack(wheel: Wheel, libs: Path) -> None:
    """Unpack the libraries of ``wheel`` into ``libs``, each checked against the wheel's list of hashes.

    Raises `NpuCompilerError` for a damaged wheel, and for one that carries no NPU compiler.
    """
    libs.mkdir(parents=True)
    try:
        with zipfile.ZipFile(wheel.path) as archive:
            hashes = _hashes(archive)
            for name in archive.namelist():
                if name.startswith(_LIBRARIES) and name.endswith(".dll"):
                    content = archive.read(name)
                    if hashes.get(name) != _digest(content):
                        raise _damaged(wheel, f"{name} is not what the wheel's RECORD says")
                    (libs / PurePosixPath(name).name).write_bytes(content)
    except (zipfile.BadZipFile, StopIteration, KeyError) as error:
        raise _damaged(wheel, str(error) or type(error).__name__) from error
    if not has_compiler(libs):
        raise NpuCompilerError(
            f"The Windows wheel of OpenVINO {wheel.version} carries no NPU compiler.",
            remedy="Take a newer release: ovperf npu-compiler install --version 2026.4.1",
        )


def _hashes(archive: zipfile.ZipFile) -> dict[str, str]:
    record = next(name for name in archive.namelist() if name.endswith(".dist-info/RECORD"))
    rows = csv.reader(archive.read(record).decode("utf-8").splitlines())
    return {row[0]: row[1] for row in rows if len(row) > 1}


def _digest(content: bytes) -> str:
    return "sha256=" + base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode("ascii")


def _damaged(wheel: Wheel, seen: str) -> NpuCompilerError:
    return NpuCompilerError(f"{wheel.path.name} is damaged: {seen}.", remedy="Install again: it is fetched anew.")
