"""Published schedules: read strictly, marked where nobody checked them, and measured against."""

import re
from dataclasses import replace
from datetime import date

import pytest

from retention.agreements import FaultyAgreementsError, read
from retention.domain.age import Age
from retention.domain.clock import Period
from retention.domain.dataset import DatasetId
from retention.domain.eligibility import assess
from retention.domain.events import EventBook, TriggerEvent
from retention.domain.instruction import Instruction, InstructionBook, InstructionVerb
from retention.domain.knowledge import Ground
from retention.domain.schedule import Confidence, PeriodKind
from retention.domain.term import Term
from tests.support.policies import CONTRACT, POLICIES, changed, contract, spot, texts

FILE = "schedules/nhs-england-2023.toml"
RULES = read(texts(POLICIES)).schedules
CODE = {name.partition("/")[2]: rule for name, rule in RULES.items() if name.startswith("nhs-")}
P = Period.parse


def faults(files):
    with pytest.raises(FaultyAgreementsError) as caught:
        read(files)
    return caught.value.faults


# What is likely to matter of the Code, by what it was read in and not by what is remembered of it.
READ = {
    "research-dataset": "P20Y",
    "research-ethics-documents": "P5Y",
    "research-ethics-minutes": "P20Y",
    "board-papers": "P20Y",
    "complaints": "P10Y",
    "foi-requests": "P3Y",
    "litigation": "P10Y",
    "petty-cash": "P2Y",
    "staff-salary": "P10Y",
    "adult-health-record": "P8Y",
}
RECALLED = {
    "clinical-audit": "P5Y",
    "clinical-trial-master-file": "P25Y",
    "patient-survey-returns": "P1Y",
    "patient-survey-report": "P10Y",
    "staff-survey-returns": "P1Y",
    "staff-survey-report": "P10Y",
    "quality-assurance": "P12Y",
    "committee-papers-major": "P20Y",
    "committee-papers-minor": "P6Y",
    "destruction-certificates": "P20Y",
    "risk-registers": "P6Y",
    "incidents-serious": "P20Y",
    "incidents-other": "P10Y",
    "subject-access-requests": "P3Y",
    "contracts": "P6Y",
    "contracts-financial-approval": "P15Y",
    "contracts-approved-suppliers": "P11Y",
    "tenders-successful": "P6Y",
    "tenders-unsuccessful": "P6Y",
    "invoices": "P6Y",
    "accounts-working": "P3Y",
    "accounts-annual": "P20Y",
    "timesheets": "P2Y",
    "duty-rosters": "P6Y",
    "telephony-records": "P1Y",
    "website": "P6Y",
    "public-consultation": "P5Y",
}
IN_WORDS = {
    "dataset-under-dsa",
    "policies",
    "dpia",
    "software-licences",
    "intellectual-property",
    "audit-trails",
}


def test_the_periods_are_those_that_were_read_or_are_remembered():
    periods = {name: str(rule.period) for name, rule in CODE.items() if isinstance(rule.period, Period)}  # fmt: skip
    assert periods == READ | RECALLED
    assert {name for name, rule in CODE.items() if rule.period is None} == IN_WORDS
    ages = {name: rule.period for name, rule in CODE.items() if isinstance(rule.period, Age)}
    assert ages == {
        "staff-record": Age(75),
        "child-health-record": Age(25, "treatment-ended"),
    }


def test_what_nobody_read_is_unverified_wherever_it_shows():
    verified = {name for name, rule in CODE.items() if rule.confidence is Confidence.VERIFIED}
    assert verified == {*READ, "child-health-record"}
    for rule in RULES.values():
        mark = "unverified" if rule.confidence is Confidence.UNVERIFIED else f"in {rule.read_in}"
        assert mark in str(rule)
        assert bool(rule.read_in) is (rule.confidence is Confidence.VERIFIED)


def test_the_half_that_was_read_is_a_rule_of_its_own():
    """Six years for invoices: recalled of the Code, read of company law."""
    assert CODE["invoices"].confidence is Confidence.UNVERIFIED
    assert RULES["uk-companies/accounting-records"].confidence is Confidence.VERIFIED


def test_every_rule_says_where_it_is_from():
    instruments = {name.partition("/")[0] for name in RULES}
    assert instruments == {"nhs-england-2023", "uk-companies", "uk-waste", "own-practice"}
    for rule in RULES.values():
        assert all((rule.source, rule.nation, rule.edition, rule.describes, rule.starts, rule.then))
    assert {rule.kind for rule in RULES.values()} == {
        PeriodKind.MINIMUM,
        PeriodKind.MAXIMUM,
        PeriodKind.ON_INSTRUCTION,
        PeriodKind.BY_POLICY,
    }
    assert (CODE["research-dataset"].kind, CODE["board-papers"].kind) == (PeriodKind.MAXIMUM,) * 2


def test_the_readme_of_the_schedules_names_each_file():
    said = (POLICIES / "schedules" / "README.md").read_text("utf-8")
    assert set(re.findall(r"`([a-z0-9-]+)\.toml`", said)) == {n.partition("/")[0] for n in RULES}


# The reader.

FAULTS = {
    "an unknown key": ('edition = "2021', 'editon = "2021', "editon", "Did you mean `edition`"),
    "an unknown kind": ('kind       = "maximum"', 'kind = "maximal"', '"maximal"', "Did you mean 'maximum'"),
    "no period and no words": ('words      = "life of the organisation and 6 years"\n', "", '[[rule]]\nname       = "policies"', "no `period`"),
    "a period that is none": ('"P20Y"', '"20 years"', '"20 years"', "such as P8Y"),
    "verified and read nowhere": ('confidence = "verified"\nread_in    = "the 2016 edition"\n\n[[rule]]\nname       = "child', 'confidence = "verified"\n\n[[rule]]\nname = "child', '[[rule]]\nname       = "research', "no `read_in`"),
    "unverified and read somewhere": ('starts     = "publication"', 'starts = "publication"\nread_in = "a copy"', '"a copy"', "no `read_in`"),
    "one name twice": ('name       = "policies"', 'name = "clinical-audit"  #', '"clinical-audit"  #', "again"),
}  # fmt: skip


@pytest.mark.parametrize("what", FAULTS)
def test_a_fault_of_a_schedule_is_found_where_it_stands(what):
    old, new, marker, says = FAULTS[what]
    files = changed(old, new, file=FILE)
    fault = faults(files)[0]
    assert (fault.file, (fault.line, fault.column)) == (FILE, spot(files[FILE], marker))
    assert says in str(fault)


def test_a_broken_schedule_accuses_no_class_of_naming_what_is_not_there():
    files = contract()
    assert {each.file for each in faults({**files, FILE: "[["})} == {FILE}
    # One rule that does not stand is there all the same, by its name.
    files = changed('kind       = "minimum"\nperiod     = "P5Y"', 'period = "P5Y"', file=FILE)
    assert {each.file for each in faults(files)} == {FILE}


def test_a_library_without_schedules_is_one_until_a_class_names_a_rule():
    files = contract()
    del files[FILE]
    (fault,) = faults(files)
    assert (fault.line, fault.column) == spot(files[CONTRACT], '"nhs-england-2023/clinical-audit"')
    files = changed('schedule         = "nhs-england-2023/clinical-audit"', "#", files=files)
    assert read(files).schedules == {}


def test_a_misnamed_schedule_is_a_file_that_nothing_reads():
    (fault,) = faults({**contract(), "schedules/NHS.toml": ""})
    assert fault.found == "a file that nothing reads"


# What a class is beside the rule that it names.


def shorter(old, new, files=None):
    return read(changed(old, new, files=files)).agreement("NACEL", 3).class_named("patient-level").shorter_than  # fmt: skip


MINIMUM = 'keep_at_least    = "P5Y"'
MARK = "nhs-england-2023/clinical-audit five years (unverified)"


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ('"P5Y"', ""),
        ('"P60M"', ""),
        ('"P5Y3M"', ""),
        ('"P3Y"', f"clause 9.2 keeps it three years, and {MARK}"),
        ('"P4Y11M30D"', f"clause 9.2 keeps it four years, eleven months and 30 days, and {MARK}"),
        # As many days as five years have with one leap day, and they may have two.
        ('"P1826D"', f"clause 9.2 keeps it 1826 days, and {MARK}"),
        ('"P1827D"', ""),
    ],
)
def test_a_minimum_is_measured_on_the_day_on_which_it_ends_soonest(written, says):
    assert shorter(MINIMUM, f"keep_at_least = {written}  #") == says


def test_a_class_without_any_minimum_is_shorter():
    assert shorter(MINIMUM, "#") == f"clause 9.2 sets no minimum, and {MARK}"


def test_the_longest_of_several_minimums_is_measured():
    duty = '[[class.also]]\nowner = "pha-ni"\nclause = "1"\ntrigger = "audit-round-published"\ncut_off = "none"\nkeep_at_least = "P{}Y"\n\n[[class]]\nname             = "linked'  # fmt: skip
    files = {n: changed('[[class]]\nname             = "linked', duty.format(n)) for n in (4, 5)}
    assert shorter(MINIMUM, 'keep_at_least = "P3Y" #', files[4]).startswith("clause 9.2 keeps it four")  # fmt: skip
    assert shorter(MINIMUM, 'keep_at_least = "P3Y" #', files[5]) == ""


def remarks(files):
    return [each.says for each in read(files).remarks]


def naming(rule, minimum='keep_at_least = "P5Y"', most='"P6Y6M"'):
    files = changed("nhs-england-2023/clinical-audit", f"nhs-england-2023/{rule}")
    return changed(MINIMUM, minimum + "  #", files=changed('"P6Y6M"', most, files=files))


def test_what_is_shorter_is_a_warning_where_the_rule_is_named():
    files = naming("clinical-audit", 'keep_at_least = "P3Y"')
    (told,) = [each for each in read(files).remarks if "confirmation" in each.says]
    assert (told.line, told.column) == spot(files[CONTRACT], '"nhs-england-2023/clinical')
    assert "unverified" in told.says


def test_a_maximum_of_a_schedule_is_measured_too():
    beside = "may be kept longer than nhs-england-2023/research-dataset 20 years"
    assert not any(beside in says for says in remarks(naming("research-dataset")))
    assert any(beside in says for says in remarks(naming("research-dataset", most='"P21Y"')))
    without = changed('destroy_by       = "P21Y"', "#", files=naming("research-dataset", most='"P21Y"'))  # fmt: skip
    assert any(beside in says for says in remarks(without))


@pytest.mark.parametrize("rule", ["policies", "child-health-record"])
def test_what_cannot_be_measured_is_said_to_be_so(rule):
    files = naming(rule)
    assert any(f"is not measured: nhs-england-2023/{rule}" in says for says in remarks(files))
    assert read(files).agreement("NACEL", 3).class_named("patient-level").shorter_than == ""


def test_what_another_agreement_decides_is_not_measured_and_not_missed():
    assert not any("measured" in says for says in remarks(naming("dataset-under-dsa")))


def test_birthdays_are_measured_against_birthdays():
    for age, is_shorter in (("24", True), ("25", True), ("26", False)):
        files = naming("child-health-record", f"keep_at_least = {{ age = {age} }}", '"P60Y"')
        files = changed('"financial-year-end"   ', '"none"   ', files=files)
        kind = read(files).agreement("NACEL", 3).class_named("patient-level")
        assert bool(kind.shorter_than) is is_shorter, age


def test_nothing_is_eligible_until_the_shorter_minimum_was_confirmed_in_writing():
    agreement = read(naming("clinical-audit", 'keep_at_least = "P3Y"')).agreement("NACEL", 3)
    kinds = tuple(replace(each, not_followed=()) for each in agreement.classes)
    agreement = replace(agreement, classes=kinds)
    dataset = DatasetId("NACEL", "patient-level", (("nation", "england"), ("round", "2019")))
    event = TriggerEvent(
        "NACEL", "audit-round-published", "2019", date(2020, 6, 30), "audit-01", ""
    )
    on = date(2024, 5, 1)
    ground = Ground(Term.of([agreement], on), EventBook.of("NACEL", [event]))
    found = assess(dataset, ground, on=on)
    (reason,) = found.reasons
    assert "three years, and nhs-england-2023/clinical-audit five years (unverified)" in reason
    confirmed = Instruction("I-1", InstructionVerb.CONFIRM_SHORTER, "NACEL", "patient-level", "", "hqip", on)  # fmt: skip
    ground = replace(ground, instructions=InstructionBook.of([confirmed]))
    assert assess(dataset, ground, on=on).eligible
