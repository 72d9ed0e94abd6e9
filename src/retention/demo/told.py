"""How the demonstration speaks: a sentence for each step, a bar for long work, and no keys."""

import sys
from collections.abc import Iterable
from typing import TextIO

from retention.cli.progress import Bars


class Narrator(Bars):
    """Prints numbered sentences; fits ``ports.progress.Progress`` for the work in between."""

    def __init__(self, out: TextIO = sys.stdout) -> None:
        """Print to *out*."""
        super().__init__(out)
        self._steps = 0

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
        self._line(f"\n{text}\n{'-' * len(text)}")

    def _line(self, text: str) -> None:
        self.clear()
        self._out.write(text + "\n")
        self._out.flush()
