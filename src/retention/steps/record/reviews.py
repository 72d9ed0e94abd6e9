"""Which open reviews an act reaches: what people are being asked, or have agreed to, falls."""

from collections.abc import Iterable, Iterator

from retention.steps.cases import cases, read_proposal
from retention.steps.record.planned import Recording


def review_words(datasets: Iterable[str], ports: Recording) -> Iterator[str]:
    """Yield a sentence for each open proposal that has one of *datasets*."""
    names = set(datasets)
    if not names:
        return
    for case in cases(ports.ledger):
        over = case.approved is not None and len(case.ordered) == case.approved.number("kept")
        if case.spent is not None or over:
            continue
        proposal = read_proposal(case, ports.evidence)
        among = sum(item.manifest.dataset in names for item in proposal.items)
        if not among:
            continue
        which = f"{among} of the {len(proposal.items)} datasets of proposal {proposal.mark}"
        if case.has_begun:
            yield f"{which} are among these: its disposal has begun; the next batch is refused."
        elif case.approved is not None:
            yield f"{which} are among these: people approved it, and the approval falls."
        else:
            yield f"{which} are among these: people are being asked about it."
