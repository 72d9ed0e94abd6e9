"""Catalogues filled as a survey fills them."""

from datetime import UTC, datetime

from retention.domain.totals import Totals, Traits
from retention.ports.catalogue import LISTING, Part, Stray, Survey
from retention.ports.store import WHOLE

SEEN = datetime(2031, 4, 1, 9, 30, 0, 123_456, tzinfo=UTC)


def part(dataset="NACEL/patient/england/2019", place="s3://nacel/2019/", **changed):
    """Return a part of one copy; *changed* are fields of it or of its totals."""
    said = {
        "agreement": dataset.split("/", maxsplit=1)[0],
        "class_name": "patient",
        "binding": (("nation", "england"), ("round", "2019")),
        "kind": "primary",
    }
    said |= {name: changed.pop(name) for name in list(changed) if name in said}
    totals = {"versions": 12, "markers": 1, "size_bytes": 5 * 2**40}
    totals |= {"oldest_at": datetime(2019, 1, 1, tzinfo=UTC), **changed}
    return Part(dataset=dataset, place=place, **said, totals=Totals(**totals))


def stray(under="s3://nacel/", folder="9f86d081", why="unclaimed", store="nacel", **counts):
    """Return what nobody claims in one folder."""
    return Stray(store, under, folder, why, Totals(**{"versions": 3, "size_bytes": 30, **counts}))


def concluded(store, now=SEEN, **changed):
    """Return what a good survey of *store* says of itself."""
    said = {
        "place": f"s3://{store.lower()}/", "source": LISTING, "began_at": now, "ended_at": now,
        "as_of": now, "digest": "", "terms": "","versions": 0, "markers": 0, "uploads": 0, "size_bytes": 0,
        "stray_rows": 0,
    }  # fmt: skip
    return Survey(store=store, **said | changed)


def fill(catalogue, store, parts, strays=(), *, now=SEEN, **changed):
    """Survey *store*, and see *parts* and *strays* there."""
    run = catalogue.begin(store, source=LISTING, terms="", now=now)
    catalogue.keep(run, [WHOLE], parts, strays, now=now)
    catalogue.conclude(run, concluded(store, now, **changed))


def fill_from(catalogue, store, holdings):
    """Survey *store* as if it held *holdings*, all of one moment."""
    parts = [
        Part(
            h.dataset, h.agreement, h.class_name, h.binding, h.kind, h.place,
            Totals(h.versions, h.markers, h.uploads, h.size_bytes, h.oldest_at, h.newest_at,
                   Traits.read(h.traits_text)),
        )
        for h in holdings
    ]  # fmt: skip
    moment = max((h.seen_at for h in holdings), default=SEEN)
    fill(catalogue, store, parts, now=moment)
