"""`retention stores` as people and programs read it, over stores that say what they are given."""

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import click
import pytest
from click.testing import CliRunner

from retention.cli.stores import stores as command
from retention.domain.store import stores_of
from retention.errors import AgreementError, RefusedError
from retention.wiring import process
from tests.support.cast import agreement
from tests.support.foreseen import NOW
from tests.support.memory import FixedClock
from tests.unit.test_stores import GOOD, Probed

DOCUMENT = Path(__file__).parents[2] / "docs" / "stores.md"
BAD = replace(
    GOOD,
    versioning="off",
    mfa_delete=None,
    region=None,
    public=("policy",),
    expires=("old: current versions, older versions", "tidy: unfinished uploads"),
    unknown={"mfa_delete": "NotUnderstood", "region": "NotSaid", "public": "AccessDenied"},
)


class Work:
    """What the command takes from a composition."""

    def __init__(self, says):
        self.agreed = [replace(agreement(), regions=("eu-west-2",))]
        self.library = SimpleNamespace(agreements=lambda on: self.agreed)
        self.clock = FixedClock(NOW)
        self.said = Probed(says)

    def stores(self, names):
        found = {store.name: store for store in stores_of(self.agreed)}
        if unknown := set(names) - found.keys():
            raise AgreementError(f"no store is called {min(unknown)}", hint="there are others")
        return [found[name] for name in names or found]

    def probes(self, role):
        assert role == "surveyor"
        return self.said


@pytest.fixture
def ask(monkeypatch):
    """Ask the command about stores that are good but for what *says*; *work* is of a test's own."""

    def asked(*arguments, says=None, work=None, color=False):
        places = ("s3://records/", "s3://backup/", "s3://dr/")
        work = work or Work(dict.fromkeys(places, GOOD) | (says or {}))
        monkeypatch.setattr(process, "_installed", [work])
        done = CliRunner().invoke(command, list(arguments), color=color)
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            assert isinstance(done.exception, (AgreementError, RefusedError)), done.exc_info
        return done

    return asked


def test_each_store_is_told_with_its_place_and_whose_data_it_has(ask):
    said = ask().output
    assert [line for line in said.splitlines() if "s3://" in line] == [
        "backup  s3://backup/  for INV",
        "dr  s3://dr/  for INV",
        "records  s3://records/  for INV",
    ]
    assert said.count("  versions          kept\n") == 1, "what all answer alike is read once"
    assert said.splitlines()[-1] == "Nothing was found that does not fit."


def test_the_page_of_a_store_in_a_bad_state(ask):
    lines = ask("records", says={"s3://records/": BAD}).output.splitlines()
    assert lines[:13] == [
        "records  s3://records/  for INV",
        "! versions          not kept",
        "? one-time code     not known (NotUnderstood)",
        "  object lock       off",
        "  locks by itself   nothing",
        "  encrypts with     aws:kms key/1",
        "? region            not known (NotSaid)",
        "! open to all       by its policy; the rest is not known (AccessDenied)",
        "  copies itself to  nowhere",
        "! destroys by date  old: current versions, older versions; tidy: unfinished uploads",
        "  inventories       none of all versions",
        "  surveyor could    destroy nothing",
        "",
    ]
    kinds = [line.split()[:2] for line in lines[13:] if line.startswith(("sev", "war", "note"))]
    assert kinds == [
        ["severe", "expires-by-itself"],
        ["severe", "not-versioned"],
        ["severe", "public"],
    ]
    assert "turn versioning on; nothing there is proposed before" in " ".join(lines)
    assert lines[-2] == "3 severe"
    assert lines[-1].startswith("? open questions to 1 store: allow the surveyor these questions")


def test_a_store_that_fails_says_so_and_the_others_are_told(ask):
    said = ask(work=Work({"s3://records/": GOOD})).output
    assert said.startswith("backup  s3://backup/  for INV\ndr  s3://dr/  for INV\n! it could not")
    assert said.count("NoSuchBucket") == 2
    assert said.count("  versions          kept") == 1
    assert said.splitlines()[-1] == "2 warning"


def test_a_long_answer_is_folded_under_its_beginning(ask):
    many = tuple(f"rule {number}: current versions" for number in range(9))
    said = ask("records", says={"s3://records/": replace(GOOD, expires=many)}).output
    page = said.splitlines()[: said.splitlines().index("")]
    assert all(len(line) <= 100 for line in page)
    first = next(n for n, line in enumerate(page) if line.startswith("! destroys by date"))
    assert page[first + 1].startswith(" " * 20 + "rule")


def test_colours_are_for_eyes_alone(ask):
    plain = ask("records", says={"s3://records/": BAD}).output
    coloured = ask("records", says={"s3://records/": BAD}, color=True).output
    assert "\x1b[" not in plain
    assert click.style("not kept", fg="red") in coloured
    assert click.unstyle(coloured) == plain


def test_no_store_at_all_is_said(ask):
    work = Work({})
    work.agreed = []
    assert ask(work=work).output == "No agreement names a place in a store, and no setting does.\n"


def test_programs_get_every_documented_field(ask):
    (record,) = json.loads(ask("records", "--json", says={"s3://records/": BAD}).output)
    fields = ["store", "place", "inventory", "agreements", "says", "unknown", "findings"]
    assert list(record) == fields
    assert (record["store"], record["place"]) == ("records", "s3://records/")
    assert record["agreements"] == ["INV"]
    assert record["unknown"] == BAD.unknown
    assert record["says"]["versioning"] == "off"
    assert record["says"]["public"] == ["policy"]
    assert record["says"]["region"] is None
    assert [each["kind"] for each in record["findings"]][-1] == "not-answered"
    documented = DOCUMENT.read_text(encoding="utf-8")
    everything = [*fields, *record["says"], *record["findings"][0]]
    assert [name for name in everything if f"`{name}`" not in documented] == []


def test_a_store_that_failed_says_nothing_to_programs(ask):
    for record in json.loads(ask("--json", work=Work({})).output):
        assert (record["says"], record["unknown"]) == (None, {})
        assert [each["kind"] for each in record["findings"]] == ["store-failed"]


@pytest.mark.parametrize(
    ("says", "fail_on", "fails"),
    [
        (GOOD, "note", False),
        (BAD, None, False),
        (BAD, "severe", True),
        (BAD, "note", True),
        (replace(GOOD, mfa_delete=True), "severe", False),
        (replace(GOOD, mfa_delete=True), "warning", True),
        (replace(GOOD, lock_default="GOVERNANCE P1D"), "warning", False),
    ],
)
def test_a_monitor_learns_of_findings_from_the_exit_code(ask, says, fail_on, fails):
    arguments = ["records"] if fail_on is None else ["records", "--fail-on", fail_on]
    done = ask(*arguments, says={"s3://records/": says})
    assert isinstance(done.exception, RefusedError) == fails
    assert not fails or done.exception.exit_code == 20
    assert "records  s3://records/" in done.output, "the page is printed all the same"


def test_a_name_that_no_store_has_is_an_error(ask):
    done = ask("recrods")
    assert isinstance(done.exception, AgreementError)
    assert done.output == ""
