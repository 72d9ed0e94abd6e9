"""Look at every store, and bring the catalogue to date.

A survey is kept span by span, so that whoever takes it up after a crash goes on where it stood.
It counts as a whole or not at all: a store that fails, or looks too empty to be believed, keeps
its last good survey, and the failure is on the ledger.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from retention.domain.calendar import stamp
from retention.domain.claims import Claims
from retention.domain.entry import Draft, Entry, Fact
from retention.domain.floor import looks_empty
from retention.domain.incident import IncidentKind
from retention.domain.store import Spot, Store, about
from retention.domain.totals import Totals
from retention.errors import StaleError, StoreError
from retention.ports.catalogue import INVENTORY, LISTING, UPLOADS, Catalogue, Run, Survey
from retention.ports.clock import Clock
from retention.ports.inventory import Inventories, Snapshot
from retention.ports.ledger import Ledger
from retention.ports.probe import Probes
from retention.ports.progress import Progress
from retention.ports.store import WHOLE, Span, Sweeps
from retention.steps.closer import Closer
from retention.steps.expected import (
    expected_versions,
    is_accepted,
    last_versions,
)
from retention.steps.incidents import raise_incident
from retention.steps.keeping import KEPT_TOTALS, Count, Keeper
from retention.steps.losses import raise_losses
from retention.steps.tally import Tally

AHEAD_MAX: Final = timedelta(days=1)  # of our clock: further is none


@dataclass(frozen=True, slots=True)
class Surveying:
    """The ports that a survey takes; *secret* keys the digests of folders that nobody claims."""

    sweeps: Sweeps
    probes: Probes
    inventories: Inventories
    catalogue: Catalogue
    ledger: Ledger
    clock: Clock
    progress: Progress
    secret: bytes


@dataclass(frozen=True, slots=True)
class Surveyed:
    """What the survey of one store came to.

    *fault* is the error that ended it; *is_at_work* says that another process surveys it now, and
    *is_known* that its inventory is not newer than what is known: then nothing was counted.
    """

    store: str
    claimed: Totals
    strays: Totals
    fault: StoreError | None = None
    is_at_work: bool = False
    is_known: bool = False

    @property
    def rows(self) -> int:
        """How many versions, markers and uploads there are."""
        return self.claimed.rows + self.strays.rows


def survey(store: Store, spots: Sequence[Spot], ports: Surveying) -> Surveyed:
    """Survey one *store* for the agreements whose *spots* lie there.

    Safe to run again, and twice at once: one process surveys a store at a time.
    """
    claims = Claims(store, spots, secret=ports.secret)
    snapshot, source = None, LISTING
    if store.inventory:
        source = INVENTORY
        try:
            snapshot = _newest(store, ports)
        except StoreError as fault:
            return _failed(store, source, fault, ports)
        last = _last(store, ports.catalogue)
        if last is not None and snapshot.as_of <= last.as_of and last.terms == claims.terms:
            _write_down(last, ports.ledger)  # it may have failed since, or died before this
            return Surveyed(store.name, Totals(), Totals(), is_known=True)
    run = ports.catalogue.begin(
        store.name, source=source, terms=claims.terms, now=ports.clock.now()
    )
    if run is None:
        return Surveyed(store.name, Totals(), Totals(), is_at_work=True)
    try:
        with _resumable(run, ports.catalogue):
            return _survey(store, spots, claims, run, snapshot, ports)
    except StaleError:
        return Surveyed(store.name, Totals(), Totals(), is_at_work=True)
    except StoreError as fault:
        return _failed(store, source, fault, ports)


def _survey(
    store: Store,
    spots: Sequence[Spot],
    claims: Claims,
    run: Run,
    snapshot: Snapshot | None,
    ports: Surveying,
) -> Surveyed:
    count = Count(store.name, ports.catalogue, ports.progress)
    if snapshot is None:
        _list(store, claims, run, ports, count)
    else:
        _read(store, claims, run, snapshot, ports, count)
    claimed, strays = ports.catalogue.seen(run)
    count.tell(claimed.rows + strays.rows)
    seen = Totals()
    for each in (claimed, strays):
        seen.add(each)
    if _is_unbelievable(store, seen, spots, ports):
        ports.catalogue.end(run, resumable=False)
        fault = StoreError(
            f"{store.name} looks empty: {seen.versions:,} versions are next to nothing",
            hint="nothing was concluded; see what happened, and close the incident if it is true",
        )
        return _failed(store, LISTING if snapshot is None else INVENTORY, fault, ports)
    last = _last(store, ports.catalogue)
    if last is not None and not store.holds(last.place) and last.rows:
        _raise_dropped(store, ports)
    if last is not None and last.terms == claims.terms:  # else it may only be counted otherwise
        raise_losses(run, spots, ports.catalogue, ports.ledger, on=ports.clock.today())
    survey = _said(store, run, snapshot, (claims.terms, seen, strays.rows), ports.clock.now())
    ports.catalogue.conclude(run, survey)
    _write_down(survey, ports.ledger)
    return Surveyed(store.name, claimed, strays)


def _list(store: Store, claims: Claims, run: Run, ports: Surveying, count: Count) -> None:
    """List what is left of *store*, and keep each span when it is finished."""
    closer = Closer(store, ports.probes)
    keeper = Keeper(run, Tally(store.name, claims, Closer.not_at_all), ports.catalogue, ports.clock)
    # Uploads first: one that is finished meanwhile is then seen twice, and not never.
    if UPLOADS not in run.done:
        tally = Tally(store.name, claims, closer.look)
        for upload in ports.sweeps.uploads(store.place):
            tally.upload(upload)
            count.add(1)
        keeper.take(UPLOADS, tally)
    lanes: dict[int, Tally] = {}
    for swept in ports.sweeps.sweep(store.place, left_of(run.done)):
        tally = lanes.setdefault(swept.lane, Tally(store.name, claims, closer.look))
        tally.add(swept.page)
        count.add(len(swept.page))
        if swept.finished is not None:
            keeper.take(swept.finished, lanes.pop(swept.lane))
    if lanes:
        raise StoreError(
            f"the listing of {store.name} ended in the middle of a span",
            hint="nothing was concluded from it; survey it again",
        )
    keeper.keep()


def left_of(done: Sequence[Span]) -> list[Span]:
    """Return the spans that are not *done*: together with those they hold every key once."""
    left, after = [], ""
    for span in sorted(span for span in done if span != UPLOADS):
        if span.after > after:
            left.append(Span(after, span.after))
        if span.through is None:
            return left
        after = max(after, span.through)
    return [*left, Span(after)] if after else [WHOLE]


def _read(
    store: Store,
    claims: Claims,
    run: Run,
    snapshot: Snapshot,
    ports: Surveying,
    count: Count,
) -> None:
    """Read an inventory, and list what is in none: unfinished uploads."""
    if not snapshot.place.startswith(f"s3://{store.bucket}/"):
        raise StoreError(
            f"the inventory of {store.name} is of another bucket",
            hint="correct `inventory` of this store in retention.toml",
        )
    tally = Tally(store.name, claims, Closer.not_at_all)
    for upload in ports.sweeps.uploads(store.place):
        tally.upload(upload)
        count.add(1)
    now = ports.clock.now
    ports.catalogue.keep(run, [UPLOADS], tally.parts(), tally.strays(), now=now())
    inside = store.place.removeprefix(f"s3://{store.bucket}/")
    tally, after, folder = Tally(store.name, claims, Closer.not_at_all), "", ""
    for number, group in enumerate(ports.inventories.groups(snapshot, depth=claims.depth), 1):
        folder = group.folder
        if folder.startswith(inside):
            tally.group(f"{folder}-", group.totals)  # any name of a key in it will do
        count.add(group.totals.rows)
        if number % KEPT_TOTALS == 0 and folder:
            span, after = Span(after, folder), folder
            ports.catalogue.keep(run, [span], tally.parts(), tally.strays(), now=now())
            tally = Tally(store.name, claims, Closer.not_at_all)
    ports.catalogue.keep(run, [Span(after)], tally.parts(), tally.strays(), now=now())


def _newest(store: Store, ports: Surveying) -> Snapshot:
    """Return the newest inventory; StoreError for one that nobody can have made yet."""
    snapshot = ports.inventories.newest(store.inventory)
    if snapshot.as_of > ports.clock.now() + AHEAD_MAX:
        raise StoreError(
            f"the newest inventory of {store.name} says that it was made in days to come",
            hint="see who wrote it, and take it away: the one before it will be read",
        )
    return snapshot


def _last(store: Store, catalogue: Catalogue) -> Survey | None:
    return next((each for each in catalogue.surveys() if each.store == store.name), None)


def _raise_dropped(store: Store, ports: Surveying) -> None:
    """Raise that a store was narrowed, or means another place now: nobody looks at the rest."""
    today, kind = ports.clock.today(), IncidentKind.STORE_DROPPED
    raise_incident(
        ports.ledger, kind, about(store.name), noticed_on=today, personal=False, began_on=today
    )


def _is_unbelievable(store: Store, seen: Totals, spots: Sequence[Spot], ports: Surveying) -> bool:
    """Tell whether so little is there that an outage is likelier, and raise it."""
    last = _last(store, ports.catalogue)
    versions, since = last_versions(store, last, ports.ledger)
    if not looks_empty(seen.versions, versions):
        return False
    if last is not None:  # what was disposed of since is slow to find out, and rarely asked
        expected = expected_versions(store, ports.catalogue, ports.ledger)
        if not looks_empty(seen.versions, expected + last.stray_rows):
            return False
    subject = about(store.name)
    if is_accepted(ports.ledger, subject, since=since):
        return False
    here = [s for s in spots if store.holds(s.pattern.static_place)]
    raise_incident(
        ports.ledger,
        IncidentKind.STORE_LOOKS_EMPTY,
        subject,
        noticed_on=ports.clock.today(),
        personal=any(s.agreement.class_named(s.class_name).is_personal for s in here),
        began_on=ports.clock.today(),
    )
    return True


def _said(
    store: Store,
    run: Run,
    snapshot: Snapshot | None,
    counted: tuple[str, Totals, int],  # under these terms, all there is, and strays among it
    now: datetime,
) -> Survey:
    terms, seen, stray_rows = counted
    return Survey(
        store=store.name,
        place=store.place,
        source=LISTING if snapshot is None else INVENTORY,
        began_at=run.began_at,  # what goes while we list was there when we began
        ended_at=now,
        as_of=run.began_at if snapshot is None else snapshot.as_of,
        digest="" if snapshot is None else snapshot.digest,
        terms=terms,
        versions=seen.versions,
        markers=seen.markers,
        uploads=seen.uploads,
        size_bytes=seen.size_bytes,
        stray_rows=stray_rows,
    )


def _write_down(survey: Survey, ledger: Ledger) -> None:
    facts: dict[str, Fact] = {
        "store": survey.store,
        "source": survey.source,
        "digest": survey.digest,
        "as_of": stamp(survey.as_of),
        "versions": survey.versions,
        "markers": survey.markers,
        "uploads": survey.uploads,
        "bytes": survey.size_bytes,
        "strays": survey.stray_rows,
        "failed": 0,
    }
    ledger.append(Draft(about(survey.store), Entry.STORE_SURVEYED, facts))


def _failed(store: Store, source: str, fault: StoreError, ports: Surveying) -> Surveyed:
    facts: dict[str, Fact] = {
        "store": store.name,
        "source": source,
        "digest": "",
        "as_of": stamp(ports.clock.now()),
        **dict.fromkeys(("versions", "markers", "uploads", "bytes", "strays"), 0),
        "failed": fault.exit_code,
    }
    ports.ledger.append(Draft(about(store.name), Entry.STORE_SURVEYED, facts))
    return Surveyed(store.name, Totals(), Totals(), fault=fault)


@contextmanager
def _resumable(run: Run, catalogue: Catalogue) -> Iterator[None]:
    """Let the next process go on at once, whatever ends this one."""
    ended = False
    try:
        yield
        ended = True
    finally:
        if not ended:
            catalogue.end(run, resumable=True)
