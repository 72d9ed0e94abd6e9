"""The ``retention`` command: people's questions and records; no command of it destroys anything.

What a command needs is loaded when it is called, so that ``--help`` is quick.
"""

import sys
from importlib import import_module
from typing import Any

import click

from retention.errors import RetentionError

COMMANDS = {  # name: where it is; the first line of its docstring is its help
    "init": ("serve", "Make a working folder: settings, databases, keys."),
    "check": ("check", "Check every agreement, and list every fault at once."),
    "status": ("today", "Say what awaits whom, what is held and what failed, today."),
    "explain": ("explain", "Say when one dataset may go, why, and how each day follows."),
    "chase": ("chase", "Say who owes an answer, since when, and what was sent."),
    "forecast": ("forecast", "Say what will fall due: a table, a page, a calendar."),
    "diff": ("diff", "Say what a changed clause would do, before it comes into force."),
    "due": ("due", "List what may be reviewed, and why the rest may not."),
    "proposals": ("look", "List what was frozen for people to decide on."),
    "show": ("look", "Show one proposal: datasets, working, decisions, fates."),
    "survey": ("survey", "List every store now, and bring the catalogue to date."),
    "stores": ("stores", "Say what each store can and may do, and what is wrong with it."),
    "start": ("start", "Start a flow now that would start by itself later."),
    "reconcile": ("reconcile", "Say what does not fit between stores and agreements."),
    "event": ("event", "Record an event that starts a clock, with its evidence."),
    "hold": ("hold", "Place and release holds, which stop every disposal in their scope."),
    "instruction": ("instruction", "Record what a controller answered to a notice."),
    "attest": ("attest", "Attest that a residual copy is gone; list what awaits it."),
    "incident": ("incident", "List what the DPO must assess, and close it."),
    "stop": ("halting", "Halt a disposal, everywhere, within one batch."),
    "abort": ("halting", "Withdraw an approval, before anything is destroyed."),
    "import": ("importing", "Record many events at once from a CSV file, all or none."),
    "people": ("people", "Add, reset, unlock and disable those who may log in; their codes."),
    "certificate": ("certificate", "List the certificates, write one out, record who has it."),
    "verify": ("prove", "Check a certificate or a statement, with nothing but files."),
    "ledger": ("prove", "Prove the ledger, or sign a checkpoint of it."),
    "demo": ("serve", "Play the whole story on this machine."),
    "up": ("serve", "Serve the real thing: gate, Prefect, workers."),
}


ATTRIBUTES = {"show": "show_proposal", "import": "import_file"}  # names used otherwise


class Lazy(click.Group):
    """A group that knows its commands by name, and loads one when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's signature
        """Return the names, in the order of a working day."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002  # click's signature
        """Load one command; None if there is no such name."""
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"retention.cli.{COMMANDS[cmd_name][0]}")
        command: click.Command = getattr(module, ATTRIBUTES.get(cmd_name, cmd_name))
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002  # click's signature
        """Write the list of commands without loading any."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, says) for name, (_, says) in COMMANDS.items()])


@click.command(cls=Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="retention", message="%(prog)s %(version)s")
def cli() -> None:
    """Retention agreements, reviewed deletion and certificates that a controller checks alone.

    Settings come from retention.toml in this folder, or from RETENTION_*.  Destruction happens
    in a flow, after people approved it at the gate; no command here destroys.
    """


def main(arguments: list[str] | None = None) -> None:
    """Run the command, and end with the exit code of the error's family."""
    try:
        sys.exit(run(arguments))
    except RetentionError as error:
        click.echo(f"retention: {error}", err=True)
        click.echo(f"  what to do: {error.hint}", err=True)
        sys.exit(error.exit_code)


def run(arguments: list[str] | None = None) -> Any:
    """Run the command and return what it returned; usage errors end with 2."""
    return cli.main(arguments, prog_name="retention", standalone_mode=True)
