"""What a composition does with keys: orders their end, withdraws that, and looks at what came."""

import secrets
from functools import partial
from typing import TYPE_CHECKING

from retention.adapters import waiting
from retention.steps.cancel_keys import KeyRescue, cancel_keys, note_needed_keys
from retention.steps.destroy_keys import KeyDestruction, destroy_keys
from retention.steps.elsewhere import Searching, elsewhere
from retention.steps.keys import has_keys
from retention.steps.see_keys import KeySight, see_keys

if TYPE_CHECKING:
    from retention.ports.authority import Authority
    from retention.wiring.composition import Composition


def end_keys(work: "Composition", proposal: str, authority: "Authority") -> None:
    """Withdraw the order for keys that a hold came over, and order the end of those that may go."""
    if not has_keys(proposal, work.ledger, work.evidence):
        return
    from retention.adapters.kms import KmsCancels, KmsDestroys, KmsKeys  # noqa: PLC0415  # lazy

    destroyer, by = work.kms("destroyer"), work.label("destroyer")
    rescue = KeyRescue(KmsCancels(destroyer), work.ledger, work.evidence, work.clock, by)
    cancel_keys(proposal, rescue)
    stores = work.stores()
    searching = Searching(stores, work.lists(), work.probes("surveyor"), work.catalogue)
    ports = KeyDestruction(
        authority,
        KmsKeys(work.kms("surveyor")),
        KmsDestroys(destroyer),
        partial(elsewhere, ports=searching),
        work.ledger,
        work.evidence,
        work.clock,
        by,
        worker=secrets.token_hex(8),
        wait=waiting.seconds,
    )
    destroy_keys(proposal, ports)


def note_needed(work: "Composition") -> None:
    """Note of every pending key that a survey saw something else under it."""
    note_needed_keys(work.ledger, work.evidence, work.catalogue)


def look_at_keys(work: "Composition", proposal: str) -> None:
    """See what became of the keys of a proposal, with the verifier's credential."""
    if not has_keys(proposal, work.ledger, work.evidence):
        return
    from retention.adapters.kms import KmsKeys  # noqa: PLC0415  # lazy

    keys, by = KmsKeys(work.kms("verifier")), work.label("verifier")
    see_keys(proposal, KeySight(keys, work.ledger, work.evidence, work.clock, by))
