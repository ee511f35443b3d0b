"""Which rounds other work has spoilt, told by evidence from outside the times themselves.

Times are never called disturbed for being long: that would drop the very slow-downs that are looked for. The evidence
is what the operating system counts: processor time taken by other processes and, on virtual machines, by other guests.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_ovperf.records import Block, Round

#: A block is disturbed when others had more than this share of one processor while it ran. The counters move in steps
#: of 10 ms a processor, a fifth of a block: a smaller share would drop blocks for nothing
#: (docs/decisions/0005-evidence-and-confirmation.md).
DISTURBED_SHARE = 0.5

#: Where fewer rounds than this are left undisturbed, all of them count: the interval then has to speak.
LEAST_COUNTED = 4


def is_disturbed(round_: Round) -> bool:
    """Tell whether other work had too much of the processors during either block of a round."""
    return any(is_disturbed_block(block) for block in (round_.candidate, round_.reference))


def is_disturbed_block(block: Block) -> bool:
    """Tell whether other work had too much of the processors during a block."""
    return _others_share(block) > DISTURBED_SHARE


def counted(rounds: Sequence[Round]) -> tuple[Round, ...]:
    """Return the undisturbed rounds, dropped for both arms alike; all rounds where hardly any would be left."""
    undisturbed = tuple(round_ for round_ in rounds if not is_disturbed(round_))
    enough = len(undisturbed) >= min(LEAST_COUNTED, len(rounds))
    return undisturbed if enough else tuple(rounds)


def _others_share(block: Block) -> float:
    """Return the processor time that others had, as a share of the block's length; 0 where nobody looked."""
    seen = block.interference
    if seen is None or seen.wall_ns <= 0:
        return 0.0
    return ((seen.steal_ns or 0) + (seen.others_ns or 0)) / seen.wall_ns
