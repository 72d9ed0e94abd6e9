"""Events that start clocks: record, correct, retract and list them."""

from typing import Any

import click

from retention import wiring
from retention.cli.common import as_json, show
from retention.cli.taking import Given, an_act, recording, take
from retention.domain.calendar import london_day
from retention.domain.entry import Entry, Record
from retention.domain.events import events_in
from retention.steps.record.events import plan_event, plan_retraction, span
from retention.steps.record.naming import term_named, terms_of
from retention.steps.references import by_reference, shown_by
from retention.steps.registers import events_stream
from retention.views.preview import table_json

_WHICH = "Which one: the round, such as 2019, or the id of a dataset."


@click.group()
def event() -> None:
    """Record an event that starts a clock, with its evidence.

    An agreement declares its events and who may record them.  Every agreement also has
    ended-not-renewed and support-ended, and every dataset returned-to-use and use-ceased.
    """


@event.command(name="record")
@click.argument("agreement")
@click.argument("name")
@click.option("--of", "value", default="", help=_WHICH)
@click.option("--on", required=True, help="The day: 2019-06-30, or 2019-06, or 2019.")
@an_act
def event_record(*, agreement: str, name: str, value: str, on: str, given: Given) -> None:
    """Record that the event NAME of AGREEMENT happened.

    Recorded again it is a correction.  A day that nobody knows exactly is a month or a year.

    \b
    Example:
      retention event record NACEL audit-round-published --of 2019 --on 2020-06-30 \\
        --evidence minutes.pdf --reason "Published, see item 4" --as audit-01
    """  # noqa: D301  # click's mark of a paragraph that is not to be wrapped
    take(
        given,
        lambda why, ports: plan_event(agreement, name, value, on, why=why, ports=ports),
        done="Recorded as {entries}.",
    )


@event.command(name="retract")
@click.argument("agreement")
@click.argument("name")
@click.option("--of", "value", default="", help=_WHICH)
@an_act
def event_retract(*, agreement: str, name: str, value: str, given: Given) -> None:
    """Retract the event NAME of AGREEMENT.

    It then counts as if nobody had ever recorded it; that somebody did stays on the ledger.

    \b
    Example:
      retention event retract NACEL audit-round-published --of 2019 \\
        --evidence letter.pdf --reason "It was another round" --as audit-01
    """  # noqa: D301  # as above
    take(
        given,
        lambda why, ports: plan_retraction(agreement, name, value, why=why, ports=ports),
        done="Retracted, by {entries}.",
    )


@event.command(name="list")
@click.argument("agreement", required=False)
@click.option("--all", "everything", is_flag=True, help="Also what was corrected or retracted.")
@as_json
def event_list(*, agreement: str | None, everything: bool, as_json: bool) -> None:
    """List the events of AGREEMENT, or of all, and who recorded each.

    \b
    Example:
      retention event list NACEL --all
    """  # noqa: D301  # as above
    ports = recording(wiring.compose())
    if agreement is not None:
        term_named(ports, agreement)
    rows: list[dict[str, Any]] = []
    references = by_reference(ports.ledger)
    for reference in [agreement] if agreement is not None else terms_of(ports):
        records = ports.ledger.stream(events_stream(reference))
        rows += _events(records, references, everything=everything)
    rows = table_json(rows)
    if not as_json:
        rows = [{name: v for name, v in row.items() if name != "evidence"} for row in rows]
    show(rows, as_json=as_json, empty="No event is recorded.")


def _events(records: Any, references: frozenset[str], *, everything: bool) -> list[dict[str, Any]]:
    kept: list[Record] = [r for r in records if r.kind in {Entry.EVENT, Entry.EVENT_RETRACTED}]
    newest = {(each.name, each.value): each.entry for each in events_in(kept)}
    rows = []
    for r in kept:
        if r.kind is not Entry.EVENT:
            continue
        (each,) = events_in([r])
        stands = newest.get((each.name, each.value)) == each.entry
        state = "stands" if stands else "corrected"
        if not stands and (each.name, each.value) not in newest:
            state = "retracted"
        if stands or everything:
            rows.append(
                {
                    "agreement": each.reference,
                    "event": each.name,
                    "of": each.value or "the agreement",
                    "on": span(each),
                    "state": state,
                    "recorded_by": each.by,
                    "recorded_on": london_day(r.at),
                    "entry": each.entry,
                    "shown_by": shown_by(each.evidence, references),
                    "evidence": each.evidence,
                }
            )
    return rows
