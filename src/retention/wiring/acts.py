"""The desks of acts in the browser, with the ports that recording takes, read afresh each time."""

import secrets
from typing import TYPE_CHECKING

from retention.adapters import waiting

if TYPE_CHECKING:
    from retention.steps.acts.desk import ActDesk
    from retention.steps.acts.questions import Questions
    from retention.steps.record.planned import Recording
    from retention.wiring.composition import Composition


def recording(work: "Composition") -> "Recording":
    """Return the ports that recording takes, and the day."""
    from retention.steps.record.planned import Recording  # noqa: PLC0415  # lazy

    return Recording(
        ledger=work.ledger,
        evidence=work.evidence,
        catalogue=work.catalogue,
        library=work.library,
        today=work.clock.today(),
        secret=lambda: secrets.token_bytes(32),
    )


def desk(work: "Composition", kind: str, run: str) -> "ActDesk":
    """Return the desk of one act, in one run of Prefect."""
    from retention.steps.acts.desk import ActDesk  # noqa: PLC0415  # lazy
    from retention.steps.acts.kinds import kind_named  # noqa: PLC0415  # lazy

    return ActDesk(
        kind_named(kind),
        run,
        lambda: recording(work),
        work.keyring.trusted_gate,
        waiting.for_the_gate,
        work.agreements,
    )


def questions(work: "Composition", run: str) -> "Questions":
    """Return what answers the questions of one run."""
    from retention.steps.acts.questions import Questions  # noqa: PLC0415  # lazy

    return Questions(run, lambda: recording(work))
