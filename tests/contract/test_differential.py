"""The same bucket by every way there is to list it: both engines, boto3's pages, Amazon's command.

Each differs from the others in how it asks, in how it reads, and in where it goes on; so what all
of them say of thousands of odd keys is what is there.
"""

import time
from contextlib import contextmanager

import pytest

from retention.domain.dataset import Kind
from retention.ports.store import WHOLE, Span
from tests.support import awscli
from tests.support.engines import engine
from tests.support.odd_buckets import fill, odd_keys
from tests.support.sweeps import swept, whole

FOLDERS = 3
KEYS_OF_A_FOLDER = 500
MANY_KEYS, MANY_ROWS_LEAST = 5500, 20_000


@contextmanager
def timed(name):
    """Say how long something took, to whoever reads the output; nothing depends on it."""
    begun = time.monotonic()
    yield
    print(f"{name}: {time.monotonic() - begun:.1f} s")


def known(versions):
    """Return what a writer knows of each version."""
    return sorted((v.key, v.kind, v.version_id, v.size_bytes, v.etag) for v in versions)


def stored(versions):
    return [v for v in versions if v.kind is not Kind.UPLOAD]


@pytest.mark.ceph
def test_both_engines_and_single_pages_of_boto3_say_the_same(ceph):
    bucket = ceph.bucket()
    folders = [f"f{n}/" for n in range(FOLDERS)]
    keys = [key for f in folders for key in odd_keys(KEYS_OF_A_FOLDER, f)]
    there = fill(bucket, keys, versions_max=2)
    careful = list(engine(ceph, "careful", page_rows=701).versions(bucket.place()))
    fast = list(engine(ceph, "fast", "verifier", page_rows=97).versions(bucket.place()))
    assert known(careful) == known(there)
    assert whole(fast) == whole(careful)
    for which, rows in (("careful", 89), ("fast", 101)):
        store = engine(ceph, which, page_rows=rows, lanes=8)
        assert whole(swept(store.sweep(bucket.place(), [WHOLE]), [WHOLE])) == whole(stored(careful))
    spans = [Span("", "f1/%"), Span("f1/%", "f1/&"), Span("f1/&")]
    for which in ("careful", "fast"):
        store = engine(ceph, which, page_rows=211, lanes=3)
        assert swept(store.sweep(bucket.place(), spans), spans) == stored(careful)
    assert pages_of_boto3(ceph.client("verifier"), bucket) == [
        (v.key, v.kind, v.version_id) for v in stored(careful)
    ]


def pages_of_boto3(client, bucket):
    """Return the rows of a page for each key's first letters: none is ever gone on from."""
    found = []
    prefixes = sorted({f"f{n}/{start}" for n in range(FOLDERS) for start in STARTS})
    for prefix in prefixes:
        page = client.list_object_versions(Bucket=bucket.name, Prefix=prefix, MaxKeys=1000)
        assert not page["IsTruncated"]
        for name, kind in awscli.KINDS:
            found += [(row["Key"], kind, row["VersionId"]) for row in page.get(name, [])]
    return sorted(found)


STARTS = ("%2F", "%41", "+", "&amp;", "a")


@pytest.fixture(scope="module")
def aws(ceph, tmp_path_factory):
    return awscli.installed(tmp_path_factory.mktemp("awscli"), ceph, "verifier")


@pytest.mark.ceph
@pytest.mark.full
def test_twenty_thousand_odd_rows_are_the_same_by_both_engines_and_amazons_command(ceph, aws):
    bucket = ceph.bucket()
    with timed("write"):
        there = fill(bucket, odd_keys(MANY_KEYS, "p/"), versions_max=6)
    assert len(there) >= MANY_ROWS_LEAST
    with timed("careful"):
        careful = list(engine(ceph, "careful", page_rows=1000).versions(bucket.place("p/")))
    with timed("fast"):
        fast = list(engine(ceph, "fast", page_rows=331).versions(bucket.place("p/")))
    with timed("sweep"):
        store = engine(ceph, "fast", "verifier", page_rows=97, lanes=8)
        lanes = swept(store.sweep(bucket.place("p/"), [WHOLE]), [WHOLE])
    with timed("command"):
        command = by_command(aws, bucket)
    assert known(careful) == known(there)
    assert whole(fast) == whole(careful)
    assert whole(lanes) == whole(stored(careful))
    assert whole(command) == whole(stored(careful))


def by_command(aws, bucket):
    """List page by page with the command, going on after the last row that was seen."""
    found, marker = [], []
    while True:
        rows, page = aws.versions(
            bucket.name, "--prefix", "p/", "--no-paginate", "--max-keys", "1000", *marker
        )
        found += rows
        if not page.get("IsTruncated"):
            return sorted(found)
        last = max(v.key for v in rows)
        last_id = page["NextVersionIdMarker"]
        marker = [f"--key-marker={last}", f"--version-id-marker={last_id}"]  # ids may begin with -


@pytest.mark.ceph
@pytest.mark.full
def test_amazons_own_paging_misses_versions_where_ours_does_not(ceph, aws):
    """It decodes a marker that Ceph gave bare: page one ends in ``%2F`` and page two begins at /."""
    bucket = ceph.bucket()
    there = [bucket.put(f"p/a{rest}") for rest in ("!1", "!2", "%2Fb", "-1", "-2", "b", "c")]
    theirs, _ = aws.versions(bucket.name, "--page-size", "3")
    assert theirs == [v for v in there if v.key not in {"p/a-1", "p/a-2"}]
    for which in ("careful", "fast"):
        lists = engine(ceph, which, page_rows=3)
        assert list(lists.versions(bucket.place("p/"))) == there
        assert swept(lists.sweep(bucket.place("p/"), [WHOLE]), [WHOLE]) == there
