"""What a search has raced so far, in a file: who interrupts it loses the launch that was under way, and no other."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import filelock

from pytest_ovperf.errors import CacheError, MeasurementError
from pytest_ovperf.records import Verdict, VerdictKind
from pytest_ovperf.trial.traces import trace_from_data, trace_to_data

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from types import TracebackType
    from typing import Self

    from pytest_ovperf.records import Trace

_SCHEMA = 1
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
_NAME_LENGTH = 80
_DIGEST_DIGITS = 10


@dataclass(frozen=True, slots=True)
class KeptRace:
    """The launches of a race, and how it was judged if it is over.

    ``budget`` is the error rate that all its looks may spend, ``later`` how many launches confirm a suspicion, and
    ``judged`` how often it was measured until a verdict, the one that is here included. ``note`` says what is odd.
    """

    trace: Trace
    verdict: Verdict | None = None
    budget: float = 0.0
    later: int = 0
    judged: int = 0
    note: str = ""


class BisectState:
    """The races of one search, kept in the file ``path``, which others are kept from while it is open.

    ``asked`` is what the search is about, as plain data; what was kept of another question is not looked at. Open it
    with ``with``: `CacheError` if it cannot be written, or another search is at it.
    """

    def __init__(self, path: Path, asked: Mapping[str, str]) -> None:
        self.path = path
        self._asked = dict(asked)
        self._lock = filelock.FileLock(path.with_suffix(".lock"))
        self._races: dict[tuple[str, str], KeptRace] = {}
        self.damage = ""

    @classmethod
    def of(cls, cache_dir: Path, asked: Mapping[str, str]) -> Self:
        """Return the state of the question ``asked`` in that cache; ``model`` and ``arm`` of it name the file."""
        text = json.dumps(dict(asked), sort_keys=True, separators=(",", ":"))
        digest = hashlib.sha256(text.encode()).hexdigest()[:_DIGEST_DIGITS]
        name = _UNSAFE.sub("-", f"{asked['model']}-{asked['arm']}").strip("-.")[:_NAME_LENGTH]
        return cls(cache_dir / "bisect" / f"{name}-{digest}.json", asked)

    def __enter__(self) -> Self:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._lock.acquire(timeout=0)
        except filelock.Timeout as error:
            raise CacheError(
                f"Another ovperf bisect is at the same search: {self.path} is locked.",
                remedy="Wait for it, or end it.",
            ) from error
        except OSError as error:
            raise self._unwritable(error) from error
        self._read()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._lock.release()

    def __len__(self) -> int:
        return len(self._races)

    def race(self, new: str, old: str) -> KeptRace | None:
        """Return what is kept of a race, ``None`` if nothing is."""
        return self._races.get((new, old))

    def keep(self, new: str, old: str, race: KeptRace) -> None:
        """Keep a race as it stands. Raises `CacheError`."""
        self._races[new, old] = race
        races = [_to_data(*key, race) for key, race in self._races.items()]
        document = {"schema": _SCHEMA, "asked": self._asked, "races": races}
        unfinished = self.path.with_suffix(".part")
        try:
            unfinished.write_text(json.dumps(document, separators=(",", ":")), encoding="utf-8", newline="\n")
            unfinished.replace(self.path)
        except OSError as error:
            raise self._unwritable(error) from error

    def clear(self) -> None:
        """Forget all races. Raises `CacheError`."""
        self._races.clear()
        self.damage = ""
        try:
            self.path.unlink(missing_ok=True)
        except OSError as error:
            raise self._unwritable(error) from error

    def _read(self) -> None:
        """Read what is kept; what cannot be read is left out, and ``damage`` says so."""
        try:
            text = self.path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return
        except (OSError, UnicodeError) as error:
            self.damage = str(error)
            return
        try:
            document = json.loads(text)
            if document["schema"] != _SCHEMA or document["asked"] != self._asked:
                self.damage = "it is of another version"
                return
            self._races = dict(map(_from_data, document["races"]))
        except (ValueError, KeyError, TypeError, AttributeError, MeasurementError) as error:
            self._races, self.damage = {}, f"{type(error).__name__}: {error}".partition("\n")[0]

    def _unwritable(self, error: OSError) -> CacheError:
        return CacheError(
            f"What was raced cannot be kept in {self.path}: {error}",
            remedy="Make room there, or name another folder with --cache-dir.",
        )


def _to_data(new: str, old: str, race: KeptRace) -> dict[str, Any]:
    verdict = None if race.verdict is None else asdict(race.verdict)
    return {
        "new": new,
        "old": old,
        "trace": trace_to_data(race.trace),
        "verdict": verdict,
        "budget": race.budget,
        "later": race.later,
        "judged": race.judged,
        "note": race.note,
    }


def _from_data(data: Mapping[str, Any]) -> tuple[tuple[str, str], KeptRace]:
    told = data["verdict"]
    verdict = None if told is None else Verdict(**{**told, "kind": VerdictKind(told["kind"])})
    trace = trace_from_data(data["trace"])
    race = KeptRace(trace, verdict, float(data["budget"]), int(data["later"]), int(data["judged"]), str(data["note"]))
    return (str(data["new"]), str(data["old"])), race
