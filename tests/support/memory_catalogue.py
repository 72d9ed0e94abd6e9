"""The catalogue in memory: it fits the port, and passes its suite."""

from copy import deepcopy
from dataclasses import replace
from itertools import count

from retention.domain.totals import Totals
from retention.errors import StaleError
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
from tests.support.memory import Hooked, nothing

_NUMBERS = count(1)


class MemoryCatalogue(Hooked):
    """What surveys saw, and what those at work have kept, by store."""

    port = "catalogue"

    def __init__(self, on_call=nothing, on_done=nothing):
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
