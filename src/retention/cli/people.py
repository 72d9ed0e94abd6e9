"""Those who may log in at the gate; roles stand in people.toml, and here only passwords."""

import click

from retention import wiring
from retention.cli.common import PASSWORD, acting, as_json, authenticated, show
from retention.errors import NotAuthorisedError

MANAGES = "records-manager"  # the role that may add and disable people


@click.group()
def people() -> None:
    """Add, reset and disable those who may log in."""


@people.command(name="add")
@click.argument("new")
@click.option("--first", is_flag=True, help="Once, on an empty database: nobody can log in yet.")
@click.option("--as", "person", help="Your id; not asked with --first.")
def people_add(*, new: str, first: bool, person: str | None) -> None:
    """Let the person NEW of people.toml log in.

    The password has at least 12 characters.  --first is for the first of all, whom nobody can add.
    """
    work = wiring.compose()
    _known(work, new)
    if first:
        work.identities.add(new, _new_password(), first=True)
    else:
        _manager(work, person)
        work.identities.add(new, _new_password())
    click.echo(f"{new} may log in at the gate as {new}:PASSWORD.")


@people.command(name="passwd")
@click.argument("whom")
@acting
def people_passwd(*, whom: str, person: str) -> None:
    """Set a new password for WHOM.

    Your own, or anybody's if you are a records manager.
    """
    work = wiring.compose()
    if whom == person:
        authenticated(work, person)
    else:
        _manager(work, person)
    work.identities.passwd(whom, _new_password())
    click.echo(f"{whom} has a new password.")


@people.command(name="disable")
@click.argument("whom")
@acting
def people_disable(*, whom: str, person: str) -> None:
    """Disable WHOM for good.

    What they approved and recorded stays on the ledger.
    """
    work = wiring.compose()
    _manager(work, person)
    work.identities.disable(whom)
    click.echo(f"{whom} is disabled.")


@people.command(name="list")
@as_json
def people_list(*, as_json: bool) -> None:
    """List everyone in people.toml, and whether they can log in."""
    work = wiring.compose()
    accounts = {each.person: each for each in work.identities.accounts()}
    rows = [
        {
            "person": p.id,
            "roles": list(p.roles),
            "login": "none"
            if p.id not in accounts
            else "disabled"
            if accounts[p.id].disabled
            else "yes",
        }
        for p in work.library.people()
    ]
    show(rows, as_json=as_json, empty="people.toml names nobody.")


def _manager(work: wiring.Composition, person: str | None) -> None:
    who = authenticated(work, person or click.prompt("Your id", err=True))
    if MANAGES not in who.roles:
        raise NotAuthorisedError(f"{who.id} may not manage people", hint=f"it takes a {MANAGES}")


def _known(work: wiring.Composition, person: str) -> None:
    if person not in {each.id for each in work.library.people()}:
        raise NotAuthorisedError(
            f"{person} is not in people.toml", hint="write them there first, with their roles"
        )


def _new_password() -> str:
    given = wiring.environment().get(f"{PASSWORD}_NEW")
    prompt = "New password"
    return given or str(click.prompt(prompt, hide_input=True, confirmation_prompt=True, err=True))
