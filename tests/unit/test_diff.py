"""What a changed clause would do: which terms differ, in words, and what becomes of each dataset."""

import json
from dataclasses import replace
from datetime import date

import pytest

from retention.domain.agreement import Status
from retention.domain.changes import changes_between
from retention.domain.clock import Period
from retention.errors import AgreementError
from retention.steps.diff import Consequence, differences
from tests.support.asked import ask, same
from tests.support.foreseen import DAY, Foreseen, Versions, each_kind

P = Period.parse
OLD = each_kind()
PLAIN = OLD.classes[0]


def changed(**rule):
    kind = replace(PLAIN, rule=replace(PLAIN.rule, **rule))
    return replace(OLD, version=2, classes=(kind, *OLD.classes[1:]))


@pytest.fixture
def known():
    made = Foreseen(Versions(OLD))
    for year in range(2012, 2025):
        made.happened("EACH", "published", str(year), date(year, 6, 30))
        made.know("EACH", "plain", [{"round": str(year)}], placeholders=["round"], size=1000)
    return made


def consequences(here, new, on=DAY):
    found = differences(OLD, new, catalogue=here.catalogue, ledger=here.ledger, on=on)
    return {d.effect.dataset.values["round"]: d.consequence for d in found}


def test_five_years_become_three(known):
    new = changed(keep_at_least=P("P3Y"))
    assert [str(each) for each in changes_between(OLD, new)] == [
        "class plain, clause 9.2: kept at least: five years becomes three years"
    ]
    # Due before: rounds to 2021 (30 June 2021 + five years).  With three: to 2023.
    found = consequences(known, new)
    assert found["2022"] is found["2023"] is Consequence.DUE
    assert found["2024"] is Consequence.EARLIER
    assert {found[str(year)] for year in range(2012, 2022)} == {Consequence.EARLIER}


def test_a_shorter_maximum_makes_overdue_and_conflicts(known):
    found = consequences(known, changed(destroy_by=P("P6Y")))
    assert found["2020"] is Consequence.OVERDUE  # by 30 June 2026
    found = consequences(known, changed(destroy_by=P("P4Y")))
    assert found["2024"] is Consequence.CONFLICT


def test_a_longer_minimum_comes_later_and_closes_reviews(known):
    found = consequences(known, changed(keep_at_least=P("P9Y")))
    assert found["2021"] is Consequence.STOPS
    assert found["2023"] is Consequence.LATER
    assert found["2012"] is Consequence.LATER, "due before and due after, from a later day"


def test_a_class_that_goes_leaves_its_datasets_unclaimed(known):
    new = replace(OLD, version=2, classes=OLD.classes[1:])
    assert set(consequences(known, new).values()) == {Consequence.UNCLASSIFIED}
    assert "class plain: the class: there becomes gone" in map(str, changes_between(OLD, new))


def test_nothing_that_is_alike_differs(known):
    assert consequences(known, replace(OLD, version=2, title="another title")) == {}


def test_every_kind_of_term_is_told_in_words():
    kind = replace(PLAIN, status=Status.PLACEHOLDER, controllers=("north",), clause="9.9",
                   rule=replace(PLAIN.rule, cut_off=((3, 31),), destroy_by=None))  # fmt: skip
    new = replace(OLD, version=2, in_force_until=None, classes=(kind, *OLD.classes[1:]),
                  disposal=replace(OLD.disposal, lead=P("P6M")), events=OLD.events[:1])  # fmt: skip
    assert [str(each) for each in changes_between(OLD, new)] == [
        "agreement: in force until: 30 June 2027 becomes nothing",
        "disposal: lead: 90 days becomes six months",
        "event licence-ended: the event: there becomes gone",
        "class plain, clause 9.2 → 9.9: status: signed becomes placeholder",
        "class plain, clause 9.2 → 9.9: controllers: nothing becomes north",
        "class plain, clause 9.2 → 9.9: cut off: none becomes the end of the financial year",
        "class plain, clause 9.2 → 9.9: destroyed by: eleven years becomes nothing",
    ]


def test_diff_says_what_differs_and_what_it_does(known, tmp_path):
    new = replace(changed(keep_at_least=P("P3Y")), in_force_from=date(2027, 7, 1))
    library = {1: OLD, 2: new}
    known.library.agreement = lambda reference, version: library[version]
    same("diff.txt", ask(known, "diff", "EACH/v1", "EACH/v2"), tmp_path)
    found = json.loads(ask(known, "diff", "EACH/v1", "EACH/v2", "--json"))
    assert list(found) == ["old", "new", "as_at", "terms", "datasets"]
    row = next(r for r in found["datasets"] if r["dataset"] == "EACH/plain/2022")
    assert row["becomes"] == "due at once"
    assert row["due_on"] == ["2027-07-01", "2025-07-01"]
    assert sum(r["size_bytes"] for r in found["datasets"]) == 13_000


def test_versions_are_named_as_their_files_are(known):
    with pytest.raises(AgreementError):
        ask(known, "diff", "EACH/1", "EACH/v2", exit_code=1)
