"""Who decided what on which list: signed by the gate, worth what the rules say.

A *Resume* in Prefect wakes a flow; it is not an identity.  The gate knows the person, and signs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from retention.domain.canonical import canonical, digest_of
from retention.domain.clock import Period


class Verdict(StrEnum):
    """What an approver can say."""

    APPROVE = "approve"
    APPROVE_EXCEPT = "approve except"
    DECLINE = "decline"


@dataclass(frozen=True, slots=True)
class SignedAnswer:
    """What the gate witnessed: this person gave this input under this pause key.

    *input* is the digest of the canonical form input; *at* is UTC as :func:`calendar.stamp`.
    """

    proposal: str
    person: str
    step: str
    run: str
    pause_key: str
    input: str
    at: str

    def message(self) -> bytes:
        """Return the bytes that the gate signs."""
        return b"retention-gate/v1\n" + canonical(
            {name: getattr(self, name) for name in self.__slots__}
        )


@dataclass(frozen=True, slots=True)
class Approval:
    """Distinct persons' yes to one proposal digest and to exactly these manifest roots."""

    proposal: str
    agreement: str
    version: int
    roots: tuple[str, ...]  # sorted; what was left out is not here
    decided_on: date
    may_begin_on: date
    lapses_after: date

    @property
    def roots_digest(self) -> str:
        """One digest over the list of roots."""
        return roots_digest(self.roots)


def roots_digest(roots: Sequence[str]) -> str:
    """Return the digest over sorted manifest roots; raise ValueError if there are none."""
    if not roots:
        raise ValueError("an approval of nothing approves nothing")
    return digest_of(sorted(roots))


def approval_days(decided_on: date, *, lapses: Period, cooling_off: Period) -> tuple[date, date]:
    """Return the first day on which disposal may begin, and the last.

    Decided 1 May, P14D and P7D: from 9 May, and lapsed after 15 May.  With no cooling-off it may
    begin on the day itself, for then nothing lies between.
    Source: ``clock.md``, ruling 14.
    """
    cooled = cooling_off.after(decided_on)
    begin = decided_on if cooled == decided_on else cooled + timedelta(days=1)
    return begin, lapses.after(decided_on)


def notice_over_on(
    controllers: Sequence[str], accepted: Mapping[str, date], notice: Period
) -> date | None:
    """Return the first day after the *notice*, or None while it has not begun.

    It begins on the day after the last of the *controllers* accepted it: *accepted* has the first
    day of each, by their mail server, an acknowledgement or an attestation alike, and nothing for
    a letter that bounced.  With no notice agreed it is over on that very day.
    Source: ``clock.md``, ruling 15.
    """
    if not controllers or set(controllers) - set(accepted):
        return None
    last = max(accepted[each] for each in controllers)
    over = notice.after(last)
    return over if over == last else over + timedelta(days=1)


def pause_key(proposal: str, step: str, run_count: int, attempt: int) -> str:
    """Return the key of one question: lower-case letters, digits and dashes only.

    Another proposal is another question; a retried run may not reuse a spent key.
    """
    return f"{proposal.removeprefix('sha256:')}-{step}-{run_count}-{attempt}"


def proposal_in(key: str) -> tuple[str, str] | None:
    """Return the proposal and the step of a pause key, or None if it is none of ours."""
    head, _, rest = key.partition("-")
    step, _, tail = rest.rpartition("-")
    step, _, run = step.rpartition("-")
    if len(head) != 64 or not (step and run.isdigit() and tail.isdigit()):  # noqa: PLR2004  # hex digits of SHA-256
        return None
    return f"sha256:{head}", step
