"""That a controller acknowledged a certificate, with the letter it stands in.

That a mail server took a certificate says that it was delivered; an acknowledgement is a word of
the controller.  It is never supposed: without the entry it is asked for.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from retention.domain.agreement import Agreement
from retention.domain.calendar import london_day
from retention.domain.clock import Period
from retention.domain.entry import Entry, Fact, Record
from retention.domain.roles import Act, require
from retention.domain.words import long_day
from retention.errors import AgreementError, RefusedError
from retention.steps.acknowledged import (
    acknowledged_on,
    acknowledged_stream,
    acknowledgements_in,
)
from retention.steps.cases import decided_case_of, read_proposal
from retention.steps.record.naming import guess, listed
from retention.steps.record.planned import Bare, Planned, Recording, Why
from retention.views.figures import listed as enumerated
from retention.views.preview import Preview

_STAYS: Final = "It touches no dataset: it says that a certificate arrived, and nothing more."


@dataclass(frozen=True, slots=True)
class _Issued:
    """A certificate, to whom it is made out, and who has it and acknowledged it so far."""

    number: str
    sealed_on: date
    agreement: Agreement
    controllers: tuple[str, ...]
    delivered: Mapping[str, Record]
    acknowledged: Mapping[str, Record]
    length: int  # of the stream of what is recorded of it

    @property
    def within(self) -> Period | None:
        """How soon the agreement wants it acknowledged; None if it does not say."""
        disposal = self.agreement.disposal
        return None if disposal is None else disposal.acknowledge_within


def plan_acknowledgement(
    number: str, controller: str, on: date, *, why: Why, ports: Recording
) -> Planned:
    """Plan to record that *controller* acknowledged the certificate *number* on the day *on*.

    Raises NotAuthorisedError for who may not; AgreementError for an unknown certificate, a party
    that is no controller of it, and a day on which it could not be; RefusedError while another
    entry of the same stands.
    """
    require(Act.RECORD_ANSWER, why.by)
    issued = _issued(number, ports)
    if controller not in issued.controllers:
        raise AgreementError(
            f"certificate {issued.number} is made out to no controller of that name",
            hint=guess(controller, issued.controllers, "it is made out to nobody"),
        )
    _require_day(issued, on, ports.today)
    if (standing := issued.acknowledged.get(controller)) is not None:
        raise RefusedError(
            f"it is recorded already that {controller} acknowledged it, on "
            f"{long_day(acknowledged_on(standing))}",
            hint="if that day is wrong, take it back first: `retention certificate "
            f"unacknowledge {issued.number} --from {controller}`",
        )
    facts: dict[str, Fact] = {
        "certificate": issued.number,
        "controller": controller,
        "on": on.isoformat(),
    }
    preview = Preview(
        f"Record that {controller} acknowledged certificate {issued.number} of "
        f"{issued.agreement.reference} on {long_day(on)}.",
        notes=(*_timely(issued, controller, on), *_others(issued, controller)),
        untouched=_STAYS,
    )
    return _planned(issued, Entry.ACKNOWLEDGED, facts, why, preview)


def plan_acknowledgement_retraction(
    number: str, controller: str, *, why: Why, ports: Recording
) -> Planned:
    """Plan to take back what was recorded of *controller* and a certificate: as if never said.

    Raises NotAuthorisedError for who may not, and AgreementError for an unknown certificate or
    where nothing was recorded of it.
    """
    require(Act.RECORD_ANSWER, why.by)
    issued = _issued(number, ports)
    if controller not in issued.acknowledged:
        raise AgreementError(
            f"no acknowledgement of certificate {issued.number} by a controller of that name is "
            "recorded",
            hint=guess(controller, issued.acknowledged, "nobody has acknowledged it yet"),
        )
    standing = issued.acknowledged[controller]
    facts: dict[str, Fact] = {
        "certificate": issued.number,
        "controller": controller,
        "entry": standing.index,
    }
    preview = Preview(
        f"Take back what {standing.text('by')} recorded: that {controller} acknowledged "
        f"certificate {issued.number} on {long_day(acknowledged_on(standing))}.",
        notes=() if issued.within is None else (f"{controller} owes it again.",),
        untouched=_STAYS,
    )
    return _planned(issued, Entry.ACKNOWLEDGEMENT_RETRACTED, facts, why, preview)


def _planned(
    issued: _Issued, kind: Entry, facts: Mapping[str, Fact], why: Why, preview: Preview
) -> Planned:
    stream = acknowledged_stream(issued.number)
    act = Bare(stream, kind, facts, why)
    return Planned(preview, (act,), {stream: issued.length}, result=issued.number)


def _issued(number: str, ports: Recording) -> _Issued:
    sealed = {r.text("certificate"): r for r in ports.ledger.of_kind(Entry.SEALED)}
    if number not in sealed:
        raise AgreementError(
            "there is no certificate of that number",
            hint=listed("there is", reversed(sealed), "no certificate was issued yet"),
        )
    recorded = ports.ledger.stream(acknowledged_stream(number))
    case = decided_case_of(ports.ledger, sealed[number].text("proposal"))
    proposal = read_proposal(case, ports.evidence)
    standing = acknowledgements_in(recorded)
    return _Issued(
        number,
        london_day(sealed[number].at),
        ports.library.agreement(proposal.agreement, proposal.version),
        tuple(proposal.controllers),
        case.delivered.get(number, {}),
        {controller: r for (_, controller), r in standing.items()},
        len(recorded),
    )


def _require_day(issued: _Issued, on: date, today: date) -> None:
    if on > today:
        raise AgreementError(
            "that day has not come",
            hint="give the day on which the controller acknowledged the certificate",
        )
    if on < issued.sealed_on:
        raise AgreementError(
            f"certificate {issued.number} was issued on {long_day(issued.sealed_on)}",
            hint="nobody had it before: look at the day, and at the number of the certificate",
        )


def _timely(issued: _Issued, controller: str, on: date) -> Iterator[str]:
    """Say what is odd about the day, and whether it is the one that the agreement wants."""
    delivered = issued.delivered.get(controller)
    if issued.within is None:
        yield "The agreement asks for no acknowledgement; it is recorded all the same."
    if delivered is None:
        yield (
            f"No mail server took it for {controller}: `deliver` goes on sending it until one does."
        )
        return
    since = london_day(delivered.at)
    if on < since:
        yield f"Its mail server took it on {long_day(since)}, which is later than that day."
    if issued.within is not None and on > (by := issued.within.after(since)):
        yield f"The agreement wanted it by {long_day(by)}."


def _others(issued: _Issued, controller: str) -> Iterator[str]:
    missing = sorted({*issued.controllers} - {*issued.acknowledged, controller})
    if missing:
        yield f"It says nothing of {enumerated(missing)}: no acknowledgement of theirs is recorded."
    else:
        yield "Every controller has then acknowledged it."
