"""An inventory that is damaged, unfinished, of another kind or in a form we do not read is an error.

Each test takes a whole one over moto, damages it in one way, and reads it: never a short answer.
"""

import gzip
import logging
import traceback
from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ConnectionClosedError

from retention.adapters.s3.inventory import reader
from retention.adapters.s3.inventory.reader import S3Inventories
from retention.errors import StoreError, StoreRefusedError, StoreUnavailableError
from retention.ports.inventory import Snapshot
from tests.support.inventories import FIELDS, Published, Row, data, expected, parquet_of
from tests.support.stores import fresh_name
from tests.support.wire import Wire

AT = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)
FORMS = ["CSV", "Parquet"]
SECRET = "patient-4711"
ROWS = [data(f"{SECRET}/{n}/x", str(n).encode(), version_id=f"v{n}") for n in range(9)]


@pytest.fixture(scope="module")
def to(moto):
    """The bucket that inventories are written to."""
    return moto.bucket()


@pytest.fixture
def write(moto, to):
    def writes(form="CSV", rows=ROWS, *, at=AT, files=3, fields=FIELDS, bucket=None):
        name = bucket or fresh_name()
        more = {"at": at, "form": form, "files": files, "fields": fields}
        return Published(moto.owner, to.name, name, rows, **more)

    return writes


@pytest.fixture
def inventories(moto, tmp_path):
    return S3Inventories(moto.client("surveyor"), tmp_path / "scratch")


def read(inventories, written, depth=1):
    return list(inventories.groups(inventories.newest(written.where), depth=depth))


@pytest.fixture
def refused(inventories, tmp_path, caplog):
    """Read an inventory, and return the error that this must be; nothing may be left or told."""
    caplog.set_level(logging.DEBUG)

    def reads(written, *, kind=StoreError, what=None, using=inventories):
        with pytest.raises(kind, match=what) as caught:
            read(using, written)
        error = caught.value
        assert error.hint
        told = "".join(traceback.format_exception(error))
        for text in (repr(error), error.hint, told, caplog.text):
            assert SECRET not in text
        assert not list(tmp_path.glob("scratch/*"))
        return error

    return reads


def tables(written, number=0):
    """Return the values of the rows of one file."""
    return [row.values(written.manifest["sourceBucket"]) for row in ROWS[number::3]]


# The manifest


def test_a_manifest_with_another_checksum_is_an_error_and_the_one_before_is_not_taken(
    write, refused
):
    name = fresh_name()
    write(bucket=name, at=AT - timedelta(days=1))
    written = write(bucket=name)
    written.write_manifest(checksum=b"0" * 32)
    refused(written, what="its manifest has another checksum")


def test_a_manifest_changed_after_its_checksum_was_written_is_an_error(write, refused):
    written = write()
    written.put("manifest.json", b"{}")
    refused(written, what="its manifest has another checksum")


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
def test_a_manifest_that_does_not_say_all_is_an_error(write, refused, said, what):
    written = write()
    written.manifest |= said
    written.write_manifest()
    refused(written, what=what)


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"{", b"\xff", b"[" * 100_000])
def test_a_manifest_that_is_no_json_is_an_error(write, refused, body):
    written = write()
    written.manifest = body
    written.put("manifest.json", body)
    md5 = reader.hashlib.md5(body).hexdigest().encode()
    written.put("manifest.checksum", md5)
    refused(written, what="its manifest is")


@pytest.mark.parametrize("form", ["ORC", "Avro", None])
def test_another_form_is_refused_with_a_hint(write, refused, form):
    written = write()
    written.manifest["fileFormat"] = form
    written.write_manifest()
    error = refused(written, kind=StoreRefusedError)
    assert "Parquet" in error.hint


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("lacks", ["VersionId", "IsLatest", "IsDeleteMarker", "Size", "Key"])
def test_one_of_current_versions_only_is_an_error_with_a_hint(write, refused, form, lacks):
    written = write(form)
    short = {"CSV": lacks, "Parquet": f" {'key' if lacks == 'Key' else 'x'}"}[form]
    schema = written.manifest["fileSchema"]
    if form == "CSV":
        schema = ", ".join(name for name in schema.split(", ") if name != short)
    else:
        name = "".join(f"_{c.lower()}" if c.isupper() else c for c in lacks)[1:]
        schema = ";".join(part for part in schema.split(";") if f" {name} " not in f"{part} ")
    written.manifest["fileSchema"] = schema
    written.write_manifest()
    assert "all versions" in refused(written, what="does not list all versions").hint


@pytest.mark.parametrize(
    ("form", "again"), [("CSV", ", Key"), ("Parquet", " optional int64 size;")]
)
def test_a_column_that_is_named_twice_is_an_error(write, refused, form, again):
    written = write(form)
    written.manifest["fileSchema"] += again
    written.write_manifest()
    refused(written, what="a column twice")


def test_a_manifest_that_is_another_one_by_now_is_an_error(write, inventories):
    written = write()
    snapshot = inventories.newest(written.where)
    written.manifest["creationTimestamp"] = "1"
    written.write_manifest()
    with pytest.raises(StoreError, match="is another one"):
        list(inventories.groups(snapshot, depth=0))
    written.remove("manifest.json")
    with pytest.raises(StoreError, match="not there any more"):
        list(inventories.groups(snapshot, depth=0))


def test_a_checksum_file_that_is_none_is_an_error(write, refused):
    written = write()
    written.put("manifest.checksum", b"0" * 2000)
    refused(written, what="more than 1,000 bytes")


def test_other_folders_and_files_are_no_inventories(write, inventories, to):
    written = write()
    for name in ("hive/dt=2027-01-01-01-00/symlink.txt", "2027-01-01/manifest.json",
                 "2027-01-01T00-00Z.old/manifest.json", "2027-01-01T00-00Z"):  # fmt: skip
        to.put(written.base + name, b"{}")
    assert inventories.newest(written.where).as_of == AT


def test_a_manifest_that_is_missing_where_its_checksum_is_there_is_passed_over(write, inventories):
    name = fresh_name()
    write(bucket=name)
    written = write(bucket=name, at=AT + timedelta(days=1))
    written.remove("manifest.json")
    assert inventories.newest(written.where).as_of == AT


# Where it lies


def test_a_bucket_that_is_missing_is_refused(inventories):
    with pytest.raises(StoreRefusedError):
        inventories.newest("s3://no-such-bucket/all/")


@pytest.mark.parametrize("where", ["https://x/y/", "s3://bucket/all", "all/"])
def test_a_place_that_is_none_of_s3_is_a_mistake_of_the_caller(inventories, where):
    with pytest.raises(ValueError):
        inventories.newest(where)


@pytest.mark.parametrize("depth", [-1, 101])
def test_a_depth_that_cannot_be_is_a_mistake_of_the_caller(inventories, depth):
    snapshot = Snapshot("s3://b/", AT, "sha256:0", "s3://to/x/manifest.json")
    with pytest.raises(ValueError):
        inventories.groups(snapshot, depth=depth)


LIST = (
    "<R><IsTruncated>true</IsTruncated>{}<CommonPrefixes><Prefix>{}</Prefix></CommonPrefixes></R>"
)


def test_all_pages_of_folders_are_read(moto, tmp_path):
    client = moto.client("surveyor")
    more = "<NextContinuationToken>t</NextContinuationToken>"
    last = LIST.format("", "all/2026-11-22T01-00Z/").replace("true", "false")
    wire = Wire(client, [(200, LIST.format(more, "all/2026-11-21T01-00Z/").encode()),
                         (200, last.encode()), (403, b"<Error><Code>AccessDenied</Code></Error>")])  # fmt: skip
    with pytest.raises(StoreRefusedError, match="AccessDenied"):
        S3Inventories(client, tmp_path).newest("s3://to/all/")
    assert "2026-11-22T01-00Z/manifest.json" in wire.requests[-1].url


@pytest.mark.parametrize("token", ["", "<NextContinuationToken>t</NextContinuationToken>"])
def test_a_list_of_folders_that_does_not_go_on_is_an_error(moto, tmp_path, token):
    client = moto.client("surveyor")
    Wire(client, [(200, LIST.format(token, "all/x/").encode())] * 2)
    with pytest.raises(StoreError, match="does not go on"):
        S3Inventories(client, tmp_path).newest("s3://to/all/")


# The files


@pytest.mark.parametrize("form", FORMS)
def test_a_file_that_is_missing_is_an_error(moto, to, write, refused, form):
    written = write(form)
    moto.owner.delete_object(Bucket=to.name, Key=written.files[1]["key"])
    refused(written, what="file 2 of its manifest is missing")


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("how", ["longer", "shorter", "other", "empty"])
def test_a_file_that_was_changed_is_an_error(moto, write, refused, form, how):
    written = write(form)
    whole = written.content(tables(written, 2))
    other = bytes([whole[0] ^ 1]) + whole[1:]
    content = {"longer": whole + b"x", "shorter": whole[:-1], "other": other, "empty": b""}[how]
    written.write_file(content, number=2)
    what = "checksum" if how == "other" else "size"
    refused(written, what=f"file 3 of its manifest has another {what}")


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("content", [b"", b"no such form", b"PAR1" * 9, gzip.compress(b"x\n")])
def test_a_file_that_is_something_else_is_an_error(write, refused, form, content):
    written = write(form)
    written.replace_file(content, number=1)
    if form == "CSV" and content == b"":
        return  # nothing at all is a file of no rows; S3 writes none
    refused(written)


@pytest.mark.parametrize("cut", [0.2, 0.6, 0.95])
@pytest.mark.parametrize("form", FORMS)
def test_a_file_that_is_cut_where_it_was_written_is_an_error(write, refused, form, cut):
    written = write(form)
    whole = written.content(tables(written) * 50)
    written.replace_file(whole[: int(len(whole) * cut)])
    refused(written)


CELLS = ["b", SECRET, "v1", "true", "false", "1", "2026-11-22T01:00:00.000Z", "0" * 32]
CSV_FIELDS = ["Size", "LastModifiedDate", "ETag"]


def line(*cells):
    return ",".join(f'"{cell}"' for cell in cells).encode() + b"\n"


@pytest.mark.parametrize(
    "content",
    [
        line(*CELLS[:-1]),
        line(*CELLS, "1"),
        line(*CELLS, "1", "2"),
        line(SECRET),
        line(*CELLS[:3], "yes indeed", *CELLS[4:]),
        line(*CELLS[:4], "perhaps", *CELLS[5:]),
        line(*CELLS[:4], "", *CELLS[5:]),
        line(*CELLS[:5], "one", *CELLS[6:]),
        line(*CELLS[:5], "1.5e400", *CELLS[6:]),
        line(*CELLS[:5], "-1", *CELLS[6:]),
        line(*CELLS[:5], "", *CELLS[6:]),
        line(*CELLS[:6], f"{SECRET} ago", CELLS[7]),
        line("b", f"{SECRET}%FF", *CELLS[2:]),
        line("b", "", *CELLS[2:]),
        line("another", *CELLS[1:]),
        line(*CELLS).replace(SECRET.encode(), b"\xff" + SECRET.encode()),
        line(*CELLS)[:-2],
        line(*CELLS).replace(b'"b"', b'"b"b'),
        b'"',
    ],
)
@pytest.mark.parametrize("first", [b"", line(*CELLS[:2], "v0", *CELLS[3:])])
def test_a_line_that_is_not_as_it_must_be_is_an_error(write, refused, content, first):
    written = write("CSV", [], files=1, fields=CSV_FIELDS, bucket="b")
    written.replace_file(gzip.compress(first + content))
    refused(written)


def test_lines_that_are_as_they_must_be_are_read(write, inventories):
    written = write("CSV", [], files=1, fields=CSV_FIELDS, bucket="b")
    bare = b"b,x%2By%20z+w/v,,TRUE,False,7,2026-11-22T01:00:00Z,\n"
    written.replace_file(gzip.compress(line(*CELLS)) + gzip.compress(bare + b"\n"))
    assert [g.folder for g in read(inventories, written)] == ["", "x+y z w/"]


@pytest.mark.parametrize(
    "row",
    [
        {"Key": ""},
        {"IsDeleteMarker": None},
        {"Size": None},
        {"Size": -1},
        {"Bucket": "another"},
        {"Bucket": ""},
    ],
)
def test_a_row_without_a_kind_a_key_or_a_size_is_an_error(write, refused, row):
    written = write("Parquet")
    rows = [tables(written)[0] | row, *tables(written)[1:]]
    written.replace_file(written.content(rows))
    refused(written, what="it has rows")


@pytest.mark.parametrize(
    "types",
    [
        {"Size": "VARCHAR"},
        {"Size": "DOUBLE"},
        {"IsDeleteMarker": "VARCHAR"},
        {"LastModifiedDate": "VARCHAR"},
        {"ObjectLockRetainUntilDate": "DATE"},
        {"ChecksumAlgorithm": "INTEGER[]"},
        {"ObjectLockMode": "VARCHAR[]"},
    ],
)
def test_a_column_of_another_type_is_an_error(write, refused, types):
    written = write("Parquet")
    rows = [{"Size": 1, "IsDeleteMarker": False, "Bucket": "b", "Key": SECRET}]
    written.replace_file(parquet_of(rows, written.fields, **types), number=2)
    refused(written, what="has no column")


@pytest.mark.parametrize("lacks", ["ETag", "VersionId"])
def test_a_file_that_lacks_a_column_of_its_manifest_is_an_error(write, refused, lacks):
    written = write("Parquet")
    fields = [name for name in written.fields if name != lacks]
    written.replace_file(parquet_of(tables(written), fields), number=2)
    refused(written, what="has no column")


@pytest.mark.parametrize(
    "types",
    [
        {"LastModifiedDate": "TIMESTAMP", "ObjectLockRetainUntilDate": "TIMESTAMP"},
        {"LastModifiedDate": "TIMESTAMP_MS", "ObjectLockRetainUntilDate": "TIMESTAMP_S"},
        {"LastModifiedDate": "TIMESTAMP_NS"},
        {"Size": "INTEGER"},
        {"Key": "BLOB", "Bucket": "BLOB"},  # from writers that do not say that it is text
    ],
)
def test_what_older_writers_write_means_the_same(write, inventories, types):
    until = datetime(2031, 3, 31, 12, tzinfo=UTC)
    rows = [Row(f"é{n}/x", f"v{n}", modified_at=AT, until=until, lock="Governance")
            for n in range(3)]  # fmt: skip
    written = write("Parquet", rows)
    for number, row in enumerate(rows):
        values = row.values(written.manifest["sourceBucket"])
        for name in ("LastModifiedDate", "ObjectLockRetainUntilDate"):
            if name in types:
                values[name] = values[name].replace(tzinfo=None)
        if "Key" in types:
            values |= {name: values[name].encode() for name in ("Key", "Bucket")}
        written.replace_file(parquet_of([values], written.fields, **types), number=number)
    assert read(inventories, written) == expected(rows, 1)


def test_several_kinds_of_checksums_of_one_version_are_counted_each(write, inventories):
    written = write("Parquet", files=1)
    rows = [tables(written)[0] | {"ChecksumAlgorithm": said}
            for said in (["SHA256", "CRC32"], ["SHA256"], [], None)]  # fmt: skip
    for number, row in enumerate(rows):
        row["VersionId"] = str(number)
    written.replace_file(parquet_of(rows, written.fields, ChecksumAlgorithm="VARCHAR[]"))
    (group,) = read(inventories, written)
    assert group.totals.traits.checksums == {"SHA256": 2, "CRC32": 1}


@pytest.mark.parametrize(("said", "kinds"), [("[SHA1, CRC32C]", {"SHA1": 1, "CRC32C": 1}),
                                             ("null", {}), ("", {}), ("CRC64NVME", {"CRC64NVME": 1})])  # fmt: skip
@pytest.mark.parametrize("form", FORMS)
def test_kinds_of_checksums_may_be_written_as_text(write, inventories, form, said, kinds):
    (group,) = read(inventories, write(form, [data("x", checksum=said)], files=1))
    assert group.totals.traits.checksums == kinds


# The machine


def in_scratch(inventories, moto, tmp_path):
    """Count the files that lie in the scratch folder whenever another one is fetched."""
    seen = []
    client = inventories._client
    client.meta.events.register(
        "before-send.s3.GetObject",
        lambda **_: seen.append(len(list(tmp_path.glob("scratch/*/*.*")))),
    )
    return seen


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("batch_bytes", [1, 10**9])
def test_as_many_files_lie_in_the_scratch_folder_as_are_allowed(
    moto, write, tmp_path, form, batch_bytes
):
    scratch = tmp_path / "scratch"
    inventories = S3Inventories(moto.client("surveyor"), scratch, batch_bytes=batch_bytes)
    rows = [data(f"p{n % 7}/x{n}", str(n % 90).encode()) for n in range(200)]
    written = write(form, rows, files=5)
    seen = in_scratch(inventories, moto, tmp_path)
    assert read(inventories, written) == expected(rows, 1)
    assert max(seen) == (0 if batch_bytes == 1 else 4)
    assert not list(scratch.iterdir())


def test_a_row_that_comes_again_in_a_later_batch_is_an_error(moto, write, refused, tmp_path):
    using = S3Inventories(moto.client("surveyor"), tmp_path / "scratch", batch_bytes=1)
    written = write(rows=[*ROWS, ROWS[0]])
    refused(written, what="a row comes twice", using=using)


@pytest.mark.parametrize("partitions", [1, 5])
def test_a_row_that_comes_twice_is_found_in_every_part(write, refused, monkeypatch, partitions):
    monkeypatch.setattr("retention.adapters.s3.inventory.sums.PARTITION_ROWS", 10 // partitions)
    for row in ROWS:
        refused(write(rows=[*ROWS, row]), what="a row comes twice")


@pytest.mark.parametrize("folders_max", [1, 4, 1000])
def test_many_folders_are_added_up_a_part_at_a_time(write, inventories, monkeypatch, folders_max):
    monkeypatch.setattr("retention.adapters.s3.inventory.sums.PARTITION_FOLDERS", folders_max)
    monkeypatch.setattr("retention.adapters.s3.inventory.sums.FETCHED_MAX", 3)
    rows = [data(f"p{n % 13}/x{n}", str(n).encode()) for n in range(13 * 50)]
    assert read(inventories, write(rows=rows)) == expected(rows, 1)


def test_whoever_stops_reading_leaves_nothing_behind(write, inventories, tmp_path):
    written = write()
    groups = inventories.groups(inventories.newest(written.where), depth=3)
    next(groups)
    assert list(tmp_path.glob("scratch/*"))
    groups.close()
    assert not list(tmp_path.glob("scratch/*"))


def test_nobody_else_may_look_into_the_scratch_folder(write, inventories, tmp_path):
    groups = inventories.groups(inventories.newest(write().where), depth=3)
    next(groups)
    (made,) = tmp_path.glob("scratch/*")
    assert made.stat().st_mode & 0o077 == 0
    groups.close()


def test_a_scratch_folder_that_cannot_be_is_an_error(moto, write, tmp_path):
    (tmp_path / "file").write_text("x")
    using = S3Inventories(moto.client("surveyor"), tmp_path / "file")
    with pytest.raises(StoreError, match="cannot be written to this machine") as caught:
        read(using, write())
    assert "scratch" in caught.value.hint


def test_too_little_memory_is_an_error_with_a_hint(moto, write, refused, tmp_path):
    using = S3Inventories(moto.client("surveyor"), tmp_path / "scratch", memory_bytes=100_000)
    assert "more memory" in refused(write(), what="in the memory", using=using).hint


def broken_off(client, times):
    """Let the connection die under *times* downloads of data."""
    left = [times]

    def send(request, **_):
        if "/data/" in request.url and left[0]:
            left[0] -= 1
            raise ConnectionClosedError(endpoint_url=request.url)

    client.meta.events.register("before-send.s3.GetObject", send)


def test_a_connection_that_breaks_off_is_tried_again(moto, write, tmp_path):
    client = moto.client("surveyor", attempts_max=1)
    broken_off(client, 2)
    found = read(S3Inventories(client, tmp_path / "scratch"), write())
    assert found == expected(ROWS, 1)


def test_a_store_that_does_not_answer_may_do_so_later(moto, write, refused, tmp_path):
    client = moto.client("surveyor", attempts_max=1)
    broken_off(client, 99)
    using = S3Inventories(client, tmp_path / "scratch")
    refused(write(), kind=StoreUnavailableError, using=using)


@pytest.mark.parametrize(
    "statement",
    [
        "FROM read_text('/etc/hostname')",
        "FROM read_text('<folder>/../outside')",
        "FROM 'http://127.0.0.1:9/x.parquet'",
        "COPY (SELECT 1) TO '<folder>/../outside'",
        "ATTACH '<folder>/../outside.db'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET enable_external_access = true",
        "SET autoload_known_extensions = true",
        "SET memory_limit = '9GB'",
    ],
)
def test_what_reads_the_files_reaches_nothing_else(tmp_path, statement):
    (tmp_path / "outside").write_text("x")
    folder = tmp_path / "inside"
    folder.mkdir()
    with pytest.raises(StoreError), reader._engine(folder, 100_000_000, 1) as engine:
        engine.execute(statement.replace("<folder>", str(folder)))
    with reader._engine(folder, 100_000_000, 1) as engine:
        engine.execute(f"COPY (SELECT 1 AS x) TO '{folder}/inside.parquet'")
        assert engine.execute(f"FROM '{folder}/inside.parquet'").fetchall() == [(1,)]


def test_a_folder_is_not_shown(write, inventories):
    groups = read(inventories, write())
    assert groups[0].folder == f"{SECRET}/"
    assert SECRET not in repr(groups)
