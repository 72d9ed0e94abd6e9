"""``retention forecast`` as it is called: what it prints, what it writes, what it refuses."""

import json
from datetime import date
from pathlib import Path

import icalendar
import pytest
from click.testing import CliRunner

from retention import wiring
from retention.cli.main import cli
from retention.domain.entry import Draft
from retention.settings import Settings
from retention.wiring import process
from tests.support.catalogues import fill_from
from tests.support.foreseen import NOW, Foreseen
from tests.support.memory import FixedClock
from tests.support.policies import DEMO, POLICIES


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    """A real composition over the demonstration's agreements, in SQLite."""
    folder = tmp_path_factory.mktemp("work")
    told = Settings.read({"RETENTION_POLICIES": str(DEMO)}, folder)
    work, demo = wiring.Composition(told, FixedClock(NOW)), Foreseen.demo()
    for reference in demo.catalogue.kept:
        fill_from(work.catalogue, reference, list(demo.catalogue.holdings(reference)))
    for record in demo.ledger.records:
        work.ledger.append(Draft(record.stream, record.kind, record.facts))
    return work


@pytest.fixture
def ask(work, monkeypatch, tmp_path):
    monkeypatch.setattr(process, "_installed", [work])
    monkeypatch.chdir(tmp_path)

    def asked(*arguments, exit_code=0):
        done = CliRunner().invoke(cli, ["forecast", *arguments], env={"COLUMNS": "100"})
        assert done.exit_code == exit_code, done.output
        return done

    return asked


def test_without_an_option_it_prints_twelve_months_and_every_list(ask):
    said = ask().stdout
    assert said.startswith("40 datasets known on 2 November 2026, 36.3 GB. Ahead: to 30 November")
    for name in ("Overdue: none", "Held: 3", "Conflicting: none", "Expired, unconfirmed: none",
                 "Stopped: none", "Awaiting an event: 4", "Placeholder: 3", "Unclassified: none",
                 "Open now: 6", "Events expected:"):  # fmt: skip
        assert f"\n{name}" in said


def test_for_programs_it_prints_one_document(ask):
    said = json.loads(ask("--json", "--months", "3").stdout)
    assert (said["as_at"], said["through"], said["months"]) == ("2026-11-02", "2027-02-28", 3)
    assert len(said["datasets"]) == 40


def test_it_writes_a_page_and_a_calendar_and_says_where(ask, tmp_path):
    done = ask("--html", "wall.html", "--ics", "retention.ics")
    assert done.stdout == ""
    assert done.stderr == "wall.html: the page\nretention.ics: the calendar\n"
    page = (tmp_path / "wall.html").read_text(encoding="utf-8")
    assert page.startswith('<!DOCTYPE html>\n<html lang="en-GB">')
    assert "Made 2026-11-02 09:00:00 UTC" in page
    written = (tmp_path / "retention.ics").read_bytes()
    read = icalendar.Calendar.from_ical(written)
    assert {each["DTSTAMP"].dt for each in read.walk("VEVENT")} == {NOW}


def test_page_and_document_can_be_had_at_once(ask, tmp_path):
    assert json.loads(ask("--json", "--html", "wall.html").stdout)["months"] == 12
    assert (tmp_path / "wall.html").stat().st_size > 10_000


def test_a_page_that_cannot_be_written_leaves_the_old_one(ask, tmp_path, monkeypatch):
    (tmp_path / "wall.html").write_text("the old one")

    def full(path, content):
        with path.open("wb") as file:
            file.write(content[:100])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    done = ask("--html", "wall.html", exit_code=1)
    assert "No space left on device" in done.stderr
    assert [each.name for each in tmp_path.iterdir()] == ["wall.html"]
    assert (tmp_path / "wall.html").read_text() == "the old one"


def test_it_asks_for_another_day_with_what_is_known_today(ask, work):
    said = json.loads(ask("--json", "--as-at", "2027-06-15", "--months", "1").stdout)
    assert (said["as_at"], said["through"]) == ("2027-06-15", "2027-07-31")
    later = {each["dataset"]: each["standing"] for each in said["datasets"]}
    assert later["DEMO-NACEL/patient-level/england/2018"] == "overdue"  # since 9 January 2027
    assert later["DEMO-MWP/service-data/mental-health/2020"] == "held"
    assert work.clock.today() == date(2026, 11, 2)


def test_it_asks_under_the_agreements_of_another_folder(ask):
    said = json.loads(ask("--json", "--policies", str(POLICIES)).stdout)
    assert {each["standing"] for each in said["datasets"]} == {"unclassified"}
    assert len(said["datasets"]) == 40
    assert any(each["agreement"] == "NACEL" for each in said["placeholders"])


@pytest.mark.parametrize(
    "arguments",
    [
        ("--months", "0"),
        ("--months", "121"),
        ("--months", "twelve"),
        ("--as-at", "2 November"),
        ("--as-at", "9999-12-31"),
        ("--as-at", "0001-01-01"),
        ("--policies", "nowhere"),
        ("--html", "no/such/folder/wall.html"),
    ],
)
def test_what_cannot_be_is_refused_without_a_traceback(ask, arguments):
    done = ask(*arguments, exit_code=1 if arguments[0] == "--html" else 2)
    assert "Error" in done.stderr
    assert "Traceback" not in done.output


@pytest.mark.parametrize("day", ["1850-01-01", "2200-12-31"])
def test_the_first_and_the_last_year_can_be_asked_for(ask, day):
    said = ask("--as-at", day, "--months", "120", "--html", "wall.html", "--ics", "wall.ics")
    assert said.exception is None


def test_it_writes_nothing_on_the_ledger(ask, work):
    before = work.ledger.size()
    ask("--html", "wall.html", "--ics", "retention.ics")
    ask("--json")
    assert work.ledger.size() == before
