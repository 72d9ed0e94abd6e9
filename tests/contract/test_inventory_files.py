"""Files of an inventory that are not as its manifest says are an error; what is read of them is right."""

import gzip
from datetime import UTC, datetime

import pytest
from botocore.exceptions import ConnectionClosedError

from retention.adapters.s3.inventory import reader, sums
from retention.errors import StoreError, StoreUnavailableError
from tests.support.damaged import AT, FORMS, ROWS, SECRET, Bench, tables
from tests.support.inventories import Row, data, expected, parquet_of


@pytest.fixture
def bench(moto, tmp_path, caplog):
    return Bench(moto, tmp_path, caplog)


@pytest.mark.parametrize("form", FORMS)
def test_a_file_that_is_missing_is_an_error(bench, form):
    written = bench.write(form)
    bench.moto.owner.delete_object(Bucket=bench.to.name, Key=written.files[1]["key"])
    bench.refused(written, what="file 2 of its manifest is missing")


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("how", ["longer", "shorter", "other", "empty"])
def test_a_file_that_was_changed_is_an_error(bench, form, how):
    written = bench.write(form)
    whole = written.read_file(number=2)
    other = bytes([whole[0] ^ 1]) + whole[1:]
    content = {"longer": whole + b"x", "shorter": whole[:-1], "other": other, "empty": b""}[how]
    written.write_file(content, number=2)
    what = "checksum" if how == "other" else "size"
    bench.refused(written, what=f"file 3 of its manifest has another {what}")


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "content", [b"", b"no such form", b"PAR1" * 9, gzip.compress(b"x\n", mtime=0)]
)
def test_a_file_that_is_something_else_is_an_error(bench, form, content):
    written = bench.write(form)
    written.replace_file(content, number=1)
    if form == "CSV" and content == b"":
        return  # nothing at all is a file of no rows; S3 writes none
    bench.refused(written)


@pytest.mark.parametrize("cut", [0.2, 0.6, 0.95])
@pytest.mark.parametrize("form", FORMS)
def test_a_file_that_is_cut_where_it_was_written_is_an_error(bench, form, cut):
    written = bench.write(form)
    whole = written.content(tables(written) * 50)
    written.replace_file(whole[: int(len(whole) * cut)])
    bench.refused(written)


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
def test_a_line_that_is_not_as_it_must_be_is_an_error(bench, content, first):
    written = bench.write("CSV", [], files=1, fields=CSV_FIELDS, bucket="b")
    written.replace_file(gzip.compress(first + content))
    bench.refused(written)


def test_lines_that_are_as_they_must_be_are_read(bench):
    written = bench.write("CSV", [], files=1, fields=CSV_FIELDS, bucket="b")
    bare = b"b,x%2By%20z+w/v,,TRUE,False,7,2026-11-22T01:00:00Z,\n"
    written.replace_file(gzip.compress(line(*CELLS)) + gzip.compress(bare + b"\n"))
    assert [g.folder for g in bench.read(written)] == ["", "x+y z w/"]


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
def test_a_row_without_a_kind_a_key_or_a_size_is_an_error(bench, row):
    written = bench.write("Parquet")
    rows = [tables(written)[0] | row, *tables(written)[1:]]
    written.replace_file(written.content(rows))
    bench.refused(written, what="it has rows")


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
def test_a_column_of_another_type_is_an_error(bench, types):
    written = bench.write("Parquet")
    rows = [{"Size": 1, "IsDeleteMarker": False, "Bucket": "b", "Key": SECRET}]
    written.replace_file(parquet_of(rows, written.fields, **types), number=2)
    bench.refused(written, what="has no column")


@pytest.mark.parametrize("lacks", ["ETag", "VersionId"])
def test_a_file_that_lacks_a_column_of_its_manifest_is_an_error(bench, lacks):
    written = bench.write("Parquet")
    fields = [name for name in written.fields if name != lacks]
    written.replace_file(parquet_of(tables(written), fields), number=2)
    bench.refused(written, what="has no column")


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
def test_what_older_writers_write_means_the_same(bench, types):
    until = datetime(2031, 3, 31, 12, tzinfo=UTC)
    rows = [Row(f"é{n}/x", f"v{n}", modified_at=AT, until=until, lock="Governance")
            for n in range(3)]  # fmt: skip
    written = bench.write("Parquet", rows)
    for number, row in enumerate(rows):
        values = row.values(written.manifest["sourceBucket"])
        for name in ("LastModifiedDate", "ObjectLockRetainUntilDate"):
            if name in types:
                values[name] = values[name].replace(tzinfo=None)
        if "Key" in types:
            values |= {name: values[name].encode() for name in ("Key", "Bucket")}
        written.replace_file(parquet_of([values], written.fields, **types), number=number)
    assert bench.read(written) == expected(rows, 1)


def test_several_kinds_of_checksums_of_one_version_are_counted_each(bench):
    written = bench.write("Parquet", files=1)
    rows = [tables(written)[0] | {"ChecksumAlgorithm": said}
            for said in (["SHA256", "CRC32"], ["SHA256"], [], None)]  # fmt: skip
    for number, row in enumerate(rows):
        row["VersionId"] = str(number)
    written.replace_file(parquet_of(rows, written.fields, ChecksumAlgorithm="VARCHAR[]"))
    (group,) = bench.read(written)
    assert group.totals.traits.checksums == {"SHA256": 2, "CRC32": 1}


@pytest.mark.parametrize(("said", "kinds"), [("[SHA1, CRC32C]", {"SHA1": 1, "CRC32C": 1}),
                                             ("null", {}), ("", {}), ("CRC64NVME", {"CRC64NVME": 1})])  # fmt: skip
@pytest.mark.parametrize("form", FORMS)
def test_kinds_of_checksums_may_be_written_as_text(bench, form, said, kinds):
    (group,) = bench.read(bench.write(form, [data("x", checksum=said)], files=1))
    assert group.totals.traits.checksums == kinds


# The machine


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("batch_bytes", [1, 10**9])
def test_as_many_files_lie_in_the_scratch_folder_as_are_allowed(bench, form, batch_bytes):
    client, seen = bench.moto.client("surveyor"), []
    client.meta.events.register(
        "before-send.s3.GetObject",
        lambda **_: seen.append(len(list(bench.scratch.glob("*/*.*")))),
    )
    rows = [data(f"p{n % 7}/x{n}", str(n % 90).encode()) for n in range(200)]
    written = bench.write(form, rows, files=5)
    found = bench.read(written, using=bench.reader(client, batch_bytes=batch_bytes))
    assert found == expected(rows, 1)
    assert max(seen) == (0 if batch_bytes == 1 else 4)
    assert not list(bench.scratch.iterdir())


def test_a_row_that_comes_again_in_a_later_batch_is_an_error(bench):
    written = bench.write(rows=[*ROWS, ROWS[0]])
    bench.refused(written, what="a row comes twice", using=bench.reader(batch_bytes=1))


@pytest.mark.parametrize("rows_together", [1, 3, 1000])
def test_a_row_that_comes_twice_is_found_in_every_part(bench, monkeypatch, rows_together):
    monkeypatch.setattr(sums, "PARTITION_ROWS", rows_together)
    for row in ROWS[::2]:
        bench.refused(bench.write(rows=[*ROWS, row]), what="a row comes twice")
    assert bench.read(bench.write()) == expected(ROWS, 1)


def test_rows_that_are_alike_in_one_hash_alone_are_two(bench, monkeypatch):
    alike = sums._SEEN.replace("hash(key, version_id)", "hash(1)")
    assert alike != sums._SEEN
    monkeypatch.setattr(sums, "_SEEN", alike)
    assert bench.read(bench.write()) == expected(ROWS, 1)
    bench.refused(bench.write(rows=[*ROWS, ROWS[0]]), what="a row comes twice")


@pytest.mark.parametrize("folders_max", [1, 4, 1000])
def test_many_folders_are_added_up_a_part_at_a_time(bench, monkeypatch, folders_max):
    monkeypatch.setattr(sums, "PARTITION_FOLDERS", folders_max)
    monkeypatch.setattr(sums, "FETCHED_MAX", 3)
    rows = [data(f"p{n % 13}/x{n}", str(n).encode()) for n in range(13 * 50)]
    assert bench.read(bench.write(rows=rows)) == expected(rows, 1)


def test_whoever_stops_reading_leaves_nothing_behind_and_nobody_else_may_look(bench):
    groups = bench.inventories.groups(bench.inventories.newest(bench.write().where), depth=3)
    next(groups)
    (made,) = bench.scratch.glob("*")
    assert made.stat().st_mode & 0o077 == 0
    groups.close()
    assert not made.exists()


def test_a_scratch_folder_that_cannot_be_is_an_error(bench):
    bench.scratch.write_text("a file")
    with pytest.raises(StoreError, match="cannot be written to this machine") as caught:
        bench.read(bench.write())
    assert "scratch" in caught.value.hint


def test_too_little_memory_is_an_error_with_a_hint(bench):
    using = bench.reader(memory_bytes=100_000)
    assert "more memory" in bench.refused(bench.write(), what="in the memory", using=using).hint


def broken_off(client, times):
    """Let the connection die under *times* downloads of data."""
    left = [times]

    def send(request, **_):
        if "/data/" in request.url and left[0]:
            left[0] -= 1
            raise ConnectionClosedError(endpoint_url=request.url)

    client.meta.events.register("before-send.s3.GetObject", send)


def test_a_connection_that_breaks_off_is_tried_again(bench):
    client = bench.moto.client("surveyor", attempts_max=1)
    broken_off(client, 2)
    assert bench.read(bench.write(), using=bench.reader(client)) == expected(ROWS, 1)


def test_a_store_that_does_not_answer_may_do_so_later(bench):
    client = bench.moto.client("surveyor", attempts_max=1)
    broken_off(client, 99)
    bench.refused(bench.write(), kind=StoreUnavailableError, using=bench.reader(client))


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


@pytest.mark.parametrize(
    "setting",
    [
        "enable_progress_bar",  # it would be printed to whoever waits
        "autoinstall_known_extensions",
        "autoload_known_extensions",
        "allow_community_extensions",
        "allow_persistent_secrets",
        "python_enable_replacements",
    ],
)
def test_what_reads_the_files_neither_prints_nor_fetches_anything_by_itself(tmp_path, setting):
    with reader._engine(tmp_path, 100_000_000, 1) as engine:
        for each in (engine, engine.cursor()):
            assert each.execute("SELECT current_setting($s)", {"s": setting}).fetchone() == (False,)


def test_a_folder_is_not_shown(bench):
    groups = bench.read(bench.write())
    assert groups[0].folder == f"{SECRET}/"
    assert SECRET not in repr(groups)
