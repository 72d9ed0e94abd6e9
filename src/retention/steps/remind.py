"""Tell people, daily, what waits for them: inaction escalates, and never approves."""

from collections import Counter

from retention.ports.courier import Courier, Letter
from retention.ports.evidence import Evidence
from retention.ports.ledger import Ledger
from retention.ports.library import Library
from retention.steps.cases import cases, read_proposal


def awaiting(ledger: Ledger, evidence: Evidence) -> Counter[str]:
    """Return how many lists await an answer, by the role that is asked next; it only looks."""
    waiting: Counter[str] = Counter()
    for case in cases(ledger):
        proposal = read_proposal(case, evidence)
        if case.spent is None and len(case.decided) < len(proposal.approved_by):
            waiting[proposal.approved_by[len(case.decided)]] += 1
    return waiting


def remind(
    ledger: Ledger, evidence: Evidence, library: Library, courier: Courier, address: str
) -> list[str]:
    """Write to everyone with a role that is waited for; return their ids.

    *address* is where they log in.  Safe to run again: it changes nothing; it tells once more.
    """
    told = []
    for role, number in sorted(awaiting(ledger, evidence).items()):
        for person in library.people():
            if role in person.roles and person.email:
                lists = "1 list awaits" if number == 1 else f"{number} lists await"
                body = (
                    f"{lists} your decision as {role}.\n\n"
                    f"Log in at {address}/v2/runs and open the run that is suspended; its menu "
                    "has Resume, which opens the form.\n\n"
                    "Nothing is destroyed while you do not answer.\n"
                )
                courier.send(Letter([person.email], f"{lists} your decision", body))
                told.append(person.id)
    return told
