"""Holds: place, confirm, release and list them."""

from datetime import datetime

import click

from retention import wiring
from retention.cli.common import DAY, as_json, show
from retention.cli.taking import Given, an_act, day_of, recording, take
from retention.domain.hold import Hold
from retention.domain.statutory import clock_of
from retention.steps.record.holds import GROUNDS, every_hold, plan_confirmation, plan_hold
from retention.steps.record.releases import plan_release, plan_release_request
from retention.steps.record.scopes import Scope, scope_words, tallies
from retention.steps.references import by_reference, shown_by
from retention.views.preview import table_json


@click.group()
def hold() -> None:
    """Place, release and list holds, which stop every disposal in their scope.

    A hold is read before every step and every batch.  The clock runs on beneath it, and its
    release leads to a review.
    """


@hold.command(name="place")
@click.argument("agreement", required=False)
@click.option("--agreement", "reference", help="The agreement, if not given before the options.")
@click.option("--class", "class_name", default="", help="Only this class.")
@click.option("--dataset", default="", help="Only this dataset, by its id.")
@click.option("--controller", default="", help="Only what is this controller's.")
@click.option("--nation", default="", help="Only this nation, such as wales.")
@click.option("--covers-from", type=DAY, help="Only data that cover this day or a later one.")
@click.option("--covers-through", type=DAY, help="Only data that cover this day or an earlier one.")
@click.option("--ground", required=True, type=click.Choice(GROUNDS), help="Why.")
@click.option("--received", type=DAY, help="The day on which a request was received.")
@click.option("--answer-to", default="", help="The controller who answers the request.")
@click.option("--whole", is_flag=True, help="It is about a whole agreement, or several.")
@click.option("--even-if-none", is_flag=True, help="It holds what comes, if nothing is there yet.")
@an_act
def hold_place(
    *,
    agreement: str | None,
    reference: str | None,
    covers_from: datetime | None,
    covers_through: datetime | None,
    ground: str,
    received: datetime | None,
    answer_to: str,
    whole: bool,
    even_if_none: bool,
    given: Given,
    **names: str,
) -> None:
    """Place a hold on AGREEMENT, or on whatever fits all that is said.

    A whole agreement takes --whole.  What nobody can tell of a dataset is taken to fit.  Requests
    and restrictions need --received, and show who must answer, and until when.

    \b
    Examples:
      retention hold place NACEL --class patient-level --nation wales --ground statutory \\
        --evidence notice.pdf --reason "Section 21 notice of the inquiry" --as rm-01
      retention hold place --dataset NACEL/patient-level/wales/2019 --ground subject-request \\
        --received 2026-03-02 --evidence letter.eml --reason "Asks for access" --as dpo-01
    """  # noqa: D301  # click's mark of a paragraph that is not to be wrapped
    if agreement and reference and agreement != reference:
        raise click.UsageError("two agreements are named: a hold names one, or none")
    scope = Scope(
        reference or agreement or "",
        covers_from=day_of(covers_from),
        covers_through=day_of(covers_through),
        **names,
    )
    take(
        given,
        lambda why, ports: plan_hold(
            scope,
            ground,
            why=why,
            ports=ports,
            received_on=day_of(received),
            answer_to=answer_to,
            whole=whole,
            even_if_none=even_if_none,
        ),
        done="{result} is in force, by {entries}. It is read before every batch; the clock runs on "
        "beneath it.",
        on_agreements=False,
    )


@hold.command(name="confirm")
@click.argument("hold_id", metavar="HOLD")
@click.option("--from", "controller", required=True, help="The controller who confirms it.")
@click.option("--signed-on", type=DAY, required=True, help="The day on their letter.")
@an_act
def hold_confirm(*, hold_id: str, controller: str, signed_on: datetime, given: Given) -> None:
    """Record that a controller confirmed HOLD in writing.

    It was our precaution until then: past its maximum that is over-retention.

    \b
    Example:
      retention hold confirm H-0001 --from hqip --signed-on 2026-03-02 \\
        --evidence letter.pdf --reason "They want it kept, too" --as rm-01
    """  # noqa: D301  # as above
    take(
        given,
        lambda why, ports: plan_confirmation(
            hold_id, controller, signed_on.date(), why=why, ports=ports
        ),
        done="{result} is confirmed, by {entries}.",
    )


@hold.command(name="release")
@click.argument("hold_id", metavar="HOLD")
@click.option("--successor", default="", help="The hold that follows it, such as H-0002.")
@click.option("--no-successor", is_flag=True, help="No hold follows it; you looked.")
@click.option("--confirm", is_flag=True, help="Confirm what another person asked for.")
@an_act
def hold_release(
    *, hold_id: str, successor: str, no_successor: bool, confirm: bool, given: Given
) -> None:
    """Ask for the release of HOLD, or --confirm what another asked for.

    It takes two people, one of them a records manager.  It leads to a review.

    \b
    Examples:
      retention hold release H-0001 --no-successor --evidence letter.pdf \\
        --reason "The inquiry has closed" --as iao-01
      retention hold release H-0001 --confirm --reason "I read the letter" --as rm-01
    """  # noqa: D301  # as above
    if confirm:
        if successor or no_successor:
            raise click.UsageError("whoever asked said which hold follows: --confirm repeats it")
        take(
            given,
            lambda why, ports: plan_release(hold_id, why=why, ports=ports),
            done="{result} is released, by {entries}. What it held goes to review.",
            brings=("reason",),
        )
        return
    if bool(successor) == no_successor:
        raise click.UsageError(
            "does another hold follow it?  Say --successor HOLD, or --no-successor"
        )
    take(
        given,
        lambda why, ports: plan_release_request(hold_id, successor, why=why, ports=ports),
        done="Asked, by {entries}. {result} holds until another person confirms.",
    )


@hold.command(name="list")
@click.option("--all", "everything", is_flag=True, help="Also those that were released.")
@as_json
def hold_list(*, everything: bool, as_json: bool) -> None:
    """List the holds in force, and how many datasets each holds.

    \b
    Example:
      retention hold list --all
    """  # noqa: D301  # as above
    ports = recording(wiring.compose())
    found = every_hold(ports)
    references = by_reference(ports.ledger)
    counted = tallies([each for each, released in found if not released], ports)
    rows = [
        {
            "hold": each.id,
            "state": _state(each, released=released),
            "ground": each.ground,
            "scope": scope_words(each),
            "since": each.placed_on,
            "answer_by": clock_of(each),
            "answer_to": each.answer_to or None,
            "datasets": 0 if released else counted[each.id],
            "placed_by": each.by,
            "shown_by": shown_by(each.evidence, references),
            "release_asked_by": each.release_asked_by or None,
        }
        for each, released in found
        if everything or not released
    ]
    if not as_json:  # a column in which nothing stands is left out for people
        filled = {name for row in rows for name, value in row.items() if value is not None}
        rows = [{name: v for name, v in row.items() if name in filled} for row in rows]
    show(table_json(rows), as_json=as_json, empty="No hold is in force.")


def _state(each: Hold, *, released: bool) -> str:
    if released:
        return "released"
    if each.release_asked_by:
        return "in force, release asked"
    if each.is_ours_alone:
        return "in force, unconfirmed"
    by = ", ".join(each.confirmed_by)  # each speaks for its own data, and for no other's
    return f"in force, confirmed by {by}" if by else "in force"
