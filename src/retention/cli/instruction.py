"""What parties instruct and answer: record and list it."""

from collections.abc import Sequence
from datetime import date, datetime

import click

from retention import wiring
from retention.cli.common import DAY, as_json, show
from retention.cli.taking import Given, an_act, day_of, recording, take
from retention.domain.instruction import InstructionVerb, instructions_in
from retention.steps.record.answers import ANSWERS, plan_answer
from retention.steps.record.instructions import Said, plan_instruction
from retention.steps.record.naming import term_named, terms_of
from retention.steps.record.receipts import plan_receipt, plan_receipt_retraction
from retention.steps.record.retractions import plan_instruction_retraction
from retention.steps.references import by_reference, shown_by
from retention.steps.registers import events_stream
from retention.views.preview import table_json

_VERBS = (
    InstructionVerb.EXTEND,
    InstructionVerb.RETURN,
    InstructionVerb.RECLASSIFY,
    InstructionVerb.CONFIRM_SHORTER,
)


@click.group()
def instruction() -> None:
    """Record what a controller answered to a notice, or instructs; or that it got the notice.

    On a processor's data nothing is extended, returned or reclassified without one.
    """


@instruction.command(name="record")
@click.argument("target")
@click.option("--from", "controller", required=True, help="The party, as in parties.toml.")
@click.option("--answer", type=click.Choice(tuple(ANSWERS)), help="What it answered to a notice.")
@click.option("--dataset", default="", help="An answer on this dataset of a notice alone.")
@click.option("--received-on", type=DAY, help="It had the notice on this day, as you attest.")
@click.option("--extend-until", type=DAY, help="Keep a dataset through this day.")
@click.option("--moves-maximum", is_flag=True, help="It says that the maximum moves with it.")
@click.option("--return", "returns", is_flag=True, help="Return it, and not destroy it here.")
@click.option("--reclassify-to", default="", help="Treat a dataset as one of this class.")
@click.option("--confirm-shorter", is_flag=True, help="Keep a class shorter than its schedule.")
@click.option("--signed-on", type=DAY, help="The day on the letter; not for an answer.")
@an_act
def instruction_record(
    *,
    target: str,
    controller: str,
    answer: str | None,
    dataset: str,
    received_on: datetime | None,
    extend_until: datetime | None,
    moves_maximum: bool,
    returns: bool,
    reclassify_to: str,
    confirm_shorter: bool,
    signed_on: datetime | None,
    given: Given,
) -> None:
    """Record what a party says of TARGET.

    TARGET is the number of a notice, the id of a dataset, or REF/CLASS.  With --received-on you
    attest that a notice reached the party: it acknowledged it, or somebody handed it over. The
    notice period then counts from that day, also where no mail server took the letter.

    \b
    Examples:
      retention instruction record 3f9c2b7a1d0e --from hqip --answer proceed \\
        --evidence reply.eml --reason "Their reply of today" --as rm-01
      retention instruction record 3f9c2b7a1d0e --from hqip --answer object \\
        --dataset NACEL/patient-level/wales/2019 --evidence reply.eml \\
        --reason "Their reply: wales is under inquiry" --as rm-01
      retention instruction record 3f9c2b7a1d0e --from hqip --received-on 2026-11-03 \\
        --evidence receipt.pdf --reason "Signed for at the desk, see the slip" --as rm-01
      retention instruction record NACEL/patient-level/wales/2019 --from hqip \\
        --extend-until 2027-03-31 --signed-on 2026-03-02 --evidence letter.pdf \\
        --reason "A second report is planned" --as rm-01
    """  # noqa: D301  # click's mark of a paragraph that is not to be wrapped
    said = (extend_until is not None, returns, bool(reclassify_to), confirm_shorter)
    chosen = [verb for verb, is_said in zip(_VERBS, said, strict=True) if is_said]
    _require_one(answer, received_on, chosen, signed_on, moves_maximum=moves_maximum)
    if dataset and answer is None:
        raise click.UsageError("--dataset belongs to --answer")
    if answer is not None:
        _answer(given, target, controller, answer, dataset)
        return
    if received_on is not None:
        _receipt(given, target, controller, received_on.date())
        return
    assert signed_on is not None
    day, until = signed_on.date(), day_of(extend_until)
    _instruct(given, Said(target, chosen[0], controller, day, until, reclassify_to, moves_maximum))


def _instruct(given: Given, said: Said) -> None:
    take(
        given,
        lambda why, ports: plan_instruction(said, why=why, ports=ports),
        done="{result} is recorded, by {entries}.",
    )


def _answer(given: Given, notice: str, controller: str, answer: str, dataset: str) -> None:
    take(
        given,
        lambda why, ports: plan_answer(
            notice, controller, answer, dataset=dataset, why=why, ports=ports
        ),
        done="Recorded as {entries}.",
    )


def _receipt(given: Given, notice: str, controller: str, on: date) -> None:
    take(
        given,
        lambda why, ports: plan_receipt(notice, controller, on, why=why, ports=ports),
        done="Attested as {entries}.",
    )


def _require_one(
    answer: str | None,
    received_on: datetime | None,
    chosen: Sequence[InstructionVerb],
    signed_on: datetime | None,
    *,
    moves_maximum: bool,
) -> None:
    if len(chosen) + (answer is not None) + (received_on is not None) != 1:
        raise click.UsageError(
            "say one thing: --answer, --received-on, --extend-until, --return, --reclassify-to or "
            "--confirm-shorter"
        )
    if chosen and signed_on is None:
        raise click.UsageError("an instruction counts from its signature: --signed-on is missing")
    if moves_maximum and chosen != [InstructionVerb.EXTEND]:
        raise click.UsageError("--moves-maximum belongs to --extend-until")


@instruction.command(name="retract")
@click.argument("target")
@click.argument("number", default="")
@click.option("--from", "controller", default="", help="Who was said to have received a notice.")
@an_act
def instruction_retract(*, target: str, number: str, controller: str, given: Given) -> None:
    """Retract instruction NUMBER, or a receipt: recorded by mistake.

    TARGET is the agreement, or with --from the number of a notice that was said to be received.
    It is then as if it had never been recorded; what was written stays on the ledger. An answer
    is not retracted: record the one that they gave.

    \b
    Examples:
      retention instruction retract NACEL I-0003 --evidence note.pdf \\
        --reason "It was about another audit, see the letter" --as rm-01
      retention instruction retract 3f9c2b7a1d0e --from hqip --evidence note.pdf \\
        --reason "The slip was of another letter" --as rm-01
    """  # noqa: D301  # as above
    if bool(number) == bool(controller):
        raise click.UsageError("name an instruction by its number, or a notice and --from whom")
    if controller:
        take(
            given,
            lambda why, ports: plan_receipt_retraction(target, controller, why=why, ports=ports),
            done="It counts no more, by {entries}.",
        )
        return
    take(
        given,
        lambda why, ports: plan_instruction_retraction(target, number, why=why, ports=ports),
        done="{result} counts no more, by {entries}.",
    )


@instruction.command(name="list")
@click.argument("agreement", required=False)
@as_json
def instruction_list(*, agreement: str | None, as_json: bool) -> None:
    """List the instructions on AGREEMENT, or on all, oldest first.

    \b
    Example:
      retention instruction list NACEL
    """  # noqa: D301  # as above
    ports = recording(wiring.compose())
    if agreement is not None:
        term_named(ports, agreement)
    references = [agreement] if agreement is not None else list(terms_of(ports))
    known = by_reference(ports.ledger)
    rows = [
        {
            "instruction": each.id,
            "on": each.dataset or f"{each.reference}/{each.class_name}",
            "says": each.verb,
            "until": each.until,
            "to": each.to or None,
            "moves_maximum": each.moves_maximum,
            "from": each.controller,
            "signed_on": each.signed_on,
            "recorded_by": each.by,
            "shown_by": shown_by(each.evidence, known),
            "entry": each.entry,
        }
        for reference in references
        for each in instructions_in(ports.ledger.stream(events_stream(reference)))
    ]
    show(table_json(rows), as_json=as_json, empty="No instruction is recorded.")
