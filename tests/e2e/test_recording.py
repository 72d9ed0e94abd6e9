"""What people record, with the real command, process by process, in a working folder of its own."""

import csv
import io
import json
import os
import pty
import re
import select
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from time import monotonic

import pytest

from retention.adapters.catalogue import SqlCatalogue, migrate
from retention.demo.invented import DATASETS
from retention.domain.dataset import DatasetId
from retention.ports.catalogue import Holding
from tests.support.catalogues import fill_from

ROOT = Path(__file__).parents[2]
PASSWORD = "a password of mine"
PEOPLE = ("iao-01", "audit-01", "dpo-01")
WITHIN_S = 60
PLACEHOLDERS = {"patient-level": ("nation", "round"), "staff-survey": ("round",)}
WALES = "DEMO-NACEL/patient-level/wales/2019"
EVENT = ("event", "record", "DEMO-NACEL", "audit-round-published")
WHY = ("--evidence", "letter.txt", "--reason", "The letter of today says so")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A working folder with the invented agreements, one of which allows an extension."""
    folder = tmp_path_factory.mktemp("work")
    policies = ROOT / "policies" / "demo"
    for path in policies.rglob("*.toml"):
        copy = folder / "policies" / path.relative_to(policies)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(path.read_bytes())
    agreement = folder / "policies" / "DEMO-NACEL" / "v1.toml"
    clause = '[disposal]\nextension = { max = "P1Y", times = 1, by = ["demo-commissioner"] }'
    agreement.write_text(agreement.read_text().replace("[disposal]", clause))
    (folder / "letter.txt").write_text("an invented letter")
    (folder / "empty.txt").write_text("\n")
    return folder


@pytest.fixture(scope="module")
def retention(folder):
    """Run the command in the working folder; people have passwords, and a survey was made."""
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("RETENTION_")},
        "RETENTION_PASSWORD": PASSWORD,
        "RETENTION_PASSWORD_NEW": PASSWORD,
        "COLUMNS": "100",
    }

    def run(*arguments, exit_code=0, **changed):
        done = subprocess.run(
            [sys.executable, "-m", "retention", *arguments],
            cwd=folder,
            env=environment | changed,
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
            timeout=WITHIN_S,
        )
        said = done.stdout + done.stderr
        assert done.returncode == exit_code, said
        assert "Traceback" not in said
        return said

    run.environment = environment
    run("init")
    run("people", "add", "--first", "rm-01")
    for person in PEOPLE:
        run("people", "add", person, "--as", "rm-01")
    survey_of(folder)
    return run


def survey_of(folder):
    """Write what a survey of the invented estate would have seen."""
    url = f"sqlite:///{folder}/var/catalogue.db"
    migrate(url)
    holdings = []
    for (reference, name), bindings in DATASETS.items():
        if reference != "DEMO-NACEL" or name not in PLACEHOLDERS:
            continue
        for values in bindings:
            binding = tuple((each, values[each]) for each in PLACEHOLDERS[name])
            dataset = str(DatasetId(reference, name, binding))
            for copy in ("primary", "replica"):
                place = f"s3://{copy}/{dataset}/"
                counts = (40, 2, 1, 1_500_000)
                seen_at = datetime.now(UTC)
                holdings.append(
                    Holding(
                        dataset, reference, name, binding, copy, place, *counts, None, None, seen_at
                    )
                )
    catalogue = SqlCatalogue(url)
    fill_from(catalogue, "demo-nacel", holdings)
    catalogue.close()


def entries(retention):
    return int(retention("ledger", "audit").split()[0])


def listed(retention, *what):
    return json.loads(retention(*what, "--json"))


def in_a_terminal(retention, folder, *arguments, answers):
    """Run the command in a terminal, giving each answer when it is asked; return (said, code)."""
    environment = {n: v for n, v in retention.environment.items() if "PASSWORD" not in n}
    child, terminal = pty.fork()
    if child == 0:  # what follows is the command itself
        os.chdir(folder)
        os.execve(sys.executable, [sys.executable, "-m", "retention", *arguments], environment)
    said, until, waiting = b"", monotonic() + WITHIN_S, list(answers)
    while monotonic() < until:
        ready, _, _ = select.select([terminal], [], [], 0.2)
        if ready:
            try:
                said += os.read(terminal, 10_000)
            except OSError:  # it has ended
                break
        if waiting and waiting[0][0].encode() in said.rpartition(b"\r\n")[2]:
            os.write(terminal, waiting.pop(0)[1].encode() + b"\n")
    _, status = os.waitpid(child, 0)
    os.close(terminal)
    return said.decode().replace("\r\n", "\n"), os.waitstatus_to_exitcode(status)


def test_an_event_is_shown_asked_about_and_then_recorded(retention, folder):
    act = (*EVENT, "--of", "2019", "--on", "2021-03-18", "--evidence", "letter.txt")
    act = (*act, "--as", "audit-01")
    why = ("Why", "Published, item 4 of the minutes")
    password = ("Password", PASSWORD)
    said, code = in_a_terminal(
        retention, folder, *act, answers=[password, why, ("Record this?", "n")]
    )
    assert code == 1, said
    assert "Nothing was recorded" in said
    assert listed(retention, "event", "list") == []
    before = entries(retention)
    said, code = in_a_terminal(
        retention,
        folder,
        *act,
        answers=[password, why, ("Record this?", ""), ("Record this?", "y")],
    )
    assert code == 0, said
    assert "It touches 3 datasets, 258 object versions, 9 MB" in said
    assert re.search(r"may go from +not known  ->  1 April 2026", said)
    assert "Recorded as entry" in said
    assert entries(retention) == before + 1
    (row,) = listed(retention, "event", "list", "DEMO-NACEL")
    assert (row["event"], row["of"], row["on"], row["recorded_by"]) == (
        "audit-round-published",
        "2019",
        "2021-03-18",
        "audit-01",
    )


def test_without_a_terminal_it_is_taken_only_if_that_is_said(retention):
    act = (*EVENT, "--of", "2020", "--on", "2022-07-14", *WHY, "--as", "audit-01")
    before = entries(retention)
    assert "--yes takes it" in retention(*act, exit_code=20)
    shown = json.loads(retention(*act, "--preview", "--json", RETENTION_PASSWORD=""))
    assert shown["recorded"] is None
    assert shown["preview"]["datasets"] == 4
    assert {"what": "may go from", "before": None, "after": "2028-04-01"} in shown["preview"][
        "touches"
    ][0]["changes"]
    retention(*act, "--preview", "--yes", exit_code=2)
    assert entries(retention) == before
    taken = json.loads(retention(*act, "--yes", "--json"))
    assert taken["preview"] == shown["preview"]
    assert taken["recorded"]["entries"] == [before]
    assert entries(retention) == before + 1


def test_it_takes_a_person_a_password_a_file_and_a_reason(retention):
    act = (*EVENT, "--of", "2021", "--on", "2023-07-13", "--yes")
    before = entries(retention)
    retention(*act, *WHY, exit_code=2)  # nobody says who
    retention(*act, *WHY, "--as", "nobody", exit_code=23)
    retention(*act, *WHY, "--as", "audit-01", exit_code=23, RETENTION_PASSWORD="wrong")
    retention(*act, *WHY, "--as", "cg-01", exit_code=23)  # has no login
    assert "may not record" in retention(*act, *WHY, "--as", "iao-01", exit_code=23)
    assert "--evidence" in retention(
        *act, "--reason", "because it says so", "--as", "audit-01", exit_code=20
    )
    reason = ("--reason", "because it says so")
    retention(*act, "--evidence", "empty.txt", *reason, "--as", "audit-01", exit_code=20)
    assert "reason is missing" in retention(
        *act, "--evidence", "letter.txt", "--as", "audit-01", exit_code=20
    )
    assert entries(retention) == before


def test_a_correction_and_a_retraction_are_kept_and_listed(retention):
    record = (*EVENT, "--of", "2018", *WHY, "--as", "audit-01", "--yes")
    retention(*record, "--on", "2020-07")
    said = retention(*record, "--on", "2020-07-09")
    assert "it replaces 2020-07, recorded by audit-01" in said
    assert "already" in retention(*record, "--on", "2020-07-09", exit_code=20)
    retract = ("event", "retract", *EVENT[2:], "--of", "2018")
    said = retention(*retract, *WHY, "--as", "audit-01", "--yes")
    assert re.search(r"stands at +due  ->  awaiting its trigger", said)
    rows = listed(retention, "event", "list", "DEMO-NACEL", "--all")
    assert [r["state"] for r in rows if r["of"] == "2018"] == ["retracted", "retracted"]
    assert "2018" not in retention("event", "list", "DEMO-NACEL")
    retention(*record, "--on", "2020-07-09")


def test_a_hold_is_placed_shown_and_released_by_two(retention):
    place = ("hold", "place", "DEMO-NACEL", *WHY, "--as", "audit-01", "--yes")
    assert "all 14 datasets of DEMO-NACEL" in retention(*place, "--ground", "court", exit_code=25)
    assert "did you mean" in retention(
        *place, "--ground", "court", "--class", "patient-levl", exit_code=10
    )
    said = retention(
        *place, "--ground", "statutory", "--class", "patient-level", "--nation", "wales"
    )
    assert "It touches 4 datasets" in said
    assert "H-0001 is in force" in said
    (row,) = listed(retention, "hold", "list")
    assert (row["state"], row["datasets"], row["scope"]) == (
        "in force",
        4,
        "DEMO-NACEL/patient-level, nation wales",
    )
    release = ("hold", "release", "H-0001")
    retention(*release, *WHY, "--as", "iao-01", "--yes", exit_code=2)  # no successor is said
    retention(*release, "--no-successor", *WHY, "--as", "iao-01", "--yes")
    assert listed(retention, "hold", "list")[0]["release_asked_by"] == "iao-01"
    confirm = (*release, "--confirm", "--reason", "I have read that letter", "--yes")
    assert "another person" in retention(*confirm, "--as", "iao-01", exit_code=23)
    said = retention(*confirm, "--as", "rm-01")
    assert "A release leads to a review: nothing is destroyed by it" in said
    assert "No hold is in force" in retention("hold", "list")
    assert listed(retention, "hold", "list", "--all")[0]["state"] == "released"


def test_a_subject_request_goes_to_its_controller_with_its_clock(retention):
    received = datetime.now(UTC).date() - timedelta(days=3)
    request = ("hold", "place", "--dataset", WALES, "--ground", "subject-request", *WHY)
    request = (*request, "--as", "dpo-01", "--yes")
    assert "--received" in retention(*request, exit_code=10)
    request = (*request, "--received", str(received))
    said = retention(*request, exit_code=10)
    assert "demo-commissioner, demo-national-body" in said
    said = retention(*request, "--answer-to", "demo-commissioner")
    assert "demo-commissioner must answer it" in said
    assert "treated as day one, to be safe" in said.replace("\n", " ")
    assert "This request is about one person" in said
    (row,) = listed(retention, "hold", "list")
    by = date.fromisoformat(row["answer_by"])
    assert timedelta(days=27) < by - received < timedelta(days=37)
    assert row["answer_to"] == "demo-commissioner"


def test_a_precaution_is_confirmed_in_writing(retention):
    place = ("hold", "place", "--dataset", "DEMO-NACEL/staff-survey/2019", "--ground", "precaution")
    said = retention(*place, *WHY, "--as", "audit-01", "--yes", "--json")
    hold = json.loads(said)["recorded"]["result"]
    assert "in force, unconfirmed" in retention("hold", "list")
    confirm = ("hold", "confirm", hold, "--signed-on", "2026-01-05", *WHY, "--as", "rm-01", "--yes")
    retention(*confirm, "--from", "demo-ni-agency", exit_code=10)
    retention(*confirm, "--from", "demo-commissioner")
    (row,) = [r for r in listed(retention, "hold", "list") if r["hold"] == hold]
    assert row["state"] == "in force, confirmed by demo-commissioner"


def test_an_extension_stays_within_the_agreement(retention):
    england = "DEMO-NACEL/patient-level/england/2019"  # kept through 31 March 2026
    record = ("instruction", "record", england, "--signed-on", "2026-01-05", *WHY, "--yes")
    record = (*record, "--as", "rm-01")
    retention(*record, "--from", "demo-commissioner", exit_code=2)  # nothing is said
    until = ("--extend-until", "2027-03-31")
    retention(*record, *until, "--from", "demo-ni-agency", exit_code=10)
    said = retention(
        *record, "--extend-until", "2027-04-01", "--from", "demo-commissioner", exit_code=20
    )
    assert "through 31 March 2027 at most" in said
    said = retention(*record, *until, "--from", "demo-commissioner")
    assert re.search(r"kept through +31 March 2026  ->  31 March 2027", said)
    assert "I-0001 is recorded" in said
    assert "allows 1" in retention(*record, *until, "--from", "demo-commissioner", exit_code=20)
    retention(*record[:2], WALES, *record[3:], "--return", "--from", "demo-national-body")
    rows = listed(retention, "instruction", "list", "DEMO-NACEL")
    assert [(r["instruction"], r["says"], r["until"]) for r in rows] == [
        ("I-0001", "extend", "2027-03-31"),
        ("I-0002", "return", None),
    ]
    answer = ("instruction", "record", "0123456789ab", "--from", "demo-commissioner")
    said = retention(*answer, "--answer", "proceed", *WHY, "--as", "rm-01", "--yes", exit_code=10)
    assert "no notice was written yet" in said


def test_incidents_are_the_dpos_to_close(retention):
    assert "No incident is open" in retention("incident", "list")
    close = ("incident", "close", "1", *WHY, "--yes", "--told-nobody")
    assert "may not close" in retention(*close, "--as", "rm-01", exit_code=23)
    assert "no incident of that number" in retention(*close, "--as", "dpo-01", exit_code=10)


def test_a_table_is_imported_whole_or_every_fault_of_it_told(retention, folder):
    template = retention("import", "--template")
    rows = list(csv.DictReader(io.StringIO(template, newline="")))
    waited = {r["value"] for r in rows if r["agreement"] == "DEMO-NACEL"}
    assert waited == {"2021"}
    header = template.splitlines()[0]
    table = folder / "events.csv"
    table.write_text(
        f"{header}\n"
        "DEMO-NACEL,audit-round-published,2021,2023-07-13,letter.txt,\n"
        "DEMO-NACEL,audit-round-publisht,2021,13/07/2023,../../etc/passwd,\n"
        "DEMO-CVD,extract-published,=2024-q3,2024-12-12,empty.txt,\n"
    )
    act = (
        "import",
        "events.csv",
        "--reason",
        "From the minutes of 2023",
        "--as",
        "audit-01",
        "--yes",
    )
    before = entries(retention)
    said = retention(*act, exit_code=10)
    for where in (
        "row 3, column event",
        "row 3, column on",
        "row 3, column evidence",
        "row 4, column value: it begins like a formula",
        "row 4, column evidence",
    ):
        assert where in said
    assert "row 2" not in said
    assert entries(retention) == before
    table.write_bytes(
        b"\xef\xbb\xbf" + header.encode() + b"\r\n"
        b"DEMO-NACEL,audit-round-published,2021,2023-07-13,letter.txt,\r\n"
        b"DEMO-CVD,extract-published,2024-q3,2024-12,letter.txt,\r\n"
    )
    said = retention(*act)
    assert "row 2: audit-round-published of 2021 under DEMO-NACEL, on 13 July 2023" in said
    assert entries(retention) == before + 2
    assert "already" in retention(*act, exit_code=10)


def test_a_hold_does_not_wait_for_an_agreement_that_somebody_edited(retention, folder):
    agreement = folder / "policies" / "DEMO-CVD" / "v1.toml"
    whole = agreement.read_text()
    agreement.write_text(f"{whole}\n# edited while in force\n")
    event = (*EVENT, "--of", "2019", "--on", "2021-03-19", *WHY, "--as", "audit-01", "--yes")
    assert "edited while in force" in retention(*event, exit_code=20)
    hold = ("hold", "place", "--dataset", "DEMO-NACEL/patient-level/england/2018", *WHY)
    retention(*hold, "--ground", "court", "--as", "audit-01", "--yes")
    agreement.write_text(whole)
    retention(*event)


def test_nothing_that_people_said_stands_on_the_ledger(retention, folder):
    assert "each what its leaf says" in retention("ledger", "audit")
    kept = (folder / "var" / "ledger.db").read_bytes()
    for words in (b"letter of today", b"invented letter", b"minutes", b"Ledger (invented)"):
        assert words not in kept
    evidence = b"".join(
        p.read_bytes() for p in (folder / "var" / "evidence").rglob("*") if p.is_file()
    )
    assert b"letter of today" in evidence
