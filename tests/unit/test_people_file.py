"""What people.toml may say of deputies and conflicts: every fault at once, each at its place."""

from datetime import date

import pytest

from retention.agreements import FaultyAgreementsError, read
from retention.domain.people import Conflict, Days, Deputy
from tests.support.policies import changed, contract, spot

DEPUTY = 'deputy = "rm-02"'
CONFLICT = 'conflicts = ["audit-01"]'


def faults(files):
    with pytest.raises(FaultyAgreementsError) as caught:
        read(files)
    return caught.value.faults


def person(files, person_id):
    return next(p for p in read(files).people() if p.id == person_id)


def test_a_deputy_of_any_day_stays_what_it_was():
    assert person(contract(), "rm-01").deputies == (Deputy("rm-02"),)
    assert person(contract(), "iao-audits").conflicts == (Conflict("audit-01"),)


def test_deputies_and_conflicts_may_have_days_and_say_what_they_are_about():
    files = changed(
        DEPUTY,
        'deputies = [{ id = "rm-02", from = 2026-11-01, until = 2026-11-30, '
        'roles = ["records-manager"] }]',
        file="people.toml",
    )
    files = changed(
        CONFLICT,
        'conflicts = ["hqip", "NACEL", { with = "NACEL/patient-level", until = 2027-01-31, '
        'why = "led that audit" }]',
        files=files,
        file="people.toml",
    )
    days = Days(date(2026, 11, 1), date(2026, 11, 30))
    assert person(files, "rm-01").deputies == (Deputy("rm-02", days, ("records-manager",)),)
    assert person(files, "iao-audits").conflicts == (
        Conflict("hqip"),
        Conflict("NACEL"),
        Conflict("NACEL/patient-level", Days(None, date(2027, 1, 31))),
    )


@pytest.mark.parametrize(
    ("old", "new", "says", "marker"),
    [
        (DEPUTY, 'deputies = [{ id = "rm-01" }]', "another person", '"rm-01" }'),
        (DEPUTY, 'deputies = [{ id = "rm-02", roles = ["siro"] }]', "a role of that", '"siro"] }'),
        (
            DEPUTY,
            'deputies = [{ id = "rm-02", from = 2026-02-02, until = 2026-02-01 }]',
            "a day not before",
            "2026-02-01",
        ),
        (CONFLICT, 'conflicts = ["hqp"]', "Did you mean 'hqip'?", '"hqp"'),
        (CONFLICT, 'conflicts = [{ with = "NACEL/none" }]', "a class REF/class", '"NACEL/none"'),
        (CONFLICT, 'conflicts = [{ because = "x" }]', "unknown key `because`", "because"),
        ('id = "rm-02"', 'id = "verifier"', "no name of a service", '"verifier"'),
    ],
)
def test_each_fault_has_its_place(old, new, says, marker):
    files = changed(old, new, file="people.toml")
    found = [each for each in faults(files) if says in str(each)]
    assert found, [str(each) for each in faults(files)]
    line, column = spot(files["people.toml"], marker)
    assert (found[0].line, found[0].column) == (line, column)


def test_all_faults_come_at_once():
    files = changed(DEPUTY, 'deputies = [{ id = "rm-09" }]', file="people.toml")
    files = changed(CONFLICT, 'conflicts = ["nobody"]', files=files, file="people.toml")
    assert len([each for each in faults(files) if each.file == "people.toml"]) == 2


def test_the_data_protection_officer_approves_nothing():
    file = "NACEL/v3.toml"
    old = 'approved_by     = ["records-manager", "information-asset-owner"]'
    files = changed(old, old.replace('"]', '", "dpo"]'), file=file)
    (found,) = [each for each in faults(files) if "'dpo'" in str(each)]
    assert "article 38(6)" in str(found)


def test_a_data_protection_officer_with_another_role_is_remarked_on():
    files = changed('roles = ["audit-lead"]', 'roles = ["audit-lead", "dpo"]', file="people.toml")
    assert any("data protection officer" in str(each) for each in read(files).remarks)
