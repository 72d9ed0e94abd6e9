"""How the demonstration speaks: a sentence for each step, a bar for long work, and no keys."""

import sys
from collections.abc import Iterable
from typing import TextIO

BAR = 24


class Narrator:
    """Prints numbered sentences; fits ``ports.progress.Progress`` for the work in between."""

    def __init__(self, out: TextIO = sys.stdout) -> None:
        """Print to *out*; bars are drawn only on a terminal."""
        self._out = out
        self._steps = 0
        self._bar = ""

    def say(self, sentence: str) -> None:
        """Print the next numbered sentence."""
        self._steps += 1
        self._line(f"{self._steps:>3}. {sentence}")

    def note(self, lines: Iterable[str]) -> None:
        """Print lines that belong to the last sentence."""
        for line in lines:
            self._line(f"       {line}")

    def title(self, text: str) -> None:
        """Print a heading."""
        self._line("")
        self._line(text)
        self._line("-" * len(text))

    def at(self, what: str, done: int, of: int | None = None) -> None:
        """Draw how far long work has come."""
        if self._out.isatty():
            share = min(done / of, 1.0) if of else 0.0
            filled = round(BAR * share)
            bar = f"[{'#' * filled}{'.' * (BAR - filled)}]" if of else ""
            self._bar = f"\r       {what} {bar} {done:,}{f' of {of:,}' if of else ''}"
            self._out.write(f"{self._bar:<100}")
            self._out.flush()

    def _line(self, text: str) -> None:
        if self._bar:
            self._out.write(f"\r{'':<100}\r")
            self._bar = ""
        self._out.write(text + "\n")
        self._out.flush()
