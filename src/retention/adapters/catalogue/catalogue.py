"""The catalogue in SQLite or PostgreSQL."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from datetime import date, datetime
from itertools import islice, starmap
from pathlib import Path
from secrets import token_bytes, token_hex
from typing import Any

from sqlalchemy import Connection, Table, collate, delete, func, insert, select, update

from retention.adapters import database
from retention.adapters.catalogue.rows import (
    COUNTS,
    bounded,
    holding_of,
    merged,
    part_row,
    stray_of,
    stray_row,
    survey_of,
    survey_row,
    text,
)
from retention.adapters.catalogue.sealing import SECRET_BYTES, Bounds
from retention.adapters.catalogue.tables import (
    HOLDING,
    NOTICED,
    PART,
    RUN,
    SPAN,
    STRAY,
    STRAY_PART,
    SURVEY,
)
from retention.domain.totals import Totals
from retention.errors import StaleError
from retention.ports.catalogue import (
    LISTING,
    READ_WITHIN,
    RESUMED_WITHIN,
    SILENT_AFTER,
    Holding,
    Loss,
    Noticed,
    Part,
    Run,
    Stray,
    Survey,
)
from retention.ports.store import Span

NAME = "catalogue"
MIGRATIONS = Path(__file__).with_name("migrations")
PAGE = 2000  # rows that are fetched, or written, at a time
_COLUMNS = [HOLDING.c[each.name] for each in fields(Holding)]
_COPY = ("agreement", "dataset", "place")
_FOLDER = ("under", "folder", "why")


def migrate(url: str) -> None:
    """Bring the catalogue's tables at *url* to their newest form; safe to run again."""
    database.migrate(url, name=NAME, folder=MIGRATIONS)


class SqlCatalogue(database.Adapter):
    """A :class:`retention.ports.catalogue.Catalogue` at a database URL; migrate it first."""

    def __init__(self, url: str, *, secret: bytes | None = None) -> None:
        """Seal the bounds of spans with *secret*; without one, no other process can resume."""
        super().__init__(url, name=NAME)
        self._bounds = Bounds(secret or token_bytes(SECRET_BYTES))

    # Surveys at work

    def begin(self, store: str, *, source: str, terms: str, now: datetime) -> Run | None:
        """Take up the survey of *store* that died, or begin one; None if one is at work."""
        with self._database.writing() as connection:
            row = connection.execute(select(RUN).where(RUN.c.store == store)).one_or_none()
            if row is not None:
                if row.beat_at and _is_alive(row, now):
                    return None
                resumable = {row.source, source} == {LISTING} and row.terms == terms
                taken = self._take_up(connection, row, now) if resumable else None
                if taken is not None:
                    return taken
                _forget(connection, row.id)
            run = Run(token_hex(16), store, now, holder=token_hex(16))
            who = {"id": run.id, "store": store, "source": source, "terms": terms}
            times = {"began_at": text(now), "beat_at": text(now)}
            connection.execute(insert(RUN), [{**who, **times, "holder": run.holder}])
            return run

    def _take_up(self, connection: Connection, row: Any, now: datetime) -> Run | None:
        began_at = datetime.fromisoformat(row.began_at)
        if now - began_at > RESUMED_WITHIN:
            return None
        sealed = connection.execute(
            select(SPAN.c.sealed).where(SPAN.c.run == row.id).order_by(SPAN.c.number)
        )
        done = [self._bounds.open(each, row.id) for each in sealed.scalars()]
        if None in done:
            return None  # sealed by whoever had another secret
        run = Run(row.id, row.store, began_at, [each for each in done if each], token_hex(16))
        connection.execute(
            update(RUN).where(RUN.c.id == run.id).values(holder=run.holder, beat_at=text(now))
        )
        return run

    def keep(
        self,
        run: Run,
        spans: Sequence[Span],
        parts: Iterable[Part],
        strays: Iterable[Stray],
        *,
        now: datetime,
    ) -> None:
        """Keep what *spans* hold together, once.  Raises StaleError if another took the run up."""
        with self._database.writing() as connection:
            _require_held(connection, run, beat_at=text(now))
            number = connection.execute(
                select(func.count()).select_from(SPAN).where(SPAN.c.run == run.id)
            ).scalar_one()
            mine = {"run": run.id, "number": number}
            sealed = (self._bounds.seal(span, run.id) for span in spans)
            rows = (
                {"run": run.id, "number": n, "sealed": each}
                for n, each in enumerate(sealed, start=number)
            )
            _write(connection, SPAN, rows)
            _write(connection, PART, (mine | part_row(each) for each in parts))
            _write(connection, STRAY_PART, (mine | stray_row(each) for each in strays))

    def seen(self, run: Run) -> tuple[Totals, Totals]:
        """Return what the run has kept so far, of datasets and of strays, without traits."""
        with self._database.reading() as connection:
            return _summed(connection, PART, run), _summed(connection, STRAY_PART, run)

    def conclude(self, run: Run, survey: Survey) -> None:
        """Let what the run kept replace what stood for its store, as a whole or not at all."""
        fixed = {"store": run.store, "seen_at": text(survey.as_of), "source": survey.source}
        with self._database.writing() as connection:
            _require_held(connection, run, beat_at=text(survey.ended_at))
            before = {
                (row.under, row.folder, row.why): (row.first_seen_at, row.surveys)
                for row in connection.execute(select(STRAY).where(STRAY.c.store == run.store))
            }
            _drop(connection, run.store)
            # What an older catalogue knew by agreement alone is replaced with its place.
            inside = func.substr(HOLDING.c.place, 1, len(survey.place)) == survey.place
            connection.execute(delete(HOLDING).where(HOLDING.c.store == "", inside))
            _write(connection, HOLDING, (_held(row) | fixed for row in _sum(connection, PART, run)))
            strays = bounded(_sum(connection, STRAY_PART, run))
            _write(connection, STRAY, (_since(row, before, survey, run) for row in strays))
            connection.execute(insert(SURVEY), [survey_row(survey)])
            _forget(connection, run.id)

    def end(self, run: Run, *, resumable: bool) -> None:
        """End a run that failed: *resumable* lets the next begin where it stood, at once."""
        with self._database.writing() as connection:
            mine = (RUN.c.id == run.id) & (RUN.c.holder == run.holder)
            if resumable:
                connection.execute(update(RUN).where(mine).values(beat_at=None))
            elif connection.execute(select(RUN.c.id).where(mine)).one_or_none() is not None:
                _forget(connection, run.id)

    def losses(self, run: Run) -> Iterator[Loss]:
        """Yield each copy of the store's of which *run* has kept fewer versions than stand."""
        key = [self._by_code_point(HOLDING.c[name]) for name in _COPY]
        stood = select(HOLDING).where(HOLDING.c.store == run.store).order_by(*key)
        with self._database.reading() as connection:
            kept = (
                (_key(row), row["versions"])
                for row in _sum(connection, PART, run, self._by_code_point)
            )
            here = next(kept, None)
            for row in connection.execute(stood, execution_options={"yield_per": PAGE}):
                wanted = tuple(getattr(row, name) for name in _COPY)
                while here is not None and here[0] < wanted:
                    here = next(kept, None)
                now = here[1] if here is not None and here[0] == wanted else 0
                if now < row.versions:
                    yield Loss(row.dataset, row.kind, row.place, row.versions, now)

    def retire(self, stores: Sequence[str], *, now: datetime) -> None:
        """Drop what is known of every store that is not one of *stores*."""
        with self._database.writing() as connection:
            for table in (HOLDING, STRAY, SURVEY):
                stale = table.c.store.not_in(["", *stores])
                connection.execute(delete(table).where(stale))
            for row in connection.execute(select(RUN).where(RUN.c.store.not_in(stores))).all():
                if now - datetime.fromisoformat(row.began_at) > RESUMED_WITHIN:
                    _forget(connection, row.id)

    def remember(self, found: Collection[Noticed], *, on: date) -> Mapping[Noticed, date]:
        """Return since which day each of *found* was found every time; forget what was not now."""
        with self._database.writing() as connection:
            rows = connection.execute(select(NOTICED)).all()
            known = {(row.kind, row.subject): date.fromisoformat(row.since) for row in rows}
            since = {each: known.get(each, on) for each in found}
            connection.execute(delete(NOTICED))
            _write(
                connection,
                NOTICED,
                (
                    {"kind": kind, "subject": subject, "since": day.isoformat()}
                    for (kind, subject), day in since.items()
                ),
            )
            return since

    # What stands

    def surveys(self) -> list[Survey]:
        """Return the last good survey of every store, by its name."""
        with self._database.reading() as connection:
            query = select(SURVEY).order_by(self._by_code_point(SURVEY.c.store))
            return [survey_of(row) for row in connection.execute(query)]

    def strays(self) -> Iterator[Stray]:
        """Yield what no agreement claims, sorted by store, place and folder."""
        columns = (STRAY.c[name] for name in ("store", *_FOLDER))
        query = select(STRAY).order_by(*map(self._by_code_point, columns))
        with self._database.reading() as connection:
            for row in connection.execute(query, execution_options={"yield_per": PAGE}):
                yield stray_of(row)

    def holdings(self, agreement: str | None = None) -> Iterator[Holding]:
        """Yield the holdings of one agreement or of all, sorted by dataset and place.

        One moment is read, in memory that does not grow with the number of rows.
        """
        query = select(*_COLUMNS).order_by(
            self._by_code_point(HOLDING.c.dataset), self._by_code_point(HOLDING.c.place)
        )
        if agreement is not None:
            query = query.where(HOLDING.c.agreement == agreement)
        with self._database.reading() as connection:
            rows = connection.execute(query, execution_options={"yield_per": PAGE})
            yield from starmap(holding_of, rows)

    def _by_code_point(self, column: Any) -> Any:
        """Return *column* as it sorts in any locale."""
        return collate(column, "BINARY" if self._database.is_sqlite else "C")


def _require_held(connection: Connection, run: Run, *, beat_at: str | None) -> None:
    held = (RUN.c.id == run.id) & (RUN.c.holder == run.holder)
    if not connection.execute(update(RUN).where(held).values(beat_at=beat_at)).rowcount:
        raise StaleError(
            f"the survey of {run.store} was taken up by another process",
            hint="nothing is to be done: the other one goes on with it",
        )


def _write(connection: Connection, table: Table, rows: Iterator[dict[str, Any]]) -> None:
    while batch := list(islice(rows, PAGE)):
        connection.execute(insert(table), batch)


def _summed(connection: Connection, table: Table, run: Run) -> Totals:
    sums = [func.coalesce(func.sum(table.c[name]), 0) for name in COUNTS]
    row = connection.execute(select(*sums).where(table.c.run == run.id)).one()
    versions, markers, uploads, size_bytes = map(int, row)
    return Totals(versions, markers, uploads, size_bytes)


def _sum(
    connection: Connection, table: Table, run: Run, order: Callable[[Any], Any] = lambda c: c
) -> Iterator[dict[str, Any]]:
    """Yield what a run kept, each copy or folder once, as *order* sorts columns."""
    key = _COPY if table is PART else _FOLDER
    columns = (order(table.c[name]) for name in key)
    query = select(table).where(table.c.run == run.id).order_by(*columns)
    rows = connection.execute(query, execution_options={"yield_per": PAGE})
    return merged(iter(rows), key)


def _key(row: dict[str, Any]) -> tuple[str, ...]:
    return tuple(row[name] for name in _COPY)


def _is_alive(row: Any, now: datetime) -> bool:
    """Tell whether whoever holds a run was heard of; a beat from the future is none."""
    silent = now - datetime.fromisoformat(row.beat_at)
    limit = SILENT_AFTER if row.source == LISTING else READ_WITHIN
    return -limit <= silent < limit


def _held(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in {"run", "number"}}


def _since(
    row: dict[str, Any], before: dict[Any, tuple[str, int]], survey: Survey, run: Run
) -> dict[str, Any]:
    key = tuple(row[name] for name in _FOLDER)
    first_seen_at, surveys = before.get(key, (text(survey.as_of), 0))
    since = {"store": run.store, "first_seen_at": first_seen_at, "surveys": surveys + 1}
    return _held(row) | since


def _drop(connection: Connection, store: str) -> None:
    for table in (HOLDING, STRAY, SURVEY):
        connection.execute(delete(table).where(table.c.store == store))


def _forget(connection: Connection, run: str) -> None:
    """Leave nothing of a run that has ended."""
    for table in (SPAN, PART, STRAY_PART):
        connection.execute(delete(table).where(table.c.run == run))
    connection.execute(delete(RUN).where(RUN.c.id == run))
