"""What the terms must say together: places, duties, birthdays, waits, ends and events."""

from datetime import date

import pytest

from retention.agreements import FaultyAgreementsError, read
from retention.domain.age import Age
from retention.domain.canonical import sha256
from retention.domain.clock import Period
from tests.support.policies import CONTRACT, changed, contract, spot

ALSO = """
[[class.also]]
owner = "pha-ni"
clause = "12.1"
trigger = "audit-round-published"
"""
END = '[[class]]\nname             = "linked-episodes"'


def faults(files, recorded=None):
    with pytest.raises(FaultyAgreementsError) as caught:
        read(files, recorded or {})
    return caught.value.faults


def remarks(files):
    return [each.says for each in read(files).remarks]


def with_duty(*lines):
    """The contract whose first class has one more duty, as *lines* have it."""
    return changed(END, ALSO + "\n".join(lines) + "\n\n" + END)


def the_class(files, name="patient-level"):
    return read(files).agreement("NACEL", 3).class_named(name)


# What is written instead of what; where the fault stands; what it says.
ONE_FAULT = {
    "a placeholder without a pattern": ("{extract:[A-Z0-9-]+}", "{extract}", '"s3://nacel-records/linked', "without a pattern"),
    "a pattern that matches no folder": ("{extract:[A-Z0-9-]+}", "{extract:x{0}}", '"s3://nacel-records/linked', "matches nothing"),
    "a pattern that begins in its middle": ("{extract:[A-Z0-9-]+}", "{extract:x^y}", '"s3://nacel-records/linked', "matches nothing"),
    "a placeholder named for a patient": ("{box:", "{patient:", '"paper://', "named for a person, {patient}"),
    "a placeholder that is a number of a person": ("{box:", "{nhs-number:", '"paper://', "none may tell who"),
    "a placeholder that is a name": ("{box:", "{name:", '"paper://', "named for a person"),
    "a placeholder that is an address": ("{box:", "{email:", '"paper://', "named for a person"),
    "a placeholder for one of the staff": ("{box:", "{staff_member:", '"paper://', "named for a person"),
    "a place that meets another's pattern": ("analysis/{round:[0-9]{4}}/", "staff/{round:20[0-9]{2}}/", '"s3://nacel-records/staff/{round:20', "Both claim s3://nacel-records/staff/2000/"),
    "a nation that no place has": ("{nation:[a-z-]+}", "{nation:(?:england|wales)}", "northern-ireland = [", "a nation that {nation} matches"),
    "an expected round that no place has": ('round = "2024"', 'round = "24"', '"24"', "no place can have"),
    "a period covered by no placeholder": ('period_covered   = "attested"', 'period_covered = "box"', '"box"', "'attested' or 'nation' or 'round'"),
    "waits that overrun the lead": ('lead            = "P90D"', 'lead = "P50D"', '"P50D"', "at least P30D + P14D + P7D"),
    "an event that is never recorded of a whole agreement": ('trigger         = "audit-round-published"\ncut_off         = "calendar', 'trigger = "use-ceased"\ncut_off = "calendar', '"use-ceased"', "an event that starts a clock"),
    "a name that every agreement has": ('name        = "dsa-ended"', 'name = "returned-to-use"', '"returned-to-use"', "Every agreement has it"),
    "the end of one round alone": ('name        = "dsa-ended"\nper         = "agreement"', 'name = "ended-not-renewed"\nper = "round"', '"round"\nrecorded_by = ["records', "whole agreement"),
    "an age at an event that nobody declared": ('cut_off         = "calendar-year-end"\nkeep_at_least   = "P2Y"', 'cut_off = "none"\nkeep_at_least = { age = 25, one_more_if_17_at = "treatment-over" }#', '"treatment-over"', "[[event]]"),
    "a birthday carried to a year's end": ('keep_at_least    = "P5Y"', "keep_at_least = { age = 3 }#", '"financial-year-end"   ', "leave the cut-off out"),
    "an age that nobody reaches": ('cut_off         = "calendar-year-end"\nkeep_at_least   = "P2Y"', 'cut_off = "none"\nkeep_at_least = { age = 0 }#', "0 }#", "greater than or equal to 1"),
    "an age with an unknown key": ('cut_off         = "calendar-year-end"\nkeep_at_least   = "P2Y"', 'cut_off = "none"\nkeep_at_least = { age = 3, sex = 1 }#', "sex", "unknown key"),
    "an end at the end of the calendar": ("until = 2027-03-31", "until = 9999-12-31", "9999-12-31", "a year from 1850 to 2200"),
    "an expected day before anything": ("on = 2025-06-30", "on = 0001-01-01", "0001-01-01", "a year from 1850 to 2200"),
    "no review for what never comes": (", until = 2027-03-31 }", " }", '[[class]]\nname             = "linked', "no `review_at_latest`"),
    "an unknown schedule": ("nhs-england-2023/clinical-audit", "nhs-england-2023/clinical-audits", '"nhs-england-2023/clinical-audits"', "Did you mean 'nhs-england-2023/clinical-audit'"),
    "a basis of domestic law alone": ('"9(2)(i)"]', '"DPA 2018, schedule 1, paragraph 3"]', '["6(1)(e)"', "article 9"),
    "an end that says nothing of personal data": ('after_end        = "keep-to-term"          #', "#", "[[class]]", "No default for personal data"),
    "a copy that is looked after and not covered": ('checked_by = "person", beyond_use = { tests = [true, true, true, true], by = "iao-audits", on = 2026-01-15 } }', 'checked_by = "person", not_covered_clause = "9.8" }', '"9.8"', "a copy that is not covered, and `gone_within`"),
    "a copy beyond use and not covered": ('gone_within = "P35D", checked_by = "person", ', 'checked_by = "person", not_covered_clause = "9.8", ', '"9.8"', "and `beyond_use`"),
    "a copy that we list and do not cover": ('/{nation}/{round}/", checked_by = "engine" }', '/{nation}/{round}/", checked_by = "engine", not_covered_clause = "9.8" }', '"9.8"', "checked_by = 'engine'"),
    "three tests of what is beyond use": ("[true, true, true, true]", "[true, true, true]", "[true, true, true]", "more elements"),
    "a number that no file can count to": ("objects_max = 5_000_000", "objects_max = 99999999999999999999", "99999999999999999999", "less than or equal to"),
}  # fmt: skip


@pytest.mark.parametrize("what", ONE_FAULT)
def test_a_term_that_cannot_stand_is_found_where_it_stands(what):
    old, new, marker, says = ONE_FAULT[what]
    files = changed(old, new)
    found = faults(files)
    fault = next(each for each in found if says in str(each))
    assert (fault.file, (fault.line, fault.column)) == (CONTRACT, spot(files[CONTRACT], marker))
    assert fault.hint
    # The event that is renamed, and the agreement that has no end, are missed in more than one place.
    several = {
        "a name that every agreement has",
        "the end of one round alone",
        "no review for what never comes",
    }
    assert len(found) == 1 or what in several, [str(each) for each in found]


@pytest.mark.parametrize(
    "name", ["site-name", "staff-group", "member-code", "patient-group", "ward"]
)
def test_a_placeholder_of_no_single_person_stands(name):
    files = changed("{box:", f"{{{name}:")
    assert the_class(files, "survey-paper").placeholders == (name,)


def test_patterns_that_never_meet_share_a_folder():
    files = changed("analysis/{round:[0-9]{4}}/", "staff/{round:[a-z]{4}}/")
    assert the_class(files, "analysis-final").placeholders == ("round",)


def test_a_birthday_is_read_as_an_age():
    age = '{ age = 25, one_more_if_17_at = "dsa-ended" }'
    files = changed('keep_at_least    = "P5Y"', f"keep_at_least = {age}#")
    files = changed('"financial-year-end"   ', '"none"   ', files=files)
    files = changed('"P6Y6M"', '"P30Y"', files=files)
    kind = the_class(files)
    assert kind.rule.keep_at_least == Age(25, "dsa-ended")
    assert kind.event_names == ("audit-round-published", "dsa-ended")


def test_whoever_may_have_been_17_is_kept_longer_on_the_worst_day():
    """25 years and 6 months are enough for a 25th birthday, and never for a 26th."""
    files = changed('"financial-year-end"   ', '"none"   ', files=changed('"P6Y6M"', '"P25Y6M"'))
    alone = changed('keep_at_least    = "P5Y"', "keep_at_least = { age = 25 }#", files=files)
    assert the_class(alone).rule.keep_at_least == Age(25)
    age = '{ age = 25, one_more_if_17_at = "dsa-ended" }'
    (fault,) = faults(changed('keep_at_least    = "P5Y"', f"keep_at_least = {age}#", files=files))
    assert "conflict (from" in fault.found


def test_a_duty_is_read_with_its_owner_and_clause():
    (duty,) = the_class(with_duty('cut_off = "none"', 'keep_at_least = "P4Y"')).also
    assert (duty.owner, duty.clause) == ("pha-ni", "12.1")
    assert duty.rule.keep_at_least == Period.parse("P4Y")


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ((), "no period"),
        (('cut_off = "none"',), "no period"),
        (('keep_at_least = "P4Y"',), "no `cut_off`"),
        (('destroy_by = { period = "P9Y", from = "cut-off" }',), "no `cut_off`"),
        (('cut_off = "month-end"', "keep_at_least = { age = 3 }"), "leave the cut-off out"),
        (('cut_off = "none"', 'keep_at_least = "P4Y"', 'note = "x"'), "unknown key `note`"),
        (('cut_off = "none"', 'keep_at_least = "P7Y"'), "conflict (from"),
        (('destroy_by = "P5Y"',), "conflict (from"),
        (('destroy_by = "P9Y"', "keep_at_last = 1"), "Did you mean `keep_at_least`"),
    ],
    ids=str,
)  # fmt: skip
def test_a_duty_that_cannot_stand(lines, says):
    (fault,) = faults(with_duty(*lines))
    assert says in str(fault)


def test_the_place_of_a_conflict_is_that_of_the_maximum_that_is_passed():
    files = with_duty('destroy_by = "P5Y"')
    (fault,) = faults(files)
    assert (fault.line, fault.column) == spot(files[CONTRACT], '"P5Y"\n\n[[class]]')


def test_duties_that_count_from_different_events_are_not_compared():
    files = with_duty('cut_off = "none"', 'keep_at_least = "P50Y"')
    files = changed(
        'trigger = "audit-round-published"\ncut_off', 'trigger = "dsa-ended"\ncut_off', files=files
    )
    assert the_class(files).also


def test_a_maximum_in_a_duty_needs_to_say_what_it_covers():
    files = changed('destroy_by       = "P6Y6M"', "#", files=with_duty('destroy_by = "P6Y6M"'))
    files = changed('destroy_by_covers = "live"                 #', "#", files=files)
    (fault,) = faults(files)
    assert fault.found == "no `destroy_by_covers`"


@pytest.mark.parametrize("trigger", ["{}", '{ earliest = ["dsa-ended", "support-ended"], latest = ["dsa-ended", "support-ended"] }'])  # fmt: skip
def test_a_trigger_of_several_is_of_one_kind(trigger):
    for files in (
        changed('{ earliest = ["dsa-ended", "support-ended"] }', trigger),
        changed(
            'trigger = "audit-round-published"\n',
            f"trigger = {trigger}\n",
            files=with_duty('cut_off = "none"', 'keep_at_least = "P4Y"'),
        ),
    ):
        (fault,) = faults(files)
        assert fault.expected == "either earliest or latest"
        assert (fault.line, fault.column) == spot(files[CONTRACT], trigger)


def test_copies_that_age_out_take_their_time_from_the_room():
    """A minimum that ends a month before the maximum leaves nothing where a backup needs 35 days."""
    files = changed('"P6Y6M"', '"P6Y1M"')
    assert the_class(files)
    files = changed('destroy_by_covers = "live"                 #', 'destroy_by_covers = "all-copies" #', files=files)  # fmt: skip
    (fault,) = faults(files)
    assert "conflict" in fault.found


def test_a_copy_that_no_certificate_covers_says_by_which_clause():
    files = changed(
        'where = "backup vault", gone_within = "P35D", checked_by = "person", beyond_use = { tests = [true, true, true, true], by = "iao-audits", on = 2026-01-15 } }',
        'where = "with its recipients", checked_by = "person", not_covered_clause = "9.8" }',
    )  # fmt: skip
    assert the_class(files).copies[-1].not_covered_clause == "9.8"
    (fault,) = faults(
        changed(
            'destroy_by_covers = "live"                 #',
            'destroy_by_covers = "all-copies" #',
            files=files,
        )
    )
    assert "destroy_by_covers = 'all-copies'" in fault.found


def test_the_leap_day_that_2100_has_not_is_thought_of():
    """1460 days and four years leave a day, but not for what spans the end of February 2100."""
    files = changed('keep_at_least    = "P5Y"', 'keep_at_least = "P1460D"')
    files = changed('"financial-year-end"   ', '"none"   ', files=files)
    (fault,) = faults(changed('"P6Y6M"', '"P4Y"', files=files))
    assert "conflict (from 29 February 2096: kept through 28 February 2100" in fault.found


def test_events_that_every_agreement_has_need_no_declaration():
    ended = 'trigger = "ended-not-renewed"\ncut_off = "calendar'
    files = changed('trigger         = "audit-round-published"\ncut_off         = "calendar', ended)
    assert the_class(files, "analysis-final").event_names == ("ended-not-renewed",)


def test_a_support_that_nobody_has_cannot_end():
    files = changed("support      = [", "# [")
    (fault,) = faults(files)
    assert "'support-ended'" in fault.found
    declared = (
        '[[event]]\nname = "support-ended"\nper = "agreement"\nrecorded_by = ["audit-lead"]\n'
    )
    files[CONTRACT] = files[CONTRACT].replace("[[event]]", declared + "\n[[event]]", 1)
    assert the_class(files, "linked-episodes").event_names == ("dsa-ended", "support-ended")


# Versions.


def next_version(begins, text=None):
    text = contract()[CONTRACT] if text is None else text
    dates = f"in_force     = {{ from = {begins}, until = 2030-03-31 }} #"
    text = text.replace("version      = 3", "version = 4").replace("in_force     = {", dates)
    return {**contract(), "NACEL/v4.toml": text}


def test_a_gap_between_versions_is_said_and_a_day_after_is_none():
    assert any("a gap: version 3 ends 31 March 2027" in says for says in remarks(next_version("2027-04-02")))  # fmt: skip
    assert not any("a gap" in says for says in remarks(next_version("2027-04-01")))


RECORDED = {("NACEL", 3): sha256(contract()[CONTRACT].encode())}


def test_a_version_that_is_what_it_was_stands():
    assert read(contract(), RECORDED) == read(contract())


def test_a_version_that_was_edited_since_it_came_into_force_is_a_fault_at_its_version():
    files = changed("yearly", "each year")  # even in a comment
    (fault,) = faults(files, RECORDED)
    assert (fault.file, (fault.line, fault.column)) == (CONTRACT, spot(files[CONTRACT], "3  "))
    assert "new version" in fault.hint


def test_a_version_that_came_into_force_stays_in_its_folder():
    gone = {**RECORDED, ("NACEL", 2): "sha256:" + "0" * 64}
    (fault,) = faults(contract(), gone)
    assert (fault.file, fault.found) == ("NACEL/v2.toml", "no such file")


def test_what_the_ledger_knows_of_other_agreements_accuses_nobody_here():
    assert read(contract(), {**RECORDED, ("OTHER", 1): "sha256:" + "0" * 64})


# What stands, and a person should know.


def test_a_controller_that_no_class_reaches_is_named():
    files = changed('controllers  = ["hqip", "pha-ni"]', 'controllers  = ["hqip", "pha-ni", "nhs-england"]')  # fmt: skip
    assert not any("reached by no class" in says for says in remarks(files))
    files = changed('"survey-paper"\n', '"survey-paper"\ncontrollers = ["hqip"]\n', files=files)
    for name in ("staff-survey", "analysis-final"):
        files = changed(f'"{name}"\n', f'"{name}"\ncontrollers = ["hqip"]\n', files=files)
    files = changed('controllers      = ["nhs-england"]', 'controllers = ["hqip"]', files=files)
    told = [each for each in read(files).remarks if "reached by no class" in each.says]
    assert [(each.says.split()[1], each.line) for each in told] == [("nhs-england", 13)]


def test_an_end_of_its_own_day_still_has_a_year():
    files = changed('"calendar-year-end"', '{ year_end = "02-29" }')
    assert the_class(files, "analysis-final").rule.cut_off == ((2, 29),)
    assert the_class(files).rule.trigger.events == ("audit-round-published",)
    assert read(files).agreements(date(2025, 1, 1))


def test_a_message_quotes_no_place_that_may_be_a_sentence():
    for text in ("letters about John Smith", "s3://bucket/John Smith"):
        (fault,) = faults(changed('"s3://nacel-archive/"', f'"{text}"'))
        assert "Smith" not in str(fault)


def test_an_expression_that_will_mean_something_else_is_refused():
    (fault,) = faults(changed("{extract:[A-Z0-9-]+}", "{extract:[[A-Z]+}"))
    assert "set" in fault.expected
