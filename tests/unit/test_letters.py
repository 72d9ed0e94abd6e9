"""What controllers read: what it is, what to do, how to check."""

from dataclasses import replace

import pytest

from retention.domain.agreement import (
    Agreement,
    Disposal,
    Limits,
    OurRole,
    Party,
    Route,
    Silence,
)
from retention.domain.clock import Period
from retention.domain.wording import CertificateType, banned_in
from retention.ports.library import Engine
from retention.views.letters import LINES_MAX, certificate_letter, notice_letter
from tests.support.certificates import BACKUP, certificate, counts, dataset

P = Period.parse
PARTY = Party("audit-sponsor", "Audit Sponsor Partnership (invented)", "dpo@sponsor.invalid", False)
ENGINE = Engine(
    {
        "legal_name": "Example Benchmarking Ltd (invented)",
        "address": "1 Invented Street",
        "registration": "Z0000000 (invented)",
        "contact": "records@issuer.invalid",
    },
    "RET",
    demonstration=False,
)
LINE = {
    "dataset": "NACEL/patient-level/england/2019",
    "describes": "Case note review, pseudonymised",
    "class": "patient-level",
    "clause": "9.2",
    "due_on": "2026-04-01",
    "destroy_by": "2026-06-30",
    "working": ["audit-round-published 2019 on 2020-06-30", "disposal may begin on 2026-04-01"],
}


def agreement(silence=Silence.WAIT, notice="P30D"):
    return Agreement(
        reference="NACEL",
        version=3,
        title="National audit of care (invented)",
        our_role=OurRole.PROCESSOR,
        through=(),
        route=Route.DIRECT,
        controllers=("audit-sponsor",),
        mandate="DPA-0000 (invented)",
        in_force_from=None,
        in_force_until=None,
        lawful_basis=("6(1)(e)",),
        disposal=Disposal(
            approved_by=("records-manager",),
            notice=P(notice),
            silence=silence,
            approval_lapses=P("P14D"),
            cooling_off=P("P7D"),
            lead=P("P90D"),
            certificate_within=P("P14D"),
            dispute_window=P("P90D"),
            limits=Limits(40, 1000, 1000, 25),
        ),
        events=(),
        classes=(),
        digest="sha256:" + "0" * 64,
    )


def notice(lines=(LINE,), engine=ENGINE, **changes):
    return notice_letter("3fa9c27b0001", agreement(**changes), PARTY, lines, engine)


def words(text):
    return " ".join(text.split())


def test_a_notice_says_what_falls_due_when_why_and_what_to_answer():
    letter = notice()
    assert letter.subject == "Notice 3fa9c27b0001: 1 dataset due for destruction, NACEL"
    body = words(letter.body)
    for told in (
        "To Audit Sponsor Partnership (invented)",
        "NACEL/patient-level/england/2019",
        "Clause 9.2; due from 1 April 2026, to be gone by 30 June 2026.",
        "Working: audit-round-published 2019 on 2020-06-30; disposal may begin on 2026-04-01.",
        "Nothing has been destroyed",
        "within 30 days",
        "your silence is not taken for a yes",
        "3fa9c27b0001",
        "name no patient",
        "records@issuer.invalid",
    ):
        assert told in body
    for answer in ("proceed", "object", "extend", "return-instead", "hold"):
        assert f"\n  {answer} " in letter.body


def test_where_silence_lets_us_go_on_the_notice_says_so():
    body = words(notice(silence=Silence.PROCEED, notice="P1Y2M").body)
    assert "within 1 year and 2 months of the last controller's receipt" in body
    assert "silence is not taken" not in body


def test_a_maximum_alone_has_no_day_on_which_it_is_due():
    body = words(notice([{**LINE, "due_on": None}]).body)
    assert "Clause 9.2; to be gone by 30 June 2026." in body


def test_a_long_notice_says_that_its_table_has_the_whole_list():
    body = notice([LINE] * (LINES_MAX + 3)).body
    assert "These are not all: 3 more stand in the attached table." in body
    assert body.count(LINE["dataset"]) == LINES_MAX


def test_without_terms_of_disposal_there_is_no_notice():
    with pytest.raises(ValueError, match="terms of disposal"):
        notice_letter("1", replace(agreement(), disposal=None), PARTY, [LINE], ENGINE)


def test_no_line_of_a_letter_is_longer_than_a_mail_may_be():
    for letter in (notice(), certificate_letter(certificate(), PARTY)):
        assert max(map(len, letter.body.splitlines())) <= 78


def test_a_certificate_letter_says_how_to_check_without_us():
    made = certificate()
    letter = certificate_letter(made, PARTY)
    assert letter.subject == "Interim certificate of destruction RET-2031-0007, NACEL"
    body = words(letter.body)
    for told in (
        "Attached is RET-2031-0007.pdf: interim certificate of destruction",
        "2,408 of 2,408 object versions were destroyed",
        "1 other copy remains, the last by 17 May 2031",
        "A final certificate will follow",
        "sh verify.sh statement.dsse.json issuer.pem",
        made.digest.removeprefix("sha256:"),
        "not with this letter",
    ):
        assert told in body


@pytest.mark.parametrize(
    ("made", "told"),
    [
        (certificate([dataset()]), "the final certificate of this disposal"),
        (certificate([dataset(fates=counts(absent_before=4))]), "Nothing was there to destroy"),
        (certificate([dataset(fates=counts(4, failed=2))]), "2 versions are still there."),
        (certificate([dataset(fates=counts(4, failed=1))]), "1 version is still there."),
        (certificate([dataset(fates=counts(4, failed=1))]), "needs a new approval"),
        (
            certificate([dataset()], type=CertificateType.CORRECTION, supersedes="RET-2031-0002"),
            "It replaces certificate RET-2031-0002",
        ),
        (
            certificate(
                [dataset(residual=[replace(BACKUP, until=None), replace(BACKUP, copy="b2")])]
            ),
            "2 other copies remain, the last by 17 May 2031",
        ),
    ],
)
def test_each_type_says_what_it_is(made, told):
    body = words(certificate_letter(made, PARTY).body)
    assert told in body
    assert not banned_in(body)


def test_letters_of_a_demonstration_say_so_at_both_ends_and_in_the_subject():
    engine = replace(ENGINE, demonstration=True)
    for letter in (
        notice(engine=engine),
        certificate_letter(certificate(demonstration=True), PARTY),
    ):
        assert letter.subject.startswith("DEMONSTRATION: ")
        assert letter.body.startswith("DEMONSTRATION.")
        assert letter.body.rstrip().splitlines()[-1].startswith("DEMONSTRATION.")
    assert "DEMONSTRATION" not in notice().body + notice().subject
