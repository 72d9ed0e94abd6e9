"""Surveys of real stores, with the surveyor's credentials, into a real catalogue."""

import logging
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from retention.adapters.catalogue import SqlCatalogue, migrate
from retention.adapters.s3.inventory.reader import S3Inventories
from retention.adapters.s3.lists import S3Lists
from retention.adapters.s3.probe import S3Probes
from retention.domain.dataset import Kind
from retention.domain.pattern import Pattern
from retention.domain.store import Store, spots_of, stores_of
from retention.ports.catalogue import INVENTORY
from retention.ports.progress import NoProgress
from retention.steps.survey import Surveying, survey
from tests.support.cast import agreement
from tests.support.engines import LISTED, engine
from tests.support.inventories import Published, Row
from tests.support.memory import FixedClock, MemoryLedger

NAME = "mary-example"  # an invented name, as keys may hold
NOW = datetime(2031, 4, 1, 9, 30, tzinfo=UTC)
LATER = NOW + timedelta(days=1)  # of the inventory: an older one is not read


@pytest.fixture
def catalogue(tmp_path):
    url = f"sqlite:///{tmp_path}/catalogue.db"
    migrate(url)
    with SqlCatalogue(url) as it:
        yield it


def covering(bucket):
    """Return an agreement whose one class lies in *bucket*."""
    place = Pattern.parse(f"s3://{bucket.name}/patient/{{round:[0-9]{{4}}}}/")
    ours = agreement()
    return replace(ours, classes=(replace(ours.classes[0], datasets=(place,), copies=()),))


def filled(bucket):
    """Fill a bucket with two datasets, strays and uploads; return what is there."""
    there = []
    for each in ("2019", "2020"):
        keys = [f"patient/{each}/{NAME}/{n} a+b%2F" for n in range(7)]
        there += [bucket.put(key, b"first of %b" % key.encode()) for key in keys]
        there.append(bucket.put(f"patient/{each}/{NAME}/0 a+b%2F", b"second"))
        there.append(bucket.hide(f"patient/{each}/{NAME}/1 a+b%2F"))
        there.append(bucket.start_upload(f"patient/{each}/{NAME}/upload"))
    there += [bucket.put(f"patient/{NAME}"), bucket.put(f"dark/{NAME}/x", b"12345")]
    return there


def ports(server, catalogue, which, tmp_path):
    client, sweeps = server.client("surveyor"), engine(server, which, page_rows=3)
    clock = FixedClock(NOW)
    return Surveying(
        sweeps=sweeps,
        probes=S3Probes(client),
        inventories=S3Inventories(client, tmp_path / "scratch"),
        catalogue=catalogue,
        ledger=MemoryLedger(clock),
        clock=clock,
        progress=NoProgress(),
        secret=b"folders",
    )


@pytest.mark.parametrize("store", LISTED)
def test_a_survey_counts_everything_and_writes_no_key_anywhere(
    request, store, catalogue, tmp_path, caplog
):
    name, which = store
    server = request.getfixturevalue(name)
    bucket = server.bucket()
    there, ours = filled(bucket), covering(bucket)
    (store,) = stores_of([ours])
    asked = ports(server, catalogue, which, tmp_path)
    with caplog.at_level(logging.DEBUG):
        found = survey(store, spots_of([ours]), asked)
    assert found.fault is None
    assert found.rows == len(there)
    assert found.strays.rows == 2
    rows = {h.dataset: h for h in catalogue.holdings()}
    assert set(rows) == {"INV/patient/2019", "INV/patient/2020"}
    for name, holding in rows.items():
        mine = [v for v in there if v.key.startswith(f"patient/{name[-4:]}/")]
        kinds = [sum(v.kind is kind for v in mine) for kind in Kind]
        assert [holding.versions, holding.markers, holding.uploads] == kinds
        assert holding.size_bytes == sum(v.size_bytes for v in mine)
        assert holding.traits.classes == {"STANDARD": 8}
        assert NOW - holding.newest_at < timedelta(days=3650)
    everything = repr((list(catalogue.holdings()), list(catalogue.strays()), asked.ledger.records))
    assert NAME not in everything
    assert NAME not in caplog.text
    kept = b"".join(path.read_bytes() for path in tmp_path.glob("catalogue.db*"))
    assert kept
    assert NAME.encode() not in kept


def test_an_inventory_and_a_listing_of_one_bucket_agree(moto, catalogue, tmp_path):
    bucket = moto.bucket()
    there, ours = filled(bucket), covering(bucket)
    (listed,) = stores_of([ours])
    asked = ports(moto, catalogue, "fast", tmp_path)
    survey(listed, spots_of([ours]), asked)
    live = list(catalogue.holdings())
    seen = [v for v in S3Lists(moto.owner).versions(bucket.place()) if v.kind is not Kind.UPLOAD]
    rows = [
        Row(v.key, v.version_id, v.kind is Kind.MARKER, v.size_bytes, v.modified_at, v.etag or None)
        for v in seen
    ]
    to = moto.bucket()
    made = Published(moto.owner, to.name, bucket.name, rows, at=LATER, form="Parquet")
    store = Store(listed.name, listed.place, made.where)
    found = survey(store, spots_of([ours]), asked)
    assert found.fault is None
    assert found.rows == len(there)
    for one, other in zip(live, catalogue.holdings(), strict=True):
        assert other.source == INVENTORY
        assert other.seen_at == LATER
        same = {"source": one.source, "seen_at": one.seen_at, "traits_text": one.traits_text}
        assert replace(other, **same) == one
        assert other.traits.sketch == one.traits.sketch
