"""Audit, report and heartbeat as they are composed: over a real ledger, without mail or Prefect."""

import sqlite3
from datetime import UTC, datetime

import pytest

from flows.timetable import CRONS
from retention import wiring
from retention.domain.entry import Entry
from retention.errors import DeliveryError, LedgerBrokenError, StoreUnavailableError
from retention.settings import Settings
from tests.support.memory import FixedClock
from tests.support.net import free_ports
from tests.support.policies import DEMO


@pytest.fixture
def work(tmp_path):
    mail, port = free_ports(2)
    given = {
        "RETENTION_POLICIES": str(DEMO),
        "RETENTION_MAIL_PORT": str(mail),
        "PREFECT_API_URL": f"http://127.0.0.1:{port}/api",
    }
    clock = FixedClock(datetime(2026, 11, 2, 9, 0, tzinfo=UTC))
    work = wiring.Composition(Settings.read(given, tmp_path), clock)
    work.agreements()
    return work


def test_an_audit_proves_the_ledger_and_continues_from_its_own_checkpoint(work):
    assert "this is the first" in work.unattended.audit()
    work.unattended.note_ran("audit")
    page = work.unattended.audit()
    assert "It continues the newest checkpoint" in page
    assert work.witness.newest() in page


def test_an_entry_that_was_changed_at_rest_is_named_though_no_mail_goes_out(work):
    work.unattended.audit()
    noted = work.witness.newest()
    work.unattended.note_ran("audit")
    work.ledger.close()
    with sqlite3.connect(work.settings.home / "ledger.db") as rows:
        triggers = rows.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        for (name,) in triggers.fetchall():
            rows.execute(f"DROP TRIGGER {name}")
        rows.execute('UPDATE entry SET leaf = zeroblob(32) WHERE "index" = 0')
    with pytest.raises(LedgerBrokenError, match="entry 0"):
        work.unattended.audit()
    assert work.witness.newest() == noted


def test_a_report_is_kept_though_no_mail_goes_out(work):
    work.clock.step(days=30)
    with pytest.raises(DeliveryError):
        work.unattended.report()
    (written,) = work.ledger.of_kind(Entry.REPORTED)
    page = work.evidence.read(written.text("document")).decode()
    assert page.startswith("# Retention in November 2026")
    assert not list(work.ledger.of_kind(Entry.TOLD))


def test_where_nobody_serves_that_is_the_first_thing_told(work):
    (first, *_) = work.unattended.stale(CRONS)
    assert first.what == "Prefect does not answer, so nothing runs by itself"
    wiring.services(work.settings.home)
    (first, *others) = work.unattended.stale(CRONS)
    assert first.what == "Prefect does not answer, so nothing runs by itself"
    assert not others, "it began today"
    work.clock.step(days=8)
    told = " ".join(each.what for each in work.unattended.stale(CRONS))
    assert all(f"{flow} should have run" in told for flow in CRONS)
    assert all(f"store {store.name} ever" in told for store in work.stores())
    with pytest.raises(StoreUnavailableError):
        work.unattended.start("advance")
