"""Who lets whom in, and what is written of it: `retention people`."""

import json
from datetime import timedelta

import pytest
from click.testing import CliRunner

from retention.cli.factor import uri
from retention.cli.main import cli
from retention.domain.agreement import Person
from retention.domain.entry import Entry
from retention.domain.lockout import WRONG_MAX
from retention.errors import AnswerError, NotAuthorisedError, RefusedError
from retention.ports.identities import Check
from retention.wiring import process
from tests.support import cast
from tests.support.identities import GOOD, OTHER, WRONG, cheap, code_of, knows
from tests.support.memory import FixedClock, MemoryLedger

NEW = "a newer long password"


class Library(cast.MemoryLibrary):
    def people(self):
        return (*cast.PEOPLE, Person("planner", "Eve Invented", (), None))


class Work:
    """What the command takes from a composition."""

    def __init__(self, folder):
        self.library, self.clock = Library(), FixedClock()
        self.ledger = MemoryLedger(self.clock)
        self.identities = cheap(folder)

    def changes(self):
        return [
            (r.text("person"), r.text("change"), r.text("by"))
            for r in self.ledger.records
            if r.kind is Entry.LOGIN_CHANGED
        ]


@pytest.fixture
def work(tmp_path, monkeypatch):
    work = Work(tmp_path)
    monkeypatch.setattr(process, "_installed", [work])
    with work.identities:
        yield work


@pytest.fixture
def typed(work):
    def type_(*words, password=GOOD, new=NEW, says=""):
        given = {"RETENTION_PASSWORD": password, "RETENTION_PASSWORD_NEW": new}
        done = CliRunner().invoke(cli, ["people", *words], env=given, input=says)
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        assert done.exit_code == 0, done.output
        return done.stdout

    return type_


@pytest.fixture
def begun(work, typed):
    """A records manager and an approver are let in."""
    typed("add", "--first", "rm-01", new=GOOD)
    typed("add", "iao-01", "--as", "rm-01", new=OTHER)
    return work


def test_each_change_is_written_with_who_made_it(begun, typed):
    typed("passwd", "iao-01", "--as", "iao-01", password=OTHER)
    typed("passwd", "iao-01", "--as", "rm-01")
    typed("disable", "iao-01", "--as", "rm-01")
    assert begun.changes() == [
        ("rm-01", "added", "rm-01"),
        ("iao-01", "added", "rm-01"),
        ("iao-01", "password", "iao-01"),
        ("iao-01", "password", "rm-01"),
        ("iao-01", "disabled", "rm-01"),
    ]
    written = repr([r.facts for r in begun.ledger.records])
    assert not any(word in written for word in (GOOD, OTHER, NEW, "argon2"))


def test_a_work_pools_name_and_a_stranger_are_not_let_in(begun, typed):
    with pytest.raises(AnswerError, match="work pool"):
        typed("add", "planner", "--as", "rm-01")
    with pytest.raises(NotAuthorisedError, match=r"not in people\.toml"):
        typed("add", "nobody", "--as", "rm-01")


@pytest.mark.parametrize(
    "words",
    [
        ("add", "audit-01"),
        ("passwd", "rm-01"),
        ("unlock", "rm-01"),
        ("disable", "rm-01"),
        ("factor", "rm-01"),
        ("factor", "rm-01", "--remove"),
    ],
)
def test_what_concerns_others_takes_a_records_manager(begun, typed, words):
    before = begun.changes()
    with pytest.raises(NotAuthorisedError, match="may not manage people"):
        typed(*words, "--as", "iao-01", password=OTHER)
    assert begun.changes() == before


def lock(work, person):
    return [work.identities.check(person, WRONG, work.clock.now()) for _ in range(WRONG_MAX)]


def test_who_is_locked_is_listed_and_let_in_again(begun, typed):
    assert lock(begun, "iao-01")[-1] is Check.LOCKS
    rows = {row["person"]: row for row in json.loads(typed("list", "--json"))}
    assert rows["iao-01"] == {
        "person": "iao-01",
        "roles": ["information-asset-owner"],
        "login": "locked",
        "locked_until": "2031-04-01T09:31:00.000Z",
        "codes": False,
    }
    assert rows["rm-01"]["login"], rows["audit-01"]["login"] == ("yes", "none")
    assert "locked" in typed()
    assert "may log in again" in typed("unlock", "iao-01", "--as", "rm-01")
    assert knows(begun.identities, "iao-01", OTHER, begun.clock.now())
    assert "not locked" in typed("unlock", "iao-01", "--as", "rm-01")
    assert begun.changes()[-1] == ("iao-01", "unlocked", "rm-01")


def test_a_lock_that_is_past_is_none(begun, typed):
    lock(begun, "iao-01")
    begun.clock.step(minutes=1)
    assert "locked" not in typed().replace("locked until", "")


def test_wrong_passwords_lock_here_too_and_that_is_written_once(begun, typed):
    for _ in range(WRONG_MAX + 2):
        with pytest.raises(NotAuthorisedError, match="not this password"):
            typed("disable", "iao-01", "--as", "rm-01", password=WRONG)
    with pytest.raises(NotAuthorisedError, match="not this password"):
        typed("disable", "iao-01", "--as", "rm-01")
    (record,) = [r for r in begun.ledger.records if r.kind is Entry.LOCKED_OUT]
    assert (record.text("person"), record.text("until")) == ("rm-01", "2031-04-01T09:31:00.000Z")


class Reading:
    """An authenticator: it is told a secret, and says the code of now."""

    def __init__(self, work, monkeypatch):
        self.work, begin = work, work.identities.begin_factor

        def told(person):
            self.secret = begin(person)
            return self.secret

        monkeypatch.setattr(work.identities, "begin_factor", told)
        self.asked = 0

    def prompt(self, *_, **__):
        """Say a wrong code first."""
        self.asked += 1
        return "000000x" if self.asked == 1 else code_of(self.secret, self.work.clock.now())


@pytest.fixture
def reading(begun, monkeypatch):
    reading = Reading(begun, monkeypatch)
    monkeypatch.setattr("retention.cli.factor.click.prompt", reading.prompt)
    return reading


def test_codes_count_once_one_of_them_was_typed(begun, typed, reading):
    said = typed("factor", "iao-01", "--as", "iao-01", password=OTHER)
    assert uri("Invented Processor Ltd", "iao-01", reading.secret) in said
    assert "█" in said or "▀" in said or "▄" in said
    assert "From now on the codes of iao-01 count." in said
    assert begun.identities.standing("iao-01").factor
    assert begun.changes()[-1] == ("iao-01", "codes", "iao-01")
    assert reading.secret not in repr([r.facts for r in begun.ledger.records])


def test_without_a_right_code_nothing_counts(begun, typed, reading, monkeypatch):
    monkeypatch.setattr("retention.cli.factor.click.prompt", lambda *_, **__: "000000")
    begun.clock.step(days=1)
    with pytest.raises(AnswerError, match="nothing counts"):
        typed("factor", "rm-01", "--as", "rm-01")
    assert not begun.identities.standing("rm-01").factor


def test_codes_in_force_are_removed_by_another_person_before_there_are_new_ones(
    begun, typed, reading
):
    typed("factor", "rm-01", "--as", "rm-01")
    with pytest.raises(RefusedError, match="has codes already"):
        typed("factor", "rm-01", "--as", "rm-01")
    with pytest.raises(NotAuthorisedError, match="their own codes"):
        typed("factor", "rm-01", "--remove", "--as", "rm-01")
    typed("add", "both-01", "--as", "rm-01", new=OTHER)
    typed("factor", "rm-01", "--remove", "--as", "both-01", password=OTHER)
    assert not begun.identities.standing("rm-01").factor
    assert begun.changes()[-1] == ("rm-01", "codes-removed", "both-01")
    with pytest.raises(RefusedError, match="has no codes"):
        typed("factor", "rm-01", "--remove", "--as", "both-01", password=OTHER)


def test_the_picture_says_what_authenticators_read():
    assert uri("An Invented & Co", "rm-01", "ABC") == (
        "otpauth://totp/An%20Invented%20%26%20Co:rm-01"
        "?secret=ABC&issuer=An%20Invented%20%26%20Co&algorithm=SHA1&digits=6&period=30"
    )


def test_a_lock_ends_by_itself_however_often(begun):
    at = begun.clock.now()
    for _ in range(20):
        found = begun.identities.check("iao-01", WRONG, at)
        at += timedelta(minutes=15) if found is Check.LOCKS else timedelta()
    assert knows(begun.identities, "iao-01", OTHER, at)
