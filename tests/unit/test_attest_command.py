"""`retention attest` as a person types it, over an invented disposal."""

import json

import pytest
from click.testing import CliRunner

from retention.cli.common import PASSWORD
from retention.cli.main import cli
from retention.domain.entry import Entry
from retention.errors import NotAuthorisedError, RefusedError
from retention.ports.identities import Check
from retention.wiring import process
from tests.support.residuals import BOX, DATASET, LISTED, VAULT, disposed, go_on

VAULT_COPY = f"{DATASET}/backup-r1"
REASON = ("--reason", "Nothing of it is in the vault any more")


class Work:
    """What the command takes from a composition; whoever says *right* is who they are."""

    def __init__(self, world):
        self.library, self.catalogue, self.ledger = world.library, world.catalogue, world.ledger
        self.clock, self.evidence, self.identities = world.clock, world.evidence, self

    def check(self, person, password, at):
        return Check.RIGHT if password == "right" else Check.WRONG

    def bear_witness(self):
        """Note nothing."""


@pytest.fixture
def world():
    world, _ = disposed(VAULT, BOX, LISTED)
    go_on(world)
    return world


@pytest.fixture
def typed(world, tmp_path, monkeypatch):
    """Return what types a command in a folder that holds one letter."""
    (tmp_path / "letter.pdf").write_bytes(b"an invented letter")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(process, "_installed", [Work(world)])

    def type_(*words, password="right"):
        done = CliRunner().invoke(cli, ["attest", *words], env={PASSWORD: password})
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        assert done.exit_code == 0, done.output
        return done.stdout

    return type_


def act(copy=VAULT_COPY, by="audit-01", on="2026-11-03"):
    return (copy, "--gone-on", on, "--evidence", "letter.pdf", "--as", by, *REASON)


def test_without_a_word_it_lists_what_awaits_one(typed):
    said = typed()
    assert VAULT_COPY in said
    assert f"{DATASET}/paper-r2" in said
    assert "backup-r3" not in said, "the engine looks at that one"
    assert "backup-r3" in typed("list", "--all")
    rows = json.loads(typed("--json"))
    assert [row["copy"] for row in rows] == [f"{DATASET}/paper-r2", VAULT_COPY]
    assert rows[1] == {
        "copy": VAULT_COPY,
        "where": "Invented vault",
        "kind": "backup",
        "checked_by": "person",
        "until": "2026-12-08",
        "stands": "whose window is open",
        "what_to_do": f"ask, then: retention attest {VAULT_COPY}",
    }


def test_a_preview_shows_and_writes_nothing_and_asks_for_no_password(typed, world):
    said = typed(*act(), "--preview", password="wrong")
    assert f"Attest that Invented vault ({VAULT_COPY}) is gone since 3 November 2026." in said
    assert not world.kinds(Entry.RESIDUAL_ATTESTED)


def test_it_is_taken_with_who_and_why_and_what_shows_it(typed, world):
    said = typed(*act(), "--yes")
    (record,) = world.kinds(Entry.RESIDUAL_ATTESTED)
    assert f"{VAULT_COPY} is attested, by entry {record.index}." in said
    assert (record.text("by"), record.text("gone_on")) == ("audit-01", "2026-11-03")
    assert world.evidence.read(record.text("evidence")) == b"an invented letter"
    assert VAULT_COPY not in typed()


def test_for_programs_it_says_which_entry_it_is(typed, world):
    said = json.loads(typed("copy", *act(), "--yes", "--json"))
    (record,) = world.kinds(Entry.RESIDUAL_ATTESTED)
    assert said["recorded"] == {"entries": [record.index], "result": VAULT_COPY}


def test_without_the_password_an_evidence_or_anybody_to_ask_nothing_is_taken(typed, world):
    with pytest.raises(NotAuthorisedError, match="not this password"):
        typed(*act(), "--yes", password="wrong")
    with pytest.raises(NotAuthorisedError, match="approved this disposal"):
        typed(*act(by="rm-01"), "--yes")
    with pytest.raises(RefusedError, match="nothing was brought"):
        typed(VAULT_COPY, "--gone-on", "2026-11-03", "--as", "audit-01", "--yes", *REASON)
    with pytest.raises(RefusedError, match="nobody is there to be asked"):
        typed(*act())
    assert not world.kinds(Entry.RESIDUAL_ATTESTED)


def test_what_was_wrong_is_taken_back(typed, world):
    typed(*act(), "--yes")
    back = ("retract", VAULT_COPY, "--evidence", "letter.pdf", "--as", "siro-01", "--yes")
    said = typed(*back, *REASON)
    (record,) = world.kinds(Entry.ATTESTATION_RETRACTED)
    assert f"What was attested of {VAULT_COPY} is taken back, by entry {record.index}." in said
    assert VAULT_COPY in typed()
