"""Freeze what people will be asked about: manifests, and one digest over them.

Nothing is listed or salted again afterwards.  Caps abort before anything is frozen, a held or
changed dataset is left where it is, and a place that lists nothing is raised and never proposed.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from retention.domain.agreement import Agreement, CheckedBy, OurRole, RetentionClass
from retention.domain.calendar import stamp
from retention.domain.case import proposal_stream
from retention.domain.dataset import Kind
from retention.domain.disposition import Event, State
from retention.domain.entry import Draft, Entry, Fact
from retention.domain.incident import IncidentKind
from retention.domain.key import KEY
from retention.domain.manifest import Freezer, Manifest, Place, Row, salts_from
from retention.domain.pattern import key_prefix
from retention.domain.proposal import Item, Proposal
from retention.errors import StoreError
from retention.ports.clock import Clock
from retention.ports.evidence import Evidence
from retention.ports.ledger import Ledger
from retention.ports.library import Library
from retention.ports.probe import Capabilities, Probes
from retention.ports.progress import Progress
from retention.ports.store import Lists
from retention.steps.approvers import can_be_decided
from retention.steps.asking import open_asks
from retention.steps.classify import Dated
from retention.steps.incidents import raise_incident
from retention.steps.moves import planned, state_of
from retention.steps.notify import Notice, document_of, last_words, notices, objections_in
from retention.steps.safeguards import SHARE_COUNTS_ABOVE, require_caps
from retention.steps.since_last import since_last
from retention.steps.under_keys import UnderKeys


@dataclass(frozen=True, slots=True)
class Freezing:
    """The ports that freezing takes; *secret* yields fresh random bytes for the salts."""

    store: Lists
    probes: Probes
    ledger: Ledger
    evidence: Evidence
    clock: Clock
    progress: Progress
    secret: Callable[[], bytes]
    library: Library
    said: dict[tuple[str, str], Capabilities] = field(default_factory=dict)  # by each store, once


def propose(dated: Sequence[Dated], ports: Freezing) -> list[str]:
    """Freeze a proposal for every notice whose time has come, and return the new digests.

    Safe to run again, and twice at once: a proposal is written with the moves of its datasets in
    one transaction, and only if none of them moved meanwhile.  Only the newest notice that names a
    dataset counts: what was agreed before is not agreed to now.  An objection to an earlier one
    stands until whoever made it says another word.
    Raises TooMuchError if a cap of the agreement is passed: then nothing of that notice is frozen.
    Where a store cannot be asked or listed, nothing of that notice is frozen either, and its
    StoreError is raised once all other notices were looked at.
    """
    by_name = {str(each.assessment.dataset): each for each in dated}
    projects = Counter(each.agreement.reference for each in dated)
    told = [(notice, document_of(notice, ports.evidence)) for notice in notices(ports.ledger)]
    words = last_words(ports.ledger, ports.evidence)
    objected = {name for name, said in words.items() if objections_in(said)}
    newest = {name: notice.id for notice, document in told for name in document["datasets"]}
    frozen: list[str] = []
    faults: list[StoreError] = []
    for notice, document in told:
        names = [name for name in document["datasets"] if newest[name] == notice.id]
        members = [by_name[name] for name in names if name in by_name and name not in objected]
        ready = _ready(notice, document["controllers"], members, ports)
        if ready:
            _caps(ready, of=projects[ready[0].agreement.reference])
            try:
                frozen += _freeze(notice, document["controllers"], ready, ports)
            except StoreError as fault:
                faults.append(fault)
    if faults:
        raise faults[0]
    return frozen


def _ready(
    notice: Notice, controllers: Sequence[str], members: Sequence[Dated], ports: Freezing
) -> list[Dated]:
    """Return what may be frozen today under *notice*; nothing if its time has not come.

    What its stores lock for longer is not: nobody is asked to approve what is known to be refused.
    Nor is that of which approvers asked a party, until it has answered.
    """
    asked = {each.dataset for each in open_asks(ports.ledger, ports.evidence)}
    ready = [
        each
        for each in members
        if each.assessment.eligible
        and str(each.assessment.dataset) not in asked
        and each.locked_until is None
        and state_of(ports.ledger, str(each.assessment.dataset)) is State.NOTIFIED
    ]
    if not ready or ready[0].agreement.version != notice.record.number("version"):
        return []  # under a new version controllers are told of its clause first
    today = ports.clock.today()
    ripe = [each for each in ready if _ripe(notice, each, controllers, today)]
    if not ripe or not can_be_decided(ripe, ports.ledger, ports.library):
        return []  # a list that nobody could decide is not frozen: `unstaffed` says so
    return ripe


def _freeze(
    notice: Notice, controllers: Sequence[str], ready: Sequence[Dated], ports: Freezing
) -> list[str]:
    items = [item for each in ready if (item := _item(each, ports)) is not None]
    if not items:
        return []
    first = ready[0]
    proposal = _proposal(first.agreement, notice, controllers, first.kind, items, ports.clock)
    _write_down(proposal, ports)
    return [proposal.digest]


def _ripe(notice: Notice, each: Dated, controllers: Sequence[str], today: date) -> bool:
    agreement = each.agreement
    if agreement.our_role is OurRole.CONTROLLER:
        return True
    ripe_on = notice.ripe_on(agreement, controllers, str(each.assessment.dataset))
    return ripe_on is not None and ripe_on <= today


def _caps(ready: Sequence[Dated], *, of: int) -> None:
    """Raise TooMuchError if what is *ready* passes a cap; *of* is how many the project has."""
    agreement = ready[0].agreement
    assert agreement.disposal is not None
    limits = agreement.disposal.limits
    live = [h for each in ready for h in each.holdings if h.kind != "backup"]
    sums = {
        "datasets": (len(ready), limits.datasets_max),
        "objects": (sum(h.versions + h.markers + h.uploads for h in live), limits.objects_max),
        "bytes": (sum(h.size_bytes for h in live), limits.bytes_max),
    }
    if of > SHARE_COUNTS_ABOVE:
        sums["percent of its datasets"] = (100 * len(ready) // of, limits.share_max_percent)
    require_caps(agreement.reference, sums)


def _item(each: Dated, ports: Freezing) -> Item | None:
    dataset = str(each.assessment.dataset)
    places = tuple(places_of(each))
    if not _keeps_versions(places, ports):
        _raise(IncidentKind.NOT_VERSIONED, each, ports)
        return None
    ports.progress.at(f"freeze {dataset}", 0)
    freezer = Freezer(salts_from(ports.secret()))
    originals = _Originals()
    under = UnderKeys(each.kind, places, ports.probes)
    rows = under.watched(originals.watched(_rows(places, ports.store)))
    pack = ports.evidence.keep_lines(freezer.lines(rows), sealed=True)
    ports.progress.at(f"freeze {dataset}", freezer.versions, freezer.versions)
    if not originals.seen:  # replicas alone are not what people would be shown
        _raise(IncidentKind.MISSING, each, ports)
        return None
    if freezer.unversioned:
        _raise(IncidentKind.NOT_VERSIONED, each, ports)
        return None  # what can be overwritten under its own id is not what people were shown
    manifest = Manifest(
        dataset,
        freezer.root,
        pack,
        places,
        freezer.versions,
        freezer.size_bytes,
        uploads=freezer.kinds[Kind.UPLOAD],
        markers=freezer.kinds[Kind.MARKER],
    )
    return _describe(each, manifest, under, since_last(manifest, ports.ledger, ports.evidence))


class _Originals:
    """Sees whether anything lies in a dataset's own place, as rows go by."""

    def __init__(self) -> None:
        self.seen = False

    def watched(self, rows: Iterator[Row]) -> Iterator[Row]:
        for row in rows:
            self.seen = self.seen or row.copy.startswith("primary")
            yield row


def _keeps_versions(places: Sequence[Place], ports: Freezing) -> bool:
    """Ask each store, before anything is planned on it, whether it keeps every version.

    Raises StoreError if one does not say: what is not known is not planned on.
    """
    for bucket in sorted({key_prefix(place.uri)[:2] for place in places}):
        if bucket not in ports.said:
            ports.said[bucket] = ports.probes.capabilities(
                "{}://{}/".format(*bucket), only=("versioning",)
            )
        said = ports.said[bucket]
        if said.versioning is None:
            code = said.unknown.get("versioning", "no answer")
            raise StoreError(
                f"a store does not say whether it keeps versions: {code}",
                hint="allow the surveyor to ask; `retention stores` shows what each store says",
            )
        if said.versioning != "enabled":
            return False
    return True


def _raise(kind: IncidentKind, each: Dated, ports: Freezing) -> None:
    dataset, today = str(each.assessment.dataset), ports.clock.today()
    personal = each.kind.is_personal
    raise_incident(ports.ledger, kind, dataset, noticed_on=today, personal=personal)


def places_of(each: Dated) -> Iterator[Place]:
    """Yield every copy that the engine enumerates and destroys: primaries and replicas."""
    values = each.assessment.dataset.values
    for number, pattern in enumerate(each.kind.datasets, start=1):
        yield Place(f"primary-{number}", "primary", pattern.place(values))
    copies = [c for c in each.kind.copies if c.store is not None and c.gone_within is None]
    for number, copy in enumerate((c for c in copies if c.checked_by is CheckedBy.ENGINE), start=1):
        assert copy.store is not None
        yield Place(f"{copy.kind}-{number}", copy.kind, copy.store.place(values))


def _rows(places: Sequence[Place], store: Lists) -> Iterator[Row]:
    for place in sorted(places, key=lambda each: each.copy):
        for version in store.versions(place.uri):
            yield Row(place.copy, version)


def _describe(each: Dated, manifest: Manifest, under: UnderKeys, since: dict[str, str]) -> Item:
    a, kind = each.assessment, each.kind
    assert a.days is not None
    assert a.trigger is not None
    return Item(
        manifest=manifest,
        class_name=kind.name,
        clause=kind.clause,
        describes=kind.describes,
        identifiability=kind.identifiability,
        special_category=kind.special_category,
        controllers=kind.controllers_of(a.dataset.values) or each.agreement.controllers,
        trigger=a.trigger.name,
        trigger_on=a.trigger.on.isoformat(),
        trigger_by=a.trigger.by,
        trigger_evidence=a.trigger.evidence,
        due_on=None if a.days.due_on is None else a.days.due_on.isoformat(),
        destroy_by=None if a.days.destroy_by is None else a.days.destroy_by.isoformat(),
        destroy_by_covers=None if kind.destroy_by_covers is None else kind.destroy_by_covers.value,
        working=a.working,
        residuals=tuple(_residuals(kind, a.dataset.values, under)),
        since=since,
    )


def _residuals(
    kind: RetentionClass, values: Mapping[str, str], under: UnderKeys
) -> Iterator[dict[str, str]]:
    """Yield the copies that nobody orders destroyed here: they age out, or others check them."""
    others = [
        c
        for c in kind.copies
        if c.gone_within is not None or c.store is None or c.checked_by is not CheckedBy.ENGINE
    ]
    for number, copy in enumerate(others, start=1):
        place = copy.store.place(values) if copy.store else ""
        yield {
            "copy": f"{copy.kind}-r{number}",
            "kind": copy.kind,
            "where": copy.where or place,
            "place": place,
            "checked_by": copy.checked_by.value,
            "gone_within": str(copy.gone_within or ""),
            "not_covered_clause": copy.not_covered_clause,
            **({} if copy.beyond_use is None else copy.beyond_use.facts()),
            **(under.facts(copy.where) if copy.kind == KEY else {}),
        }


def _proposal(
    agreement: Agreement,
    notice: Notice,
    controllers: Sequence[str],
    kind: RetentionClass,
    items: Sequence[Item],
    clock: Clock,
) -> Proposal:
    assert agreement.disposal is not None
    return Proposal(
        agreement=agreement.reference,
        version=agreement.version,
        agreement_digest=agreement.digest,
        title=agreement.title,
        our_role=agreement.our_role.value,
        mandate=agreement.mandate,
        action=notice.record.text("action"),
        controllers=tuple(controllers),
        approved_by=kind.approved_by or agreement.disposal.approved_by,
        notice=notice.id,
        frozen_at=stamp(clock.now()),
        items=tuple(items),
    )


def _write_down(proposal: Proposal, ports: Freezing) -> None:
    facts: dict[str, Fact] = {
        "proposal": proposal.digest,
        "notice": proposal.notice,
        "agreement": proposal.agreement,
        "version": proposal.version,
        "action": proposal.action,
        "document": ports.evidence.keep(proposal.document()),
        "datasets": len(proposal.items),
        "versions": proposal.versions,
        "bytes": proposal.size_bytes,
    }
    stream = proposal_stream(proposal.digest)
    drafts, expect = [Draft(stream, Entry.PROPOSED, facts)], {stream: 0}
    for item in proposal.items:
        moved, length = planned(ports.ledger, item.manifest.dataset, Event.PROPOSE, held=())
        drafts.append(moved)
        expect[moved.stream] = length
    ports.ledger.append_all(drafts, expect=expect)
