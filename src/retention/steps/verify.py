"""See what became of each version: another path, other credentials, a fresh listing.

An answer makes nothing gone, only absence from a listing does; and where the listing broke off,
nothing is gone and nothing is left: it is unknown.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from json import dumps, loads
from types import MappingProxyType

from retention.domain.case import Case, orders_of, proposal_stream
from retention.domain.dataset import Answer, Fate
from retention.domain.entry import Draft, Entry, Fact, Record
from retention.domain.manifest import Manifest, rows_of
from retention.domain.orders import CutAnew, told_by_batch
from retention.domain.proposal import Item
from retention.errors import NotDueError, StoreError, StoreUnavailableError, UnverifiedError
from retention.ports.clock import Clock
from retention.ports.evidence import Evidence
from retention.ports.ledger import Ledger
from retention.ports.probe import Probes
from retention.ports.store import Lists
from retention.steps.answers import kept_items
from retention.steps.begin import absent_before
from retention.steps.cases import case_of, read_proposal
from retention.steps.compare import Look, Seen, compare
from retention.steps.incidents import raise_incident
from retention.steps.moves import move_if_possible
from retention.steps.refusals import Refusals
from retention.steps.residual import last_look_is_due, see_residuals
from retention.steps.settle import seen_event

FATES: Mapping[Answer, tuple[Fate, Fate]] = MappingProxyType(
    {  # what the store answered: the fate if it is absent now, the fate if it is listed
        Answer.TAKEN: (Fate.DESTROYED, Fate.FAILED),
        Answer.FAILED: (Fate.DESTROYED, Fate.FAILED),
        Answer.UNKNOWN: (Fate.DESTROYED, Fate.FAILED),  # intent and absence are enough
        Answer.REFUSED: (Fate.UNKNOWN, Fate.REFUSED),
        Answer.NOT_ASKED: (Fate.UNKNOWN, Fate.HELD_BACK),  # gone, but not by us: a person looks
        Answer.NEVER_THERE: (Fate.ABSENT_BEFORE, Fate.UNKNOWN),
    }
)
_NOT_GIVEN = (Answer.REFUSED, Answer.NOT_ASKED)
_GIVEN = frozenset({Answer.TAKEN, Answer.FAILED, Answer.UNKNOWN})  # it may have taken effect
_GONE = (Fate.DESTROYED, Fate.ABSENT_BEFORE)


@dataclass(frozen=True, slots=True)
class Verification:
    """The ports that verification takes; *lister* and *probes* have the verifier's credentials."""

    lister: Lists
    probes: Probes
    ledger: Ledger
    evidence: Evidence
    clock: Clock
    by: str  # whose credential looks, such as "verifier:81ce9aa9"


def check_gone(proposal_digest: str, ports: Verification) -> None:
    """Verify what nobody has looked at to the end, and residual copies whose window closed.

    Safe to run again: it only looks.  Every manifest is looked at before UnverifiedError is raised
    for the first of which anything is unknown, or StoreError where a store did not say what keeps
    the versions that it refused, or could not be listed to its end.
    Raises NotDueError while orders may follow, and StoreUnavailableError while one is under way.
    """
    case = case_of(ports.ledger, proposal_digest)
    kept = kept_items(case, read_proposal(case, ports.evidence), ports.evidence)
    _require_ended(case, kept, ports)
    faults: list[UnverifiedError | StoreError] = []
    for item in kept:
        try:
            if not case.is_known(item.manifest.root):
                verify(item.manifest, proposal_digest, ports)
        except (UnverifiedError, StoreError) as fault:
            faults.append(fault)
        else:
            case = case_of(ports.ledger, proposal_digest)
            event = seen_event(case.verified[item.manifest.root])
            move_if_possible(ports.ledger, item.manifest.dataset, event)
    if faults:
        raise faults[0]
    see_residuals(
        proposal_digest,
        lister=ports.lister,
        ledger=ports.ledger,
        evidence=ports.evidence,
        clock=ports.clock,
    )
    case = case_of(ports.ledger, proposal_digest)
    for item in kept:
        if last_look_is_due(case, item):
            _look_again(item, proposal_digest, ports)


def _look_again(item: Item, proposal: str, ports: Verification) -> None:
    """Look at the live places once more; what came back under its own id is an incident."""
    fates = verify(item.manifest, proposal, ports)
    if sum(fates[fate] for fate in _GONE) < item.manifest.versions:
        personal = item.identifiability in {"identifiable", "pseudonymised"}
        raise_incident(
            ports.ledger,
            "resurrection",
            item.manifest.dataset,
            noticed_on=ports.clock.today(),
            personal=personal,
        )


def _require_ended(case: Case, kept: Iterable[Item], ports: Verification) -> None:
    """Raise unless no order can follow: a look before the last one says nothing of the end."""
    roots = [item.manifest.root for item in kept]
    open_roots = [root for root in roots if root not in case.ordered]
    approved = case.approved
    over = case.spent is not None or (
        approved is not None
        and ports.clock.today() > date.fromisoformat(approved.text("lapses_after"))
    )
    if not case.has_begun or (open_roots and not over):
        raise NotDueError(
            "its disposal has not come to its end", hint="advance starts this when it has"
        )
    now = ports.clock.now()
    for root in open_roots:  # a worker ends with what it has in hand when it was stopped
        told = told_by_batch(ports.ledger.under(orders_of(case.proposal, root)))
        if any(each.may_take_effect(now) for each in told.values()):
            raise StoreUnavailableError(
                "a batch is still in a worker's hands", hint="look again in a few minutes"
            )


def verify(manifest: Manifest, proposal: str, ports: Verification) -> Counter[Fate]:
    """Give each version of *manifest* its fate, write the counts down, and return them.

    Of each version that was refused and is still there, the pack says what keeps it, and until
    when; the ledger says how many by lock.
    Safe to run again: it only looks, and each look is an entry of its own.
    Raises UnverifiedError if anything is unknown: then nothing may be certified, and the listing
    that broke off should be tried again.  StoreError if a store does not answer what keeps a
    version, or what else lies in a place: then nothing is written down.
    """
    case = case_of(ports.ledger, proposal)
    sight = _Sight(Refusals(ports.probes))
    pack = ports.evidence.keep_lines(_fates(case, manifest, ports, sight), sealed=False)
    fates = sight.fates
    if sight.look.fault is not None and not fates[Fate.UNKNOWN]:
        raise sight.look.fault  # each row is known, and what arrived since is not
    facts: dict[str, Fact] = {
        "proposal": proposal,
        "root": manifest.root,
        "pack": pack,
        "arrivals": sight.look.arrivals,
        "by": ports.by,
        **{fate.value: fates[fate] for fate in Fate},
    }
    seen = Draft(proposal_stream(proposal), Entry.VERIFIED, facts)
    # In one transaction: a look that says that some were refused says why.
    ports.ledger.append_all([seen, *sight.refusals.drafts(proposal, manifest)])
    if fates[Fate.UNKNOWN]:
        raise UnverifiedError(
            f"the fate of {fates[Fate.UNKNOWN]} of {manifest.versions} versions is unknown",
            hint="see that the verifier can list the place, and let check_gone run again",
        )
    return fates


@dataclass(slots=True)
class _Sight:
    """What one look at one manifest adds up to."""

    refusals: Refusals
    look: Look = field(default_factory=Look)
    fates: Counter[Fate] = field(default_factory=Counter)


def _fates(case: Case, manifest: Manifest, ports: Verification, sight: _Sight) -> Iterator[bytes]:
    rows = rows_of(ports.evidence.lines(manifest.pack), manifest.root)
    told = _told(case, manifest, ports.ledger, ports.evidence)
    for (number, row, seen), (answer, ordered_before) in zip(
        compare(manifest, rows, ports.lister, sight.look), told, strict=True
    ):
        fate = fate_of(answer, seen, ordered_before=ordered_before)
        sight.fates[fate] += 1
        line: dict[str, int | str] = {"n": number, "fate": fate.value}
        if fate is Fate.REFUSED:
            line |= sight.refusals.look(manifest.place(row.copy), row.version)
        yield dumps(line).encode()


def fate_of(answer: Answer, seen: Seen, *, ordered_before: bool = False) -> Fate:
    """Return the fate that follows from what was said and what is seen.

    *ordered_before* says that an order which may have taken effect came before the one that was
    answered so: then what is gone went by us, whatever the store or we said later.
    """
    if seen in {Seen.UNSEEN, Seen.CHANGED}:
        return Fate.UNKNOWN
    if seen is Seen.ABSENT and ordered_before and answer in _NOT_GIVEN:
        return Fate.DESTROYED
    return FATES[answer][seen is Seen.PRESENT]


def _told(
    case: Case, manifest: Manifest, ledger: Ledger, evidence: Evidence
) -> Iterator[tuple[Answer, bool]]:
    """Yield for each row what the destroyer was told last, and whether it was ordered before.

    In the order of the manifest, with the answers to one batch in memory.
    """
    begun = case.begun.get(manifest.root)
    absent = absent_before(begun, evidence) if begun is not None else set()
    outcomes = case.outcomes.get(manifest.root, {})
    intents = {r.number("first"): r for r in case.intents.get(manifest.root, [])}
    batches = told_by_batch(ledger.under(orders_of(case.proposal, manifest.root)))
    cut_off = case.cut_off(manifest.root)
    anew = CutAnew(case.intents.get(manifest.root, []))
    number = 1
    while number <= manifest.versions:
        if (outcome := outcomes.get(number)) is not None:
            given = _given_before(outcome, batches[number].records, evidence)
            for line in evidence.lines(outcome.text("pack")):
                said = loads(line)
                # An order that was cut off may have taken effect, too.
                ordered = number in cut_off or said["n"] in given or anew.has(said["n"])
                yield Answer(said["answer"]), ordered
            number = outcome.number("last") + 1
        elif (intent := intents.get(number)) is not None:
            last = intent.number("last")  # cut off after intent: the store may have been asked
            yield from _cut_off(number, last, absent)
            number = last + 1
        elif anew.has(number):
            yield from _cut_off(number, number, absent)
            number += 1
        else:
            yield Answer.NEVER_THERE if number in absent else Answer.NOT_ASKED, False
            number += 1


def _given_before(outcome: Record, records: Iterable[Record], evidence: Evidence) -> set[int]:
    """Return the numbers of a batch that were ordered in a try before the one of *outcome*."""
    packs = [r.text("pack") for r in records if r.kind is Entry.OUTCOME and r.index < outcome.index]
    said = (loads(line) for pack in packs for line in evidence.lines(pack))
    return {each["n"] for each in said if Answer(each["answer"]) in _GIVEN}


def _cut_off(first: int, last: int, absent: set[int]) -> Iterator[tuple[Answer, bool]]:
    for number in range(first, last + 1):
        yield Answer.NEVER_THERE if number in absent else Answer.UNKNOWN, True
