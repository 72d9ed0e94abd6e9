"""Certificates: list them, write one out, and record which controller acknowledged it."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import click

from retention import wiring
from retention.cli.common import DAY, as_json, lines, show
from retention.cli.taking import Given, an_act, take
from retention.domain.calendar import london_day
from retention.domain.entry import Entry
from retention.domain.words import long_day
from retention.errors import RefusedError
from retention.ports.ledger import Ledger
from retention.steps.acknowledged import acknowledged_on, acknowledgements
from retention.steps.record.acknowledging import (
    plan_acknowledgement,
    plan_acknowledgement_retraction,
)

_FROM = click.option("--from", "controller", required=True, help="The party, as in parties.toml.")


@click.group()
def certificate() -> None:
    """List the certificates, write one out, and record who acknowledged it."""


@certificate.command(name="list")
@as_json
def certificate_list(*, as_json: bool) -> None:
    """List each certificate: who has it, who acknowledged it.

    \b
    Example:
      retention certificate list --json
    """  # noqa: D301  # click's mark of a paragraph that is not to be wrapped
    ledger = wiring.compose().ledger
    reached: dict[str, list[str]] = {}
    for r in ledger.of_kind(Entry.DELIVERED):
        reached.setdefault(r.text("certificate"), []).append(r.text("controller"))
    said: dict[str, list[object]] = {}
    for (number, controller), r in acknowledgements(ledger).items():
        on = r.text("on")
        known = {"controller": controller, "on": on, "recorded_by": r.text("by"), "entry": r.index}
        said.setdefault(number, []).append(known if as_json else f"{controller} on {on}")
    rows = [
        {
            "number": r.text("certificate"),
            "type": r.text("type"),
            "issued_at": r.at.isoformat(),
            "delivered_to": reached.get(r.text("certificate"), []),
            "acknowledged_by": said.get(r.text("certificate"), []),
        }
        for r in ledger.of_kind(Entry.CERTIFIED)
    ]
    show(rows, as_json=as_json, empty="No certificate was issued yet.")


@certificate.command(name="show")
@click.argument("number")
@click.option("--to", type=click.Path(path_type=Path), help="Where to write it; NUMBER.pdf here.")
def certificate_show(number: str, to: Path | None) -> None:
    """Write certificate NUMBER out; say who acknowledged it.

    The certificate of the issuer is written beside it.
    """
    work = wiring.compose()
    found = [r for r in work.ledger.of_kind(Entry.SEALED) if r.text("certificate") == number]
    if not found:
        raise RefusedError(f"no certificate {number}", hint="`retention certificate list`")
    path = to or Path(f"{number}.pdf")
    path.write_bytes(work.evidence.read(found[-1].text("pdf")))
    path.with_name("issuer.pem").write_bytes(work.keyring.issuer.certificate_pem)
    click.echo(f"{path} and {path.with_name('issuer.pem')}")
    lines(_who_has_it(work.ledger, number))


def _who_has_it(ledger: Ledger, number: str) -> Iterator[str]:
    said = {to: r for (about, to), r in acknowledgements(ledger).items() if about == number}
    delivered = {
        r.text("controller"): f"delivered on {long_day(london_day(r.at))}"
        for r in ledger.of_kind(Entry.DELIVERED)
        if r.text("certificate") == number
    }
    for to in sorted({*delivered, *said}):
        how = delivered.get(to, "taken by no mail server")
        if (r := said.get(to)) is None:
            yield f"{to}: {how}, not acknowledged"
        else:
            yield (
                f"{to}: {how}, acknowledged on {long_day(acknowledged_on(r))} (recorded by "
                f"{r.text('by')}, entry {r.index})"
            )


@certificate.command(name="acknowledge")
@click.argument("number")
@_FROM
@click.option("--on", type=DAY, required=True, help="The day on which it acknowledged it.")
@an_act
def certificate_acknowledge(*, number: str, controller: str, on: datetime, given: Given) -> None:
    """Record that a controller acknowledged NUMBER.

    NUMBER is that of a certificate, as `retention certificate list` has it.  The evidence is what
    the controller wrote.  An acknowledgement is never supposed: until it is recorded, it is chased
    where the agreement wants one.

    \b
    Example:
      retention certificate acknowledge NAT-2026-000012 --from hqip --on 2026-12-04 \\
        --evidence reply.eml --reason "Their reply to our letter" --as rm-01
    """  # noqa: D301  # as above
    take(
        given,
        lambda why, ports: plan_acknowledgement(
            number, controller, on.date(), why=why, ports=ports
        ),
        done="Recorded as {entries}.",
        on_agreements=False,
    )


@certificate.command(name="unacknowledge")
@click.argument("number")
@_FROM
@an_act
def certificate_unacknowledge(*, number: str, controller: str, given: Given) -> None:
    """Take back such a recording, made by mistake.

    The certificate NUMBER is untouched.  The controller owes an acknowledgement again, where the
    agreement wants one; what was written stays on the ledger.

    \b
    Example:
      retention certificate unacknowledge NAT-2026-000012 --from hqip \\
        --evidence note.pdf --reason "It was of another certificate" --as rm-01
    """  # noqa: D301  # as above
    take(
        given,
        lambda why, ports: plan_acknowledgement_retraction(
            number, controller, why=why, ports=ports
        ),
        done="It counts no more, by {entries}.",
        on_agreements=False,
    )
