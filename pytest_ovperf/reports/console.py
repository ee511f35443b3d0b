"""The terminal that pytest writes to, as reports need it: known in size and encoding, and written to past capture."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from typing import TextIO


class Console:
    """The terminal of one run, found anew at each use: pytest makes it late, and may have none.

    Where there is none (``-p no:terminal``, a worker of xdist) it is 80 cells wide and swallows everything.
    ``config`` is pytest's, which this module does not import.
    """

    def __init__(self, config: Any) -> None:  # noqa: ANN401  (see the class: pytest is known in four modules only)
        self._config = config
        self._is_terminal: bool | None = None

    @property
    def width(self) -> int:
        """Cells in a line."""
        return self._writer.fullwidth if self._writer else 80

    @property
    def column(self) -> int:
        """Cells of the current line that pytest has filled."""
        return self._writer.width_of_current_line if self._writer else 0

    @property
    def colour(self) -> bool:
        """Whether pytest itself uses colours."""
        return bool(self._writer and self._writer.hasmarkup)

    @property
    def encoding(self) -> str:
        """What the terminal can show."""
        return getattr(self._file, "encoding", None) or "ascii"

    @property
    def rewritable(self) -> bool:
        """Whether a line can be taken back."""
        if self._is_terminal is None and self._file is not None:
            with self._uncaptured():  # else the descriptor is that of pytest's temporary file
                self._is_terminal = self._file.isatty()
        return bool(self.colour and self._is_terminal)

    @property
    def quiet(self) -> bool:
        """Whether pytest was asked to say less."""
        return bool(self._config.get_verbosity() < 0)

    def write(self, text: str, /) -> None:
        """Write past the capture, which during a test has the terminal's descriptor; nothing where quiet is wanted."""
        if self._file is not None and not self.quiet:
            with self._uncaptured():
                self._file.write(text)
                self._file.flush()

    def _uncaptured(self) -> AbstractContextManager[None]:
        capture = self._config.pluginmanager.getplugin("capturemanager")
        return capture.global_and_fixture_disabled() if capture else nullcontext()

    @property
    def _writer(self) -> Any:  # noqa: ANN401  (pytest's TerminalWriter)
        reporter = self._config.pluginmanager.getplugin("terminalreporter")
        return self._config.get_terminal_writer() if reporter else None

    @property
    def _file(self) -> TextIO | None:
        # Not through the writer's own methods: the live line must not move pytest's idea of the column.
        return self._writer._file if self._writer else None  # noqa: SLF001
