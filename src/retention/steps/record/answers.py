"""What controllers answered to a notice, with the letter it stands in.

Source: ``clock.md``, ruling 15; UK GDPR, article 28(3)(a) and (g).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from retention.domain.entry import Entry, Fact
from retention.domain.roles import Act, require
from retention.errors import AgreementError
from retention.steps.effects import datasets_of
from retention.steps.notify import PROCEED, Notice, document_of, notices
from retention.steps.preview import touched
from retention.steps.record.naming import guess, listed
from retention.steps.record.planned import Bare, Planned, Recording, Why
from retention.steps.record.reviews import review_words
from retention.views.preview import Preview, Row

ANSWERS: Mapping[str, str] = MappingProxyType(
    {  # what a controller may answer, and what follows
        "proceed": "When every controller has said so, people are asked. It destroys nothing.",
        "object": "Nothing of it goes on, for any controller, until it is taken back.",
        "extend": "Nothing goes on. Record until when: `retention instruction record DATASET "
        "--extend-until`.",
        "return-instead": "Nothing goes on. Record it: `retention instruction record DATASET "
        "--return`.",
        "hold": "Nothing goes on. Place the hold that they ask for: `retention hold place`.",
    }
)


def plan_answer(
    notice_id: str,
    controller: str,
    answer: str,
    *,
    dataset: str = "",
    why: Why,
    ports: Recording,
) -> Planned:
    """Plan to record what one controller answered to a notice; the newest answer counts.

    It is on all of the notice, and then stands in place of all that this controller said before,
    or on one *dataset* of it alone.  Raises AgreementError for an unknown notice, controller,
    answer or dataset.
    """
    require(Act.RECORD_ANSWER, why.by)
    stream = f"notice:{notice_id}"
    expect = {stream: len(ports.ledger.stream(stream))}
    notice = notice_named(notice_id, ports)
    document = document_of(notice, ports.evidence)
    _require_reached(notice, controller, document["controllers"])
    if answer not in ANSWERS:
        raise AgreementError(
            "that is no answer", hint=guess(answer, ANSWERS, f"use {', '.join(ANSWERS)}")
        )
    names = document["datasets"]
    if dataset and dataset not in names:
        raise AgreementError(
            f"notice {notice.id} names no dataset of that id",
            hint=guess(dataset, names, "it names none"),
        )
    facts: dict[str, Fact] = {
        "notice": notice.id,
        "controller": controller,
        "dataset": dataset,
        "answer": answer,
    }
    act = Bare(stream, Entry.NOTICE_ANSWERED, facts, why)
    said = _Said(notice, controller, answer, (dataset,) if dataset else tuple(names))
    preview = _preview(said, names, ports)
    return Planned(preview, (act,), expect, result=notice.id)


def _require_reached(notice: Notice, controller: str, told: Sequence[str]) -> None:
    if controller in notice.reached:
        return
    hint = guess(controller, notice.reached, "it has reached nobody yet")
    if controller in told:
        hint = (
            "if it has it all the same, attest that first: `retention instruction record "
            f"{notice.id} --from {controller} --received-on`"
        )
    raise AgreementError(f"notice {notice.id} reached no controller of that name", hint=hint)


def notice_named(notice_id: str, ports: Recording) -> Notice:
    """Return the notice of a number; raise AgreementError if there is none."""
    known = {each.id: each for each in notices(ports.ledger)}
    if notice_id not in known:
        raise AgreementError(
            "there is no notice of that number",
            hint=listed("there is", known, "no notice was written yet"),
        )
    return known[notice_id]


@dataclass(frozen=True, slots=True)
class _Said:
    """An answer, and the datasets that it is on."""

    notice: Notice
    controller: str
    answer: str
    on: tuple[str, ...]


def _preview(said: _Said, names: Sequence[str], ports: Recording) -> Preview:
    notice, controller, answer = said.notice, said.controller, said.answer
    reference = notice.record.text("agreement")
    known = datasets_of(ports.catalogue, reference)
    seen = {str(dataset): holdings for dataset, holdings in known if str(dataset) in said.on}
    changes = []
    for name in said.on:
        before = notice.answer_of(controller, name) or "none yet"
        row = Row(f"answer of {controller}", before, answer)
        changes.append(touched(name, seen.get(name, ()), (row,)))
    notes = [ANSWERS[answer]]
    if len(said.on) < len(names):
        notes.append(f"It is on 1 of the {len(names)} datasets of this notice; the others go on.")
    missing = {c for c in notice.reached if not notice.has_answered(c, said.on)} - {controller}
    if missing:
        notes.append(f"No answer is recorded yet of: {', '.join(sorted(missing))}.")
    notes += _others(said)
    if answer != PROCEED:
        notes += review_words(list(said.on), ports)
    about = f" on {said.on[0]}" if len(said.on) < len(names) else ""
    return Preview(
        f"Record that {controller} answered '{answer}' to notice {notice.id} of {reference}"
        f"{about}.",
        tuple(changes),
        tuple(notes),
    )


def _others(said: _Said) -> list[str]:
    """Say what others answered that contradicts it: as long as it does, nothing goes on."""
    words = {
        (other, word)
        for name in said.on
        for other, word in said.notice.answers_on(name).items()
        if other != said.controller and (word == PROCEED) != (said.answer == PROCEED)
    }
    told = ", ".join(f"{other} answered '{word}'" for other, word in sorted(words))
    return [f"{told}: while controllers differ, nothing goes on."] if words else []
