"""What people attest: that a residual copy, at which we cannot look, is gone."""

from collections.abc import Sequence
from datetime import datetime

import click

from retention import wiring
from retention.cli.common import DAY, as_json, show
from retention.cli.taking import Given, an_act, take
from retention.steps.record.attesting import plan_attestation, plan_attestation_retraction
from retention.steps.remaining import Standing, remaining
from retention.views.preview import table_json


class OrCopy(click.Group):
    """A group whose first word may be a copy, which is then attested; without any it lists."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put in the name of the command that is meant."""
        if not args or args[0] == "--json":
            args = ["list", *args]
        elif args[0] not in {*self.commands, *ctx.help_option_names}:
            args = ["copy", *args]
        return super().parse_args(ctx, args)


@click.group(cls=OrCopy)
def attest() -> None:
    """Attest that a residual copy is gone, where nobody of ours can look.

    `retention attest` lists what awaits somebody's word; `retention attest COPY` gives it.
    """


@attest.command(name="copy")
@click.argument("copy")
@click.option("--gone-on", type=DAY, required=True, help="Since when it is known to be gone.")
@an_act
def attest_copy(*, copy: str, gone_on: datetime, given: Given) -> None:
    """Attest that COPY is gone; the word `copy` may be left out.

    COPY is a dataset with the name of the copy behind it, as the list has it.  The evidence is what
    shows it: the provider's document, a certificate of shredding, a screenshot.  Whoever approved
    the disposal cannot attest it.

    \b
    Example:
      retention attest copy NACEL/patient-level/wales/2019/backup-r2 \\
        --gone-on 2026-05-17 --evidence vault.pdf \\
        --reason "The vault lists no recovery point of it" --as audit-01
    """  # noqa: D301  # click's mark of a paragraph that is not to be wrapped
    take(
        given,
        lambda why, ports: plan_attestation(copy, gone_on.date(), why=why, ports=ports),
        done="{result} is attested, by {entries}.",
        on_agreements=False,
    )


@attest.command(name="retract")
@click.argument("copy")
@an_act
def attest_retract(*, copy: str, given: Given) -> None:
    """Take back what was attested of COPY.

    It then counts as there; what was written stays on the ledger.  Once a final certificate relies
    on it, it is too late for that.

    \b
    Example:
      retention attest retract NACEL/patient-level/wales/2019/backup-r2 \\
        --evidence listing.pdf --reason "It was the vault of another round" \\
        --as audit-01
    """  # noqa: D301  # as above
    take(
        given,
        lambda why, ports: plan_attestation_retraction(copy, why=why, ports=ports),
        done="What was attested of {result} is taken back, by {entries}.",
        on_agreements=False,
    )


@attest.command(name="list")
@click.option("--all", "everything", is_flag=True, help="Every copy that a disposal left.")
@as_json
def attest_list(*, everything: bool, as_json: bool) -> None:
    """List the copies that await somebody's word.

    What is most urgent comes first.

    \b
    Example:
      retention attest list --all
    """  # noqa: D301  # as above
    work = wiring.compose()
    found = list(remaining(work.ledger, work.evidence, work.clock.today()))
    order = list(Standing)
    rows: list[dict[str, object]] = [
        {
            "copy": each.name,
            "where": each.copy.where,
            "kind": each.copy.kind,
            "checked_by": each.copy.checked_by,
            "until": each.copy.until,
            "stands": each.standing.value,
            "what_to_do": each.what_to_do,
        }
        for each in sorted(found, key=lambda each: (-order.index(each.standing), each.name))
        if everything or each.awaits_word
    ]
    show(table_json(_narrow(rows, as_json=as_json)), as_json=as_json, empty="Nothing awaits.")


def _narrow(rows: Sequence[dict[str, object]], *, as_json: bool) -> list[dict[str, object]]:
    """Leave out what people see elsewhere; programs are given everything."""
    left_out = set() if as_json else {"kind", "what_to_do"}
    return [{name: v for name, v in row.items() if name not in left_out} for row in rows]
