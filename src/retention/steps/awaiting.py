"""The lists that await an answer: which role is asked next, since when, and who may give it."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from retention.domain.calendar import london_day
from retention.domain.case import Case
from retention.domain.proposal import Proposal
from retention.errors import NotAuthorisedError
from retention.ports.evidence import Evidence
from retention.ports.ledger import Ledger
from retention.ports.library import Library
from retention.steps.approvers import Asked
from retention.steps.cases import cases, read_proposal


@dataclass(frozen=True, slots=True)
class Awaiting:
    """One frozen list whose review has not ended."""

    case: Case
    proposal: Proposal

    @property
    def number(self) -> int:
        """Which of its roles is asked, counted from 1."""
        return len(self.case.decided) + 1

    @property
    def step(self) -> str:
        """The role that is asked next."""
        return self.proposal.approved_by[self.number - 1]

    @property
    def place(self) -> str:
        """The role and its place, as the ledger takes it: one role may be asked twice."""
        return f"{self.number}-{self.step}"

    @property
    def since(self) -> date:
        """The day in London since which that role is asked."""
        before = self.case.decided[-1] if self.case.decided else self.case.proposed
        return london_day(before.at)

    def asked(self, ledger: Ledger, library: Library, today: date) -> Asked:
        """Return who may answer; NotAuthorisedError where no version is in force."""
        return Asked.of(self.case, self.proposal, ledger, library, today)

    def may_answer(self, ledger: Ledger, library: Library, today: date) -> tuple[str, ...]:
        """Return who may answer next, by id; nobody where no version is in force any more."""
        try:
            return self.asked(ledger, library, today).next
        except NotAuthorisedError:
            return ()  # `advance` spends what no agreement governs


def awaited_roles(ledger: Ledger, evidence: Evidence) -> Counter[str]:
    """Return how many lists await an answer, by the role that is asked next."""
    return Counter(each.step for each in awaiting_lists(ledger, evidence))


def awaiting_lists(ledger: Ledger, evidence: Evidence) -> Iterator[Awaiting]:
    """Yield every list that awaits an answer, oldest first; it only looks."""
    for case in cases(ledger):
        if case.spent is not None or case.approved is not None:
            continue
        proposal = read_proposal(case, evidence)
        if len(case.decided) < len(proposal.approved_by):
            yield Awaiting(case, proposal)
