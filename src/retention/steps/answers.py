"""What an answer is worth: the same reading at the desk and, from the evidence, by the authority.

Whoever can write rows on the ledger cannot change it: the answer itself is what the gate signed.
"""

from collections.abc import Mapping, Sequence
from json import loads

from retention.domain.approval import Verdict, roots_digest
from retention.domain.canonical import Json
from retention.domain.case import Case
from retention.domain.entry import Record
from retention.domain.proposal import Item, Proposal
from retention.errors import AnswerError, RefusedError
from retention.ports.evidence import Evidence

REASON_LETTERS_MIN = 10


def worth(
    answer: Mapping[str, Json], proposal: Proposal, left: Sequence[Item]
) -> tuple[tuple[Item, ...], Verdict]:
    """Return what *answer* keeps of the items that are *left*, and its verdict.

    Raises AnswerError if it cannot stand.
    """
    if str(answer.get("mark", "")).strip().lower() != proposal.mark:
        raise AnswerError(
            "the mark is not that of this list", hint="copy the mark at the head of the list"
        )
    if len(str(answer.get("reason", "")).strip()) < REASON_LETTERS_MIN:
        raise AnswerError("the reason is too short", hint="say why, and on whose authority")
    try:
        verdict = Verdict(str(answer.get("decision")))
    except ValueError:
        raise AnswerError(
            "there is no such decision", hint=f"choose {', '.join(Verdict)}"
        ) from None
    numbers = exceptions(str(answer.get("exceptions", "")), proposal, left)
    if (verdict is Verdict.APPROVE_EXCEPT) != bool(numbers):
        raise AnswerError(
            "the exceptions do not fit the decision",
            hint="numbers with 'approve except', and the word none with the others",
        )
    kept = tuple(i for i in left if proposal.items.index(i) + 1 not in numbers)
    if not kept:
        raise AnswerError("that leaves nothing to approve", hint="choose decline")
    return kept, verdict


def answer_of(decided: Record, evidence: Evidence) -> dict[str, Json]:
    """Return the answer behind a decision, as it was given."""
    answer: dict[str, Json] = loads(evidence.read(decided.text("reason")))["answer"]
    return answer


def kept_items(case: Case, proposal: Proposal, evidence: Evidence) -> tuple[Item, ...]:
    """Return the items that the answers so far leave; all of them before the first.

    Raises RefusedError if a decision on the ledger is not what its answer says.
    """
    left = proposal.items
    for decided in case.decided:
        try:
            left, verdict = worth(answer_of(decided, evidence), proposal, left)
        except AnswerError:
            left, verdict = (), Verdict.DECLINE
        said = verdict.value.replace(" ", "-"), roots_of(left) if left else ""
        if said != (decided.text("decision"), decided.text("roots")):
            raise RefusedError(
                "a decision on the ledger is not what its answer says",
                hint="somebody else wrote it: treat the database as tampered with",
            )
    return left


def roots_of(items: Sequence[Item]) -> str:
    """Return the digest over the manifest roots of *items*."""
    return roots_digest([item.manifest.root for item in items])


def exceptions(text: str, proposal: Proposal, left: Sequence[Item]) -> set[int]:
    """Read the numbers of datasets to leave out; the word *none* is none, and nothing else is.

    Raises AnswerError for anything that is no number on the list.
    """
    words = text.replace(",", " ").split()
    if [word.lower() for word in words] == ["none"]:
        return set()
    allowed = {proposal.items.index(item) + 1 for item in left}
    if not words or not all(word.isascii() and word.isdigit() for word in words):
        raise AnswerError(
            "the exceptions are neither numbers nor the word none", hint="such as: 2, 5"
        )
    numbers = {int(word) for word in words}
    if not numbers <= allowed:
        raise AnswerError(
            "a number is not on the list", hint=f"the list has {len(left)} datasets to choose from"
        )
    return numbers
