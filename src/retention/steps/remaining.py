"""What becomes of each residual copy, as the ledger and the day have it: nothing stays unsaid.

A window that closed without anybody looking or attesting is an exception, every day until then.
Source: design.md, rules 13 and 18.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from retention.domain.case import Case
from retention.domain.certified import BY_WORD, ResidualCopy
from retention.domain.dataset import DatasetId
from retention.domain.entry import Record
from retention.domain.hold import Hold, Subject, covered_by
from retention.domain.key import KEY
from retention.domain.proposal import Item
from retention.domain.wording import CertificateType
from retention.ports.evidence import Evidence
from retention.ports.ledger import Ledger
from retention.ports.library import Library
from retention.steps.answers import kept_items
from retention.steps.cases import cases, read_proposal
from retention.steps.residual import is_followed, residual_copy


class Standing(StrEnum):
    """Where a residual copy stands today; the value is how a list says it."""

    GONE = "seen or attested to be gone"
    HELD = "held: they stay until the hold is released"
    PENDING = "whose window is open"
    UNDATED = "of which no day is agreed, and that nobody has attested"
    UNATTESTED = "whose window closed, and that nobody has attested"
    UNSEEN = "whose window closed, and that nobody has looked at"
    STILL_THERE = "that are still there after their window"


EXCEPTIONS: Final = (
    Standing.UNDATED,
    Standing.UNATTESTED,
    Standing.UNSEEN,
    Standing.STILL_THERE,
)


@dataclass(frozen=True, slots=True)
class Remaining:
    """One residual copy of one disposal."""

    case: Case
    item: Item
    copy: ResidualCopy
    seen: Record | None  # the newest look, or word
    standing: Standing

    @property
    def dataset(self) -> str:
        """The id of the dataset that it is a copy of."""
        return self.item.manifest.dataset

    @property
    def name(self) -> str:
        """What people type: the dataset, and which copy of it."""
        return f"{self.dataset}/{self.copy.copy}"

    @property
    def awaits_word(self) -> bool:
        """Whether it counts as gone only by somebody's word, which nobody gave."""
        return self.copy.checked_by in BY_WORD and self.copy.seen_gone_at is None

    @property
    def what_to_do(self) -> str:
        """What somebody can do about it now."""
        if self.standing is Standing.HELD:
            return "nothing, until the hold is released"
        if self.awaits_word:
            return f"ask, then: retention attest {self.name}"
        if self.standing is Standing.STILL_THERE:
            return "ask whoever runs that place why it has not ended"
        if self.standing is Standing.UNSEEN:
            return "see that check_gone runs: it looks every day"
        return "wait"


def remaining(ledger: Ledger, evidence: Evidence, today: date) -> Iterator[Remaining]:
    """Yield every residual copy that a disposal left, until its final certificate is out.

    Not those that no certificate covers, nor keys that are kept for others; and not those of what
    is partly there still: with what remains of it they are proposed afresh.
    """
    for case in cases(ledger):
        if not case.verified or CertificateType.FINAL.value in case.certified:
            continue
        for item in kept_items(case, read_proposal(case, evidence), evidence):
            if not is_followed(case, item.manifest.root):
                continue
            for declared in item.residuals:
                copy = residual_copy(declared, case, item.manifest.root)
                if copy.is_pending or copy.seen_gone_at is not None:
                    seen = case.residuals.get((item.manifest.root, copy.copy))
                    yield Remaining(case, item, copy, seen, _standing(copy, seen, today))


def matched_by(hold: Hold, found: Iterable[Remaining], library: Library) -> Iterator[Remaining]:
    """Yield those of *found* that *hold* fits, and that may still be there."""
    for each in found:
        proposed = each.case.proposed
        agreement = library.agreement(proposed.text("agreement"), proposed.number("version"))
        kind = agreement.class_named(each.item.class_name)
        dataset = DatasetId.parse(each.dataset, kind.placeholders)
        covered = covered_by(kind.period_covered, dataset.values)
        subject = Subject(dataset, each.item.controllers, covered)
        if each.standing is not Standing.GONE and hold.under(agreement).matches(dataset, subject):
            yield each


def _standing(copy: ResidualCopy, seen: Record | None, today: date) -> Standing:
    if copy.held_by:
        return Standing.HELD
    if copy.seen_gone_at is not None:
        return Standing.GONE
    if copy.until is None:  # the day of a key is known once its end was ordered
        return Standing.PENDING if copy.kind == KEY else Standing.UNDATED
    if today <= copy.until:
        return Standing.PENDING
    if copy.checked_by in BY_WORD:
        return Standing.UNATTESTED
    return Standing.UNSEEN if seen is None else Standing.STILL_THERE
