"""The Laws of ``ports.inventory.Inventories``: in memory, and over what S3 would have written."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from retention.adapters.s3.inventory.reader import S3Inventories
from retention.adapters.s3.lists import S3Lists
from retention.domain.dataset import Kind
from retention.domain.sketch import chosen
from retention.domain.totals import SKETCH_MAX, Totals
from retention.errors import StoreError
from tests.contract.test_store import ODD
from tests.support.inventories import (
    MemoryInventories,
    Published,
    Row,
    data,
    expected,
    marker,
    shuffled,
)
from tests.support.stores import fresh_name

AT = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)
DAY = timedelta(days=1)
FORMS = ["CSV", "Parquet"]


class OnS3:
    """Publishes to a bucket, and reads from it."""

    def __init__(self, server, scratch, form):
        self.form, self._bucket = form, server.bucket()
        self.client, self.to = server.owner, self._bucket.name
        self.inventories = S3Inventories(server.client("surveyor"), scratch)

    def publish(self, bucket, rows, *, whole=True, **more):
        written = Published(self.client, self.to, bucket, rows, form=self.form, files=3, **more)
        if not whole:
            written.remove("manifest.checksum")
        return written.where


@dataclass(frozen=True)
class InMemory:
    inventories: MemoryInventories

    def publish(self, *said, **more):
        return self.inventories.publish(*said, **more)


@pytest.fixture(params=["memory", *FORMS])
def bench(request, tmp_path):
    if request.param == "memory":
        return InMemory(MemoryInventories())
    return OnS3(request.getfixturevalue("moto"), tmp_path, request.param)


def groups_of(bench, rows, depth=9, **more):
    where = bench.publish(fresh_name(), rows, at=AT, **more)
    ports = bench.inventories
    return list(ports.groups(ports.newest(where), depth=depth))


def one(bench, rows, **more):
    (group,) = groups_of(bench, rows, depth=0, **more)
    return group.totals


# newest


def test_the_newest_says_of_which_bucket_and_when_and_has_a_digest(bench):
    name = fresh_name()
    bench.publish(name, [data("x")], at=AT - DAY)
    where = bench.publish(name, [data("x"), data("y")], at=AT)
    snapshot = bench.inventories.newest(where)
    assert (snapshot.place, snapshot.as_of) == (f"s3://{name}/", AT)
    assert snapshot.digest.startswith("sha256:")
    assert bench.inventories.newest(where) == snapshot


def test_another_inventory_has_another_digest(bench):
    name = fresh_name()
    first = bench.inventories.newest(bench.publish(name, [data("x")], at=AT))
    second = bench.inventories.newest(bench.publish(name, [data("x")], at=AT + DAY))
    assert first.digest != second.digest


def test_one_that_is_still_being_written_is_passed_over(bench):
    name = fresh_name()
    bench.publish(name, [data("x")], at=AT - DAY)
    where = bench.publish(name, [data("y")], at=AT, whole=False)
    assert bench.inventories.newest(where).as_of == AT - DAY


def test_there_is_none_until_one_is_whole(bench):
    where = bench.publish(fresh_name(), [data("x")], at=AT, whole=False)
    with pytest.raises(StoreError) as caught:
        bench.inventories.newest(where)
    assert caught.value.hint


def test_an_older_one_can_be_read_while_a_newer_one_is_there(bench):
    name = fresh_name()
    older = bench.inventories.newest(bench.publish(name, [data("x")], at=AT - DAY))
    bench.publish(name, [data("x"), data("y")], at=AT)
    (group,) = bench.inventories.groups(older, depth=0)
    assert group.totals.versions == 1


# groups


def test_a_key_counts_in_the_folder_before_its_last_part(bench):
    rows = [data("a/b/c/x"), data("a/b/y"), data("a/b/c/"), data("z"), data("//w")]
    found = {depth: {g.folder: g.totals.versions for g in groups_of(bench, rows, depth)}
             for depth in range(5)}  # fmt: skip
    assert found == {
        0: {"": 5},
        1: {"": 1, "/": 1, "a/": 3},
        2: {"": 1, "//": 1, "a/b/": 3},
        3: {"": 1, "//": 1, "a/b/": 1, "a/b/c/": 2},
        4: {"": 1, "//": 1, "a/b/": 1, "a/b/c/": 2},
    }


def test_folders_ascend_in_code_points(bench):
    folders = ["a-/", "a/", "a0/", "é/", "e\u0301/", "Z/", "\uff5e/", "\U0001f600/", " /", "+/"]
    rows = shuffled([data(f"{folder}{n}") for folder in folders for n in range(2)])
    assert [group.folder for group in groups_of(bench, rows)] == sorted(folders)


@pytest.mark.parametrize("depth", [0, 1, 2, 6])
def test_odd_keys_are_read_as_they_are_kept(bench, depth):
    rows = [data(f"{key}/{n}", str(n).encode()) for key in ODD for n in range(2)]
    assert groups_of(bench, rows, depth) == expected(rows, depth)


def test_versions_and_markers_are_counted_apart_and_markers_have_no_traits(bench):
    old, new = AT - 9 * DAY, AT - DAY
    rows = [data("p/x", b"12345", version_id="v1", modified_at=new)]
    rows += [marker("p/x", "v2", modified_at=old, class_="STANDARD", etag="x", encryption="SSE-S3")]
    totals = one(bench, rows)
    assert (totals.versions, totals.markers, totals.uploads) == (1, 1, 0)
    assert (totals.size_bytes, totals.oldest_at, totals.newest_at) == (5, old, new)
    assert totals.traits.classes.total() == totals.traits.looked_at == 1


def test_sizes_beyond_64_bits_add_up(bench):
    rows = [Row(f"x{n}", size=2**62) for n in range(5)]
    assert one(bench, rows).size_bytes == 5 * 2**62


def test_how_versions_are_kept_is_counted(bench):
    later, sooner = AT + 900 * DAY, AT + 30 * DAY
    rows = [
        Row("a", class_="GLACIER", checksum="CRC64NVME", encryption="SSE-KMS"),
        Row("b", class_="GLACIER", checksum="SHA256", encryption="DSSE-KMS", hold=True),
        Row("c", encryption="SSE-C", lock="Governance", until=later),
        Row("d", encryption="NOT-SSE", lock="COMPLIANCE", until=sooner, hold=False),
        Row("e", encryption=None, hold=True),
        Row("f", encryption="SSE-S3"),
        Row("g", encryption="SSE-OF-TOMORROW"),
    ]
    traits = one(bench, rows).traits
    assert traits.classes == {"STANDARD": 5, "GLACIER": 2}
    assert traits.checksums == {"CRC64NVME": 1, "SHA256": 1}
    assert traits.encryption == {
        "aws:kms": 1,
        "aws:kms:dsse": 1,
        "SSE-C": 1,
        "none": 1,
        "AES256": 1,
        "unknown": 2,
    }
    assert (traits.looked_at, traits.legal_holds) == (7, 2)
    assert traits.lock_modes == {"GOVERNANCE": 1, "COMPLIANCE": 1}
    assert traits.locked_until == later


def test_what_an_inventory_does_not_say_is_not_known(bench):
    rows = [data("x", b"1", lock="Governance", until=AT)]
    bare = one(bench, rows, fields=["Size"])
    assert bare == Totals(versions=1, size_bytes=1)
    some = one(bench, rows, fields=["Size", "EncryptionStatus"]).traits
    assert (some.looked_at, some.encryption) == (1, {"AES256": 1})
    assert some.lock_modes == {"unknown": 1}
    locks = one(bench, rows, fields=["Size", "ObjectLockMode"]).traits
    assert (locks.encryption, locks.lock_modes) == ({"unknown": 1}, {"GOVERNANCE": 1})


def test_the_sketch_is_of_distinct_contents_that_are_not_empty(bench):
    contents = [str(n).encode() for n in range(5 * SKETCH_MAX)]
    rows = [data(f"p/{n}", content) for n, content in enumerate(contents)]
    rows += [data(f"p/again{n}", content) for n, content in enumerate(contents)]
    rows += [data("p/empty"), marker("p/0", "v9", etag="0" * 32)]
    etags = {row.etag for row in rows if row.size}
    sketch = one(bench, shuffled(rows)).traits.sketch
    assert sketch == chosen(etags)
    assert len(sketch) == SKETCH_MAX


def test_a_sketch_of_few_contents_that_come_often_has_them_all(bench):
    rows = [data(f"p/{n}", str(n % 40).encode()) for n in range(2000)]
    assert one(bench, rows).traits.sketch == chosen({row.etag for row in rows})


def test_a_sketch_has_contents_wherever_their_etags_lie(bench):
    etags = [zeros + digit for zeros in ("", "0", "00") for digit in "8421f"]
    rows = [Row(f"p/{n}", f"v{n}", size=1, etag=etags[n % 15]) for n in range(600)]
    assert one(bench, rows).traits.sketch == set(etags)


def test_an_empty_bucket_has_no_groups(bench):
    assert groups_of(bench, []) == []


@pytest.mark.parametrize("version_id", ["v1", None])
def test_a_row_that_comes_twice_is_an_error(bench, version_id):
    rows = [data("x", b"1", version_id=version_id), data("y"), data("z")]
    with pytest.raises(StoreError) as caught:
        groups_of(bench, [*rows, rows[0]])
    assert caught.value.hint
    other = data("x", b"1", version_id="another")
    assert groups_of(bench, [*rows, other], 0)[0].totals.versions == 4


def test_a_row_of_another_bucket_is_an_error(bench):
    with pytest.raises(StoreError):
        groups_of(bench, [data("x"), data("patient-4711", bucket="other-bucket")])


# The same, listed live


def live(client, bucket):
    """Return the rows of *bucket* as S3 would write them."""
    said = client.list_object_versions(Bucket=bucket.name)
    rows = [
        Row(x["Key"], x["VersionId"], False, x["Size"], x["LastModified"], x["ETag"].strip('"'))
        for x in said["Versions"]
    ]
    return rows + [
        marker(x["Key"], x["VersionId"], modified_at=x["LastModified"])
        for x in said["DeleteMarkers"]
    ]


def listed(client, bucket, depth):
    """Return the totals that a live listing comes to, by folder."""
    found, etags = {}, {}
    for version in S3Lists(client, page_rows=7).versions(bucket.place()):
        folder = "".join(f"{part}/" for part in version.key.split("/")[:-1][:depth])
        totals = found.setdefault(folder, Totals())
        is_data = version.kind is Kind.DATA
        totals.versions += is_data
        totals.markers += not is_data
        totals.size_bytes += version.size_bytes
        totals.between(version.modified_at, version.modified_at)
        if is_data and version.size_bytes:
            etags.setdefault(folder, []).append(version.etag)
    for folder, several in etags.items():
        found[folder].traits.sketch = chosen(several)
    return found


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("depth", [0, 1, 2, 6])
def test_an_inventory_and_a_live_listing_of_one_bucket_agree(moto, tmp_path, form, depth):
    bucket = moto.bucket()
    keys = [key for key in ODD if "\n" not in key]
    for number, key in enumerate(keys):
        bucket.put(key, key.encode() * (number % 3))
        if number % 2:
            bucket.hide(key)
            bucket.put(f"{key}/deeper/{number}", b"again")
    rows = live(moto.owner, bucket)
    on_s3 = OnS3(moto, tmp_path, form)
    fields = ["Size", "LastModifiedDate", "ETag"]
    where = on_s3.publish(bucket.name, rows, at=AT, fields=fields)
    ports = on_s3.inventories
    found = {each.folder: each.totals for each in ports.groups(ports.newest(where), depth=depth)}
    assert found == listed(moto.owner, bucket, depth)
