"""Every mail that people and controllers get beside notices and certificates, letter by letter."""

from dataclasses import replace
from datetime import date

from retention.domain.clock import Period
from retention.views.mails import (
    ListToDecide,
    Part,
    consulted_mail,
    digest_mail,
    escalation_mail,
    list_line,
    review_mail,
)
from retention.views.reminder_letter import Told, reminder_letter
from tests.golden.test_certificate import same
from tests.unit.test_letters import ENGINE, PARTY, agreement

P = Period.parse
GATE = "https://records.invalid"
TODAY = date(2026, 11, 6)
OWED = "NACEL, notice 3fa9c27b0001: audit-sponsor, an answer to the notice; for {}; {} sent"
LIST = ListToDecide(
    agreement="NACEL",
    proposal="sha256:" + "3fa9c27b" * 8,
    mark="3fa9-c27b",
    role="records-manager",
    instead_of="",
    datasets=12,
    versions=3_400,
    size_bytes=1_200_000_000,
    since=date(2026, 11, 2),
    asked_until=date(2026, 11, 16),
    gone_by=date(2027, 6, 30),
    run="0193f2c0-0000-7000-8000-000000000001",
    reminders="after 7 days and after 14 days",
    escalate_to="siro",
)


def reminded(nth, *, by_word=False):
    terms = agreement()
    disposal = replace(terms.disposal, reminders=(P("P7D"), P("P14D")), escalate_to="siro")
    told = Told(12, date(2026, 11, 2), by_word=by_word)
    return reminder_letter(
        "3fa9c27b0001", replace(terms, disposal=disposal), PARTY, told, nth, ENGINE
    )


def digest():
    parts = (
        Part("Lists that await your decision", (list_line(LIST, GATE, TODAY),)),
        Part(
            "Answers that others owe (`retention chase`)",
            (OWED.format("4 days", "no reminder"),),
        ),
        Part("Datasets (`retention due`)", ("3 overdue", "1 held past their maximum")),
    )
    return digest_mail(parts, ENGINE)


def test_the_mails(tmp_path):
    owed = OWED.format("15 days", "2 reminders")
    for name, mail in {
        "letter-reminder.txt": reminded(1),
        "letter-last-reminder.txt": reminded(2),
        "letter-reminder-attested.txt": reminded(1, by_word=True),
        "mail-review.txt": review_mail(LIST, GATE, ENGINE),
        "mail-review-deputy.txt": review_mail(
            replace(LIST, instead_of="rm-01", run="", gone_by=None), GATE, ENGINE, nth=2
        ),
        "mail-consulted.txt": consulted_mail(LIST, GATE, ENGINE),
        "mail-digest.txt": digest(),
        "mail-escalation.txt": escalation_mail((owed,), ENGINE),
    }.items():
        same(name, f"Subject: {mail.subject}\n\n{mail.body}", tmp_path)
        assert max(map(len, mail.body.splitlines())) <= 120, "links are whole, the rest is filled"
