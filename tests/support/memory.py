"""Ledger, evidence, catalogue and clock in memory: they fit the ports, and pass their suites.

Each port call is first shown to ``on_call`` and, when done, to ``on_done``, under a name such as
``ledger.append``; either may raise.  One hook over several fakes counts all calls of a run.
"""

import hashlib
from collections import Counter, defaultdict
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count

from retention.domain.calendar import instant, london_day, stamp
from retention.domain.entry import Record
from retention.domain.merkle import inclusion, leaf_hash, node_hash, root_of
from retention.domain.tlog import TreeHead, opened, proof, signed
from retention.domain.totals import Totals
from retention.errors import EvidenceError, LedgerBrokenError, StaleError
from retention.ports.catalogue import (
    LISTING,
    MORE,
    READ_WITHIN,
    RESUMED_WITHIN,
    SILENT_AFTER,
    STRAYS_MAX,
    Holding,
    Loss,
    Run,
)
from retention.ports.ledger import Checkpoint
from tests.support.signer import CheckpointKey

_NUMBERS = count(1)


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


def _nothing(name):
    pass


class _Hooked:
    """Shows each call to the hooks."""

    port = ""

    def __init__(self, on_call=_nothing, on_done=_nothing):
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


class MemoryLedger(_Hooked):
    """A ledger as a list; *records* is what stands on it."""

    port = "ledger"

    def __init__(self, clock=None, signer=None, on_call=_nothing, on_done=_nothing):
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
            found = [record for name in names if name != prefix for record in self._streams[name]]
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
        at = instant(stamp(self.clock.now()))
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


class MemoryEvidence(_Hooked):
    """Bytes under digests; sealed packs, and whose key is gone, are known by their digest."""

    port = "evidence"

    def __init__(self, on_call=_nothing, on_done=_nothing):
        super().__init__(on_call, on_done)
        self.kept, self.sealed, self.without_key = {}, {}, set()

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
            if digest in self.without_key:
                raise EvidenceError("the key of a pack is not there", hint="restore the keys")
            content = self.sealed.get(digest, stored)
        yield from content.removesuffix(b"\n").split(b"\n") if content else ()

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


class MemoryCatalogue(_Hooked):
    """What surveys saw, and what those at work have kept, by store."""

    port = "catalogue"

    def __init__(self, on_call=_nothing, on_done=_nothing):
        super().__init__(on_call, on_done)
        self.kept, self._strays, self._surveys, self._runs = {}, {}, {}, {}
        self._noticed = {}

    def begin(self, store, *, source, terms, now):
        with self._call("begin"):
            work = self._runs.get(store)
            if work is not None and work.beat_at:
                limit = SILENT_AFTER if work.source == LISTING else READ_WITHIN
                if -limit <= now - work.beat_at < limit:
                    return None
            fresh = work is None or {work.source, source} != {LISTING} or work.terms != terms
            if fresh or now - work.run.began_at > RESUMED_WITHIN:
                work = self._runs[store] = _Work(
                    Run(f"run-{next(_NUMBERS)}", store, now), source, terms
                )
            done = [span for spans, *_ in work.kept for span in spans]
            work.run = replace(work.run, done=done, holder=f"holder-{next(_NUMBERS)}")
            work.beat_at = now
            return work.run

    def keep(self, run, spans, parts, strays, *, now):
        with self._call("keep"):
            kept = tuple(spans), list(parts), list(strays)
            work = self._held(run)
            work.kept.append(kept)
            work.beat_at = now

    def seen(self, run):
        with self._call("seen"):
            kept = self._runs[run.store].kept
            parts, strays = Totals(), Totals()
            for _, of_datasets, of_nobody in kept:
                for found, each in ((parts, of_datasets), (strays, of_nobody)):
                    for t in (one.totals for one in each):
                        found.add(Totals(t.versions, t.markers, t.uploads, t.size_bytes))
            return parts, strays

    def losses(self, run):
        with self._call("losses"):
            work = self._runs[run.store]
            parts = _added((p for _, parts, _ in work.kept for p in parts), "dataset", "place")
            now = {(p.dataset, p.place): p.totals.versions for p in parts}
            stood = sorted(self.kept.get(run.store, ()), key=lambda h: (h.dataset, h.place))
        for h in stood:
            if now.get((h.dataset, h.place), 0) < h.versions:
                left = now.get((h.dataset, h.place), 0)
                yield Loss(h.dataset, h.kind, h.place, h.versions, left)

    def conclude(self, run, survey):
        with self._call("conclude"):
            work = self._held(run)
            parts = _added((p for _, parts, _ in work.kept for p in parts), "dataset", "place")
            strays = _added((s for *_, found in work.kept for s in found), "under", "folder", "why")
            self.kept[run.store] = [_holding(each, survey) for each in parts]
            before = {(s.under, s.folder, s.why): s for s in self._strays.get(run.store, ())}
            self._strays[run.store] = [_since(s, before, survey) for s in _bounded(strays)]
            self._surveys[run.store] = survey
            del self._runs[run.store]

    def end(self, run, *, resumable):
        with self._call("end"):
            work = self._runs.get(run.store)
            if work is None or work.run.holder != run.holder:
                return
            if resumable:
                work.beat_at = None
            else:
                del self._runs[run.store]

    def remember(self, found, *, on):
        with self._call("remember"):
            self._noticed = {each: self._noticed.get(each, on) for each in found}
            return dict(self._noticed)

    def retire(self, stores, *, now):
        with self._call("retire"):
            for table in (self.kept, self._strays, self._surveys):
                for gone in set(table) - set(stores) - {""}:
                    del table[gone]
            for gone in set(self._runs) - set(stores):
                if now - self._runs[gone].run.began_at > RESUMED_WITHIN:
                    del self._runs[gone]

    def surveys(self):
        with self._call("surveys"):
            return [self._surveys[name] for name in sorted(self._surveys)]

    def strays(self):
        with self._call("strays"):
            found = [each for strays in self._strays.values() for each in strays]
            yield from sorted(found, key=lambda each: (each.store, each.under, each.folder))

    def holdings(self, agreement=None):
        with self._call("holdings"):
            found = [each for holdings in self.kept.values() for each in holdings]
            found = [each for each in found if agreement in {None, each.agreement}]
            yield from sorted(found, key=lambda holding: (holding.dataset, holding.place))

    def replace(self, store, holdings):
        """Put *holdings* there, as if a survey of *store* had seen them: no call of the port."""
        self.kept[store] = list(holdings)

    def _held(self, run):
        work = self._runs.get(run.store)
        if work is None or work.run.holder != run.holder:
            raise StaleError("another process took the run up", hint="nothing is to be done")
        return work


class _Work:
    """A survey that has begun."""

    def __init__(self, run, source, terms):
        self.run, self.source, self.terms = run, source, terms
        self.beat_at, self.kept = None, []


def _added(found, *names):
    """Add up what agrees in *names*."""
    sums = {}
    for each in found:
        key = tuple(getattr(each, name) for name in names)
        if key in sums:
            sums[key].totals.add(each.totals)
        else:
            sums[key] = replace(each, totals=deepcopy(each.totals))
    return [sums[key] for key in sorted(sums)]


def _bounded(strays):
    told = [each for each in strays[:STRAYS_MAX] if each.folder != MORE]
    rest = [replace(each, folder=MORE) for each in strays if each not in told]
    return [*told, *_added(rest, "under", "folder", "why")]


def _holding(part, survey):
    t = part.totals
    return Holding(
        part.dataset, part.agreement, part.class_name, part.binding, part.kind, part.place,
        t.versions, t.markers, t.uploads, t.size_bytes, t.oldest_at, t.newest_at, survey.as_of,
        survey.store, survey.source, t.traits.text(),
    )  # fmt: skip


def _since(stray, before, survey):
    known = before.get((stray.under, stray.folder, stray.why))
    first = known.first_seen_at if known else survey.as_of
    surveys = known.surveys + 1 if known else 1
    return replace(stray, store=survey.store, first_seen_at=first, surveys=surveys)
