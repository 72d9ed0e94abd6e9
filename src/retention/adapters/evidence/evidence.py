"""The evidence store in a folder: each thing under its own digest, packs sealed with age."""

import hashlib
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import IO

import pyrage  # type: ignore[import-untyped]  # it ships no types

from retention.adapters.evidence.keys import KeyFolder, hex_of
from retention.adapters.evidence.streams import (
    AGE_HEADER,
    HashingWriter,
    LinesReader,
    Opening,
    seal,
)
from retention.adapters.folders import Folder
from retention.domain.canonical import sha256
from retention.errors import (
    EvidenceError,
    PackClosedError,
    RetentionError,
    StoreUnavailableError,
)

PIECE_BYTES = 65_536


class FolderEvidence:
    """A :class:`retention.ports.evidence.Evidence` in *folder*, with the keys of packs in *keys*.

    A digest is always over the bytes as they are stored, so that fixity needs no key.
    """

    def __init__(self, folder: Path, *, keys: KeyFolder) -> None:
        self._folder, self._keys = Folder(folder), keys

    def keep(self, content: bytes) -> str:
        """Keep *content* in the clear and return its digest; what was damaged is made whole."""
        digest = sha256(content)
        path = self._path(digest)
        with _writing():
            if not (path.is_file() and sha256(path.read_bytes()) == digest):
                with self._folder.new_file() as file:
                    file.write(content)
                    self._folder.settle(file, path)
        return digest

    def read(self, digest: str) -> bytes:
        """Return what is kept under *digest*: a sealed pack as it is stored, sealed."""
        with _reading():
            content = self._path(digest).read_bytes()
        if sha256(content) != digest:
            raise _damaged()
        return content

    def keep_lines(self, lines: Iterable[bytes], *, sealed: bool) -> str:
        """Keep *lines* and return the digest of the stored bytes; what *lines* raise, this raises.

        Raises ValueError for a line that would be read back as something else.
        """
        source = LinesReader(lines)
        try:
            with _writing(), self._folder.new_file() as file:
                sink = HashingWriter(file)
                if sealed:
                    identity = seal(source, sink)
                    # First the key: a crash in between leaves a key to nothing, not a closed pack.
                    self._keys.keep(sink.digest, identity)
                else:
                    _copy(source, sink)
                self._folder.settle(file, self._path(sink.digest))
        except RetentionError:
            # The lines failed and not the store, whatever the machinery made of it.
            if source.failure.error is not None:
                raise source.failure.error from None
            raise
        return sink.digest

    def lines(self, digest: str) -> Iterator[bytes]:
        """Yield the lines kept under *digest*, once all stored bytes are known to be whole."""
        with _reading(), self._path(digest).open("rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != hex_of(digest):
                raise _damaged()
            file.seek(0)
            is_sealed = file.read(len(AGE_HEADER)) == AGE_HEADER
            file.seek(0)
            # Closed before the file is: a pack that is being opened reads on by itself.
            with closing(self._opened(file, digest) if is_sealed else _plain(file)) as lines:
                for line in lines:
                    yield line.removesuffix(b"\n")

    def _opened(self, file: IO[bytes], digest: str) -> Generator[bytes]:
        if self._keys.is_closed(digest):
            raise PackClosedError(
                "a manifest was closed by design: its key was destroyed on its day",
                hint="nothing is damaged; its root and counts stand on the ledger and certificates",
            )
        if (identity := self._keys.identity(digest)) is None:
            raise EvidenceError(
                "the key of a sealed pack is not there",
                hint="it was lost: restore the folder of keys from its backup",
            )
        yield from Opening(file, identity).lines()

    def _path(self, digest: str) -> Path:
        if (digits := hex_of(digest)) is None:
            raise _missing()
        return self._folder.path / "sha256" / digits[:2] / digits[2:]


def _plain(file: IO[bytes]) -> Generator[bytes]:
    yield from file


def _copy(source: LinesReader, sink: HashingWriter) -> None:
    piece = source.read(PIECE_BYTES)
    if piece.startswith(AGE_HEADER):
        raise ValueError("lines in the clear that begin like a sealed pack would be taken for one")
    while piece:
        sink.write(piece)
        piece = source.read(PIECE_BYTES)


@contextmanager
def _writing() -> Iterator[None]:
    try:
        yield
    except (OSError, pyrage.EncryptError) as error:
        raise StoreUnavailableError(
            "the evidence store cannot be written",
            hint="see that its disk is there and not full, and that this account may write to it",
        ) from error


@contextmanager
def _reading() -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise _missing() from None
    except (OSError, pyrage.DecryptError, pyrage.IdentityError) as error:
        raise EvidenceError(
            "something in the evidence store cannot be read",
            hint="restore it, or the key that belongs to it, from a backup",
        ) from error


def _missing() -> EvidenceError:
    return EvidenceError(
        "nothing is kept in the evidence store under a digest that was asked for",
        hint="it was lost, or never came here: restore the evidence store from a backup",
    )


def _damaged() -> EvidenceError:
    return EvidenceError(
        "something in the evidence store is not what its digest says",
        hint="it was altered or damaged at rest: restore it from a backup",
    )
