"""Give every joint controller every certificate, once, and keep the proof that it was taken."""

from dataclasses import dataclass

from retention.domain.case import proposal_stream
from retention.domain.certificate import Certificate
from retention.domain.entry import Draft, Entry, Fact, Record
from retention.errors import DeliveryError
from retention.ports.courier import Courier, Letter
from retention.ports.evidence import Evidence
from retention.ports.ledger import Ledger
from retention.ports.library import Library
from retention.steps.cases import case_of, read_proposal
from retention.steps.notify import address_for
from retention.views.letters import certificate_letter


@dataclass(frozen=True, slots=True)
class Delivery:
    """The ports that delivery takes."""

    ledger: Ledger
    evidence: Evidence
    library: Library
    courier: Courier


def deliver(proposal_digest: str, ports: Delivery) -> list[str]:
    """Send every sealed certificate of a proposal to whom it has not reached.

    Safe to run again: a letter that a mail server accepted is not sent twice.
    Raises DeliveryError at the end if a letter was not taken; the others were still sent.
    """
    case = case_of(ports.ledger, proposal_digest)
    proposal = read_proposal(case, ports.evidence)
    sent, faults = [], []
    for certified in sorted(case.certified.values(), key=lambda r: r.index):
        number = certified.text("certificate")
        if number not in case.sealed:
            continue
        for controller in proposal.controllers:
            if controller in case.delivered.get(number, {}):
                continue
            try:
                _send(certified, case.sealed[number], controller, ports)
            except DeliveryError as error:
                faults.append(error)
            else:
                sent.append(f"{number} {controller}")
    if faults:
        raise faults[0]
    return sent


def _send(certified: Record, sealed: Record, controller: str, ports: Delivery) -> None:
    case = case_of(ports.ledger, certified.text("proposal"))
    proposal = read_proposal(case, ports.evidence)
    agreement = ports.library.agreement(proposal.agreement, proposal.version)
    address = address_for(agreement, controller, ports.library)
    certificate = Certificate.read(ports.evidence.read(certified.text("statement")))
    within = None if agreement.disposal is None else agreement.disposal.acknowledge_within
    text = certificate_letter(certificate, ports.library.party(controller), within)
    pdf = ports.evidence.read(sealed.text("pdf"))
    number = certified.text("certificate")
    letter = Letter([address], text.subject, text.body, {(f"{number}.pdf", "application/pdf"): pdf})
    facts: dict[str, Fact] = {
        "proposal": proposal.digest,
        "certificate": number,
        "controller": controller,
        "message": ports.courier.send(letter),
    }
    stream = proposal_stream(proposal.digest)
    ports.ledger.append(Draft(stream, Entry.DELIVERED, facts))
