"""The closing of incidents: by the data protection officer, who says who was told.

Source: UK GDPR, articles 33(2) and 38(6).
"""

from collections.abc import Sequence

from retention.domain.entry import Entry
from retention.domain.incident import TOLD_NOBODY, Incident, IncidentKind
from retention.domain.roles import Act, require
from retention.errors import AgreementError, RefusedError
from retention.steps.incidents import every_incident
from retention.steps.moves import stream_of
from retention.steps.record.naming import guess, listed, terms_of
from retention.steps.record.planned import Bare, Planned, Recording, Why
from retention.views.preview import Preview


def plan_closing(number: int, told: Sequence[str], *, why: Why, ports: Recording) -> Planned:
    """Plan to close one incident, by its *number*; *told* are the parties that people told.

    Raises NotAuthorisedError unless it is the DPO who acts, AgreementError for no such incident
    or party, RefusedError if it is closed already or if nobody said who was told.
    """
    require(Act.CLOSE_INCIDENT, why.by)
    incident = _numbered(number, ports)
    expect = {stream_of(incident.dataset): len(ports.ledger.stream(stream_of(incident.dataset)))}
    if not incident.is_open:
        raise RefusedError(
            f"incident {number} is closed already",
            hint="`retention incident list --all` shows by whom",
        )
    if not told:
        raise RefusedError(
            "it was not said who was told of it",
            hint="name each party with --told, or say --told-nobody",
        )
    known = {
        controller
        for term in terms_of(ports).values()
        if term.governing is not None
        for controller in (*term.governing.controllers, *term.governing.through)
    }
    for party in told:
        if party not in {*known, TOLD_NOBODY}:
            raise AgreementError("there is no such party", hint=guess(party, known, "none is"))
    act = Bare(
        stream_of(incident.dataset),
        Entry.INCIDENT_CLOSED,
        {"incident": incident.kind, "dataset": incident.dataset, "told": "+".join(told)},
        why,
    )
    return Planned(
        Preview(_title(incident), (), _notes(incident, told), untouched=_STAYS), (act,), expect
    )


_STAYS = "It changes no dataset: what is wrong with one stays wrong until somebody acts."


def _title(incident: Incident) -> str:
    return (
        f"Close incident {incident.number} ({incident.kind}) of {incident.dataset}, noticed on "
        f"{incident.noticed_on}: {incident.words}."
    )


def _notes(incident: Incident, told: Sequence[str]) -> tuple[str, ...]:
    notes = []
    if incident.kind == IncidentKind.STORE_LOOKS_EMPTY:
        notes.append(
            "It says that the store is as empty as it looked: the next survey counts, however "
            "little it sees. If all is back, survey it first and close this afterwards."
        )
    if incident.is_personal:
        notes.append(
            "It is marked as a possible personal data breach: the reason is your assessment of it."
        )
        if TOLD_NOBODY in told:
            notes.append(
                "A processor tells its controllers of a breach without undue delay (UK GDPR, "
                "article 33(2)): you say that nobody was told."
            )
    return tuple(notes)


def _numbered(number: int, ports: Recording) -> Incident:
    found = {each.number: each for each in every_incident(ports.ledger)}
    if number not in found:
        numbers = [str(each.number) for each in found.values() if each.is_open]
        raise AgreementError(
            "there is no incident of that number",
            hint=listed("open", numbers, "no incident is open"),
        )
    return found[number]
