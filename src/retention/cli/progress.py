"""Bars for people who wait in front of a terminal; nothing for files and pipes."""

from typing import TextIO

BAR = 24
WIDTH = 90


class Bars:
    """Fits ``ports.progress.Progress``; draws over one line of *out*."""

    def __init__(self, out: TextIO) -> None:
        """Draw on *out* if it is a terminal."""
        self._out = out
        self._drawn = False

    def at(self, what: str, done: int, of: int | None = None) -> None:
        """Draw how far it has come."""
        if not self._out.isatty():
            return
        filled = round(BAR * min(done / of, 1.0)) if of else 0
        bar = f"[{'#' * filled}{'.' * (BAR - filled)}] " if of else ""
        known = f" of {of:,}" if of else ""
        self._out.write(f"\r{f'{what} {bar}{done:,}{known}':<{WIDTH}}")
        self._out.flush()
        self._drawn = True

    def clear(self) -> None:
        """Wipe the line, before something is printed that stays."""
        if self._drawn:
            self._out.write(f"\r{'':<{WIDTH}}\r")
            self._drawn = False
