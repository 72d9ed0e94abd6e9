"""Serve: the demonstration on this machine, or the real thing until it is told to stop."""

import signal
import threading
from pathlib import Path

import click

from retention import wiring
from retention.errors import RefusedError
from retention.settings import CONFIG, FILE
from retention.views.certificate_view import fingerprint


@click.command()
@click.option(
    "--dir", "folder", default="var/demo", show_default=True, type=click.Path(path_type=Path)
)
@click.option("--store", default="moto", show_default=True, type=click.Choice(["moto", "ceph"]))
@click.option(
    "--policies", default="policies/demo", show_default=True, type=click.Path(path_type=Path)
)
def demo(folder: Path, store: str, policies: Path) -> None:
    """Play the whole story on this machine, with invented people and data.

    It starts its own servers on loopback, and stops them.  Exit 0 only if everything verifies.
    """
    if not policies.is_dir():
        raise RefusedError("there are no agreements here", hint="run it in the project's folder")
    from retention.demo.story import demo as story  # noqa: PLC0415  # loads servers
    from retention.demo.told import Narrator  # noqa: PLC0415  # with it

    story(folder, policies, store=store, tell=Narrator())


SETTINGS = """\
# Where things are.  Secrets do not belong here: they come by the environment, see the README.
home     = "var"
policies = "policies"

[s3]
# endpoint_url = "https://s3.example.invalid"   # leave it out for Amazon
region = "eu-west-2"

[mail]
host   = "127.0.0.1"
port   = 25
sender = "records@example.invalid"
"""


# What an agreement needs beside it.  What stands empty must be filled in: it is refused until then.
BEGINNINGS = {
    "engine.toml": """\
certificate_prefix = ""       # certificate numbers begin with it
demonstration      = false

[issuer]                      # who we are: on certificates, and in the key that signs them
legal_name   = ""
address      = ""
registration = ""
contact      = ""

[keeps]                       # our own working records, never the controllers' data
catalogue = "P1Y"
logs      = "P90D"
runs      = "P90D"
mails     = "P2Y"
""",
    "parties.toml": """\
[[party]]                     # one for each organisation that an agreement names
id         = ""
name       = ""
# email    = "records@example.invalid"   # where notices and certificates go
to_confirm = false
""",
    "people.toml": """\
[[person]]                    # one for each of those who decide or record; no passwords
id    = "rm-01"
name  = ""
roles = ["records-manager"]
""",
}


@click.command()
def init() -> None:
    """Make a working folder: settings, the files beside agreements, databases, keys.

    In an empty folder it writes files to fill in; run again, it makes the rest.  What is there
    stays, and databases are brought to their newest form.
    """
    path = Path(FILE)
    if not path.exists():
        path.write_text(SETTINGS, encoding="utf-8")
        click.echo(f"{FILE} is written: look at it, it says where things are.")
    work = wiring.compose()
    if begun := _begun(work.settings.policies):
        click.echo(f"In {work.settings.policies.name}/, {', '.join(begun)}: fill them in.")
        click.echo("Then run `retention init` again: the keys that it makes bear your name.")
        return
    for kept in (work.ledger, work.catalogue, work.identities):
        kept.close()
    fingerprint_of = fingerprint(work.keyring.issuer.certificate_pem)
    wiring.services(work.settings.home)
    click.echo("Ledger, catalogue and identities are up to date, and the keys are made.")
    click.echo(
        f"Give controllers, with the agreement, the issuer's fingerprint:\n  {fingerprint_of}"
    )
    click.echo(f"and the ledger's key:\n  {work.keyring.ledger.public_text}")


def _begun(folder: Path) -> list[str]:
    """Write what is not there yet of the files beside agreements, and return their names."""
    folder.mkdir(parents=True, exist_ok=True)
    missing = [name for name in BEGINNINGS if not (folder / name).exists()]
    for name in missing:
        (folder / name).write_text(BEGINNINGS[name], encoding="utf-8")
    return missing


@click.command()
def up() -> None:
    """Serve the real thing: gate, Prefect, deployments with their schedules, workers.

    It stays until interrupted, and starts a worker again that ended; it ends with an error where
    that does not help.  Set retention.toml and the credentials of each role first.
    """
    from retention.running import running  # noqa: PLC0415  # loads Prefect
    from retention.steps.awaiting import awaited_roles  # noqa: PLC0415  # with it

    work = wiring.compose()
    proxy = work.settings.gate.proxy
    by_password = proxy is None or proxy.passwords
    if by_password and not work.identities.accounts():
        raise RefusedError(
            "nobody can log in yet",
            hint="retention people add --first ID, with an id of people.toml",
        )
    work.agreements()
    stop = threading.Event()
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, lambda *_: stop.set())
    click.echo("Starting the gate, Prefect and the workers...")
    # A flow runs in a folder of its own: it is told where the settings are.
    environment = {**wiring.environment(), CONFIG: str(Path(FILE).absolute())}
    with running(work, environment, port=work.settings.port) as watch:
        server = watch.server
        how = "as NAME:PASSWORD" if by_password else "through the proxy that retention.toml names"
        click.echo(f"Log in at {server.url} {how}.")
        waiting = awaited_roles(work.ledger, work.evidence)
        for role, number in sorted(waiting.items()):
            click.echo(f"  {number} awaiting the {role}: {server.url}/v2/runs")
        if not waiting:
            click.echo("  Nothing awaits anybody.")
        while not stop.wait(1.0):
            for pool in watch.look():
                click.echo(f"The worker of the {pool} had ended: it is started again.")
    click.echo("Stopped.")
