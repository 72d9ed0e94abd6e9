"""What nobody could decide: an exception that names who is excluded and why, every day.

Asked before controllers are told, before a list is frozen, and of every list that is under
review.  It only looks, so that nothing has to be undone when somebody is named as a deputy.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from retention.domain.agreement import Agreement
from retention.domain.approvers import Staffing
from retention.domain.disposition import State
from retention.errors import NotAuthorisedError
from retention.ports.evidence import Evidence
from retention.ports.ledger import Ledger
from retention.ports.library import Library
from retention.steps.approvers import staffing_of_group
from retention.steps.awaiting import awaiting_lists
from retention.steps.classify import Dated
from retention.steps.notify import BEFORE_NOTICE, groups_of

STAGES: Mapping[str, frozenset[State]] = {
    "no notice is sent": BEFORE_NOTICE,
    "no list is frozen": frozenset({State.NOTIFIED}),
}
_IN_REVIEW = "its review cannot end"


@dataclass(frozen=True, slots=True)
class Unstaffed:
    """Datasets of one agreement whose approvers cannot be found: what that stops, and why."""

    agreement: str
    datasets: int
    stops: str
    reasons: tuple[str, ...]  # by role: who could answer, who could not, and why
    escalate_to: str
    mark: str = ""  # of the list, where one is frozen

    @property
    def told(self) -> str:
        """It in one line, in ids."""
        name = f"{self.agreement} {self.mark}".strip()
        return f"{name} ({self.stops}): {' | '.join(self.reasons)}"


def unstaffed(
    dated: Iterable[Dated], ledger: Ledger, evidence: Evidence, library: Library, today: date
) -> list[Unstaffed]:
    """Return every exception of *today*; *dated* are the datasets, as they stand on that day."""
    everything = [each for each in dated if each.assessment.eligible]
    found: list[Unstaffed] = []
    for stops, states in STAGES.items():
        for members in groups_of(everything, states).values():
            staffing = staffing_of_group(members, ledger, library)
            if staffing.filled is None:
                found.append(_of(members[0].agreement, len(members), stops, staffing))
    return found + list(_reviews(ledger, evidence, library, today))


def _reviews(
    ledger: Ledger, evidence: Evidence, library: Library, today: date
) -> Iterator[Unstaffed]:
    for each in awaiting_lists(ledger, evidence):
        agreement = library.agreement(each.proposal.agreement, each.proposal.version)
        try:
            staffing = each.asked(ledger, library, today).staffing
        except NotAuthorisedError:
            continue  # no version is in force: `advance` spends it, and it is proposed afresh
        if staffing.filled is None:
            number = len(each.proposal.items)
            yield _of(agreement, number, _IN_REVIEW, staffing, each.proposal.mark)


def _of(
    agreement: Agreement, datasets: int, stops: str, staffing: Staffing, mark: str = ""
) -> Unstaffed:
    assert agreement.disposal is not None
    escalate_to = agreement.disposal.escalate_to
    return Unstaffed(agreement.reference, datasets, stops, staffing.reasons(), escalate_to, mark)
