"""One dataset's assessment: as a record for programs, and as sentences for people."""

from collections.abc import Iterator
from textwrap import wrap
from typing import Any

from retention.domain.agreement import Agreement, RetentionClass
from retention.domain.disposition import State
from retention.domain.eligibility import Assessment, Phase
from retention.domain.hold import Hold
from retention.domain.term import Term
from retention.domain.words import event_words, long_day

_BY_DAYS = {
    State.UNCLASSIFIED,
    State.AWAITING_TRIGGER,
    State.RETAINED,
    State.REVIEW_OPEN,
    State.DUE,
}
_DIGITS = 12
_OPENS = "the review opens on "

Record = dict[str, Any]


def stands_at(found: Assessment, state: State) -> str:
    """Return where a dataset stands: where people have brought it, or else where its days do."""
    return found.phase.value if state in _BY_DAYS else state.value


def assessed_record(
    found: Assessment, agreement: Agreement | None, kind: RetentionClass | None, state: State
) -> Record:
    """Return the stable, documented fields of ``due --json`` and ``explain --json``.

    Days are ISO 8601 or null; a trigger that nobody recorded is null.
    """
    days, event = found.days, found.trigger
    covers = None if kind is None else kind.destroy_by_covers
    line = found.timeline
    return {
        "dataset": str(found.dataset),
        "agreement": found.dataset.reference,
        "version": None if agreement is None else agreement.version,
        "class": found.dataset.class_name,
        "clause": None if kind is None else kind.clause,
        "trigger": event
        and {"event": event.name, "on": event.on.isoformat(), "evidence": event.evidence},
        "cut_off_on": _iso(found.cut_off_on),
        "retained_through": _iso(days and days.retained_through),
        "due_on": _iso(days and days.due_on),
        "review_opens_on": _iso(days and days.review_opens_on),
        "destroy_by": _iso(days and days.destroy_by),
        "destroy_by_is": None
        if line is None or days is None or days.destroy_by is None
        else line.firmness.value,
        "destroy_by_covers": None if covers is None else covers.value,
        "review_at_latest": _iso(found.review_at_latest),
        "state": stands_at(found, state),
        "eligible": found.eligible,
        "overdue": found.overdue,
        "raised": found.raised,
        "reasons": list(found.reasons),
        "holds": [_hold_record(hold) for hold in found.holds],
        "conflicts": list(found.conflicts),
        "working": list(found.working),
        "as_at": found.on.isoformat(),
    }


def _hold_record(hold: Hold) -> Record:
    return {"hold": hold.id, "ground": str(hold.ground), "since": _iso(hold.placed_on)}


def _iso(day: Any) -> str | None:
    return None if day is None else str(day.isoformat())


def working_sentence(found: Assessment) -> str:
    """Return the whole working as one chain, to be checked with a pencil from left to right."""
    return " → ".join(_told(found))


def _told(found: Assessment) -> Iterator[str]:
    event, days = found.trigger, found.days
    for line in found.working:
        if event is not None and line.startswith(f"{event_words(event.name)} "):
            yield f"{line}{_shown_by(event.by, event.evidence)}"
        elif days is not None and line.startswith(_OPENS) and days.review_opens_on <= found.on:
            yield line.replace(_OPENS, "the review opened on ", 1)
        else:
            yield line


def _shown_by(by: str, evidence: str) -> str:
    if not evidence:
        return " (supposed)" if not by else ""
    short = evidence.removeprefix("sha256:")[:_DIGITS]
    return f" (evidence {short}, recorded by {by})"


def verdict(found: Assessment, state: State) -> str:
    """Return in one sentence what may happen to the dataset on the day it was asked for."""
    day = long_day(found.on)
    if found.eligible:
        if found.due:
            return f"On {day} its review is open, and disposal may begin once people approved it."
        return f"On {day} its review is open: people may be asked, and nothing may begin yet."
    if state not in _BY_DAYS:
        return f"On {day} it stands at {state.value}."
    told = {
        Phase.UNCLASSIFIED: "nothing says how long it is kept: somebody must",
        Phase.PLACEHOLDER: "its period is not agreed: it is never proposed",
        Phase.AWAITING_TRIGGER: "its clock waits for an event",
        Phase.CONFLICT: "its duties contradict each other: people must decide",
        Phase.RETAINED: "it is retained",
        Phase.REVIEW_OPEN: "its days would let a review open, but something stands in the way",
        Phase.DUE: "its days would let disposal begin, but something stands in the way",
    }
    return f"On {day} {told[found.phase]}."


def explanation(
    found: Assessment,
    term: Term,
    kind: RetentionClass | None,
    state: State,
    *,
    name: str,
    width: int,
) -> str:
    """Return everything about one dataset as a page for a terminal *width* characters wide."""
    return "\n".join(_page(found, term, kind, state, name, width)).rstrip() + "\n"


def _page(
    found: Assessment,
    term: Term,
    kind: RetentionClass | None,
    state: State,
    name: str,
    width: int,
) -> Iterator[str]:
    agreement = term.governing
    yield name
    if agreement is not None and kind is not None:
        clause = f", clause {kind.clause}" if kind.clause else ""
        said = kind.identifiability in kind.describes.lower()
        yield f"  {kind.describes}" + ("" if said else f" ({kind.identifiability})")
        yield f"  {agreement.title}: {agreement.reference} v{agreement.version}{clause}"
    yield ""
    yield from _wrapped(verdict(found, state), width)
    yield from _wrapped_all(_late(found), width)
    if found.working:
        yield ""
        yield "How its days follow:"
        yield from _wrapped(f"{working_sentence(found)}.", width, indent="  ")
    yield from _days_table(found)
    yield from _in_the_way(found, width)
    yield from _wrapped_all(_warnings(found, term), width)


def _days_table(found: Assessment) -> Iterator[str]:
    days = found.days
    if days is None:
        return
    line = found.timeline
    firmness = "" if line is None or line.firmness.value == "firm" else f" ({line.firmness.value})"
    rows = [
        ("kept through", days.retained_through, ""),
        ("review opens", days.review_opens_on, ""),
        ("may go from", days.due_on, ""),
        ("gone by", days.destroy_by, firmness),
    ]
    yield ""
    known = line is None or line.minimum_known
    for label, day, note in rows:
        absent = "no such day" if known or label == "gone by" else "not known yet"
        yield f"  {label:<14} {absent if day is None else long_day(day) + note}"


def _in_the_way(found: Assessment, width: int) -> Iterator[str]:
    if not found.reasons:
        return
    yield ""
    yield "What stands in the way:"
    held = {f"held by {hold.id} ({hold.ground})": hold for hold in found.holds}
    for reason in found.reasons:
        hold = held.get(reason)
        since = "" if hold is None or hold.placed_on is None else long_day(hold.placed_on)
        told = f"{reason} since {since}: nothing moves" if since else reason
        yield from _wrapped(told, width, indent="    ", first="  - ")


def _late(found: Assessment) -> Iterator[str]:
    """Yield that its last day has passed: who asks must not read that at the end of a page."""
    if found.held_past_maximum:
        yield "It is held past its maximum: the hold decides, and the clock runs on."
    elif found.overdue_since is not None:
        late = (found.on - found.overdue_since).days + 1
        days = "day" if late == 1 else "days"
        yield f"It is over-retained by {late:,} {days}, since {long_day(found.overdue_since)}."


def _warnings(found: Assessment, term: Term) -> Iterator[str]:
    for first, last in () if found.timeline is None else found.timeline.overdue_spans:
        yield (
            f"It was overdue from {long_day(first)} to {long_day(last)}: the extension was signed "
            "too late, and that incident stands."
        )
    if found.ask_on is not None:
        yield f"The event was expected: ask about it from {long_day(found.ask_on)}."
    if found.review_at_latest is not None:
        yield f"If the event never comes, it is reviewed by {long_day(found.review_at_latest)}."
    for first, last in term.gaps:
        if first > found.on:
            continue  # a renewal may still be signed in time
        yield (
            f"No version of the agreement was in force from {long_day(first)} to "
            f"{long_day(last)}: a recorded gap, which no later version mends."
        )


def _wrapped_all(texts: Iterator[str], width: int) -> Iterator[str]:
    for text in texts:
        yield ""
        yield from _wrapped(text, width)


def _wrapped(text: str, width: int, *, indent: str = "", first: str | None = None) -> list[str]:
    return wrap(
        text,
        width=width,
        initial_indent=indent if first is None else first,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
