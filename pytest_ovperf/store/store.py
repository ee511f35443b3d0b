"""The baselines of one machine: find, put, and say what is wrong with them before it costs time."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_ovperf.errors import BaselineError

from . import files
from .keys import EntryKey, module_file
from .schema import BaselineFile, decode, encode

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from pathlib import Path

    from pytest_ovperf.hardware.profile import HardwareProfile
    from pytest_ovperf.records import StoredBaseline


class BaselineStore:
    """The folder ``root / profile.slug``, one file a test module.

    Nothing is kept in memory: every question reads the file, so that several processes may share the folder.
    Every method raises `BaselineError` for a file that cannot be trusted, and none repairs or skips one silently.
    """

    def __init__(
        self, root: Path, profile: HardwareProfile, *, lock_dir: Path | None = None, lock_timeout_s: float = 30.0
    ) -> None:
        """Take ``root`` as ``--ov-baselines`` names it; it need not exist. ``lock_dir`` is for tests."""
        self.root = root
        self.profile = profile
        self._lock_dir = lock_dir or files.default_lock_dir()
        self._lock_timeout_s = lock_timeout_s

    @property
    def folder(self) -> Path:
        """Where this machine's baselines are."""
        return self.root / self.profile.slug

    def path(self, module: str) -> Path:
        """Return the file of one test ``module``, which need not exist."""
        return self.folder / module_file(module)

    def find(self, key: EntryKey) -> StoredBaseline | None:
        """Return what is stored for ``key`` on this machine, ``None`` if nothing is."""
        file = self._read(key.module)
        return file.tests.get(key.test, {}).get(key.comparison) if file else None

    def entries(self, node_id: str) -> Mapping[str, StoredBaseline]:
        """Return everything that is stored of the test with pytest's ``node_id``, by the comparison's label."""
        module, _, test = node_id.partition("::")
        file = self._read(module)
        return file.tests.get(test, {}) if file else {}

    def put(self, key: EntryKey, stored: StoredBaseline) -> StoredBaseline | None:
        """Store an entry at the file's precision and return what it replaces.

        The file is read again under a lock and replaced whole, so other runs' entries stay. A file that cannot be
        read is not overwritten.
        """
        path = self.path(key.module)
        with files.locked(path, self._lock_dir, self._lock_timeout_s):
            text = files.read_text(path)
            file = BaselineFile(key.module, self.profile, {}) if text is None else self._decode(text, path, key.module)
            entries = file.tests.get(key.test, {})
            tests = {**file.tests, key.test: {**entries, key.comparison: stored}}
            updated = encode(replace(file, profile=self.profile, tests=tests), path)
            if updated != text:
                files.replace_text(path, updated)
        return entries.get(key.comparison)

    def unused(self, module: str, used: Collection[EntryKey]) -> tuple[EntryKey, ...]:
        """Return the entries of ``module`` that are not in ``used``, in order.

        Only means something for a module of which every test ran to its end: the caller knows.
        """
        file = self._read(module)
        stored = () if file is None else _keys(file)
        return tuple(sorted(set(stored) - set(used)))

    def modules(self) -> tuple[str, ...]:
        """Return the test modules of which this machine has a file, in order."""
        return tuple(sorted(self._decode_any(path).module for path in self._paths()))

    def other_profiles(self, key: EntryKey) -> tuple[str, ...]:
        """Return the folder names of other machines that hold an entry for ``key``.

        Only a hint for a reader: a file that cannot be trusted is passed over here, and judged on its own machine.
        """
        found = []
        for folder in sorted(self.root.iterdir()) if self.root.is_dir() else ():
            path = folder / module_file(key.module)
            if folder.name == self.profile.slug or not path.is_file():
                continue
            try:
                file = decode(files.read_text(path) or "", path)
            except BaselineError:
                continue
            if file.profile.slug == folder.name and key in _keys(file):
                found.append(folder.name)
        return tuple(found)

    def check(self) -> None:
        """Read every file of this machine; raise one `BaselineError` that names all the damage there is."""
        errors = []
        for path in self._paths():
            try:
                self._decode_any(path)
            except BaselineError as error:
                errors.append(error)
        if len(errors) == 1:
            raise errors[0]
        if errors:
            raise BaselineError(
                "\n".join([f"{len(errors)} baseline files cannot be used:", *(f"  {error.seen}" for error in errors)]),
                remedy="\n  ".join(dict.fromkeys(error.remedy for error in errors)),
            )

    def check_writable(self) -> None:
        """Raise `BaselineError` unless this machine's baselines can be written. Leaves no trace."""
        files.check_writable(self.folder)
        for folder in sorted({path.parent for path in self._paths()}):
            files.check_writable(folder)

    def _paths(self) -> Iterator[Path]:
        for folder in (self.root, self.folder):
            if folder.exists() and not folder.is_dir():
                raise BaselineError(
                    f"{folder} is a file, and baselines need a folder there.",
                    remedy="Move it away, or name another folder with --ov-baselines=DIR.",
                )
        yield from sorted(self.folder.rglob("*.json"))

    def _read(self, module: str) -> BaselineFile | None:
        path = self.path(module)
        text = self._text(path)
        return None if text is None else self._decode(text, path, module)

    def _text(self, path: Path) -> str | None:
        if not path.exists():
            return None
        # On Windows a file that is open for reading cannot be replaced, so readers take turns with writers.
        with files.locked(path, self._lock_dir, self._lock_timeout_s):
            return files.read_text(path)

    def _decode_any(self, path: Path) -> BaselineFile:
        file = decode(self._text(path) or "", path)
        if self.path(file.module) != path:
            raise self._misplaced(path, file.module)
        return self._own(file, path)

    def _decode(self, text: str, path: Path, module: str) -> BaselineFile:
        file = decode(text, path)
        if file.module != module:
            raise self._misplaced(path, file.module)
        return self._own(file, path)

    def _misplaced(self, path: Path, module: str) -> BaselineError:
        return BaselineError(
            f"Baseline file {path} says that it belongs to the test module {module!r}.",
            remedy=f"If the test module was renamed, change 'module' in the file. If the file is a copy of "
            f"{self.path(module)}, delete it.",
        )

    def _own(self, file: BaselineFile, path: Path) -> BaselineFile:
        differing = file.profile.differs_from(self.profile)
        if not differing:
            return file
        theirs, mine = file.profile.keyed(), self.profile.keyed()
        facts = "; ".join(f"{name} {theirs[name]!r} there, {mine[name]!r} here" for name in differing)
        raise BaselineError(
            f"Baseline file {path} was recorded on another machine: {facts}.",
            remedy=f"Move it back to {self.root / file.profile.slug}, and record this machine's own baselines:"
            " pytest --update-baselines=new",
        )


def _keys(file: BaselineFile) -> tuple[EntryKey, ...]:
    return tuple(EntryKey(file.module, test, label) for test, labels in file.tests.items() for label in labels)
