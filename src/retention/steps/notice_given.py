"""What a certificate says of a notice: when a mail server took it, or whose word it is.

Source: design.md, rule 12: evidence is graded.
"""

from collections.abc import Sequence

from retention.domain.certificate import NoticeGiven
from retention.domain.wording import NO_SERVER, RECEIPT_ATTESTED
from retention.steps.notify import Notice


def given_to(controller: str, notice: Notice, names: Sequence[str]) -> NoticeGiven:
    """Return how *controller*, whom *notice* reached, was told of *names*, and what it answered."""
    answer = _answered(notice, controller, names)
    accepted = notice.accepted.get(controller)
    if notice.is_by_word(controller):
        word = notice.attested[controller]
        says = RECEIPT_ATTESTED.format(by=word.text("by"), entry=word.index, on=word.text("on"))
        said = [answer or "no answer", says, *([NO_SERVER] if accepted is None else [])]
        at = (accepted or word).at
        return NoticeGiven(controller=controller, accepted_at=at, answer="; ".join(said))
    assert accepted is not None  # it was reached by the one or the other
    return NoticeGiven(controller=controller, accepted_at=accepted.at, answer=answer)


def _answered(notice: Notice, controller: str, names: Sequence[str]) -> str:
    """Return what a controller answered on all of *names*; "" if not the same on each."""
    words = {notice.answer_of(controller, each) for each in names}
    return words.pop() if len(words) == 1 else ""
