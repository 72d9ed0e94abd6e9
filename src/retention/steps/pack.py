"""Gather the review pack: what was frozen, and what is known beside it on the day of asking."""

from collections.abc import Iterator
from datetime import date

from retention.domain.agreement import Agreement, OurRole, Silence
from retention.domain.calendar import london_day
from retention.domain.case import Case
from retention.domain.dataset import DatasetId
from retention.domain.entry import Entry
from retention.domain.hold import covered_by
from retention.domain.proposal import Item, Proposal
from retention.domain.words import long_day
from retention.errors import RefusedError
from retention.steps.answers import kept_items
from retention.steps.authorise import matching_holds
from retention.steps.notify import Notice, notices
from retention.steps.record.planned import Recording
from retention.views import figures
from retention.views.pack import Numbered, Pack

OLD_DAYS = 14  # a list that was frozen so long ago has probably changed
SOON_DAYS = 30


def pack_of(case: Case, proposal: Proposal, ports: Recording) -> Pack:
    """Return what is shown of *proposal* today; it only looks.

    Raises RefusedError where the notice that it follows from is not on the ledger.
    """
    kept = kept_items(case, proposal, ports.evidence)
    agreement = ports.library.agreement(proposal.agreement, proposal.version)
    datasets = tuple(
        Numbered(
            number,
            item,
            item in kept,
            _covered(item, agreement),
            tuple(_holds(item, case, proposal, ports)),
        )
        for number, item in enumerate(proposal.items, start=1)
    )
    return Pack(
        proposal,
        datasets,
        parties={c: ports.library.party(c).name for c in proposal.controllers},
        answers=dict(_answers(proposal, agreement, ports)),
        decided=tuple((r.text("step"), r.text("decision")) for r in case.decided),
        warnings=tuple(_warnings(datasets, proposal, agreement, ports.today)),
        read_on=ports.today,
        demonstration=ports.library.engine().demonstration,
    )


def _holds(item: Item, case: Case, proposal: Proposal, ports: Recording) -> Iterator[str]:
    since = case.proposed.index
    found = matching_holds(ports.ledger, ports.library, [item], proposal, since=since)
    yield from sorted({hold.id for hold in found})


def _covered(item: Item, agreement: Agreement) -> str:
    kind = agreement.class_named(item.class_name)
    values = DatasetId.parse(item.manifest.dataset, kind.placeholders).values
    span = covered_by(kind.period_covered, values)
    if span is not None:
        return f"data of {long_day(span[0])} to {long_day(span[1])}"
    if kind.period_covered == "attested":
        return "which days its data span is attested for each dataset, and not known here"
    return "which days its data span is not known"


def _answers(
    proposal: Proposal, agreement: Agreement, ports: Recording
) -> Iterator[tuple[str, str]]:
    if agreement.our_role is OurRole.CONTROLLER:
        return  # nobody was told: the approvers decide
    notice = _notice(proposal, ports)
    for party in proposal.controllers:
        said = [
            r
            for r in ports.ledger.stream(f"notice:{notice.id}")
            if r.kind is Entry.NOTICE_ANSWERED and r.text("controller") == party
        ]
        words = {notice.answer_of(party, item.manifest.dataset) for item in proposal.items} - {""}
        if said and words:
            told = ", ".join(sorted(words))
            yield party, f"{told}, recorded on {long_day(london_day(said[-1].at))}"
        elif party in notice.reached:
            told = "it received the notice, as is attested," if notice.is_by_word(party) else "told"
            day = long_day(notice.reached[party])
            silence = agreement.disposal is not None and agreement.disposal.silence
            meant = "goes on" if silence is Silence.PROCEED else "waits"
            yield party, f"{told} on {day}; no answer, and by the agreement that {meant}"
        else:
            yield party, "not reached"


def _notice(proposal: Proposal, ports: Recording) -> Notice:
    for notice in notices(ports.ledger):
        if notice.id == proposal.notice:
            return notice
    raise RefusedError(
        "the notice that this list follows from is not on the ledger",
        hint="treat the ledger's database as tampered with, and look",
    )


def _warnings(
    datasets: tuple[Numbered, ...], proposal: Proposal, agreement: Agreement, today: date
) -> Iterator[str]:
    frozen_on = date.fromisoformat(proposal.frozen_at[:10])
    if (age := (today - frozen_on).days) > OLD_DAYS:
        yield f"This list was frozen {age} days ago: whatever changed since then voids an approval."
    ends = agreement.in_force_until
    if ends is not None and ends < today:
        yield f"The agreement ended on {long_day(ends)}; nothing says that it was renewed."
    for each in datasets:
        if each.kept:
            yield from _of_one(each, agreement, today)


def _of_one(each: Numbered, agreement: Agreement, today: date) -> Iterator[str]:
    item, name = each.item, f"Number {each.number}"
    if each.holds:
        yield f"{name} is held by {', '.join(each.holds)}: it cannot be approved."
    if item.destroy_by is not None:
        by = date.fromisoformat(item.destroy_by)
        if by < today:
            yield f"{name} was to be gone by {long_day(by)}: it is over-retained since then."
        elif (left := (by - today).days) <= SOON_DAYS:
            yield f"{name} must be gone by {long_day(by)}, in {figures.count(left, 'day')}."
    kind = agreement.class_named(item.class_name)
    if kind.shorter_than:
        yield f"{name} is kept for shorter than {kind.shorter_than} says; a party confirmed that."
    if any(left.get("not_covered_clause") for left in item.residuals):
        yield f"{name} leaves a copy that no certificate will cover."
