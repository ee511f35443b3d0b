"""What is no assertion of a speed-up, whatever was measured for it."""

from __future__ import annotations


class FromBelow:
    """A speed-up in an assertion: held against a baseline or a number from below, and never by itself."""

    def __le__(self, expected: object) -> bool:
        raise TypeError("A speed-up is asserted from below: write `speedup(...) >= baseline` or `>= number`.")

    __lt__ = __le__

    def __bool__(self) -> bool:
        raise TypeError("A speed-up by itself asserts nothing: write `speedup(...) >= baseline` or `>= number`.")
