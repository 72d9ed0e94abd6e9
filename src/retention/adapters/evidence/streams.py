"""Lines into bytes and out of them again, sealed with age, in constant memory.

Source: age-encryption.org/v1; any ``age`` program opens a pack with its key.
"""

import atexit
import hashlib
import io
import os
import threading
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import IO, Any
from weakref import WeakSet

import pyrage  # type: ignore[import-untyped]  # it ships no types

AGE_HEADER = b"age-encryption.org/v1\n"


class Failure:
    """Remembers what went wrong inside it, for the other side of a foreign library."""

    error: BaseException | None = None

    def __enter__(self) -> None:
        """Begin to watch."""

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        """Remember *error*, and let it pass."""
        self.error = error


class LinesReader(io.RawIOBase):
    """*lines*, each with a line feed after it, as a file to read from.

    *failure* holds what the lines themselves raised.  A line with a line feed in it is a
    ValueError, for it would be read back as two.
    """

    def __init__(self, lines: Iterable[bytes]) -> None:
        super().__init__()
        self._lines, self._rest = iter(lines), bytearray()
        self.failure = Failure()

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def readinto(self, buffer: Any, /) -> int:
        """Fill *buffer* as far as there are lines."""
        wanted = len(buffer)
        with self.failure:
            while len(self._rest) < wanted and (line := next(self._lines, None)) is not None:
                if b"\n" in line:
                    raise ValueError("a line with a line feed in it would be read back as two")
                self._rest += line + b"\n"
        piece = bytes(self._rest[:wanted])
        del self._rest[:wanted]
        buffer[: len(piece)] = piece
        return len(piece)


class HashingWriter(io.RawIOBase):
    """Passes on what is written to it, and knows its digest."""

    def __init__(self, sink: IO[bytes]) -> None:
        super().__init__()
        self._sink, self._hash = sink, hashlib.sha256()

    def writable(self) -> bool:
        """Say that it can be written to."""
        return True

    def write(self, data: Any, /) -> int:
        """Pass *data* on."""
        self._hash.update(data)
        return self._sink.write(data)

    @property
    def digest(self) -> str:
        """``sha256:`` over everything so far."""
        return "sha256:" + self._hash.hexdigest()


def seal(source: io.RawIOBase, sink: io.RawIOBase) -> str:
    """Encrypt *source* into *sink* under a fresh identity, and return it: the one thing that opens.

    Raises OSError or ``pyrage.EncryptError``.
    """
    identity = pyrage.x25519.Identity.generate()
    pyrage.encrypt_io(source, sink, [identity.to_public()])
    return str(identity)


class Opening(threading.Thread):
    """Decrypts *sealed* into a pipe, for age pushes where a reader of lines pulls.

    The pipe holds a few kilobytes: it goes on as fast as somebody reads.  *error* is what ended it.
    """

    def __init__(self, sealed: IO[bytes], identity: str) -> None:
        # A reader that is never finished must not keep the program from ending.
        super().__init__(daemon=True, name="opening-evidence")
        self._sealed, self._identity = sealed, pyrage.x25519.Identity.from_str(identity)
        read_end, self._write_end = os.pipe()
        self._clear = os.fdopen(read_end, "rb")
        self.error: Exception | None = None
        _OPEN.add(self)

    def run(self) -> None:
        """Decrypt to the end, or until nobody reads any more."""
        try:
            with os.fdopen(self._write_end, "wb", buffering=0) as sink:
                pyrage.decrypt_io(self._sealed, sink, [self._identity])
        except (pyrage.DecryptError, OSError) as error:
            self.error = error

    def lines(self) -> Iterator[bytes]:
        """Yield what comes out, line by line; raise *error* at the end if there was one."""
        self.start()
        try:
            yield from self._clear
        finally:
            self.end()
        if self.error is not None:
            raise self.error

    def end(self) -> None:
        """Read no more, and wait until nothing is written any more."""
        self._clear.close()  # first: a writer that waits for room would wait for ever
        if self.ident is not None:
            self.join()


_OPEN: "WeakSet[Opening]" = WeakSet()


def _end_all() -> None:
    """End what nobody read to its end: at its exit Python cuts threads off, and in the midst of a
    foreign library that aborts the process, whose exit code is lost.
    """
    for each in list(_OPEN):
        with suppress(OSError):
            each.end()


atexit.register(_end_all)
