"""What was disposed of already, and would not have been by the dates that a correction sets.

Source: ``clock.md``, rulings 11 and 17.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from retention.domain.calendar import london_day
from retention.domain.case import Case
from retention.domain.dataset import DatasetId
from retention.domain.eligibility import Assessment, Assessor
from retention.domain.entry import Draft
from retention.domain.incident import IncidentKind
from retention.domain.knowledge import Ground
from retention.domain.words import long_day
from retention.steps.cases import cases, read_proposal
from retention.steps.incidents import incident_draft
from retention.steps.moves import stream_of
from retention.steps.record.planned import Recording


@dataclass(frozen=True, slots=True)
class Early:
    """A dataset that was destroyed before the day on which that may begin, as is known now.

    *due_on* is None if now nothing starts its clock.  *incident* is None if it is raised already.
    """

    dataset: str
    destroyed_on: date
    due_on: date | None
    is_personal: bool
    incident: Draft | None
    stream_length: int


def destroyed_early(before: Ground, after: Ground, ports: Recording) -> Iterator[Early]:
    """Yield each disposed dataset that *after* would find too early and *before* does not."""
    was, would = Assessor(before, ports.today), Assessor(after, ports.today)
    for name, placeholders, is_personal, began_on in _disposed(before.term.reference, ports):
        dataset = DatasetId.parse(name, placeholders)
        then = would.assess(dataset)
        if _too_early(then, began_on) and not _too_early(was.assess(dataset), began_on):
            yield Early(
                name,
                began_on,
                None if then.days is None else then.days.due_on,
                is_personal,
                incident_draft(
                    ports.ledger,
                    IncidentKind.DESTROYED_EARLY,
                    name,
                    noticed_on=ports.today,
                    personal=is_personal,
                ),
                len(ports.ledger.stream(stream_of(name))),
            )


def early_words(early: Early) -> str:
    """Return what is to be known before the act is taken."""
    why = "nothing would then have started its clock"
    if early.due_on is not None:
        why = f"it would then have been due on {long_day(early.due_on)}"
    breach = ", a possible personal data breach" if early.is_personal else ""
    return (
        f"{early.dataset} was destroyed on {long_day(early.destroyed_on)}: {why}. That is too "
        f"early: an incident is raised for the DPO{breach}, and its certificate needs a correction."
    )


def _disposed(
    reference: str, ports: Recording
) -> Iterator[tuple[str, tuple[str, ...], bool, date]]:
    """Yield each dataset of which anything may be gone: id, placeholders, personal, since when."""
    for case in cases(ports.ledger):
        if case.proposed.text("agreement") != reference or not case.has_begun:
            continue
        agreement = ports.library.agreement(reference, case.proposed.number("version"))
        for item in read_proposal(case, ports.evidence).items:
            began_on = _began_on(case, item.manifest.root)
            if began_on is not None:
                kind = agreement.class_named(item.class_name)
                yield item.manifest.dataset, kind.placeholders, kind.is_personal, began_on


def _began_on(case: Case, root: str) -> date | None:
    """Return the London day of the first order that took, or that nobody knows the outcome of."""
    cut_off = case.cut_off(root)
    unknown = [r for r in case.intents.get(root, []) if r.number("first") in cut_off]
    taken = [
        r for r in case.outcomes.get(root, {}).values() if r.number("taken") or r.number("unknown")
    ]
    return min((london_day(r.at) for r in (*taken, *unknown)), default=None)


def _too_early(found: Assessment, began_on: date) -> bool:
    timeline = found.timeline
    if timeline is None:
        return False
    if not timeline.minimum_known:
        return True
    due_on = None if timeline.days is None else timeline.days.due_on
    return due_on is not None and due_on > began_on
