"""Where the hosted NPU compiler lives in the cache, and what is written down of each version of it.

npu-compiler/
  running.lock         one program at a time: the prefix has one server, which ends with the program
  prefix/              Wine's
  2026.4.1/            one version of OpenVINO
    libs/              its libraries for Windows
    ovperf-npu-host.exe
    installed.json     written last: what is not verified is not installed
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path

from pytest_ovperf.errors import NpuCompilerError

HOST_SOURCE = Path(__file__).with_name("host.c")
HOST_NAME = "ovperf-npu-host.exe"
NOTE_NAME = "installed.json"
LIBS_NAME = "libs"


@dataclass(frozen=True, slots=True)
class Installed:
    """One verified version: of OpenVINO as pip names it and as it names itself, and of the host program's source."""

    version: str
    build: str
    wheel: str
    wheel_sha256: str
    host_source: str
    verified_on: str


@dataclass(frozen=True, slots=True)
class Layout:
    """The places below ``root``, the folder ``npu-compiler`` of a cache."""

    root: Path

    @classmethod
    def of(cls, cache_dir: Path) -> Layout:
        """Return the places in the cache at ``cache_dir``."""
        return cls(cache_dir / "npu-compiler")

    @property
    def lock(self) -> Path:
        """The file that is locked while anything in the prefix runs."""
        return self.root / "running.lock"

    @property
    def prefix(self) -> Path:
        """Wine's prefix."""
        return self.root / "prefix"

    @property
    def jobs(self) -> Path:
        """Where the folders of single compilations are made and removed."""
        return self.root / "jobs"

    @property
    def building(self) -> Path:
        """Where a version is put together before it takes its place."""
        return self.root / "building"

    def place(self, version: str) -> Path:
        """Return the folder of one version."""
        return self.root / version

    def installed(self) -> tuple[Installed, ...]:
        """Return the versions that are installed, the newest last."""
        notes = [(path.parent, read_note(path)) for path in self.root.glob(f"*/{NOTE_NAME}")]
        # A version that an interrupted installation left where it was put together is not in its place.
        found = [note for folder, note in notes if note is not None and folder == self.place(note.version)]
        return tuple(sorted(found, key=lambda note: version_key(note.version)))

    def best(self, wanted: str | None) -> Installed | None:
        """Return the installed version ``wanted``, else the newest, ``None`` where none is."""
        found = self.installed()
        return next((each for each in found if each.version == wanted), found[-1] if found else None)


def read_note(path: Path) -> Installed | None:
    """Return what `write_note` wrote to ``path``, ``None`` where that is not what it says."""
    try:
        return Installed(**{str(name): str(value) for name, value in json.loads(path.read_text("utf-8")).items()})
    except (OSError, ValueError, TypeError, AttributeError):
        return None


def write_note(folder: Path, note: Installed) -> None:
    """Write ``note`` to ``folder``: from now on it is installed."""
    (folder / NOTE_NAME).write_text(json.dumps(asdict(note), indent=2) + "\n", encoding="utf-8", newline="\n")


def host_digest() -> str:
    """Return what tells one text of the host program from another."""
    return hashlib.sha256(HOST_SOURCE.read_bytes()).hexdigest()[:16]


def version_key(version: str) -> list[tuple[int, str]]:
    """Return what sorts versions by their numbers."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in version.split(".")]


def check_current(note: Installed) -> None:
    """Raise `NpuCompilerError` where the host program was built from another text than this package's."""
    if note.host_source != host_digest():
        raise NpuCompilerError(
            f"The hosted NPU compiler {note.version} was set up by another version of pytest-ovperf.",
            remedy="Set it up anew: ovperf npu-compiler install",
        )
