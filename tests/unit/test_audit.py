"""The weekly audit: what it proves, and what happens where the ledger proves nothing any more."""

import pytest

from retention.domain.entry import Entry
from retention.errors import DeliveryError, LedgerBrokenError
from retention.steps.audit import Auditing, audit
from tests.support.world import World


@pytest.fixture
def world():
    world = World()
    world.fill()
    world.survey()
    return world


def ports(world, courier=None):
    given = courier or world.courier
    return Auditing(world.ledger, world.witness, world.library, lambda: given, world.clock.today())


def broken(world, monkeypatch):
    def no():
        raise LedgerBrokenError("entry 3 is not what its leaf says", hint="look")

    monkeypatch.setattr(world.ledger, "audit", no)


def test_it_says_how_many_entries_it_proved_and_against_what(world):
    first = audit(ports(world))
    assert first.entries == world.ledger.size()
    assert "this is the first" in first.page
    world.survey()
    second = audit(ports(world))
    assert second.continued
    assert second.entries > first.entries
    assert "It continues the newest checkpoint" in second.page
    assert second.checkpoint.note in second.page


def test_it_notes_a_checkpoint_outside_from_which_an_older_ledger_is_known(world):
    audit(ports(world))
    noted = world.witness.newest()
    assert noted is not None
    del world.ledger.records[-1]  # as a restored backup of yesterday
    with pytest.raises(LedgerBrokenError):
        audit(ports(world))
    assert world.witness.newest() == noted, "a ledger that is in doubt notes nothing"


def test_a_broken_ledger_fails_is_raised_and_told_to_who_must_look(world, monkeypatch):
    broken(world, monkeypatch)
    for _ in range(2):
        with pytest.raises(LedgerBrokenError, match="entry 3"):
            audit(ports(world))
    (raised,) = world.kinds(Entry.INCIDENT)
    assert (raised.text("incident"), raised.text("dataset")) == ("ledger-broken", "ledger")
    letters = world.courier.letters
    told = {address for letter in letters for address in letter.to}
    roles = {role for p in world.library.people() if p.email in told for role in p.roles}
    assert roles & {"dpo", "records-manager"}
    assert "entry 3 is not what its leaf says" in letters[0].body


def test_a_dead_mail_server_and_a_ledger_that_takes_nothing_hide_nothing(world, monkeypatch):
    broken(world, monkeypatch)

    class Dead:
        def send(self, letter):
            raise DeliveryError("nobody answers", hint="wait")

    def full(*_, **__):
        raise LedgerBrokenError("it takes nothing", hint="look")

    monkeypatch.setattr(world.ledger, "append", full)
    with pytest.raises(LedgerBrokenError, match="entry 3"):
        audit(ports(world, Dead()))
