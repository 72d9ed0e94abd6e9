"""What is to be said today of access that was withdrawn, or should be."""

from retention.domain.access import AccessAct
from retention.domain.proposal import mark_of
from retention.ports.evidence import Evidence
from retention.ports.ledger import Ledger
from retention.steps.answers import kept_items
from retention.steps.cases import cases, read_proposal
from retention.steps.today import Line
from retention.steps.withdraw_access import (
    access_owed,
    access_withdrawn,
    closed_by,
    may_concern,
)

SECTION = "Access"


def access_lines(ledger: Ledger, evidence: Evidence, *, withdraws: bool) -> list[Line]:
    """Return a line for each way in which access can stand, with the marks of the lists.

    What is to be given back is here every day until it is, also where nobody may withdraw any more.
    """
    found: dict[str, list[str]] = {"withdrawn": [], "withdraw": [], "restore": []}
    closed = closed_by(ledger)
    for case in cases(ledger):
        if not may_concern(case, closed, withdraws=withdraws):
            continue
        kept = kept_items(case, read_proposal(case, evidence), evidence)
        acts = {owed.act for owed in access_owed(case, kept, ledger, withdraws=withdraws)}
        for act in acts:
            found[act.value].append(mark_of(case.proposal))
        if AccessAct.RESTORE not in acts and access_withdrawn(case, kept, ledger):
            found["withdrawn"].append(mark_of(case.proposal))
    lines = [
        _line("withdrawn", found["withdrawn"]),
        _line("to be withdrawn", found["withdraw"], urgent=True),
        _line("to be given back", found["restore"], urgent=True),
    ]
    if withdraws:
        return lines
    why = "[access] in retention.toml names no custodian"
    off = Line(SECTION, "stays as it is during cooling-off", 0, (why,))
    return [off, *(line for line in lines if line.how_many)]


def _line(what: str, marks: list[str], *, urgent: bool = False) -> Line:
    return Line(SECTION, what, len(marks), tuple(marks), urgent=urgent and bool(marks))
