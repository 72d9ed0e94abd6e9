"""Who decided what on which list: signed by the gate, worth what the rules say.

A *Resume* in Prefect wakes a flow; it is not an identity.  The gate knows the person, and signs.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from retention.domain.canonical import Json, canonical, digest_of
from retention.domain.clock import Period

TOTP: Final = "totp"  # a one-time code was checked with an answer


@dataclass(frozen=True, slots=True)
class SignedAnswer:
    """What the gate witnessed: this person gave this input under this pause key.

    *about* is the digest of a proposal, or ``act:`` and the run of an act of its own; *input* is
    the salted digest of the form input (:func:`input_digest`) and *salt* that of its salt, which
    the evidence store keeps; *factor* is ``totp`` if a one-time code was checked
    with it, and "" if none was asked; *at* is UTC as :func:`calendar.stamp`.
    """

    about: str
    person: str
    step: str
    run: str
    pause_key: str
    input: str
    salt: str
    factor: str
    at: str

    def message(self) -> bytes:
        """Return the bytes that the gate signs."""
        return b"retention-gate/v3\n" + canonical(
            {name: getattr(self, name) for name in self.__slots__}
        )


def input_digest(run_input: Mapping[str, Json], salt: str) -> str:
    """Return the digest of what somebody answered: salted, for a short reason could be guessed.

    Raises TypeError or ValueError for an input that has no canonical form.
    """
    return digest_of({"input": dict(run_input), "salt": salt})


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


ACT: Final = "act:"  # and the id of its run: what people do in the browser beside reviews
_KEY = re.compile(
    r"(?:(?P<digest>[0-9a-f]{64})|act-(?P<run>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}))"
    r"(?:-[0-9]+)?-(?P<step>[a-z][a-z0-9-]*)-[0-9]+-[0-9]+"
)


def pause_key(about: str, step: str, run_count: int, attempt: int, *, run: str = "") -> str:
    """Return the key of one question: lower-case letters, digits and dashes only.

    Another proposal, and another run of an act, is another question; a retried run may not reuse
    a spent key.  Where several runs ask about the same, each gives its own id as *run*: what could
    not stand as an answer in one of them is none in another.
    """
    head = about.removeprefix("sha256:").replace(ACT, "act-") + (f"-{UUID(run).int}" if run else "")
    return f"{head}-{step}-{run_count}-{attempt}"


def asked_in(key: str) -> tuple[str, str] | None:
    """Return what the question of a pause key is about, and its step; None if it is none of ours.

    The gate signs both, so that an answer to one question is never one to another.
    """
    found = _KEY.fullmatch(key)
    if found is None:
        return None
    about = found["digest"] and f"sha256:{found['digest']}"
    return about or f"{ACT}{found['run']}", found["step"]


def stream_about(about: str) -> str:
    """Return the stream in which the gate's record of an answer belongs."""
    return about if about.startswith(ACT) else f"proposal:{about.removeprefix('sha256:')}"
