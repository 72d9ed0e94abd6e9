"""What happens to those who change the ledger behind our back."""

import re
import sqlite3
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from retention.adapters import database
from retention.adapters.ledger import audit as audit_module
from retention.adapters.ledger import ed25519_holds, migrate
from retention.adapters.ledger.ledger import MIGRATIONS
from retention.adapters.ledger.rows import LedgerTable
from retention.domain.entry import Draft, Entry
from retention.errors import (
    AgreementError,
    LedgerBrokenError,
    StoreRefusedError,
    StoreUnavailableError,
)
from tests.support.appenders import open_ledger, spent
from tests.support.databases import POSTGRES, SQLITE, fresh_url
from tests.support.memory import FixedClock
from tests.support.signer import CheckpointKey

TABLES = ("entry", "node", "checkpoint")
ENTRIES = 11


def _filled(url):
    migrate(url)
    with open_ledger(url) as it:
        for n in range(ENTRIES):
            it.append(spent("ab"[n % 2], f"reason-{n}"))
            if n % 4 == 3:
                it.checkpoint()
    return url


@pytest.fixture(params=[SQLITE, POSTGRES])
def url(request, tmp_path):
    """A ledger that may be broken."""
    return _filled(fresh_url(request, tmp_path))


@pytest.fixture(scope="module", params=[SQLITE, POSTGRES])
def whole(request, tmp_path_factory):
    """A ledger that nobody has broken, when a test begins and when it ends."""
    url = _filled(fresh_url(request, tmp_path_factory.mktemp("whole")))
    yield url
    assert audited(url) == ENTRIES


def run(url, *statements):
    """Run SQL as somebody with the database in hand."""
    engine = sa.create_engine(url, poolclass=NullPool)
    with engine.begin() as connection:
        return [connection.exec_driver_sql(each) for each in statements][-1]


def is_sqlite(url):
    return url.startswith("sqlite")


def blob(url, size=32, fill="00"):
    return f"x'{fill * size}'" if is_sqlite(url) else f"'\\x{fill * size}'::bytea"


def triggers(url):
    names = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    if not is_sqlite(url):
        names = "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled = 'A'"
    engine = sa.create_engine(url, poolclass=NullPool)
    with engine.connect() as connection:
        return set(connection.exec_driver_sql(names).scalars())


def disarming(url):
    """Return what drops the triggers, as the owner of the database can."""
    end = "" if is_sqlite(url) else " ON {}"
    return [f"DROP TRIGGER {t}{end.format(t.partition('_')[0])}" for t in sorted(triggers(url))]


def disarm(url):
    run(url, *disarming(url))


def audited(url):
    with open_ledger(url) as it:
        return it.audit()


def test_after_all_migrations_every_trigger_stands(whole):
    acts = ("no_update", "no_delete", "fits") if is_sqlite(whole) else ("append_only", "fits")
    assert triggers(whole) == {f"{table}_{act}" for table in TABLES for act in acts}


def test_no_migration_rebuilds_or_drops_anything():
    scripts = sorted((MIGRATIONS / "versions").glob("[0-9]*.py"))
    assert scripts
    for script in scripts:
        code = script.read_text().partition('"""')[2].partition('"""')[2]  # after its docstring
        assert "CREATE TRIGGER" in code or script.name > "0001"
        assert not re.search(r"batch_alter|drop_|rename_|DROP |RENAME |INSERT INTO|DISABLE ", code)


def test_the_tables_are_those_of_the_models(whole):
    engine = sa.create_engine(whole, poolclass=NullPool)
    ours = {"include_object": lambda _o, name, kind, *_: name != "ledger_version"}
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts=ours)
        assert compare_metadata(context, LedgerTable.metadata) == []


@pytest.mark.parametrize("table", TABLES)
def test_no_row_is_updated_or_deleted(whole, table):
    column = {"entry": "stream", "node": "hash", "checkpoint": "note"}[table]
    for statement in (f"UPDATE {table} SET {column} = {column}", f"DELETE FROM {table}"):
        with pytest.raises(DBAPIError, match="append-only"):
            run(whole, statement)
    assert audited(whole) == ENTRIES


@pytest.mark.parametrize(
    ("index", "stream", "position"),
    [
        (ENTRIES + 1, "new", 0),  # a gap
        (ENTRIES - 1, "new", 0),  # taken
        (3, "new", 0),
        (-1, "new", 0),
        (ENTRIES, "new", 1),  # a gap in its stream
        (ENTRIES, "a", 0),  # taken in its stream
    ],
)
def test_no_row_is_put_in_a_wrong_place(whole, index, stream, position):
    values = f"({index}, '{stream}', {position}, '', 'spent', '{{}}', {blob(whole)})"
    verbs = ["INSERT INTO"]
    if is_sqlite(whole):
        verbs += ["INSERT OR REPLACE INTO", "INSERT OR IGNORE INTO", "REPLACE INTO"]
    for verb in verbs:
        with pytest.raises(DBAPIError, match="no gaps"):
            run(whole, f"{verb} entry VALUES {values}")
    assert audited(whole) == ENTRIES


@pytest.mark.parametrize("place", [(0, ENTRIES + 1), (0, 3), (1, 0), (9, 1)])
def test_no_node_is_put_in_a_wrong_place(whole, place):
    verbs = ["INSERT INTO", "INSERT OR REPLACE INTO"] if is_sqlite(whole) else ["INSERT INTO"]
    for verb in verbs:
        with pytest.raises(DBAPIError, match="no gaps"):
            run(whole, f"{verb} node VALUES ({place[0]}, {place[1]}, {blob(whole)})")


@pytest.mark.parametrize("size", [4, 5, 8, ENTRIES + 1])
def test_no_checkpoint_is_replaced_put_before_another_or_ahead_of_the_entries(whole, size):
    verbs = ["INSERT INTO", "INSERT OR REPLACE INTO"] if is_sqlite(whole) else ["INSERT INTO"]
    for verb in verbs:
        with pytest.raises(DBAPIError, match="no gaps"):
            run(whole, f"{verb} checkpoint VALUES ({size}, 'x')")


@pytest.mark.postgres
@pytest.mark.parametrize("whole", [POSTGRES], indirect=True)
@pytest.mark.parametrize(
    "statement",
    [
        "TRUNCATE entry",
        "TRUNCATE node CASCADE",
        "TRUNCATE checkpoint",
        "INSERT INTO checkpoint VALUES (8, 'x') ON CONFLICT (size) DO UPDATE SET note = 'x'",
    ],
)
def test_postgresql_refuses_even_one_that_plays_the_replica(whole, statement):
    with pytest.raises(DBAPIError, match=r"append-only|no gaps"):
        run(whole, statement)
    for each in (statement, "UPDATE entry SET kind = 'x'", "DELETE FROM node"):
        with pytest.raises(DBAPIError, match=r"append-only|no gaps"):
            run(whole, "SET session_replication_role = replica", each)
    assert audited(whole) == ENTRIES


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ("UPDATE entry SET facts = replace(facts, 'reason-6', 'reason-7') WHERE \"index\" = 6", 6),
        ("UPDATE entry SET facts = replace(facts, ',', ', ') WHERE \"index\" = 6", 6),
        ("UPDATE entry SET facts = 'x' || facts WHERE \"index\" = 6", 6),
        ("UPDATE entry SET at = replace(at, '2031', '2032') WHERE \"index\" = 6", 6),
        ("UPDATE entry SET stream = 'c' WHERE \"index\" = 6", 6),
        ("UPDATE entry SET kind = 'spenu' WHERE \"index\" = 6", 6),
        ('UPDATE entry SET position = 77 WHERE "index" = 6', 6),
        ('UPDATE entry SET leaf = {blob} WHERE "index" = 6', 6),
        ('DELETE FROM entry WHERE "index" = 6', 6),
        ('DELETE FROM entry WHERE "index" = 0', 0),
        (f'DELETE FROM entry WHERE "index" = {ENTRIES - 1}', ENTRIES - 1),
        ("UPDATE node SET hash = {blob} WHERE level = 0 AND i = 6", 6),
        ("UPDATE node SET hash = {blob} WHERE level = 2 AND i = 1", 7),
        ("DELETE FROM node WHERE level = 1 AND i = 3", 7),
        ("INSERT INTO node VALUES (5, 0, {blob})", ENTRIES),
        ("UPDATE checkpoint SET size = 7 WHERE size = 8", 7),
        ("INSERT INTO checkpoint SELECT 12, note FROM checkpoint WHERE size = 8", 12),
    ],
)
def test_the_audit_names_the_entry_that_does_not_prove_itself(whole, change, named):
    with pytest.raises(LedgerBrokenError, match=rf"entry {named}\b") as broken:
        _change_and_audit(whole, change.replace("{blob}", blob(whole)))
    assert broken.value.hint


def _change_and_audit(url, change):
    database_ = database.Database(url, name="ledger")
    try:
        with database_.writing() as connection:  # the audit fails, and everything is put back
            for statement in disarming(url):
                connection.exec_driver_sql(statement)
            connection.exec_driver_sql(change)
            audit_module.audit(connection, [CheckpointKey().log_key], ed25519_holds, [])
    finally:
        database_.close()


def test_the_audit_looks_beyond_its_first_page(url, monkeypatch):
    monkeypatch.setattr(audit_module, "PAGE", 3)
    assert audited(url) == ENTRIES
    disarm(url)
    run(url, f"UPDATE node SET hash = {blob(url)} WHERE level = 3 AND i = 0")
    with pytest.raises(LedgerBrokenError, match=r"entry 7\b"):
        audited(url)


def test_an_altered_checkpoint_is_found(url):
    disarm(url)
    run(url, "UPDATE checkpoint SET note = replace(note, 'calder', 'calter') WHERE size = 8")
    with pytest.raises(LedgerBrokenError, match=r"not signed|does not hold"):
        audited(url)


def test_a_past_rewritten_with_its_whole_tree_does_not_get_past_our_own_checkpoint(url, tmp_path):
    forged = f"sqlite:///{tmp_path}/forged.db"
    migrate(forged)
    with open_ledger(forged) as it:
        for n in range(ENTRIES):
            it.append(spent("ab"[n % 2], f"reason-{n if n != 6 else 66}"))
    disarm(url)
    with sa.create_engine(forged, poolclass=NullPool).connect() as source:
        theirs = {t: source.exec_driver_sql(f"SELECT * FROM {t}").all() for t in ("entry", "node")}
    target = sa.create_engine(url, poolclass=NullPool)
    with target.begin() as connection:
        for table, rows in theirs.items():
            connection.exec_driver_sql(f"DELETE FROM {table}")
            columns = [dict(row._mapping) for row in rows]
            connection.execute(LedgerTable.metadata.tables[table].insert(), columns)
    with open_ledger(url) as it:
        with pytest.raises(LedgerBrokenError, match=r"entry 7 or one before it"):
            it.audit()
        with pytest.raises(LedgerBrokenError, match="first 8 entries"):
            it.checkpoint()


def test_an_altered_row_is_not_read_as_if_nothing_were(url):
    disarm(url)
    run(url, "UPDATE entry SET facts = replace(facts, 'reason-6', 'reason-7') WHERE \"index\" = 6")
    with open_ledger(url) as it:
        checkpoint = it.checkpoint()
        for read in (
            lambda: it.stream("a"),
            lambda: list(it.of_kind(Entry.SPENT)),
            lambda: it.proof(6, checkpoint),
        ):
            with pytest.raises(LedgerBrokenError, match=r"entry 6\b"):
                read()
        assert len(it.stream("b")) == 5


def test_nothing_is_appended_over_a_hole_in_the_tree(url):
    disarm(url)
    run(url, "DELETE FROM node WHERE level = 3 AND i = 0")
    with open_ledger(url) as it, pytest.raises(LedgerBrokenError, match="hole"):
        it.append(spent("a"))


@pytest.mark.parametrize("url", [SQLITE], indirect=True)
@pytest.mark.parametrize("bit", [0x01, 0x80])
def test_one_flipped_bit_in_the_file_is_named(url, bit):
    path = Path(url.removeprefix("sqlite:///"))
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    content = bytearray(path.read_bytes())
    assert content.count(b"reason-6") == 1
    content[content.index(b"reason-6") + 7] ^= bit
    path.write_bytes(content)
    with pytest.raises(LedgerBrokenError, match=r"entry 6\b"):
        audited(url)


@pytest.mark.parametrize("url", [SQLITE], indirect=True)
def test_a_damaged_index_is_found_and_a_damaged_file_is_called_that(url):
    path = Path(url.removeprefix("sqlite:///"))
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    root = connection.execute(
        "SELECT rootpage FROM sqlite_master WHERE name = 'entry_kind'"
    ).fetchone()[0]
    size = connection.execute("PRAGMA page_size").fetchone()[0]
    connection.close()
    content = bytearray(path.read_bytes())
    page = slice((root - 1) * size, root * size)
    content[page] = content[page].replace(b"spent", b"spenu")
    path.write_bytes(content)
    with pytest.raises(LedgerBrokenError, match="damaged"):
        audited(url)
    path.write_bytes(b"this is no database" * 1000)
    with pytest.raises(LedgerBrokenError, match="damaged"):
        audited(url)


@pytest.mark.parametrize("url", [SQLITE], indirect=True)
def test_the_file_is_for_us_alone_and_every_commit_is_on_the_disk(url):
    path = Path(url.removeprefix("sqlite:///"))
    assert path.stat().st_mode & 0o777 == 0o600
    base = database.Database(url, name="ledger")
    with base.reading() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2  # FULL
    base.close()


def test_a_writer_that_waits_too_long_is_told_to_try_again(url, monkeypatch):
    monkeypatch.setattr(database, "LOCK_TIMEOUT_S", 0.2)
    with open_ledger(url) as one, open_ledger(url) as other:
        with one._database.writing(), pytest.raises(StoreUnavailableError) as error:
            other.append(spent("a"))
        assert error.value.retryable
        assert other.append(spent("a")).index == ENTRIES


@pytest.mark.parametrize("request_", [SQLITE, POSTGRES])
def test_a_database_without_tables_says_what_to_do(request_, request, tmp_path):
    request.param = request_
    with open_ledger(fresh_url(request, tmp_path)) as it:
        for act in (it.size, lambda: it.append(spent("a")), it.audit):
            with pytest.raises(StoreRefusedError) as error:
                act()
            assert "retention init" in error.value.hint


def test_what_was_written_stands_in_no_error(tmp_path):
    url = f"sqlite:///{tmp_path}/none.db"
    with open_ledger(url) as it, pytest.raises(StoreRefusedError) as error:
        it.append(Draft("secret-stream", Entry.SPENT, {"proposal": "secret", "why": ""}))
    assert "secret" not in f"{error.value} {error.value.hint} {error.value.__cause__}"


def test_a_server_that_is_not_there_is_worth_another_try():
    nowhere = "postgresql+psycopg://nobody@127.0.0.1:1/none"
    with open_ledger(nowhere) as it, pytest.raises(StoreUnavailableError):
        it.size()


@pytest.mark.parametrize(
    "text", ["", "ledger.db", "sqlite://", "sqlite:///:memory:", "mysql://h/d", "postgresql://h/d"]
)
def test_a_url_that_names_no_usable_database_is_refused(text):
    with pytest.raises(AgreementError, match="names no database"):
        open_ledger(text)


def test_a_folder_that_is_not_there_is_not_made_by_accident(tmp_path):
    with pytest.raises(StoreRefusedError, match="cannot be made"):
        migrate(f"sqlite:///{tmp_path}/mistyped/ledger.db")


def test_several_may_migrate_at_once(tmp_path):
    from concurrent.futures import ThreadPoolExecutor

    url = f"sqlite:///{tmp_path}/ledger.db"
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(migrate, [url] * 4))
    with open_ledger(url, FixedClock()) as it:
        assert it.append(spent("a")).index == 0


def test_nothing_is_written_behind_an_entry_whose_time_was_rewritten(url):
    disarm(url)
    run(url, f"UPDATE entry SET at = 'yesterday' WHERE \"index\" = {ENTRIES - 1}")
    with open_ledger(url) as it, pytest.raises(LedgerBrokenError, match=f"entry {ENTRIES - 1}"):
        it.append(spent("a"))
