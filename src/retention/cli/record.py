"""What people record: each says who acts, and brings evidence."""

from datetime import datetime
from pathlib import Path

import click

from retention import wiring
from retention.cli.common import acting, as_json, authenticated, show
from retention.domain.agreement import Agreement
from retention.domain.hold import holds_in
from retention.errors import AgreementError
from retention.steps.record import (
    ANSWERS,
    GROUNDS,
    place_hold,
    record_answer,
    record_event,
)
from retention.steps.registers import HOLDS

evidence = click.option(
    "--evidence",
    "file",
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The file that shows it; it is kept, and its digest stands on the ledger.",
)


@click.group()
def event() -> None:
    """Record an event that starts a clock, with its evidence."""


@event.command(name="record")
@click.argument("agreement")
@click.argument("name")
@click.option("--of", "value", default="", help="Which one, such as the round: 2019.")
@click.option("--on", required=True, type=click.DateTime(["%Y-%m-%d"]), help="The day.")
@evidence
@acting
def event_record(
    *, agreement: str, name: str, value: str, on: datetime, file: Path, person: str
) -> None:
    """Record that the event NAME of AGREEMENT happened.

    Example: retention event record NACEL audit-round-published --of 2019 --on 2020-06-30
    --evidence minutes.pdf --as audit-01
    """
    work = wiring.compose()
    who = authenticated(work, person)
    record = record_event(
        _agreement(work, agreement),
        name,
        value,
        on.date(),
        by=who,
        content=file.read_bytes(),
        ledger=work.ledger,
        evidence=work.evidence,
    )
    click.echo(f"Recorded as entry {record.index}.")


def _agreement(work: wiring.Composition, reference: str) -> Agreement:
    for each in work.agreements():
        if each.reference == reference:
            return each
    raise AgreementError(f"no agreement {reference!r}", hint="policies/ has a folder for each")


@click.group()
def hold() -> None:
    """Place a hold that stops every disposal in its scope."""


@hold.command(name="place")
@click.argument("agreement")
@click.option("--class", "class_name", default="", help="Only this class.")
@click.option("--dataset", default="", help="Only this dataset, by its id.")
@click.option("--ground", required=True, type=click.Choice(GROUNDS))
@evidence
@acting
def hold_place(
    *, agreement: str, class_name: str, dataset: str, ground: str, file: Path, person: str
) -> None:
    """Place a hold on AGREEMENT, or on a class or dataset of it."""
    work = wiring.compose()
    who = authenticated(work, person)
    placed = place_hold(
        _agreement(work, agreement),
        class_name,
        dataset,
        ground=ground,
        by=who,
        content=file.read_bytes(),
        ledger=work.ledger,
        evidence=work.evidence,
    )
    click.echo(
        f"{placed} is in force. It is read before every batch; the clock runs on beneath it."
    )


@hold.command(name="list")
@as_json
def hold_list(*, as_json: bool) -> None:
    """List the holds in force."""
    rows = [
        {
            "hold": h.id,
            "ground": h.ground,
            "agreement": h.reference,
            "class": h.class_name or "all",
            "dataset": h.dataset or "all",
        }
        for h in holds_in(wiring.compose().ledger.stream(HOLDS))
    ]
    show(rows, as_json=as_json, empty="No hold is in force.")


@click.group()
def instruction() -> None:
    """Record what a controller answered to a notice."""


@instruction.command(name="record")
@click.argument("notice")
@click.option("--from", "controller", required=True, help="The controller, as in parties.toml.")
@click.option("--answer", required=True, type=click.Choice(ANSWERS))
@evidence
@acting
def instruction_record(
    *, notice: str, controller: str, answer: str, file: Path, person: str
) -> None:
    """Record one controller's answer to NOTICE, with the letter it stands in."""
    work = wiring.compose()
    who = authenticated(work, person)
    record = record_answer(
        notice,
        controller,
        answer,
        by=who,
        content=file.read_bytes(),
        ledger=work.ledger,
        evidence=work.evidence,
    )
    click.echo(f"Recorded as entry {record.index}.")
