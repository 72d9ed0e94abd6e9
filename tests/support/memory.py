"""Ledger, evidence, catalogue and clock in memory: they fit the ports, and pass their suites.

Each port call is first shown to ``on_call`` and, when done, to ``on_done``, under a name such as
``ledger.append``; either may raise.  One hook over several fakes counts all calls of a run.
"""

import hashlib
from collections import Counter, defaultdict
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from retention.domain.calendar import in_order, instant, london_day, stamp
from retention.domain.entry import Record
from retention.domain.merkle import inclusion, leaf_hash, node_hash, root_of
from retention.domain.tlog import TreeHead, opened, proof, signed
from retention.errors import EvidenceError, LedgerBrokenError, PackClosedError, StaleError
from retention.ports.ledger import Checkpoint
from tests.support.signer import CheckpointKey


class PowerCut(BaseException):
    """The machine stops; nothing in the program can catch it."""


class DieAt:
    """A hook that raises *error* at call number *call*, counted from 0, and counts on.

    Of calls of *port* alone, if one is named, such as ``store.destroy``.
    """

    def __init__(self, call=None, error=PowerCut, port=""):
        self.call, self.error, self.port, self.calls = call, error, port, 0

    def __call__(self, name):
        if self.port not in {"", name}:
            return
        number, self.calls = self.calls, self.calls + 1
        if number == self.call:
            raise self.error if isinstance(self.error, BaseException) else self.error()


def nothing(name):
    pass


class Hooked:
    """Shows each call to the hooks."""

    port = ""

    def __init__(self, on_call=nothing, on_done=nothing):
        self.on_call, self.on_done = on_call, on_done

    @contextmanager
    def _call(self, verb):
        self.on_call(f"{self.port}.{verb}")
        yield
        self.on_done(f"{self.port}.{verb}")


class FixedClock:
    """Says the time that it was told; *moment* can be set."""

    def __init__(self, moment=datetime(2031, 4, 1, 9, 30, tzinfo=UTC)):
        self.moment = moment

    def now(self):
        return self.moment

    def today(self):
        return london_day(self.moment)

    def step(self, **how_far):
        """Go on by ``days=1``, ``hours=2`` and so on."""
        self.moment += timedelta(**how_far)


class MemoryLedger(Hooked):
    """A ledger as a list; *records* is what stands on it."""

    port = "ledger"

    def __init__(self, clock=None, signer=None, on_call=nothing, on_done=nothing):
        super().__init__(on_call, on_done)
        self.clock, self.signer = clock or FixedClock(), signer or CheckpointKey()
        self.records, self._held, self._nodes = [], Counter(), {}
        self._streams = defaultdict(list)

    def append(self, draft, *, expect=None):
        with self._call("append"):
            held = self._held[draft.stream]
            if expect is not None and held != expect:
                raise StaleError(
                    f"the stream holds {held} and not {expect}", hint="read it again, decide again"
                )
            return self._write([draft])[0]

    def append_all(self, drafts, *, expect=None):
        with self._call("append_all"):
            for stream, number in (expect or {}).items():
                if self._held[stream] != number:
                    raise StaleError(f"the stream holds not {number}", hint="read it again")
            return self._write(drafts)

    def stream(self, stream):
        with self._call("stream"):
            return list(self._streams[stream])

    def lengths(self, streams):
        with self._call("lengths"):
            return {stream: self._held[stream] for stream in streams}

    def under(self, prefix):
        with self._call("under"):
            names = [name for name in sorted(self._streams) if name.startswith(prefix)]
            found = [record for name in names for record in self._streams[name]]
        yield from found

    def of_kind(self, *kinds):
        with self._call("of_kind"):
            found = [record for record in self.records if record.kind in kinds]
        yield from found

    def newest(self, kind, *, prefix):
        with self._call("newest"):
            found = {r.stream: r for r in self.records if r.kind is kind}
        yield from (
            found[name] for name in sorted(found) if name.startswith(prefix) and name != prefix
        )

    def size(self):
        with self._call("size"):
            return len(self.records)

    def checkpoint(self):
        with self._call("checkpoint"):
            size = len(self.records)
            head = TreeHead(self.signer.origin, size, root_of(self._node, size))
            note = signed(head, self.signer.log_key, self.signer.sign)
            return Checkpoint(size, head.root, note)

    def require_continued(self, note):
        with self._call("require_continued"):
            head = opened(note, [self.signer.log_key], lambda *_: True)
            size = len(self.records)
            if head.size > size or root_of(self._node, head.size) != head.root:
                raise LedgerBrokenError(f"entry {size} is missing", hint="restore a backup")

    def proof(self, index, checkpoint):
        with self._call("proof"):
            size = len(self.records)
            head = opened(checkpoint.note, [self.signer.log_key], lambda *_: True)
            if not 0 <= index < head.size:
                raise EvidenceError(f"entry {index} is not under it", hint="sign a new one")
            if head.size > size or root_of(self._node, head.size) != head.root:
                raise LedgerBrokenError(f"entry {size} is missing", hint="restore a backup")
            return proof(index, inclusion(self._node, index, head.size), checkpoint.note)

    def audit(self):
        with self._call("audit"):
            for index, record in enumerate(self.records):
                if record.index != index or leaf_hash(record.leaf()) != self._nodes[0, index]:
                    raise LedgerBrokenError(f"entry {index} is not what its leaf says", hint="look")
            return len(self.records)

    def _write(self, drafts):
        last = self.records[-1].at if self.records else None
        at = in_order(instant(stamp(self.clock.now())), last)
        fresh, held = [], self._held.copy()
        for index, draft in enumerate(drafts, start=len(self.records)):
            position, facts = held[draft.stream], dict(draft.facts)
            fresh.append(Record(index, draft.stream, position, at, draft.kind, facts))
            held[draft.stream] += 1
        leaves = {(0, record.index): leaf_hash(record.leaf()) for record in fresh}
        self._nodes.update(leaves)
        self._held = held
        self.records += fresh
        for record in fresh:
            self._streams[record.stream].append(record)
        return fresh

    def _node(self, level, i):
        if (level, i) not in self._nodes:
            children = self._node(level - 1, 2 * i), self._node(level - 1, 2 * i + 1)
            self._nodes[level, i] = node_hash(*children)
        return self._nodes[level, i]


class MemoryWitness:
    """Keeps the newest checkpoint."""

    def __init__(self):
        self.kept = None

    def note(self, checkpoint):
        if self.kept is None or checkpoint.size > self.kept.size:
            self.kept = checkpoint

    def newest(self):
        return None if self.kept is None else self.kept.note


class MemoryEvidence(Hooked):
    """Bytes under digests; sealed packs, and whose key is gone, are known by their digest."""

    port = "evidence"

    def __init__(self, on_call=nothing, on_done=nothing):
        super().__init__(on_call, on_done)
        self.kept, self.sealed, self.without_key, self.closed = {}, {}, set(), set()

    def keep(self, content):
        with self._call("keep"):
            return self._keep(content)

    def read(self, digest):
        with self._call("read"):
            return self._read(digest)

    def keep_lines(self, lines, *, sealed):
        with self._call("keep_lines"):
            content = b"".join(_one_line(line) for line in lines)
            # As if encrypted: the same lines never have the same digest twice.
            digest = self._keep(b"sealed %d\n" % len(self.sealed) + content if sealed else content)
            if sealed:
                self.sealed[digest] = content
            return digest

    def lines(self, digest):
        with self._call("lines"):
            stored = self._read(digest)
            if digest in self.closed:
                raise PackClosedError("closed by design: its key was destroyed", hint="it is whole")
            if digest in self.without_key:
                raise EvidenceError("the key of a pack is not there", hint="restore the keys")
            content = self.sealed.get(digest, stored)
        yield from content.removesuffix(b"\n").split(b"\n") if content else ()

    def close(self, digest):
        with self._call("close"):
            self.closed.add(digest)
            self.without_key.add(digest)

    def open_packs(self):
        with self._call("open_packs"):
            found = sorted(self.sealed.keys() - self.without_key)
        yield from found

    def is_open(self, digest):
        with self._call("is_open"):
            return digest in self.sealed and digest not in self.without_key

    def bring_back_key(self, digest):
        """Do what restoring an old backup of the keys does."""
        self.without_key.discard(digest)

    def damage(self, digest):
        """Flip one bit of what is stored."""
        content = self.kept[digest]
        self.kept[digest] = content[:-1] + bytes([content[-1] ^ 1])

    def lose_key(self, digest):
        """Destroy the key of one pack."""
        self.without_key.add(digest)

    def _keep(self, content):
        digest = "sha256:" + hashlib.sha256(content).hexdigest()
        self.kept[digest] = content
        return digest

    def _read(self, digest):
        content = self.kept.get(digest)
        if content is None or "sha256:" + hashlib.sha256(content).hexdigest() != digest:
            raise EvidenceError("something kept is missing or damaged", hint="restore a backup")
        return content


def _one_line(line):
    if b"\n" in line:
        raise ValueError("a line with a line feed in it would be read back as two")
    return line + b"\n"
