"""Stop a disposal, or withdraw an approval before anything began."""

import click

from retention.cli.taking import Given, an_act_without_file, take
from retention.steps.record.halting import Halt, plan_halt


@click.command()
@click.argument("proposal")
@an_act_without_file
def stop(*, proposal: str, given: Given) -> None:
    """Stop the disposal of PROPOSAL, which is named by its mark or digest.

    It halts everywhere, each worker after the batch that it has under way.  What was ordered is
    verified and reported; what remains needs a new review.  Cancelling the run in the Prefect UI
    does the same, if it is done by somebody who may.

    \b
    Example:
      retention stop 3fa9-c27b --reason "Wrong round was approved" --as rm-01
    """  # noqa: D301  # click's mark of a paragraph that is not to be wrapped
    _halt(Halt.STOP, proposal, given, "Stopped, by {entries}: no further batch is announced.")


@click.command()
@click.argument("proposal")
@an_act_without_file
def abort(*, proposal: str, given: Given) -> None:
    """Withdraw the approval of PROPOSAL in its cooling-off, before anything is destroyed.

    Its datasets go back to review.  Once the disposal has begun it is too late: then `stop`.

    \b
    Example:
      retention abort 3fa9-c27b --reason "The inquiry asked for it today" --as iao-01
    """  # noqa: D301  # as above
    _halt(Halt.ABORT, proposal, given, "Withdrawn, by {entries}: nothing was destroyed.")


def _halt(halt: Halt, proposal: str, given: Given, done: str) -> None:
    take(
        given,
        lambda why, ports: plan_halt(halt, proposal, why=why, ports=ports),
        done=done,
        brings=("reason",),
        on_agreements=False,
    )
