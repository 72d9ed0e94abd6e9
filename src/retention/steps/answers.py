"""What an answer is worth: the same reading at the desk and, from the evidence, by the authority.

Whoever can write rows on the ledger cannot change it: the answer itself is what the gate signed.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from json import loads
from typing import Final

from retention.domain.approval import roots_digest
from retention.domain.canonical import Json
from retention.domain.case import Case
from retention.domain.decision import NONE, Decision, Verb, read_decision
from retention.domain.entry import Record
from retention.domain.proposal import Item, Proposal
from retention.errors import AnswerError, RefusedError
from retention.ports.evidence import Evidence

FIELDS: Final = ("decision", "exceptions", "reason", "minute", "inquiries", "mark")
REASON_LETTERS_MIN: Final = 10
REASON_LETTERS_MAX: Final = 4_000
MINUTE_LETTERS_MAX: Final = 300


class Inquiries(StrEnum):
    """What is asked every time, and what can be answered."""

    NONE = "no, I know of none"
    SOME = "yes, I know of one"


def worth(
    answer: Mapping[str, Json], proposal: Proposal, left: Sequence[Item]
) -> tuple[tuple[Item, ...], Decision]:
    """Return what *answer* keeps of the items that are *left*, and what it decides.

    Nothing is kept of a list that is not approved.
    Raises AnswerError if it cannot stand.
    """
    said = {name: str(answer.get(name, "")).strip() for name in FIELDS}
    if said["mark"].casefold() != proposal.mark:
        raise AnswerError(
            "the mark is not that of this list", hint="copy the mark at the head of the list"
        )
    _require_words(said)
    datasets = [item.manifest.dataset for item in proposal.items]
    asked = [proposal.items.index(item) + 1 for item in left]
    decided = read_decision(said["decision"], said["exceptions"], said["reason"], datasets, asked)
    _require_heeded(said["inquiries"], decided)
    if not decided.verdict.approves:
        return (), decided
    kept = tuple(i for i in left if proposal.items.index(i) + 1 not in decided.numbers)
    return kept, decided


def _require_words(said: Mapping[str, str]) -> None:
    if len(said["reason"]) < REASON_LETTERS_MIN:
        raise AnswerError("the reason is too short", hint="say why, and on whose authority")
    if len(said["reason"]) > REASON_LETTERS_MAX:
        raise AnswerError(
            f"the reason has more than {REASON_LETTERS_MAX:,} letters", hint="say it shorter"
        )
    if not 0 < len(said["minute"]) <= MINUTE_LETTERS_MAX:
        raise AnswerError(
            "the minute is missing, or too long",
            hint="the reference of a committee's minute, or the word none",
        )


def _require_heeded(inquiries: str, decided: Decision) -> None:
    """Raise AnswerError where somebody knows of an inquiry and nothing comes of it."""
    if inquiries not in set(Inquiries):
        raise AnswerError(
            "nothing was said of inquiries, claims and requests",
            hint="say whether you know of any that may need these data",
        )
    if inquiries == Inquiries.SOME and decided.verdict.approves:
        heeded = {Verb.HOLD, Verb.REFUSE}
        if not any(each.verb in heeded for each in decided.exceptions):
            raise AnswerError(
                "you know of something that may need these data, and nothing is held for it",
                hint="choose 'approve except' with a line such as `2: hold because …`, or 'hold'",
            )


def answer_of(decided: Record, evidence: Evidence) -> dict[str, Json]:
    """Return the answer behind a decision, as it was given."""
    answer: dict[str, Json] = loads(evidence.read(decided.text("reason")))["answer"]
    return answer


def minute_of(decided: Record, evidence: Evidence) -> str:
    """Return the reference of the committee's minute that a decision was given on; "" if none."""
    minute = str(answer_of(decided, evidence).get("minute", "")).strip()
    return "" if minute.casefold() == NONE else minute


def kept_items(case: Case, proposal: Proposal, evidence: Evidence) -> tuple[Item, ...]:
    """Return the items that the answers so far leave; all of them before the first.

    None are left of a list that somebody did not approve.
    Raises RefusedError if a decision on the ledger is not what its answer says.
    """
    return kept_by(case.decided, proposal, evidence)


def kept_by(
    decisions: Sequence[Record], proposal: Proposal, evidence: Evidence
) -> tuple[Item, ...]:
    """Return what is left after some *decisions*, in their order; see :func:`kept_items`."""
    left = proposal.items
    for decided in decisions:
        try:
            left, read = worth(answer_of(decided, evidence), proposal, left)
            says = read.verdict.mark, roots_of(left)
        except AnswerError:
            says = "", ""
        if says != (decided.text("decision"), decided.text("roots")):
            raise RefusedError(
                "a decision on the ledger is not what its answer says",
                hint="somebody else wrote it: treat the database as tampered with",
            )
    return left


def roots_of(items: Sequence[Item]) -> str:
    """Return the digest over the manifest roots of *items*; "" if there are none."""
    return "" if not items else roots_digest([item.manifest.root for item in items])
