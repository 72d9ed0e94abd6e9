"""The mails to people of ours: what awaits them, how much, by when, and where; counts and marks.

No dataset, no key and no name of a person stands in them.  Pure: whoever sends them knows the
address.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from retention.domain.roles import MANAGER
from retention.ports.library import Engine
from retention.views import figures
from retention.views.letters import WIDTH, Text, letter
from retention.views.links import link, run_link
from retention.views.roles import named

RUNS = "/v2/runs"


@dataclass(frozen=True, slots=True)
class ListToDecide:
    """One list that awaits a role, as a mail says it; *run* is of Prefect, "" if none is known."""

    agreement: str
    proposal: str
    mark: str
    role: str
    instead_of: str  # "" in one's own right
    datasets: int
    versions: int
    size_bytes: int
    since: date
    asked_until: date  # on that day the question is asked afresh
    gone_by: date | None  # the first of its datasets
    run: str
    reminders: str  # in words
    escalate_to: str


def review_mail(each: ListToDecide, address: str, engine: Engine, *, nth: int = 0) -> Text:
    """Return the mail that a list awaits a decision; *nth* says which reminder it is."""
    head = f"Reminder {nth}: a" if nth else "A"
    paragraphs = [
        f"{_in_role(each)} you are asked to decide on a list of {each.agreement}, {_size(each)}.",
        f"  The mark of this list: {each.mark}",
        _where(each, address),
        _by_when(each),
        (
            "Nothing is destroyed while you do not answer: silence is not taken for a yes. "
            f"{_reminded(each)}"
        ),
    ]
    subject = f"{head} list awaits your decision: {each.agreement}, mark {each.mark}"
    return _mail(subject, paragraphs, engine)


def consulted_mail(each: ListToDecide, address: str, engine: Engine) -> Text:
    """Return what the data protection officer is told of a list: advice is asked, no decision."""
    paragraphs = [
        (
            f"A list of {each.agreement} is under review, {_size(each)}. As data protection "
            "officer you are consulted; you are not asked to decide, and no answer of yours is "
            "waited for."
        ),
        f"  The mark of this list: {each.mark}",
        _where(each, address, form=False),
        (
            "If you advise against it, tell the approvers, or place a hold, which stops it at "
            "once: `retention hold place`, or the deployment named hold in the browser."
        ),
    ]
    subject = f"For your advice: a list of {each.agreement} is under review, mark {each.mark}"
    return _mail(subject, paragraphs, engine)


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a daily mail: a heading that says what to do, and its lines."""

    heading: str
    lines: tuple[str, ...]


def digest_mail(parts: Sequence[Part], engine: Engine) -> Text:
    """Return the one mail a day that names everything that awaits a person."""
    number = sum(len(part.lines) for part in parts)
    matters = figures.count(number, "matter")
    paragraphs = [
        f"{matters.capitalize()} {'awaits' if number == 1 else 'await'} you today.",
        *(_part(part) for part in parts),
        (
            "`retention status` shows all of it, and what it is about. This mail comes once a "
            "day, as long as something awaits you."
        ),
    ]
    return _mail(f"{matters} {'awaits' if number == 1 else 'await'} you", paragraphs, engine)


def list_line(each: ListToDecide, address: str, today: date) -> str:
    """Return one list as a line of a daily mail, with where it is decided."""
    days = (today - each.since).days
    asked = "asked today" if days == 0 else f"asked {figures.count(days, 'day')} ago"
    return f"{each.agreement}, mark {each.mark}: {_size(each)}; {asked}\n{_place(each, address)}"


def escalation_mail(lines: Sequence[str], engine: Engine) -> Text:
    """Return the mail to whom an agreement names: those *lines* were not answered in time."""
    number = figures.count(len(lines), "matter")
    paragraphs = [
        (
            f"The agreement names you for what is not answered in time. {number.capitalize()} "
            "came to that:"
        ),
        "\n".join(_bulleted(line) for line in lines),
        (
            "Nobody's silence approves a disposal. Please see to it that somebody answers, or tell "
            "the records manager what is to be done; `retention chase` says what was sent, and "
            "when. It is in your daily mail until then."
        ),
    ]
    return _mail(f"Not answered in time: {number}", paragraphs, engine)


def _mail(subject: str, paragraphs: Sequence[str], engine: Engine) -> Text:
    return letter(subject, paragraphs, engine.issuer, demonstration=engine.demonstration)


def _in_role(each: ListToDecide) -> str:
    if each.instead_of:
        return f"In the place of {each.instead_of}, as {_bare(each.role)},"
    return f"As {_bare(each.role)}"


def _bare(role: str) -> str:
    return named(role).removeprefix("the ")


def _size(each: ListToDecide) -> str:
    return (
        f"{figures.count(each.datasets, 'dataset')} with "
        f"{figures.count(each.versions, 'object version')}, {figures.size(each.size_bytes)}"
    )


def _place(each: ListToDecide, address: str) -> str:
    return address + (run_link(each.run) if each.run else RUNS)


def _where(each: ListToDecide, address: str, *, form: bool = True) -> str:
    opens = "Its page, with the review pack among its artifacts:"
    if form:
        opens = (
            "Its page, with the review pack among its artifacts; Resume in its menu opens the form:"
        )
    lines = [opens, f"  {_place(each, address)}"]
    if not each.run:
        lines.append("  (the run named review whose state is Suspended)")
    lines += ["The whole list, with the name of every object:", f"  {address}{link(each.proposal)}"]
    return "\n".join(lines)


def _by_when(each: ListToDecide) -> str:
    told = [
        (
            f"It has been asked since {figures.day(each.since)}; on "
            f"{figures.day(each.asked_until)} the question is put afresh."
        )
    ]
    if each.gone_by is not None:
        told.append(f"The first of its datasets must be gone by {figures.day(each.gone_by)}.")
    return " ".join(told)


def _reminded(each: ListToDecide) -> str:
    whom = named(each.escalate_to or MANAGER)
    return (
        f"You are reminded {each.reminders}; after that {whom} is told." if each.reminders else ""
    )


def _part(part: Part) -> str:
    return "\n".join([f"{part.heading}:", *(_bulleted(line) for line in part.lines)])


def _bulleted(line: str) -> str:
    first, *rest = line.split("\n")
    wrapped = _wrapped(first)
    return "\n".join([f"  - {wrapped[0]}", *(f"    {each}" for each in (*wrapped[1:], *rest))])


def _wrapped(text: str) -> list[str]:
    words, lines = text.split(), [""]
    for word in words:
        if lines[-1] and len(lines[-1]) + 1 + len(word) > WIDTH - 4:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines
