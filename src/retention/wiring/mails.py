"""The mails to people, composed: where they log in, and where each review runs."""

from contextlib import suppress
from typing import TYPE_CHECKING

from retention.errors import DeliveryError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from retention.steps.classify import Dated
    from retention.steps.telling import Telling
    from retention.wiring.composition import Composition


def telling(work: "Composition") -> "Telling":
    """Return the ports that mails to people take."""
    from retention.adapters.prefect.reviews import PrefectReviews  # noqa: PLC0415  # lazy
    from retention.steps.telling import Telling  # noqa: PLC0415  # lazy

    return Telling(
        ledger=work.ledger,
        evidence=work.evidence,
        library=work.library,
        courier=work.courier,
        reviews=PrefectReviews(work.settings.api_url, work.settings.api_auth),
        address=work.settings.api_url.removesuffix("/api"),
        today=work.clock.today(),
    )


def remind(work: "Composition", dated: "Sequence[Dated]") -> list[str]:
    """Send what is due today; see ``steps.remind``."""
    from retention.steps.remind import remind as send  # noqa: PLC0415  # lazy

    return send(telling(work), dated)


def tell_approvers(work: "Composition", proposal: str) -> None:
    """Tell whoever may answer next about *proposal*.

    A mail server that does not answer holds up no review: what it did not take is sent by
    `remind`, every day, which says so if it is not taken then.
    """
    from retention.steps.telling import tell_approvers as tell  # noqa: PLC0415  # lazy

    with suppress(DeliveryError):
        tell(telling(work), proposal)
