"""Hold back the chatter of the heavy libraries while they work; errors still come through."""

from __future__ import annotations

import contextlib
import logging
import sys
import warnings
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_CHATTY = ("nncf", "optimum", "transformers", "huggingface_hub", "torch")


@contextlib.contextmanager
def quietly() -> Iterator[None]:
    """Silence warnings and log records below ERROR, and keep prints off standard output, until the block ends.

    Prints go to standard error: in a worker that is the captured file whose tail is shown if the process dies.
    """
    loggers = [logging.getLogger(name) for name in _CHATTY]
    levels = [logger.level for logger in loggers]
    try:
        for logger in loggers:
            logger.setLevel(logging.ERROR)
        with warnings.catch_warnings(), contextlib.redirect_stdout(sys.stderr):
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
