"""Tell people, daily, what waits for them: inaction escalates, and never approves."""

from collections import Counter
from datetime import date

from retention.domain.roles import MANAGER, OWNER
from retention.ports.courier import Courier, Letter
from retention.ports.evidence import Evidence
from retention.ports.ledger import Ledger
from retention.ports.library import Library
from retention.steps.cases import cases, read_proposal
from retention.steps.remaining import EXCEPTIONS, remaining


def awaiting(ledger: Ledger, evidence: Evidence) -> Counter[str]:
    """Return how many lists await an answer, by the role that is asked next; it only looks."""
    waiting: Counter[str] = Counter()
    for case in cases(ledger):
        proposal = read_proposal(case, evidence)
        if case.spent is None and len(case.decided) < len(proposal.approved_by):
            waiting[proposal.approved_by[len(case.decided)]] += 1
    return waiting


def remind(
    ledger: Ledger,
    evidence: Evidence,
    library: Library,
    courier: Courier,
    address: str,
    today: date,
) -> list[str]:
    """Write to everyone with a role that is waited for; return their ids.

    *address* is where they log in.  Safe to run again: it changes nothing; it tells once more.
    """
    told = _remind_of_lists(ledger, evidence, library, courier, address)
    return told + _remind_of_copies(ledger, evidence, library, courier, today)


def _remind_of_lists(
    ledger: Ledger, evidence: Evidence, library: Library, courier: Courier, address: str
) -> list[str]:
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


def _remind_of_copies(
    ledger: Ledger, evidence: Evidence, library: Library, courier: Courier, today: date
) -> list[str]:
    """Tell those who keep the records of copies of which nobody knows that they are gone."""
    counts = Counter(each.standing for each in remaining(ledger, evidence, today))
    found = [(standing, counts[standing]) for standing in EXCEPTIONS if counts[standing]]
    if not found:
        return []
    number = sum(n for _, n in found)
    copies = "1 copy is" if number == 1 else f"{number} copies are"
    lines = "\n".join(f"  {n} {standing.value}" for standing, n in found)
    body = (
        f"{copies} not known to be gone, of datasets that were destroyed:\n\n{lines}\n\n"
        "No final certificate is issued before. `retention status` names each, and what to do; "
        "`retention attest` takes the word of somebody who did not approve that disposal.\n"
    )
    told = []
    for person in library.people():
        if {MANAGER, OWNER} & set(person.roles) and person.email:
            courier.send(Letter([person.email], f"{copies} not known to be gone", body))
            told.append(person.id)
    return told
