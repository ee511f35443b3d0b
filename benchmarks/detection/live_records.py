"""Live races as they are kept: one JSON object a line, added to, so that many short sessions make one set."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

SCHEMA = 1


@dataclass(frozen=True, slots=True)
class LiveRace:
    """One race that was run: what was raced, under which load, and what the package's judge said of it.

    ``share`` is by how much the candidate was made slower, where that is known beforehand (else 0). ``seconds`` run
    from the start of the first launch to the verdict, ``first_s`` to what the planned looks said before a suspicion was
    measured again. ``log_ratios`` holds one a launch, above 0 where the candidate was faster.
    """

    model: str
    scenario: str
    share: float
    load: str
    finding: str
    launches: int
    seconds: float
    first_s: float
    log_ratios: tuple[float, ...]
    started_unix: float
    machine: str
    versions: Mapping[str, str]


def append_race(path: Path, race: LiveRace) -> None:
    """Add a race to the file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8", newline="\n") as file:
        file.write(json.dumps({"schema": SCHEMA, **asdict(race)}) + "\n")


def read_races(path: Path) -> list[LiveRace]:
    """Return the races of a file, none where there is none. Raises `ValueError`, with the line, for damage."""
    if not path.exists():
        return []
    races = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            fields = json.loads(line)
            if fields.pop("schema") != SCHEMA:
                raise ValueError("another form")  # noqa: TRY301  (one message for all damage)
            races.append(LiveRace(**{**fields, "log_ratios": tuple(fields["log_ratios"])}))
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(f"{path}:{number}: no live race ({error}).") from error
    return races
