"""What keeps a version that was refused: looked at by the verifier, told by lock and by day.

Nothing here asks for anything but an answer: a lock is never bypassed, shortened or waited out.
Source: design.md, rule 10.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType

from retention.domain.calendar import london_day, stamp
from retention.domain.case import Case, proposal_stream
from retention.domain.dataset import Kind, ObjectVersion
from retention.domain.entry import Draft, Entry, Fact, Record
from retention.domain.manifest import Manifest
from retention.domain.pattern import key_prefix
from retention.domain.refusal import DATED, Lock, Refusal
from retention.ports.ledger import Ledger
from retention.ports.probe import Looked, Probes
from retention.steps.cases import case_of

_MODES: Mapping[str | None, Lock] = MappingProxyType(
    {"COMPLIANCE": Lock.COMPLIANCE, "GOVERNANCE": Lock.GOVERNANCE}
)


@dataclass(slots=True)
class _Tally:
    versions: int = 0
    first: date | None = None
    last: date | None = None


@dataclass(slots=True)
class Refusals:
    """Looks at refused versions of one manifest, one after another, and sums up."""

    probes: Probes
    by_lock: dict[Lock, _Tally] = field(default_factory=lambda: defaultdict(_Tally))
    mfa: dict[tuple[str, str], bool] = field(default_factory=dict)  # of each bucket, asked once

    def look(self, place: str, version: ObjectVersion) -> dict[str, str]:
        """Return what keeps *version*: ``lock``, and ``until`` if it has a date.

        StoreError passes through, if the store does not answer any more.
        """
        looked = Looked(lock_mode="", legal_hold=False)  # nobody can lock a marker or an upload
        if version.kind is Kind.DATA:
            looked = self.probes.look(place, version, locks=True)
        lock = self._lock(place, looked)
        tally = self.by_lock[lock]
        tally.versions += 1
        until = looked.locked_until
        if lock in DATED and until is not None:
            day = london_day(until)
            tally.first = min(tally.first or day, day)
            tally.last = max(tally.last or day, day)
        return {"lock": lock.value} | ({} if until is None else {"until": stamp(until)})

    def _lock(self, place: str, looked: Looked) -> Lock:
        if looked.legal_hold:
            return Lock.LEGAL_HOLD
        if looked.lock_mode in _MODES and looked.locked_until is not None:
            return _MODES[looked.lock_mode]
        if looked.lock_mode != "" or looked.legal_hold is None:
            return Lock.UNKNOWN
        return Lock.MFA_DELETE if self._wants_a_second_factor(place) else Lock.DENIED

    def _wants_a_second_factor(self, place: str) -> bool:
        bucket = key_prefix(place)[:2]
        if bucket not in self.mfa:
            said = self.probes.capabilities("{}://{}/".format(*bucket), only=("mfa_delete",))
            self.mfa[bucket] = said.mfa_delete is True
        return self.mfa[bucket]

    def drafts(self, proposal: str, manifest: Manifest) -> list[Draft]:
        """Return the entries that say how many were refused, why, and until which day."""
        return [
            Draft(proposal_stream(proposal), Entry.REFUSED, facts)
            for facts in self._facts(proposal, manifest)
        ]

    def _facts(self, proposal: str, manifest: Manifest) -> Iterable[dict[str, Fact]]:
        for lock, tally in sorted(self.by_lock.items()):
            yield {
                "proposal": proposal,
                "root": manifest.root,
                "dataset": manifest.dataset,
                "lock": lock.value,
                "versions": tally.versions,
                "first_until": _written(tally.first),
                "until": _written(tally.last),
            }


def refusals_of(case: Case, root: str) -> tuple[Refusal, ...]:
    """Return what the newest look at a manifest found refused, by lock."""
    return tuple(
        Refusal(
            lock=Lock(r.text("lock")),
            versions=r.number("versions"),
            first_until=_day(r, "first_until"),
            until=_day(r, "until"),
        )
        for r in case.refusals.get(root, [])
    )


def locked(ledger: Ledger, on: date) -> Mapping[str, date]:
    """Return the datasets that wait on a day for the end of a lock, each with its last day.

    One waits only if all that it still holds was refused, or kept back for what was refused: what
    else is left need not wait.  It only looks, at the disposals of which something was refused.
    """
    newest = {r.text("dataset"): r for r in ledger.of_kind(Entry.REFUSED)}
    found = {}
    for dataset, record in newest.items():
        root = record.text("root")
        case = case_of(ledger, record.text("proposal"))
        days = [each.until for each in refusals_of(case, root) if each.until is not None]
        if max(days, default=date.min) < on or root not in case.ordered:
            continue
        if not case.verified[root].number("failed"):
            found[dataset] = max(days)
    return found


def _written(day: date | None) -> str:
    return "" if day is None else day.isoformat()


def _day(record: Record, name: str) -> date | None:
    text = record.text(name)
    return date.fromisoformat(text) if text else None
