"""Whether a disposal may go on: the one place that no path to destruction goes round.

Everything is read afresh at every asking, and whatever cannot be read is a no.  A row on the
ledger proves nothing by itself, since workers can write rows: the gate's signature is checked.
Source: NHS Records Management Code of Practice (2021, updated 2023), s. 5.2 and 5.3.
"""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from retention.domain.agreement import Agreement, Disposal, OurRole
from retention.domain.approval import TOTP, Approval, SignedAnswer, input_digest
from retention.domain.calendar import instant, london_day
from retention.domain.canonical import Json
from retention.domain.case import Case, proposal_stream, run_stream
from retention.domain.dataset import DatasetId
from retention.domain.decision import APPROVING
from retention.domain.disposition import State
from retention.domain.eligibility import assess
from retention.domain.entry import Entry, Record
from retention.domain.hold import Hold, HoldBook, Subject, covered_by, every_hold_in
from retention.domain.knowledge import newest_entry_of
from retention.domain.manifest import Manifest
from retention.domain.proposal import Item, Proposal
from retention.domain.roles import Act, may
from retention.errors import (
    HeldError,
    NotAuthorisedError,
    NotDueError,
    StaleError,
)
from retention.ports.clock import Clock
from retention.ports.evidence import Evidence
from retention.ports.ledger import Ledger
from retention.ports.library import Library
from retention.ports.seal import Checks
from retention.steps.answers import answer_of, kept_items, roots_of
from retention.steps.approvers import Asked, days_of
from retention.steps.cases import decided_case_of, read_proposal
from retention.steps.moves import state_of, stream_of
from retention.steps.notify import document_of, last_words, notices, objections_in
from retention.steps.registers import HOLDS, Registers, events_stream, term_of
from retention.steps.safeguards import Safeguards, require_within_caps

_MAY_GO_ON = {State.COOLING_OFF, State.IN_DISPOSAL}
_SEEN_GONE = {State.DISPOSED, State.RESIDUAL}  # nothing is left but the key


@dataclass(frozen=True, slots=True)
class FreshAuthority:
    """Fits ``ports.authority.Authority``."""

    ledger: Ledger
    evidence: Evidence
    library: Library
    gate: Checks
    clock: Clock
    safeguards: Safeguards

    def require(
        self, approval: Approval, manifest: Manifest, *, begun: bool, seen_gone: bool = False
    ) -> Mapping[str, int]:
        """Return if *manifest* may go on being destroyed under *approval*; see the port's laws."""
        self.safeguards.require_newest_ledger()
        ground = self._ground(approval, manifest)  # before anything is read that follows from it
        case = decided_case_of(self.ledger, approval.proposal)
        proposal = read_proposal(case, self.evidence)
        item = _item(proposal, approval, manifest)
        self._require_approved(case, proposal, approval)
        require_not_cancelled(case, self.ledger, self.library)
        require_agreement(proposal, self.library, self.clock.today())
        require_newest(proposal, self.ledger)
        require_no_hold(self.ledger, self.library, [item], proposal, since=case.proposed.index)
        require_ground(
            self.ledger,
            self.library,
            item,
            proposal,
            self.clock.today(),
            since=case.proposed.index,
        )
        require_no_objection(self.ledger, self.evidence, item)
        require_notice_over(self.ledger, self.library, proposal)
        agreement = self.library.agreement(proposal.agreement, proposal.version)
        assert agreement.disposal is not None
        _require_codes(case, agreement.disposal)
        _require_days(approval, case, agreement.disposal)
        _require_day(approval, item, self.clock.today())
        kept = proposal.kept(approval.roots)
        require_within_caps(kept, proposal, agreement.disposal.limits, case, self.ledger)
        if not seen_gone:  # afterwards its places are empty, and the verifier said so
            self.safeguards.require_surveyed(manifest, self.clock.today())
        state = state_of(self.ledger, manifest.dataset)
        allowed = _SEEN_GONE if seen_gone else _MAY_GO_ON
        if state not in allowed or (begun and manifest.root in case.stopped):
            raise NotAuthorisedError(
                f"a dataset stands at {state.value}", hint="what remains needs a new review"
            )
        return ground

    def _ground(self, approval: Approval, manifest: Manifest) -> Mapping[str, int]:
        """Return the streams that all of this follows from, and how long they are now."""
        told = [
            f"notice:{notice.id}"
            for notice in notices(self.ledger)
            if manifest.dataset in document_of(notice, self.evidence)["datasets"]
        ]
        runs = decided_case_of(self.ledger, approval.proposal).runs
        streams = [
            proposal_stream(approval.proposal),
            HOLDS,
            events_stream(approval.agreement),
            stream_of(manifest.dataset),
            *self.safeguards.streams(manifest),
        ]
        return self.ledger.lengths([*streams, *told, *map(run_stream, runs)])

    def _require_approved(self, case: Case, proposal: Proposal, approval: Approval) -> None:
        """Raise NotAuthorisedError unless distinct people, in every role, approved exactly this."""
        if case.spent is not None:
            raise NotAuthorisedError(
                f"this approval is spent ({case.spent.text('why')})", hint="propose and ask afresh"
            )
        if case.approved is None or case.approved.text("roots") != approval.roots_digest:
            raise NotAuthorisedError(
                "nobody approved this list to the end", hint="the review says who is to answer"
            )
        if [r.text("step") for r in case.decided] != list(proposal.approved_by):
            raise NotAuthorisedError("an approver is missing", hint="finish the review")
        people = [r.text("person") for r in case.decided]
        if len(set(people)) != len(people):
            raise NotAuthorisedError("one person answered twice", hint="another must approve")
        for record in case.decided:
            if not self._is_genuine(case, record):
                raise NotAuthorisedError(
                    "an answer does not carry the gate's signature, or is not its giver's last",
                    hint="treat the ledger's database as tampered with, and look",
                )
            if record.text("decision") not in APPROVING:
                raise NotAuthorisedError("somebody did not approve", hint="propose and ask afresh")
        today = self.clock.today()
        Asked.of(case, proposal, self.ledger, self.library, today).require_answered()
        if roots_of(kept_items(case, proposal, self.evidence)) != approval.roots_digest:
            raise NotAuthorisedError("the approvers left another list", hint="ask afresh")

    def _is_genuine(self, case: Case, decided: Record) -> bool:
        """Tell whether the gate signed the very answer that the decision was read from."""
        signed = case.signed.get(decided.text("signed"))
        if signed is None or not _is_signed(case, decided, self.gate):
            return False
        if counts_no_more(signed, case, self.gate, before=decided.index):
            return False
        return is_of(signed, answer_of(decided, self.evidence), self.evidence)


def _item(proposal: Proposal, approval: Approval, manifest: Manifest) -> Item:
    if manifest.root not in approval.roots:
        raise NotAuthorisedError(
            "this manifest is not among those approved", hint="propose it, and ask for it"
        )
    return next(item for item in proposal.items if item.manifest.root == manifest.root)


def _is_signed(case: Case, decided: Record, gate: Checks) -> bool:
    signed = case.signed.get(decided.text("signed"))
    if signed is None or signed.text("input") != decided.text("input"):
        return False
    if (signed.text("person"), signed.text("step")) != (
        decided.text("person"),
        decided.text("step"),
    ):
        return False
    return signature_holds(signed, case.proposal, gate)


def counts_no_more(signed: Record, case: Case, gate: Checks, *, before: int) -> bool:
    """Tell whether an answer had been let pass, or answered anew, before entry *before*.

    Of several answers to one question the last one is somebody's word.
    """
    unheard = case.unheard.get(signed.text("pause_key"))
    if unheard is not None and unheard.index < before:
        return True
    later = (r for r in case.signed.values() if signed.index < r.index < before)
    return any(
        r.text("step") == signed.text("step") and signature_holds(r, case.proposal, gate)
        for r in later
    )


def is_of(signed: Record, answer: Mapping[str, Json], evidence: Evidence) -> bool:
    """Tell whether the gate signed *answer*; EvidenceError if its salt is not kept any more."""
    salt = evidence.read(signed.text("salt")).decode()
    return signed.text("input") == input_digest(answer, salt)


def signature_holds(signed: Record, about: str, gate: Checks) -> bool:
    """Tell whether the gate signed this record, about this proposal or act."""
    answer = SignedAnswer(*(signed.text(name) for name in SignedAnswer.__slots__))
    signature = base64.urlsafe_b64decode(signed.text("signature"))
    return answer.about == about and gate.holds(signed.text("key_id"), answer.message(), signature)


def require_not_cancelled(case: Case, ledger: Ledger, library: Library) -> None:
    """Raise NotAuthorisedError if somebody who may stop a disposal cancelled a run of this one."""
    if cancelled_by(case, ledger, library):
        raise NotAuthorisedError(
            "a run of this disposal was cancelled at the gate",
            hint="what remains needs a new review",
        )


def cancelled_by(case: Case, ledger: Ledger, library: Library) -> list[str]:
    """Return who cancelled runs of *case* among those who may stop a disposal.

    The gate asked whether they may; of whoever has left since nobody can tell, and it counts.
    """
    roles = {person.id: person.roles for person in library.people()}
    return [
        record.text("person")
        for run in case.runs
        for record in ledger.stream(run_stream(run))
        if record.kind is Entry.CANCELLED
        and (record.text("person") not in roles or may(Act.HALT, roles[record.text("person")]))
    ]


def require_agreement(proposal: Proposal, library: Library, today: date) -> None:
    """Raise StaleError unless the agreement version that people were shown still governs."""
    governing = term_of(library, proposal.agreement, today).governing
    assert governing is not None
    if (governing.version, governing.digest) != (proposal.version, proposal.agreement_digest):
        raise StaleError(
            f"{proposal.agreement} changed since it was shown (now v{governing.version})",
            hint="propose afresh under the version in force",
        )


def require_newest(proposal: Proposal, ledger: Ledger) -> None:
    """Raise StaleError if a later version came into force, also one whose file is gone since."""
    records = ledger.stream(events_stream(proposal.agreement))
    later = [r.number("version") for r in records if r.kind is Entry.AGREEMENT]
    if any(version > proposal.version for version in later):
        raise StaleError(
            f"{proposal.agreement} v{max(later)} came into force since it was shown",
            hint="propose afresh under the version in force",
        )


def require_ground(
    ledger: Ledger, library: Library, item: Item, proposal: Proposal, today: date, *, since: int
) -> None:
    """Raise StaleError unless the clock says today what it said when people were shown the list.

    Nor may anything that it follows from have been recorded anew after entry *since*, where the
    list was frozen, also if that moves no day.
    Source: ``clock.md``, ruling 11: any changed input voids an approval.
    """
    term = term_of(library, proposal.agreement, today)
    assert term.governing is not None
    ground = replace(Registers.read(ledger).ground(term), holds=HoldBook())  # asked on their own
    dataset = _id_of(item, term.governing)
    found = assess(dataset, ground, on=today)
    trigger, days = found.trigger, found.days
    if not found.eligible or trigger is None or days is None:
        raise StaleError(
            "it is no longer eligible", hint="`retention due` says why; propose afresh"
        )
    dates = [None if day is None else day.isoformat() for day in (days.due_on, days.destroy_by)]
    shown = (item.trigger_on, item.trigger_evidence, [item.due_on, item.destroy_by])
    if (trigger.on.isoformat(), trigger.evidence, dates) != shown:
        raise StaleError("its dates changed since they were shown", hint="propose afresh")
    kind = term.governing.class_named(item.class_name)
    if newest_entry_of(dataset, kind, term.governing, ground) > since:
        raise StaleError(
            "what its dates follow from was recorded anew since they were shown",
            hint="propose afresh",
        )


def require_no_objection(ledger: Ledger, evidence: Evidence, item: Item) -> None:
    """Raise NotAuthorisedError if any controller's last word on this dataset is not *proceed*."""
    dataset = item.manifest.dataset
    if objections_in(last_words(ledger, evidence, dataset).get(dataset, {})):
        raise NotAuthorisedError(
            "a controller objects", hint="one objection blocks its dataset for all"
        )


def require_notice_over(ledger: Ledger, library: Library, proposal: Proposal) -> None:
    """Raise NotAuthorisedError if people were asked before the notice was over, as is known now.

    Somebody may have taken back what was attested of a controller and the notice.
    Source: ``clock.md``, ruling 15.
    """
    agreement = library.agreement(proposal.agreement, proposal.version)
    if agreement.our_role is OurRole.CONTROLLER:
        return  # nobody was told: the approvers decide
    for notice in notices(ledger):
        if notice.id == proposal.notice:
            over_on = notice.over_on(agreement, proposal.controllers)
            if over_on is not None and over_on <= london_day(instant(proposal.frozen_at)):
                return
    raise NotAuthorisedError(
        "people were asked before the notice had reached every controller and was over",
        hint="what is attested of a notice was taken back: ask afresh",
    )


def require_no_hold(
    ledger: Ledger, library: Library, items: Sequence[Item], proposal: Proposal, *, since: int
) -> None:
    """Raise HeldError if a hold matches any of *items* now, or did *since* the list was frozen."""
    if found := matching_holds(ledger, library, items, proposal, since=since):
        names = ", ".join(sorted({hold.id for hold in found}))
        raise HeldError(f"held by {names}", hint="a released hold leads to review, not to disposal")


def matching_holds(
    ledger: Ledger, library: Library, items: Sequence[Item], proposal: Proposal, *, since: int
) -> list[Hold]:
    """Return the holds that match any of *items*, read now.

    One that was placed after entry *since*, where the list was frozen, counts although it was
    released: what people approved was a list that nothing held.
    """
    agreement = library.agreement(proposal.agreement, proposal.version)
    subjects = [_subject(item, agreement) for item in items]
    return [
        hold
        for hold, released in every_hold_in(ledger.stream(HOLDS))
        if (not released or hold.entry > since)
        and any(hold.under(agreement).matches(each.dataset, each) for each in subjects)
    ]


def _subject(item: Item, agreement: Agreement) -> Subject:
    dataset = _id_of(item, agreement)
    covered = agreement.class_named(item.class_name).period_covered
    return Subject(dataset, item.controllers, covered_by(covered, dataset.values))


def _id_of(item: Item, agreement: Agreement) -> DatasetId:
    kind = agreement.class_named(item.class_name)
    return DatasetId.parse(item.manifest.dataset, kind.placeholders)


def _require_codes(case: Case, disposal: Disposal) -> None:
    """Raise NotAuthorisedError if a one-time code was agreed and some answer came without one."""
    factors = {case.signed[record.text("signed")].text("factor") for record in case.decided}
    if disposal.second_factor and factors != {TOTP}:
        raise NotAuthorisedError(
            "an answer was given without the one-time code that was agreed",
            hint="propose afresh; `retention people factor` sets codes up",
        )


def _require_days(approval: Approval, case: Case, terms: Disposal) -> None:
    """Raise NotAuthorisedError unless its days follow from the answers that the gate signed."""
    days = days_of(case, terms)
    if (approval.decided_on, approval.may_begin_on, approval.lapses_after) != days:
        raise NotAuthorisedError(
            "the days of this approval are not those that follow from its last answer",
            hint="treat the ledger's database as tampered with, and look",
        )


def _require_day(approval: Approval, item: Item, today: date) -> None:
    if today < approval.may_begin_on:
        raise NotDueError(
            f"cooling-off lasts until {approval.may_begin_on}", hint="advance starts it on that day"
        )
    if item.due_on is not None and today < date.fromisoformat(item.due_on):
        raise NotDueError(f"it is due on {item.due_on}", hint="advance starts it on that day")
    if today > approval.lapses_after:
        raise NotAuthorisedError(
            f"the approval lapsed after {approval.lapses_after}", hint="propose and ask afresh"
        )
