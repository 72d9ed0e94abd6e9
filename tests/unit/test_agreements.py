"""What a library says when every file stands."""

from dataclasses import replace
from datetime import date

import pytest

from retention.agreements import read
from retention.agreements.text import Document, read_text
from retention.domain.agreement import Action, CheckedBy, Covers, OurRole, Route, Silence, Status
from retention.domain.beyond_use import BeyondUse
from retention.domain.canonical import sha256
from retention.domain.clock import Period
from retention.domain.pattern import Pattern
from retention.errors import AgreementError
from tests.support.policies import CONTRACT, DEMO, GOLDEN, POLICIES, contract, spot, texts

P = Period.parse
EVERY_FILE = [(folder, name) for folder in (POLICIES, GOLDEN) for name in texts(folder)]


def paths(value, here=()):
    """Every path to a key or an element within *value*."""
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    for key, each in inner:
        yield (*here, key)
        if isinstance(each, dict | list):
            yield from paths(each, (*here, key))


@pytest.mark.parametrize(("folder", "name"), EVERY_FILE, ids=lambda each: str(each)[-30:])
def test_the_reader_and_the_syntax_tree_agree_on_what_is_there(folder, name):
    doc = read_text(name, texts(folder)[name])
    assert isinstance(doc, Document)
    assert set(doc.keys) | set(doc.cells) == set(paths(doc.values))


def test_the_contract_reads_without_a_fault():
    agreement = read(contract()).agreement("NACEL", 3)
    assert [each.name for each in agreement.classes] == [
        "patient-level",
        "linked-episodes",
        "staff-survey",
        "analysis-final",
        "survey-paper",
    ]
    assert agreement.our_role is OurRole.SUB_PROCESSOR
    assert agreement.route is Route.THROUGH_CHAIN
    assert agreement.digest == sha256(contract()[CONTRACT].encode())
    assert (agreement.in_force_from, agreement.in_force_until) == (
        date(2024, 4, 1),
        date(2027, 3, 31),
    )
    disposal = agreement.disposal
    assert disposal.approved_by == ("records-manager", "information-asset-owner")
    assert (disposal.notice, disposal.approval_lapses) == (P("P30D"), P("P14D"))
    assert (disposal.silence, disposal.limits.objects_max) == (Silence.WAIT, 5_000_000)


def test_a_class_is_what_its_table_says():
    kind = read(contract()).agreement("NACEL", 3).class_named("patient-level")
    assert (kind.status, kind.then, kind.destroy_by_covers) == (
        Status.SIGNED,
        Action.DESTROY,
        Covers.LIVE,
    )
    assert kind.rule.cut_off == ((3, 31),)
    assert (kind.rule.keep_at_least, kind.rule.destroy_by) == (P("P5Y"), P("P6Y6M"))
    assert kind.controllers_of({"nation": "northern-ireland"}) == ("pha-ni",)
    assert kind.approved_by[-1] == "caldicott-guardian"
    replica, backup = kind.copies
    assert backup.checked_by is CheckedBy.PERSON
    assert (backup.store, backup.where, backup.gone_within) == (None, "backup vault", P("P35D"))
    assert backup.beyond_use == BeyondUse((True,) * 4, "iao-audits", date(2026, 1, 15))
    assert (replica.beyond_use, backup.not_covered_clause) == (None, "")
    # The copy names its placeholders; what they match comes with the class.
    assert replica.store == Pattern.parse(
        "s3://nacel-records-dr/patient/{nation:[a-z-]+}/{round:[0-9]{4}}/"
    )


def test_what_the_engine_cannot_follow_is_said_and_never_passed_over():
    library = read(contract())
    terms = {k.name: k.not_followed for k in library.agreement("NACEL", 3).classes}
    assert terms == {
        "patient-level": ("linked_to",),
        "linked-episodes": (),
        "staff-survey": ("then = return",),
        "analysis-final": ("then = archive",),
        "survey-paper": (),
    }
    assert sum("never eligible" in each.says for each in library.remarks) == 3
    assert any("can never start" in each.says for each in library.remarks)


def test_a_term_of_the_disposal_that_cannot_be_followed_stops_every_class():
    text = contract()[CONTRACT].replace('instruction     = "standing"', 'instruction = "each-time"')
    kinds = read(contract(text)).agreement("NACEL", 3).classes
    assert all("instruction = each-time" in each.not_followed for each in kinds)


@pytest.mark.parametrize("agreed", [True, False])
def test_whether_codes_are_agreed_is_read_and_followed(agreed):
    text = contract()[CONTRACT].replace(
        "second_factor   = false", f"second_factor = {str(agreed).lower()}"
    )
    found = read(contract(text)).agreement("NACEL", 3)
    assert found.disposal.second_factor is agreed
    assert not any("second_factor" in each.not_followed for each in found.classes)


@pytest.mark.parametrize(
    ("written", "ends"),
    [
        ('"none"', ()),
        ('"month-end"', tuple((month, 31) for month in range(1, 13))),
        ('"quarter-end"', ((3, 31), (6, 30), (9, 30), (12, 31))),
        ('"tax-year-end"', ((4, 5),)),
        ('{ year_end = "08-31" }', ((8, 31),)),
    ],
)
def test_a_cut_off_is_read_in_each_of_its_forms(written, ends):
    text = contract()[CONTRACT].replace('"calendar-year-end"', written)
    kind = read(contract(text)).agreement("NACEL", 3).class_named("analysis-final")
    assert kind.rule.cut_off == ends


def test_a_maximum_can_count_from_the_cut_off():
    most = '{ period = "P6Y6M", from = "cut-off" }'
    text = contract()[CONTRACT].replace('"P6Y6M"', most)
    rule = read(contract(text)).agreement("NACEL", 3).class_named("patient-level").rule
    assert (rule.destroy_by, rule.destroy_by_from_cut_off) == (P("P6Y6M"), True)


def test_the_version_that_governs_is_the_newest_in_force():
    text = contract()[CONTRACT]
    later = text.replace("version      = 3", "version = 4").replace(
        "from = 2024-04-01", "from = 2026-04-01"
    )
    library = read({**contract(), "NACEL/v4.toml": later})
    versions = {
        day: [each.version for each in library.agreements(day)]
        for day in (date(2024, 3, 31), date(2024, 4, 1), date(2026, 3, 31), date(2026, 4, 1))
    }
    assert list(versions.values()) == [[], [3], [3], [4]]


def test_what_is_not_dated_yet_is_there_as_a_placeholder():
    files = texts(POLICIES)
    files["LDIS/v2.toml"] = files["LDIS/v1.toml"].replace("version      = 1", "version = 2")
    found = {each.reference: each for each in read(files).agreements(date(2000, 1, 1))}
    assert found["LDIS"].version == 2
    assert found["NACEL"].disposal is None


def test_the_library_refuses_what_it_has_not():
    library = read(contract())
    assert library.party("hqip").name == "Commissioner"
    assert {person.id for person in library.people()} >= {"rm-01", "iao-audits"}
    assert library.engine().certificate_prefix == "TEST"
    for asked in (lambda: library.party("nobody"), lambda: library.agreement("NACEL", 9)):
        with pytest.raises(AgreementError) as caught:
            asked()
        assert caught.value.hint


def test_little_room_between_minimum_and_maximum_is_said_with_its_days():
    text = contract()[CONTRACT].replace('"P6Y6M"', '"P6Y"')
    told = [each for each in read(contract(text)).remarks if "little room" in each.says]
    # The days of ruling 4, and where the maximum stands.
    assert len(told) == 1
    assert (told[0].line, told[0].column) == spot(text, '"P6Y"  ')
    assert told[0].says.endswith(
        "from 1 April 2021: kept through 31 March 2027, due 1 April 2027, "
        "gone by 1 April 2027: one day"
    )


def test_the_demonstration_is_not_of_this_library():
    files = {**contract(), "demo/X/v1.toml": "no TOML at all"}
    assert [each.reference for each in read(files).every] == ["NACEL"]


def test_what_is_read_depends_on_the_text_alone():
    files = texts(DEMO)
    backwards = dict(reversed(files.items()))
    assert read(files) == read(backwards)
    assert replace(read(files), remarks=()) == replace(read(backwards), remarks=())
