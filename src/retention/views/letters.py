"""The letters that controllers get: plain text, saying what it is, what to do and how to check.

Pure: whoever sends them knows the address.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from textwrap import fill
from typing import Any

from retention.domain.agreement import Agreement, Party, Silence
from retention.domain.certificate import Certificate
from retention.domain.clock import Period
from retention.domain.wording import CertificateType
from retention.ports.library import Engine
from retention.views import figures
from retention.views.certificate_view import ISSUER, SCRIPT, STATEMENT

WIDTH = 76
LINES_MAX = 200  # datasets written out in a letter; what is cut says so

_DEMONSTRATION = "DEMONSTRATION. The data, people and organisations here are invented."
_ANSWERS = (
    ("proceed", "you agree that it is destroyed"),
    ("object", "it must not be destroyed now; please say why"),
    ("extend", "it must be kept until a later day; please say which, and on what ground"),
    ("return-instead", "you want it back first; please say who is to receive it"),
    ("hold", "an inquiry, claim, complaint or request needs it; please name it"),
)


@dataclass(frozen=True, slots=True)
class Text:
    """Subject and body of a letter."""

    subject: str
    body: str


def notice_letter(
    notice: str,
    agreement: Agreement,
    party: Party,
    lines: Sequence[Mapping[str, Any]],
    engine: Engine,
) -> Text:
    """Return the notice *notice* to *party*: what falls due under *agreement*, and what to answer.

    Each of *lines* has the keys dataset, describes, clause, due_on, destroy_by and working.
    Raises ValueError if the agreement has no terms of disposal.
    """
    if agreement.disposal is None:
        raise ValueError("an agreement without terms of disposal gives no notice")
    what = figures.count(len(lines), "dataset")
    paragraphs = [
        f"To {party.name}",
        (
            f"Under {agreement.title} ({agreement.reference}, version {agreement.version}) the "
            f"retention period of {what} is ending. Nothing has been destroyed, and no date alone "
            "destroys anything: people will be asked first, and you before them."
        ),
        "What falls due:",
        *(_dataset(line) for line in lines[:LINES_MAX]),
    ]
    if len(lines) > LINES_MAX:
        paragraphs.append(
            f"These are not all: {len(lines) - LINES_MAX} more stand in the attached table."
        )
    paragraphs += [
        _silence(agreement.disposal.silence, agreement.disposal.notice),
        *answers_asked_for(notice),
        "The same list is attached as a table, which a spreadsheet opens.",
    ]
    return letter(
        f"Notice {notice}: {what} due for destruction, {agreement.reference}",
        paragraphs,
        engine.issuer,
        demonstration=engine.demonstration,
    )


def certificate_letter(
    certificate: Certificate, party: Party, acknowledge_within: Period | None = None
) -> Text:
    """Return the letter that goes to *party* with the sealed *certificate*.

    *acknowledge_within* is how soon the agreement wants it acknowledged; None if it asks for none.
    """
    identity, counts = certificate.identity, certificate.counts
    agreement = certificate.authority
    name = f"{identity.number}.pdf"
    left = (
        f" {figures.count(counts.left, 'version is', 'versions are')} still there."
        if counts.left
        else ""
    )
    paragraphs = [
        f"To {party.name}",
        (
            f"Attached is {name}: {identity.title.lower()}, number {identity.number}, under "
            f"{agreement.title} ({agreement.agreement}, version {agreement.version}). It says what "
            f"became of {figures.count(len(certificate.what.datasets), 'dataset')}: "
            f"{figures.number(counts.destroyed)} of {figures.number(counts.planned)} object "
            "versions were destroyed, and seen to be absent afterwards with other credentials."
            f"{left}"
        ),
        _next(certificate),
        (
            "What to do: check it, keep it with the agreement, and tell us if anything in it is "
            "not what you agreed."
        ),
        *_acknowledgement(identity.number, acknowledge_within),
        "How to check it, without asking us:",
        (
            f"  1. Open {name} in a PDF reader and look at its signature panel.\n"
            "  2. Save the attached files of the PDF into one folder, and there run\n"
            f"     sh {SCRIPT} {STATEMENT} {ISSUER}\n"
            "  3. Compare the fingerprint that it prints with the one that you were given\n"
            "     with the agreement, not with this letter.\n"
            "  4. Its statement must have this SHA-256:\n"
            f"     {certificate.digest.removeprefix('sha256:')}"
        ),
    ]
    issuer = identity.issuer
    sender = {"legal_name": issuer.legal_name, "contact": issuer.contact}
    subject = f"{identity.title} {identity.number}, {agreement.agreement}"
    return letter(subject, paragraphs, sender, demonstration=identity.demonstration)


def _acknowledgement(number: str, within: Period | None) -> Iterator[str]:
    if within is not None:
        yield (
            f"Please answer this mail to say that you have it, with the number {number}. The "
            f"agreement asks for that within {period_words(within)}; if we hear nothing, we take "
            "nothing for granted."
        )


def answers_asked_for(notice: str) -> list[str]:
    """Return the paragraphs that say what a controller may answer, and on what."""
    return [
        f"Please answer this mail with one of these words, and with the number {notice}:",
        "\n".join(
            fill(f"  {word:<15}{says}", WIDTH, subsequent_indent=" " * 17)
            for word, says in _ANSWERS
        ),
        (
            "Your word is on all of the list, unless you name the datasets that it is on: then the "
            "others go on. An objection of one controller stops a dataset for all of them. Please "
            "name no patient in your answer."
        ),
    ]


def _dataset(line: Mapping[str, Any]) -> str:
    days = []
    if line["due_on"]:
        days.append(f"due from {_day(line['due_on'])}")
    if line["destroy_by"]:
        days.append(f"to be gone by {_day(line['destroy_by'])}")
    working = "; ".join(line["working"])
    told = (
        f"  {line['dataset']}",
        _indented(f"{line['describes']}. Clause {line['clause']}; {', '.join(days)}."),
        _indented(f"Working: {working}."),
    )
    return "\n".join(told)


def _silence(silence: Silence, notice: Period) -> str:
    within = period_words(notice)
    if silence is Silence.PROCEED:
        return (
            f"If you do not answer within {within} of the last controller's receipt of this "
            "notice, the agreement lets us go on and ask the approvers."
        )
    return (
        f"Please answer within {within}. Without an answer from every controller nothing goes on: "
        "your silence is not taken for a yes."
    )


def _next(certificate: Certificate) -> str:
    kind, pending = certificate.identity.type, certificate.pending
    days = [copy.until for copy in pending if copy.until is not None]
    last = f", the last by {figures.day(max(days))}" if days else ""
    if kind is CertificateType.INTERIM:
        remain = figures.count(len(pending), "other copy remains", "other copies remain")
        return f"It is an interim certificate: {remain}{last}. A final certificate will follow."
    if kind is CertificateType.FINAL:
        return "It is the final certificate of this disposal."
    if kind is CertificateType.CORRECTION:
        return f"It replaces certificate {certificate.identity.supersedes}, which was not correct."
    if kind is CertificateType.NIL:
        return "Nothing was there to destroy. How that came to be is being looked into."
    return (
        "It is a report and not a certificate that the destruction is complete. What is still "
        "there goes back to review, and needs a new approval."
    )


def letter(
    subject: str, paragraphs: Sequence[str], issuer: Mapping[str, str], *, demonstration: bool
) -> Text:
    """Return a letter of *paragraphs*, filled, with our name beneath; marked if it is invented."""
    shown = [
        each if "\n" in each or each.startswith("  ") else fill(each, WIDTH) for each in paragraphs
    ]
    foot = f"{issuer['legal_name']}\n{issuer['contact']}"
    marked = [_DEMONSTRATION] if demonstration else []
    head = "DEMONSTRATION: " if demonstration else ""
    return Text(head + subject, "\n\n".join([*marked, *shown, foot, *marked]) + "\n")


def _indented(text: str) -> str:
    return fill(text, WIDTH, initial_indent="    ", subsequent_indent="    ")


def _day(text: str) -> str:
    return figures.day(date.fromisoformat(text))


def period_words(period: Period) -> str:
    """Return a period in words: 30 days, 1 year and 6 months."""
    parts = (("year", period.years), ("month", period.months), ("day", period.days))
    told = [figures.count(value, name) for name, value in parts if value]
    return figures.listed(told) if told else "the day"
