"""The disposal list: what a committee has before it when it minutes a decision.  No key in it.

Datasets, each in full: what it is, whose, why it falls due and how that follows, how much there
is, where its copies lie and what becomes of each.  On paper and as a workbook it says the same.
Source: NHS Records Management Code of Practice (2021, updated 2023), s. 5.2 and 5.3.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from retention.domain.agreement import Party
from retention.domain.calendar import instant
from retention.domain.canonical import Json, canonical
from retention.domain.clock import Period
from retention.domain.key import KEY
from retention.domain.proposal import Item, Proposal
from retention.domain.visible import told
from retention.domain.words import period_words
from retention.ports.library import Engine
from retention.ports.spreadsheet import Cell, Sheet
from retention.views.figures import count, day, listed, number, size, utc

TEMPLATE: Final = "disposal_list.typ"
_DECIDES: Final = (
    "This list is for reading and for the minutes. What is decided counts once each approver has "
    "answered on the form, under the mark of this list; a signature here does not replace that."
)
_STARTS: Final = (
    "A period that has ended starts a review; it does not authorise destruction. Whoever knows of "
    "an inquiry, a claim, a complaint, a subject access or a freedom of information request that "
    "may need these data says so before anything is decided."
)
_SIGNED_BY: Final = ("Name", "Decision", "Signature", "Day")
_CHECKED: Final[Mapping[str, str]] = {
    "engine": "looked at again by us",
    "provider document": "its provider says when it is gone",
    "person": "a person attests that it is gone",
}


@dataclass(frozen=True, slots=True)
class Copy:
    """One copy of a dataset, where it lies, and what becomes of it."""

    kind: str
    where: str
    becomes: str


def pdf_data(
    proposal: Proposal, parties: Mapping[str, Party], engine: Engine, *, made_at: datetime
) -> bytes:
    """Return what the template lays out, as canonical JSON."""
    return canonical(
        {
            "demonstration": engine.demonstration,
            "issuer": engine.issuer["legal_name"],
            "document_title": f"Disposal list {proposal.mark}",
            "title": f"Disposal list {proposal.mark}",
            "lead": _lead(proposal),
            "issued_at": made_at.isoformat(),
            "made": utc(made_at),
            "set_on": [made_at.year, made_at.month, made_at.day],
            "pairs": [[what, _text(says)] for what, says in _pairs(proposal, parties)],
            "tiles": [
                [number(len(proposal.items)), "datasets, all of them listed here"],
                [number(proposal.versions), "object versions, delete markers, unfinished uploads"],
                [size(proposal.size_bytes), "with every copy that was listed"],
            ],
            "datasets": [
                _dataset(n, item, parties) for n, item in enumerate(proposal.items, start=1)
            ],
            "starts": _STARTS,
            "decides": _DECIDES,
            "signers": [*map(_role, proposal.approved_by), "data protection officer (consulted)"],
            "signed_by": list(_SIGNED_BY),
        }
    )


def sheets_of(
    proposal: Proposal, parties: Mapping[str, Party], engine: Engine, *, made_at: datetime
) -> list[Sheet]:
    """Return the workbook's sheets: datasets, working, copies, and room for the decision."""
    title = f"Disposal list {proposal.mark}"
    if engine.demonstration:
        title = f"DEMONSTRATION: {title}"
    numbered = list(enumerate(proposal.items, start=1))
    pairs = (
        ("Issued by", engine.issuer["legal_name"]),
        *_pairs(proposal, parties),
        ("Object versions", proposal.versions),
        ("Bytes", proposal.size_bytes),
        ("Made", utc(made_at)),
    )
    working = [(n, item.manifest.dataset, line) for n, item in numbered for line in item.working]
    copies = [
        (n, item.manifest.dataset, each.kind, each.where, each.becomes)
        for n, item in numbered
        for each in copies_of(item)
    ]
    signers = [*map(_role, proposal.approved_by), "data protection officer (consulted)"]
    return [
        Sheet("Datasets", title, pairs, _HEADS, tuple(_rows(numbered, parties)), _WIDTHS,
              (("Datasets in this list", len(numbered)),)),
        Sheet("Working", f"{title}: how each day follows", (), ("No.", "Dataset", "Working"),
              tuple(working), (6, 44, 110)),
        Sheet("Copies", f"{title}: what becomes of each copy", (),
              ("No.", "Dataset", "Copy", "Where", "What becomes of it"), tuple(copies),
              (6, 44, 14, 54, 60)),
        Sheet("Decision", f"{title}: decision", (("Please note", _DECIDES), ("", _STARTS),
              ("Meeting and day", ""), ("Minute reference", ""), ("Exceptions, by number", "")),
              ("Role", *_SIGNED_BY), tuple((each, "", "", "", "") for each in signers),
              (40, 28, 28, 34, 16)),
    ]  # fmt: skip


def copies_of(item: Item) -> Iterator[Copy]:
    """Yield every copy of a dataset: those on the list, then those that go otherwise, or stay."""
    for place in item.manifest.places:
        yield Copy(place.kind, told(place.uri), "destroyed under this list, then looked at again")
    for declared in item.residuals:
        yield Copy(declared["kind"], told(declared["where"]), _becomes(declared))


def covers(item: Item) -> str:
    """Return what part of its class a dataset is, such as a round or a nation and a year."""
    parts = item.manifest.dataset.split("/", 2)
    return parts[2] if len(parts) > 2 else "the whole class"  # noqa: PLR2004  # REF/class/binding


def due_words(item: Item) -> str:
    """Return when it may go and by when it must be gone."""
    return f"due since {_day(item.due_on)}; gone by {_day(item.destroy_by)}"


_HEADS: Final = (
    *("No.", "Dataset", "What it is", "Covers", "Class", "Clause", "Identifiability"),
    *("Controllers", "Clock started by", "On", "Recorded by", "Due on", "Gone by"),
    *("Object versions", "of these delete markers", "of these unfinished uploads", "Bytes"),
    *("Copies on this list", "Root of its manifest"),
)
_WIDTHS: Final = (6, 44, 40, 20, 18, 10, 24, 40, 22, 12, 14, 12, 12, 12, 12, 12, 18, 12, 74)


def _rows(
    numbered: Sequence[tuple[int, Item]], parties: Mapping[str, Party]
) -> Iterator[tuple[Cell, ...]]:
    for n, item in numbered:
        m = item.manifest
        yield (
            *(n, m.dataset, item.describes, covers(item), item.class_name, item.clause),
            *(_identifiability(item), _names(item.controllers, parties), item.trigger),
            *(item.trigger_on, item.trigger_by, item.due_on, item.destroy_by, m.versions),
            *(m.markers, m.uploads, m.size_bytes, len(m.places), m.root),
        )


def _dataset(n: int, item: Item, parties: Mapping[str, Party]) -> Json:
    m = item.manifest
    odd = [
        count(how_many, one)
        for how_many, one in ((m.markers, "delete marker"), (m.uploads, "unfinished upload"))
        if how_many
    ]
    among = f", {listed(odd)} among them" if odd else ""
    pairs = [
        ("Covers", covers(item)),
        ("Class and clause", f"{item.class_name}, clause {item.clause}"),
        ("Controllers", _names(item.controllers, parties)),
        ("Identifiability", _identifiability(item)),
        ("Clock started by", f"{item.trigger} on {_day(item.trigger_on)}, by {item.trigger_by}"),
        ("Days", due_words(item)),
        ("How much", f"{count(m.versions, 'object version')}{among}; {size(m.size_bytes)}"),
        ("Root of its manifest", m.root),
    ]
    return {
        "number": str(n),
        "id": m.dataset,
        "describes": item.describes,
        "pairs": [list(pair) for pair in pairs],
        "short": [str(n), m.dataset, item.clause, number(m.versions), size(m.size_bytes),
                  _day(item.due_on), _day(item.destroy_by)],
        "working": list(item.working),
        "copies": [[each.kind, each.where, each.becomes] for each in copies_of(item)],
    }  # fmt: skip


def _lead(proposal: Proposal) -> str:
    return (
        f"Proposed: to {proposal.action.replace('_', ' ')} "
        f"{count(len(proposal.items), 'dataset')} of {proposal.title} ({proposal.agreement}, "
        f"version {proposal.version}). The list is whole: nothing on it is left out here."
    )


def _pairs(proposal: Proposal, parties: Mapping[str, Party]) -> list[tuple[str, Cell]]:
    return [
        ("Agreement", f"{proposal.agreement}, version {proposal.version}: {proposal.title}"),
        ("Mandate", f"{proposal.mandate}; we act as {proposal.our_role.replace('-', ' ')}"),
        ("Controllers told", _names(proposal.controllers, parties)),
        ("Action proposed", proposal.action.replace("_", " ")),
        ("Decided by, in this order", ", ".join(map(_role, proposal.approved_by))),
        ("Frozen", utc(instant(proposal.frozen_at))),
        ("Notice", proposal.notice),
        ("Mark", proposal.mark),
        ("Digest of the list", proposal.digest),
    ]


def _becomes(declared: Mapping[str, str]) -> str:
    if declared.get("not_covered_clause"):
        return f"stays; no certificate covers it (clause {declared['not_covered_clause']})"
    within = declared.get("gone_within", "")
    if declared["kind"] == KEY:
        words = period_words(Period.parse(within))
        return f"its end is ordered last of all; it can be recovered for {words}, then it is gone"
    seen = _CHECKED.get(declared["checked_by"], declared["checked_by"])
    if not within:
        return f"goes by another way; {seen}"
    return f"ages out within {period_words(Period.parse(within))}; {seen}"


def _names(ids: Sequence[str], parties: Mapping[str, Party]) -> str:
    return ", ".join(parties[each].name if each in parties else each for each in ids)


def _identifiability(item: Item) -> str:
    special = ", special category" if item.special_category else ""
    return f"{item.identifiability}{special}"


def _role(role: str) -> str:
    return role.replace("-", " ")


def _day(iso: str | None) -> str:
    return "no such day" if not iso else day(date.fromisoformat(iso))


def _text(value: Cell) -> str:
    return "" if value is None else str(value)
