"""The estate on a look-alike of S3: what is reported is what a listing shows."""

import pytest

from retention.agreements import read
from retention.demo.estate import create, expire_backups, places
from retention.demo.invented import DEMO_DAY, STRAYS
from retention.domain.dataset import Kind
from retention.domain.pattern import key_prefix
from retention.errors import StoreUnavailableError
from tests.support.policies import DEMO, texts

AGREEMENTS = read(texts(DEMO)).agreements(DEMO_DAY)


class Said:
    """Remembers how far the work was said to have come."""

    def __init__(self):
        self.last = None

    def at(self, what, done, of=None):
        self.last = (what, done, of)


@pytest.fixture(scope="module")
def built(moto):
    client, said = moto.client(), Said()
    return client, create(client, AGREEMENTS, progress=said), said


def pages(client, bucket, prefix=""):
    return client.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=prefix)


def rows(client, uri):
    _, bucket, prefix = key_prefix(uri)
    for page in pages(client, bucket, prefix):
        yield from page.get("Versions", [])
        yield from page.get("DeleteMarkers", [])


@pytest.fixture(scope="module")
def listed(built):
    """Everything that the buckets list at first, kind by kind."""
    client, estate, _ = built
    found = {kind: [] for kind in Kind}
    for bucket in estate.encryption:
        for page in pages(client, bucket):
            found[Kind.DATA] += page.get("Versions", [])
            found[Kind.MARKER] += page.get("DeleteMarkers", [])
        found[Kind.UPLOAD] += client.list_multipart_uploads(Bucket=bucket).get("Uploads", [])
    return found


def test_forty_datasets_and_about_five_thousand_versions(built, listed):
    _, estate, said = built
    assert estate.datasets == 40
    assert 4500 <= estate.versions + estate.markers + estate.uploads <= 5500
    assert said.last == ("build the estate", said.last[2], said.last[2])
    assert {kind: len(each) for kind, each in listed.items()} == {
        Kind.DATA: estate.versions,
        Kind.MARKER: estate.markers,
        Kind.UPLOAD: estate.uploads,
    }
    assert estate.markers > 150
    assert estate.uploads > 40


def test_every_bucket_is_versioned_and_encrypts(built):
    client, estate, _ = built
    assert len(estate.encryption) == 11
    for bucket, how in estate.encryption.items():
        assert client.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
        assert how == "each object: AES256; default of the bucket: AES256"
        row = next(iter(pages(client, bucket)))["Versions"][0]
        head = client.head_object(Bucket=bucket, Key=row["Key"], VersionId=row["VersionId"])
        assert head["ServerSideEncryption"] == "AES256"


def test_a_replica_has_what_the_primary_has_and_a_backup_what_was_there(built):
    client, _, _ = built
    due = next(each for each in places(AGREEMENTS) if each.name.endswith("/england/2018"))
    primary, replica = (
        sorted(
            (row["Key"].rpartition("/2018/")[2], row.get("Size", -1)) for row in rows(client, uri)
        )
        for uri in due.live
    )
    assert primary == replica
    assert any(size == -1 for _, size in primary)  # a delete marker has no size
    backup = list(rows(client, due.backups[0]))
    assert backup
    assert all(row["IsLatest"] for row in backup)


def test_odd_keys_are_among_them(listed):
    keys = {row["Key"] for row in listed[Kind.DATA]}
    for odd in (" ", "+", "%", "&", ";", "é", "統"):
        assert any(odd in key for key in keys), odd
    assert any(key.endswith(".") for key in keys)


def test_backups_age_out_only_of_what_is_no_longer_live(built):
    client, _, _ = built
    assert expire_backups(client, AGREEMENTS) == 0
    gone, kept = (
        next(each for each in places(AGREEMENTS) if each.name.endswith(end))
        for end in ("staff-survey/2018", "staff-survey/2019")
    )
    for uri in gone.live:
        for row in list(rows(client, uri)):
            client.delete_object(
                Bucket=key_prefix(uri)[1], Key=row["Key"], VersionId=row["VersionId"]
            )
    before = len(list(rows(client, gone.backups[0])))
    assert before > 0
    assert expire_backups(client, AGREEMENTS) == before
    assert list(rows(client, gone.backups[0])) == []
    assert list(rows(client, kept.backups[0]))
    assert list(rows(client, STRAYS[0]))


def test_a_store_that_fails_is_told_without_a_key(built):
    client, _, _ = built
    broken = [each for each in AGREEMENTS if each.reference == "DEMO-PLATFORM"]
    client.meta.events.register("before-call.s3.PutObject", _refuse)
    try:
        with pytest.raises(StoreUnavailableError) as caught:
            create(client, broken)
    finally:
        client.meta.events.unregister("before-call.s3.PutObject", _refuse)
    assert "site-" not in str(caught.value)
    assert caught.value.hint


def _refuse(**_):
    from botocore.exceptions import EndpointConnectionError

    raise EndpointConnectionError(endpoint_url="http://store.invalid/site-001.csv")
