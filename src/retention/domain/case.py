"""One proposal's whole story, read from the ledger: what was decided, ordered, seen and certified.

A fold over entries and nothing else: whoever reads the same ledger sees the same case.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Self

from retention.domain.approval import Approval, stream_about
from retention.domain.entry import Entry, Record


def proposal_stream(digest: str) -> str:
    """Return the name of the stream of one proposal."""
    return stream_about(digest)


CERTIFICATES = "certificates"  # one stream, so that numbers have no gaps


def run_stream(run: str) -> str:
    """Return the stream of one run of Prefect: where the gate writes who cancelled it."""
    return f"run:{run}"


def orders_of(digest: str, root: str = "") -> str:
    """Return how the streams of a proposal's orders begin, or those of one manifest's."""
    start = f"orders:{digest.removeprefix('sha256:')}/"
    return start if not root else f"{start}{root.removeprefix('sha256:')}/"


def orders_stream(digest: str, root: str, first: int) -> str:
    """Return the stream of one batch's orders: who writes there is alone with that batch."""
    return f"{orders_of(digest, root)}{first:012d}"


@dataclass(slots=True)
class Case:
    """What the entries of one proposal add up to."""

    proposal: str
    proposed: Record
    length: int  # of the proposal's stream, for compare-and-set
    signed: dict[str, Record] = field(default_factory=dict)  # by index, as decisions name it
    unheard: dict[str, Record] = field(default_factory=dict)  # answers that count no more, by key
    decided: list[Record] = field(default_factory=list)
    approved: Record | None = None
    spent: Record | None = None
    started: Record | None = None  # from here on something may be gone
    runs: list[str] = field(default_factory=list)  # of Prefect, that carry it out
    begun: dict[str, Record] = field(default_factory=dict)  # by manifest root, as those below
    intents: dict[str, list[Record]] = field(default_factory=dict)
    outcomes: dict[str, dict[int, Record]] = field(default_factory=dict)  # by first number
    answered: Counter[tuple[str, int]] = field(default_factory=Counter)  # how many outcomes
    ordered: dict[str, Record] = field(default_factory=dict)
    stopped: dict[str, Record] = field(default_factory=dict)
    verified: dict[str, Record] = field(default_factory=dict)  # the newest look
    last_order: dict[str, int] = field(default_factory=dict)  # the newest intent or outcome
    refusals: dict[str, list[Record]] = field(default_factory=dict)  # by lock, at that look
    residuals: dict[tuple[str, str], Record] = field(default_factory=dict)  # newest look or word
    keys_kept: dict[tuple[str, str], Record] = field(default_factory=dict)  # none is destroyed
    unusable: dict[tuple[str, str], Record] = field(default_factory=dict)  # keys seen pending
    held: dict[tuple[str, str], Record] = field(default_factory=dict)  # residuals under a hold
    freed: dict[str, Record] = field(default_factory=dict)  # by root: the newest release
    closing: dict[str, Record] = field(default_factory=dict)  # by root, as the next
    closed: dict[str, Record] = field(default_factory=dict)  # its manifest cannot be read any more
    certified: dict[str, Record] = field(default_factory=dict)  # by certificate type
    sealed: dict[str, Record] = field(default_factory=dict)  # by certificate number
    delivered: dict[str, dict[str, Record]] = field(default_factory=dict)  # number → controller

    @classmethod
    def read(
        cls,
        stream: Iterable[Record],
        certificates: Iterable[Record],
        orders: Iterable[Record] = (),
    ) -> Self:
        """Fold a proposal's *stream*; raise LookupError if it was never proposed.

        *orders* are the entries of its batches; only those of one batch come in their order.
        """
        records = list(stream)
        if not records or records[0].kind is not Entry.PROPOSED:
            raise LookupError("no such proposal is on the ledger")
        case = cls(records[0].text("proposal"), records[0], len(records))
        for record in records[1:]:
            case._take(record)
        for record in orders:
            case._take(record)
        for record in certificates:
            if record.text("proposal") == case.proposal:
                case.certified[record.text("type")] = record
        return case

    def _take(self, r: Record) -> None:
        match r.kind:
            case Entry.SIGNED:
                self.signed[str(r.index)] = r
            case Entry.DECIDED:
                self.decided.append(r)
            case Entry.APPROVED:
                self.approved = r
            case Entry.SPENT:
                self.spent = self.spent or r
            case Entry.BEGUN:
                self.started = r
            case Entry.UNHEARD:
                self.unheard[r.text("pause_key")] = r
            case Entry.HALTED:
                pass  # who stopped it, and why: the approval is spent in the same transaction
            case Entry.RUN:
                self.runs.append(r.text("run"))
            case Entry.SEALED | Entry.DELIVERED:
                self._take_of_certificate(r)
            case _:
                self._take_of_part(r)

    def _take_of_certificate(self, r: Record) -> None:
        if r.kind is Entry.SEALED:
            self.sealed[r.text("certificate")] = r
        else:
            self.delivered.setdefault(r.text("certificate"), {})[r.text("controller")] = r

    def _take_of_part(self, r: Record) -> None:
        if "copy" in r.facts:
            self._take_of_copy(r, (r.text("root"), r.text("copy")))
        else:
            self._take_of_root(r, r.text("root"))

    def _take_of_copy(self, r: Record, copy: tuple[str, str]) -> None:
        match r.kind:
            case Entry.RESIDUAL_SEEN | Entry.RESIDUAL_ATTESTED:
                self.residuals[copy] = r
            case Entry.ATTESTATION_RETRACTED:
                if copy in self.residuals and self.residuals[copy].index == r.number("entry"):
                    del self.residuals[copy]
            case Entry.KEY_KEPT:
                self.keys_kept[copy] = r
            case Entry.KEY_UNUSABLE:
                self.unusable[copy] = r
            case Entry.RESIDUAL_HELD:
                self.held[copy] = r
            case Entry.RESIDUAL_FREED:
                self.held.pop(copy, None)
                self.freed[copy[0]] = r
            case _:
                raise ValueError(f"an entry {r.kind} does not belong to a proposal")

    def _take_of_root(self, r: Record, root: str) -> None:
        match r.kind:
            case Entry.BEGIN_LISTING:
                self.begun[root] = r  # the last before the first intent; after it there is none
            case Entry.INTENT:
                self.intents.setdefault(root, []).append(r)
                self._note_order(root, r)
            case Entry.OUTCOME:
                self._note_order(root, r)
                self.outcomes.setdefault(root, {})[r.number("first")] = r
                self.answered[root, r.number("first")] += 1
            case Entry.ORDERED:
                self.ordered[root] = r
            case Entry.STOPPED:
                self.stopped.setdefault(root, r)
            case Entry.VERIFIED:
                self.verified[root], self.refusals[root] = r, []
            case Entry.REFUSED:
                self.refusals[root].append(r)
            case Entry.MANIFEST_CLOSING:
                self.closing[root] = r
            case Entry.MANIFEST_CLOSED:
                self.closed[root] = r
            case _:
                raise ValueError(f"an entry {r.kind} does not belong to a proposal")

    def _note_order(self, root: str, r: Record) -> None:
        self.last_order[root] = max(r.index, self.last_order.get(root, r.index))

    def approval(self, roots: tuple[str, ...]) -> Approval | None:
        """Return the approval of *roots*, the kept list of the last decision, or None.

        Whether it is still worth anything is for the authority to say.
        """
        if self.approved is None:
            return None
        return Approval(
            self.proposal,
            self.proposed.text("agreement"),
            self.proposed.number("version"),
            tuple(sorted(roots)),
            *(
                date.fromisoformat(self.approved.text(name))
                for name in ("decided_on", "may_begin_on", "lapses_after")
            ),
        )

    def cut_off(self, root: str) -> set[int]:
        """Return the first numbers of the batches of which an intent has no outcome."""
        announced = Counter(r.number("first") for r in self.intents.get(root, []))
        return {first for first, n in announced.items() if n > self.answered[root, first]}

    def is_known(self, root: str) -> bool:
        """Tell whether a look at this manifest, after its last order, left nothing unknown."""
        verified = self.verified.get(root)
        if verified is None or verified.number("unknown"):
            return False
        return root in self.closed or verified.index > self.last_order.get(root, -1)

    @property
    def has_begun(self) -> bool:
        """Whether any intent is on the ledger: from here on nothing can be undone."""
        return self.started is not None
