"""A manifest that is damaged, unfinished or of what we do not read is an error, never a short answer."""

import hashlib
from datetime import timedelta

import pytest

from retention.adapters.s3.inventory.reader import S3Inventories
from retention.errors import StoreError, StoreRefusedError
from retention.ports.inventory import Snapshot
from tests.support.damaged import AT, FORMS, Bench
from tests.support.stores import fresh_name
from tests.support.wire import Wire


@pytest.fixture
def bench(moto, tmp_path, caplog):
    return Bench(moto, tmp_path, caplog)


def test_a_manifest_with_another_checksum_is_an_error_and_the_one_before_is_not_taken(bench):
    name = fresh_name()
    bench.write(bucket=name, at=AT - timedelta(days=1))
    written = bench.write(bucket=name)
    written.write_manifest(checksum=b"0" * 32)
    bench.refused(written, what="its manifest has another checksum")


def test_a_manifest_changed_after_its_checksum_was_written_is_an_error(bench):
    written = bench.write()
    written.put("manifest.json", b"{}")
    bench.refused(written, what="its manifest has another checksum")


@pytest.mark.parametrize(
    ("said", "what"),
    [
        ({"version": "2027-01-01"}, "version 2016-11-30"),
        ({"version": None}, "version 2016-11-30"),
        ({"sourceBucket": None}, "names no bucket"),
        ({"sourceBucket": ""}, "names no bucket"),
        ({"sourceBucket": "a/b"}, "names no bucket"),
        ({"creationTimestamp": None}, "when it was made"),
        ({"creationTimestamp": "yesterday"}, "when it was made"),
        ({"creationTimestamp": "9" * 30}, "when it was made"),
        ({"fileSchema": None}, "what the files hold"),
        ({"files": None}, "names no files"),
        ({"files": [None]}, "all of a file"),
        ({"files": [{"key": "x", "size": 1}]}, "all of a file"),
        ({"files": [{"key": "", "size": 1, "MD5checksum": "0" * 32}]}, "all of a file"),
        ({"files": [{"key": "x", "size": 1, "MD5checksum": "0"}]}, "all of a file"),
        ({"files": [{"key": "x", "size": "1", "MD5checksum": "0" * 32}]}, "how large"),
        ({"files": [{"key": "x", "size": -1, "MD5checksum": "0" * 32}]}, "how large"),
        ({"files": [{"key": "x", "size": 1, "MD5checksum": "0" * 32}] * 2}, "a file twice"),
    ],
)
def test_a_manifest_that_does_not_say_all_is_an_error(bench, said, what):
    written = bench.write()
    written.manifest |= said
    written.write_manifest()
    bench.refused(written, what=what)


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"{", b"\xff", b"[" * 100_000])
def test_a_manifest_that_is_no_json_is_an_error(bench, body):
    written = bench.write()
    written.manifest = body
    written.put("manifest.json", body)
    md5 = hashlib.md5(body).hexdigest().encode()
    written.put("manifest.checksum", md5)
    bench.refused(written, what="its manifest is")


@pytest.mark.parametrize("form", ["ORC", "Avro", None])
def test_another_form_is_refused_with_a_hint(bench, form):
    written = bench.write()
    written.manifest["fileFormat"] = form
    written.write_manifest()
    error = bench.refused(written, kind=StoreRefusedError)
    assert "Parquet" in error.hint


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("lacks", ["VersionId", "IsLatest", "IsDeleteMarker", "Size", "Key"])
def test_one_of_current_versions_only_is_an_error_with_a_hint(bench, form, lacks):
    written = bench.write(form)
    short = {"CSV": lacks, "Parquet": f" {'key' if lacks == 'Key' else 'x'}"}[form]
    schema = written.manifest["fileSchema"]
    if form == "CSV":
        schema = ", ".join(name for name in schema.split(", ") if name != short)
    else:
        name = "".join(f"_{c.lower()}" if c.isupper() else c for c in lacks)[1:]
        schema = ";".join(part for part in schema.split(";") if f" {name} " not in f"{part} ")
    written.manifest["fileSchema"] = schema
    written.write_manifest()
    assert "all versions" in bench.refused(written, what="does not list all versions").hint


@pytest.mark.parametrize(
    ("form", "again"), [("CSV", ", Key"), ("Parquet", " optional int64 size;")]
)
def test_a_column_that_is_named_twice_is_an_error(bench, form, again):
    written = bench.write(form)
    written.manifest["fileSchema"] += again
    written.write_manifest()
    bench.refused(written, what="a column twice")


def test_a_manifest_that_is_another_one_by_now_is_an_error(bench):
    written = bench.write()
    snapshot = bench.inventories.newest(written.where)
    written.manifest["creationTimestamp"] = "1"
    written.write_manifest()
    with pytest.raises(StoreError, match="is another one"):
        list(bench.inventories.groups(snapshot, depth=0))
    written.remove("manifest.json")
    with pytest.raises(StoreError, match="not there any more"):
        list(bench.inventories.groups(snapshot, depth=0))


def test_a_checksum_file_that_is_none_is_an_error(bench):
    written = bench.write()
    written.put("manifest.checksum", b"0" * 2000)
    bench.refused(written, what="more than 1,000 bytes")


def test_other_folders_and_files_are_no_inventories(bench):
    written = bench.write()
    for name in ("hive/dt=2027-01-01-01-00/symlink.txt", "2027-01-01/manifest.json",
                 "2027-01-01T00-00Z.old/manifest.json", "2027-01-01T00-00Z"):  # fmt: skip
        bench.to.put(written.base + name, b"{}")
    assert bench.inventories.newest(written.where).as_of == AT


def test_a_manifest_that_is_missing_where_its_checksum_is_there_is_passed_over(bench):
    name = fresh_name()
    bench.write(bucket=name)
    written = bench.write(bucket=name, at=AT + timedelta(days=1))
    written.remove("manifest.json")
    assert bench.inventories.newest(written.where).as_of == AT


# Where it lies


def test_a_bucket_that_is_missing_is_refused(bench):
    with pytest.raises(StoreRefusedError):
        bench.inventories.newest("s3://no-such-bucket/all/")


@pytest.mark.parametrize("where", ["https://x/y/", "s3://bucket/all", "all/"])
def test_a_place_that_is_none_of_s3_is_a_mistake_of_the_caller(bench, where):
    with pytest.raises(ValueError):
        bench.inventories.newest(where)


@pytest.mark.parametrize("depth", [-1, 101])
def test_a_depth_that_cannot_be_is_a_mistake_of_the_caller(bench, depth):
    snapshot = Snapshot("s3://b/", AT, "sha256:0", "s3://to/x/manifest.json")
    with pytest.raises(ValueError):
        bench.inventories.groups(snapshot, depth=depth)


LIST = (
    "<R><IsTruncated>true</IsTruncated>{}<CommonPrefixes><Prefix>{}</Prefix></CommonPrefixes></R>"
)


def test_all_pages_of_folders_are_read(bench, tmp_path):
    client = bench.moto.client("surveyor")
    more = "<NextContinuationToken>t</NextContinuationToken>"
    last = LIST.format("", "all/2026-11-22T01-00Z/").replace("true", "false")
    wire = Wire(client, [(200, LIST.format(more, "all/2026-11-21T01-00Z/").encode()),
                         (200, last.encode()), (403, b"<Error><Code>AccessDenied</Code></Error>")])  # fmt: skip
    with pytest.raises(StoreRefusedError, match="AccessDenied"):
        S3Inventories(client, tmp_path).newest("s3://to/all/")
    assert "2026-11-22T01-00Z/manifest.json" in wire.requests[-1].url


@pytest.mark.parametrize("token", ["", "<NextContinuationToken>t</NextContinuationToken>"])
def test_a_list_of_folders_that_does_not_go_on_is_an_error(bench, tmp_path, token):
    client = bench.moto.client("surveyor")
    Wire(client, [(200, LIST.format(token, "all/x/").encode())] * 2)
    with pytest.raises(StoreError, match="does not go on"):
        S3Inventories(client, tmp_path).newest("s3://to/all/")
