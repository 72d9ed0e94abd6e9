"""What must hold around a disposal, whatever people approved: caps, surveys, and the ledger itself.

Whatever is not known here stops the run and voids nothing: when it is known again, it goes on.
Source: design.md, rules 4 and 16; users of other engines lost catalogues to a mount that was gone,
and data to a state that was restored from the day before.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from retention.domain.agreement import Limits
from retention.domain.calendar import instant, london_day
from retention.domain.case import Case
from retention.domain.entry import Entry, Record
from retention.domain.manifest import Manifest
from retention.domain.proposal import Item, Proposal
from retention.domain.store import Store, about
from retention.errors import TooMuchError, UnverifiedError
from retention.ports.ledger import Ledger
from retention.ports.witness import Witness
from retention.steps.freshness import is_old, stands_empty
from retention.steps.moves import stream_of

SHARE_COUNTS_ABOVE: Final = 8  # datasets in a project, below which a share says little


@dataclass(frozen=True, slots=True)
class Safeguards:
    """Asked by the authority before each batch; *stores* is what surveys list."""

    ledger: Ledger
    witness: Witness
    stores: Sequence[Store]

    def streams(self, manifest: Manifest) -> list[str]:
        """Return the streams of the ledger that tell of the stores of *manifest*."""
        names = sorted(set(self._stores_of(manifest)))
        return [stream for name in names for stream in (about(name), stream_of(about(name)))]

    def require_newest_ledger(self) -> None:
        """Raise LedgerBrokenError if this is not the ledger that was noted outside, or after it.

        A ledger of yesterday lacks the holds of today.  StoreError if nobody can tell.
        """
        if (note := self.witness.newest()) is not None:
            self.ledger.require_continued(note)

    def require_surveyed(self, manifest: Manifest, today: date) -> None:
        """Raise UnverifiedError unless each store of *manifest* was surveyed well, and lately."""
        for name in sorted(set(self._stores_of(manifest))):
            records = self.ledger.stream(about(name))
            good = [r for r in records if r.kind is Entry.STORE_SURVEYED and not r.number("failed")]
            if not good or _is_old(good[-1], today):
                raise UnverifiedError(
                    f"the store {name} has had no good survey for days",
                    hint="see why the nightly survey fails; the disposal goes on after a good one",
                )
            if stands_empty(name, self.ledger):
                raise UnverifiedError(
                    f"the store {name} looks empty, and nobody has said that it is",
                    hint="`retention incident list` shows what was raised; the DPO closes it",
                )

    def _stores_of(self, manifest: Manifest) -> Iterator[str]:
        for place in manifest.places:
            holding = [store.name for store in self.stores if store.holds(place.uri)]
            if not holding:
                raise UnverifiedError(
                    f"no survey looks at the copy {place.copy}",
                    hint="compare the agreement's places with `retention stores`",
                )
            yield holding[0]


def _is_old(survey: Record, today: date) -> bool:
    as_of = london_day(instant(survey.text("as_of")))
    return is_old(as_of, survey.text("source"), today)


def require_within_caps(
    kept: Sequence[Item], proposal: Proposal, limits: Limits, case: Case, ledger: Ledger
) -> None:
    """Raise TooMuchError if what people kept passes a cap of the agreement.

    Caps were asked for before anything was frozen, of what a survey had counted; this is what the
    manifests hold.  Of the project's datasets there were as many as the last survey before saw.
    """
    manifests = [item.manifest for item in kept]
    sums = {
        "datasets": (len(manifests), limits.datasets_max),
        "objects": (sum(m.versions for m in manifests), limits.objects_max),
        "bytes": (sum(m.size_bytes for m in manifests), limits.bytes_max),
    }
    surveyed = [
        r.number("datasets")
        for r in ledger.stream(f"survey:{proposal.agreement}")
        if r.kind is Entry.SURVEYED and r.index < case.proposed.index
    ]
    if surveyed and surveyed[-1] > SHARE_COUNTS_ABOVE:
        share = 100 * len(manifests) // surveyed[-1]
        sums["percent of its datasets"] = (share, limits.share_max_percent)
    require_caps(proposal.agreement, sums)


def require_caps(agreement: str, sums: dict[str, tuple[int, int]]) -> None:
    """Raise TooMuchError for the first of *sums*, found and allowed, that is too much."""
    for what, (found, allowed) in sums.items():
        if found > allowed:
            raise TooMuchError(
                f"{agreement}: {found} {what}, and the agreement caps at {allowed}",
                hint="raise the cap by a two-person instruction for this proposal",
            )
