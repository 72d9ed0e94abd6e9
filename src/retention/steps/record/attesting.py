"""A person's word that a residual copy is gone, with what shows it.

A certificate says *attested* of such a copy, or *relied on* where it is the document of a provider.
Whoever approved a disposal does not also say that it worked.
Source: design.md, rules 6 and 12; NHS Records Management Code of Practice (2021, updated 2023),
s. 5.2.
"""

from collections.abc import Sequence
from datetime import date
from typing import Final

from retention.domain.agreement import Person
from retention.domain.case import Case, proposal_stream
from retention.domain.certified import BY_WORD
from retention.domain.entry import Entry, Fact, Record
from retention.domain.roles import Act, require
from retention.domain.wording import CertificateType
from retention.domain.words import long_day
from retention.errors import AgreementError, NotAuthorisedError, RefusedError
from retention.steps.answers import kept_items
from retention.steps.cases import cases, read_proposal
from retention.steps.record.naming import guess
from retention.steps.record.planned import Bare, Planned, Recording, Why
from retention.steps.remaining import Remaining, Standing, remaining
from retention.steps.residual import window_from
from retention.views.preview import Preview

RENEWED: Final = frozenset({"backup", "replica"})  # made anew as long as the live copy is there
_STAYS: Final = "It touches nothing: what it says of a copy goes on the ledger, and is certified."


def plan_attestation(name: str, gone_on: date, *, why: Why, ports: Recording) -> Planned:
    """Plan to attest that the copy *name*, such as ``REF/class/value/backup-r1``, is gone.

    Of a dataset that was disposed of more than once it is said of every disposal that waits for it.
    Raises NotAuthorisedError for who may not, or approved that disposal; AgreementError for no such
    copy or a day that has not come; RefusedError where the engine looks itself, or where the day
    says nothing of what was copied later.
    """
    require(Act.ATTEST_COPY, why.by)
    found = _named(name, ports)
    if gone_on > ports.today:
        raise AgreementError(
            "that day has not come", hint="attest it when it is gone, with what shows it"
        )
    acts, expect = [], {}
    for each in found:
        _require_other(each.case, why.by)
        _require_day(each, gone_on)
        facts: dict[str, Fact] = {
            "proposal": each.case.proposal,
            "root": each.item.manifest.root,
            "copy": each.copy.copy,
            "gone_on": gone_on.isoformat(),
        }
        stream = proposal_stream(each.case.proposal)
        acts.append(Bare(stream, Entry.RESIDUAL_ATTESTED, facts, why))
        expect[stream] = each.case.length
    title = f"Attest that {found[0].copy.where} ({name}) is gone since {long_day(gone_on)}."
    preview = Preview(title, notes=tuple(_notes(found, gone_on)), untouched=_STAYS)
    return Planned(preview, tuple(acts), expect, result=name)


def plan_attestation_retraction(name: str, *, why: Why, ports: Recording) -> Planned:
    """Plan to take back what was attested of the copy *name*: as if it had never been said.

    Raises NotAuthorisedError for who may not, AgreementError where nothing was attested of it, and
    RefusedError once a final certificate relies on it.
    """
    require(Act.ATTEST_COPY, why.by)
    said = [
        (case, record) for case in cases(ports.ledger) for record in _attested(case, name, ports)
    ]
    if not said:
        raise AgreementError(
            "nothing is attested of such a copy", hint="`retention attest list --all` shows each"
        )
    open_ones = [each for each in said if CertificateType.FINAL.value not in each[0].certified]
    if not open_ones:
        raise RefusedError(
            "a final certificate relies on it",
            hint="tell the data protection officer: a certificate is corrected, never edited",
        )
    acts, expect = [], {}
    for case, record in open_ones:
        facts: dict[str, Fact] = {k: record.facts[k] for k in ("proposal", "root", "copy")}
        stream = proposal_stream(case.proposal)
        acts.append(
            Bare(stream, Entry.ATTESTATION_RETRACTED, {**facts, "entry": record.index}, why)
        )
        expect[stream] = case.length
    title = f"Take back what {open_ones[0][1].text('by')} attested of {name}."
    notes = ("The copy counts as there again. What was recorded stays on the ledger.",)
    return Planned(Preview(title, notes=notes, untouched=_STAYS), tuple(acts), expect, result=name)


def _attested(case: Case, name: str, ports: Recording) -> Sequence[Record]:
    dataset, _, copy = name.rpartition("/")
    said = [r for (_, c), r in case.residuals.items() if c == copy]
    said = [r for r in said if r.kind is Entry.RESIDUAL_ATTESTED]
    if not said:
        return []
    items = kept_items(case, read_proposal(case, ports.evidence), ports.evidence)
    roots = {item.manifest.root for item in items if item.manifest.dataset == dataset}
    return [r for r in said if r.text("root") in roots]


def _named(name: str, ports: Recording) -> list[Remaining]:
    known = list(remaining(ports.ledger, ports.evidence, ports.today))
    found = [each for each in known if each.name == name]
    waiting = [each for each in found if each.awaits_word]
    if waiting:
        return waiting
    if any(each.copy.checked_by not in BY_WORD for each in found):
        raise RefusedError(
            "the engine looks at this copy itself",
            hint="what it sees counts: no word is taken for it",
        )
    if found:
        raise RefusedError("it is attested already", hint="`retention attest list --all` shows it")
    names = [each.name for each in known if each.awaits_word]
    raise AgreementError(
        "no copy of that name remains of a disposal", hint=guess(name, names, "none awaits a word")
    )


def _require_other(case: Case, person: Person) -> None:
    if person.id in {r.text("person") for r in case.decided}:
        raise NotAuthorisedError(
            f"{person.id} approved this disposal",
            hint="somebody else must say that its copies are gone: whoever decides does not check",
        )


def _require_day(each: Remaining, gone_on: date) -> None:
    live_until = window_from(each.case, each.item.manifest.root)
    if each.copy.kind in RENEWED and live_until is not None and gone_on < live_until:
        raise RefusedError(
            f"the live copy was there until {long_day(live_until)}: what was gone before may have "
            "been made again",
            hint="see that nothing of it is left now, and give the day on which that was seen",
        )


def _notes(found: Sequence[Remaining], gone_on: date) -> list[str]:
    notes = []
    if any(each.copy.checked_by == "provider document" for each in found):
        notes.append(
            "The certificate relies on the provider's document for it, and names its digest: bring "
            "that document."
        )
    late = [
        each.copy.until
        for each in found
        if each.copy.until is not None and gone_on > each.copy.until
    ]
    if late:
        notes.append(f"It ended later than agreed: by {long_day(min(late))}. Tell the DPO.")
    if any(each.standing is Standing.HELD for each in found):
        notes.append(
            "A hold matches its dataset: it should have stayed. Tell the DPO; no final certificate "
            "is issued while the hold stands."
        )
    return notes
