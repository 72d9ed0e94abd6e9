"""What controllers answered to a notice, with the letter it stands in.

Source: ``clock.md``, ruling 15; UK GDPR, article 28(3)(a) and (g).
"""

from collections.abc import Mapping
from types import MappingProxyType

from retention.domain.entry import Entry
from retention.domain.roles import Act, require
from retention.errors import AgreementError
from retention.steps.effects import datasets_of
from retention.steps.notify import Notice, document_of, notices
from retention.steps.preview import touched
from retention.steps.record.naming import guess, listed
from retention.steps.record.planned import Bare, Planned, Recording, Why
from retention.steps.record.reviews import review_words
from retention.views.preview import Preview, Row

ANSWERS: Mapping[str, str] = MappingProxyType(
    {  # what a controller may answer, and what follows
        "proceed": "When every controller has said so, people are asked. It destroys nothing.",
        "object": "Nothing of this notice goes on, for any controller, until it is taken back.",
        "extend": "Nothing goes on. Record until when: `retention instruction record DATASET "
        "--extend-until`.",
        "return-instead": "Nothing goes on. Record it: `retention instruction record DATASET "
        "--return`.",
        "hold": "Nothing goes on. Place the hold that they ask for: `retention hold place`.",
    }
)


def plan_answer(
    notice_id: str, controller: str, answer: str, *, why: Why, ports: Recording
) -> Planned:
    """Plan to record what one controller answered to a notice; the newest answer counts.

    Raises AgreementError for an unknown notice, controller or answer.
    """
    require(Act.RECORD_ANSWER, why.by)
    stream = f"notice:{notice_id}"
    expect = {stream: len(ports.ledger.stream(stream))}
    notice = _notice(notice_id, ports)
    if controller not in notice.accepted:
        raise AgreementError(
            f"notice {notice.id} reached no controller of that name",
            hint=guess(controller, notice.accepted, "it has reached nobody yet"),
        )
    if answer not in ANSWERS:
        raise AgreementError(
            "that is no answer", hint=guess(answer, ANSWERS, f"use {', '.join(ANSWERS)}")
        )
    act = Bare(
        stream,
        Entry.NOTICE_ANSWERED,
        {"notice": notice.id, "controller": controller, "answer": answer},
        why,
    )
    preview = _preview(notice, controller, answer, ports)
    return Planned(preview, (act,), expect, result=notice.id)


def _notice(notice_id: str, ports: Recording) -> Notice:
    known = {each.id: each for each in notices(ports.ledger)}
    if notice_id not in known:
        raise AgreementError(
            "there is no notice of that number",
            hint=listed("there is", known, "no notice was written yet"),
        )
    return known[notice_id]


def _preview(notice: Notice, controller: str, answer: str, ports: Recording) -> Preview:
    reference = notice.record.text("agreement")
    names = document_of(notice, ports.evidence)["datasets"]
    known = datasets_of(ports.catalogue, reference)
    seen = {str(dataset): holdings for dataset, holdings in known if str(dataset) in names}
    before = notice.answers.get(controller, "none yet")
    row = Row(f"answer of {controller}", before, answer)
    missing = set(notice.accepted) - set(notice.answers) - {controller}
    notes = [ANSWERS[answer]]
    if missing:
        notes.append(f"No answer is recorded yet of: {', '.join(sorted(missing))}.")
    if answer != "proceed":
        notes += review_words(names, ports)
    return Preview(
        f"Record that {controller} answered '{answer}' to notice {notice.id} of {reference}.",
        tuple(touched(name, seen.get(name, ()), (row,)) for name in names),
        tuple(notes),
    )
