"""What a composition does to dispose of an approved proposal, or of a share of it."""

import secrets
from typing import TYPE_CHECKING, Final

from retention.adapters import waiting
from retention.domain.share import Share
from retention.steps.authorise import FreshAuthority
from retention.steps.destroy import Destruction
from retention.steps.dispose import Disposing
from retention.steps.dispose import dispose as dispose_of
from retention.steps.safeguards import Safeguards
from retention.steps.steady import SteadyAuthority
from retention.wiring import keys

if TYPE_CHECKING:
    from retention.wiring.composition import Composition

LANES: Final = 4  # batches that one worker has under way at a time


def dispose(work: "Composition", mine: Share, run: str) -> None:
    """Destroy a share of what was approved, in a *run* of Prefect, and then its keys."""
    authority = FreshAuthority(
        work.ledger,
        work.evidence,
        work.library,
        work.keyring.trusted_gate,
        work.clock,
        Safeguards(work.ledger, work.witness, work.stores()),
    )
    destruction = Destruction(
        SteadyAuthority(authority, work.ledger, work.clock, lambda: work.library.edition),
        work.destroys(),
        work.ledger,
        work.evidence,
        work.clock,
        work.progress,
        by=work.label("destroyer"),
        worker=secrets.token_hex(8),
        wait=waiting.seconds,
        lanes=LANES,
        share=(mine.which, mine.of),
    )
    ports = Disposing(
        authority=authority,
        lister=work.lists(),
        destruction=destruction,
        ledger=work.ledger,
        evidence=work.evidence,
        clock=work.clock,
    )
    dispose_of(mine.proposal, ports, run=run)
    keys.end_keys(work, mine.proposal, authority)
