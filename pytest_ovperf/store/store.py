"""The baselines of one machine: find, put, and say what is wrong with them before it costs time."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_ovperf.errors import BaselineError

from . import files, layer_names
from .keys import EntryKey, module_file
from .layers import LayerFolder, spelled
from .schema import BaselineFile, decode, encode

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from contextlib import AbstractContextManager
    from pathlib import Path

    from pytest_ovperf.arms import Side
    from pytest_ovperf.hardware.profile import HardwareProfile
    from pytest_ovperf.records import LayerFiles, StoredBaseline

    from .layers import KeptLayers


class BaselineStore:
    """The folder ``root / profile.slug``, one file a test module, and execution graphs in a folder of their own.

    Nothing is kept in memory: every question reads the file, so that several processes may share the folder.
    Every method raises `BaselineError` for a file that cannot be trusted, and none repairs or skips one silently.

    Each module's file has a lock, for the time of one reading or replacing. The folder of graphs has one as well. Who
    makes a file there, lets a baseline name it, or removes what none names, holds it from the first step to the last,
    so what another run has just made and is about to name is never taken for garbage. It is taken before the lock of a
    module's file and never by whoever holds one, so nobody waits in a circle.
    """

    def __init__(
        self, root: Path, profile: HardwareProfile, *, lock_dir: Path | None = None, lock_timeout_s: float = 30.0
    ) -> None:
        """Take ``root`` as ``--ov-baselines`` names it; it need not exist. ``lock_dir`` is for tests."""
        self.root = root
        self.profile = profile
        self._layers = LayerFolder(self.folder / layer_names.FOLDER)
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

    def put(
        self, key: EntryKey, stored: StoredBaseline, layers: Mapping[Side, KeptLayers] | None = None
    ) -> StoredBaseline | None:
        """Store an entry at the file's precision and return what it replaces.

        The file is read again under a lock and replaced whole, so other runs' entries stay. A file that cannot be
        read is not overwritten. ``layers`` are kept beside it and named in it; of a side that they do not tell,
        what ``stored`` names stays, if it can be read. What no baseline of this machine names any more is removed.
        """
        told = {side: spelled(kept, layer_names.stem(key.comparison, side)) for side, kept in (layers or {}).items()}
        named = {**stored.layers, **{side: its.files for side, its in told.items()}}
        texts = {name: text for its in told.values() for name, text in its.texts.items()}
        if not named and not self._layers.path.exists():
            return self._replace(key, stored, texts)
        with self._locked(self._layers.path):
            for side in set(stored.layers) - set(told):
                self._layers.read(stored.layers[side])
            replaced = self._replace(key, replace(stored, layers=named), texts)
            self._remove_unnamed()
        return replaced

    def layers(self, stored: StoredBaseline) -> Mapping[Side, KeptLayers]:
        """Return what is kept of the layers of each side of a baseline that has them.

        Ask before another baseline is put in its place: the files go with it. Raises `BaselineError` for a file that
        is missing or damaged, with its line.
        """
        return {side: self._layers.read(files) for side, files in stored.layers.items()}

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

    def check(self, *, layers: bool = True) -> None:
        """Read every file of this machine; raise one `BaselineError` that names all the damage there is.

        A graph or times that a baseline names and that are missing or damaged are damage as well, although a verdict
        needs neither: found only when a regression is to be explained, they would be missed when they are needed.
        Without ``layers`` nobody looks at them: a run that records all baselines anew writes them anew.
        """
        errors, damaged = self._damage(layers=layers)
        if damaged:
            # Another run may have put a baseline in the place of one that was just read: look while none can.
            with self._locked(self._layers.path):
                errors, damaged = self._damage(layers=layers)
        errors += damaged
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
        for folder in sorted({*(path.parent for path in self._paths()), self._layers.path}):
            files.check_writable(folder)

    def _damage(self, *, layers: bool) -> tuple[list[BaselineError], list[BaselineError]]:
        """Return what is wrong with the modules' files, and with the graphs and times that the sound ones name."""
        errors: list[BaselineError] = []
        named: dict[LayerFiles, list[Path]] = {}
        for path in self._paths():
            try:
                file = self._decode_any(path)
            except BaselineError as error:
                errors.append(error)
            else:
                for its in _layer_files(file) if layers else ():
                    named.setdefault(its, []).append(path)
        return errors, [_named_in(named, *damage) for damage in self._layers.damage(named)]

    def _replace(self, key: EntryKey, stored: StoredBaseline, texts: Mapping[str, str]) -> StoredBaseline | None:
        """Replace an entry, the files with these ``texts`` being there before anything names them."""
        path = self.path(key.module)
        with self._locked(path):
            text = files.read_text(path)
            file = BaselineFile(key.module, self.profile, {}) if text is None else self._decode(text, path, key.module)
            entries = file.tests.get(key.test, {})
            tests = {**file.tests, key.test: {**entries, key.comparison: stored}}
            updated = encode(replace(file, profile=self.profile, tests=tests), path)
            self._layers.write(texts)
            if updated != text:
                files.replace_text(path, updated)
        return entries.get(key.comparison)

    def _remove_unnamed(self) -> None:
        """Remove graphs and times that no baseline names; where one cannot be read, nobody knows what it names."""
        with contextlib.suppress(BaselineError):
            read = [self._decode_any(path) for path in self._paths()]
            self._layers.remove_all_but([its for file in read for its in _layer_files(file)])

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
        with self._locked(path):
            return files.read_text(path)

    def _locked(self, path: Path) -> AbstractContextManager[None]:
        return files.locked(path, self._lock_dir, self._lock_timeout_s)

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


def _named_in(naming: Mapping[LayerFiles, list[Path]], name: str, error: BaselineError) -> BaselineError:
    """Return the error for a graph or times with the modules' files that name them."""
    paths = [path for its, own in naming.items() if name in (its.times, *layer_names.graphs(its)) for path in own]
    return BaselineError(
        f"{error.seen} Named in {', '.join(map(str, dict.fromkeys(paths)))}.",
        remedy=error.remedy,
    )


def _layer_files(file: BaselineFile) -> Iterator[LayerFiles]:
    return (its for labels in file.tests.values() for stored in labels.values() for its in stored.layers.values())
