"""Those who may log in at the gate; roles stand in people.toml, and here only what proves who.

Every change is an entry on the ledger, with who made it: whoever could change an approver's
password unseen could approve in their name.
"""

from datetime import datetime
from typing import Any

import click

from retention import wiring
from retention.cli.common import PASSWORD, acting, as_json, authenticated, show
from retention.cli.factor import confirm, picture
from retention.domain.calendar import stamp
from retention.domain.entry import Draft, Entry
from retention.errors import AnswerError, NotAuthorisedError, RefusedError
from retention.ports.identities import Standing

MANAGES = "records-manager"  # the role that may add, unlock and disable people


@click.group(invoke_without_command=True)
@click.pass_context
def people(context: click.Context) -> None:
    """Add, reset and disable those who may log in.

    Write people into people.toml first, with their roles; then let them in here.  Without a
    command it lists everyone, and who is locked after wrong passwords.
    """
    if context.invoked_subcommand is None:
        context.invoke(people_list, as_json=False)


@people.command(name="add")
@click.argument("new")
@click.option("--first", is_flag=True, help="Once, on an empty database: nobody can log in yet.")
@click.option("--as", "person", help="Your id; not asked with --first.")
def people_add(*, new: str, first: bool, person: str | None) -> None:
    """Let the person NEW of people.toml log in.

    The password has at least 12 characters; NEW should type it, and nobody else know it.  --first
    is for the first of all, whom nobody can add.  Where everyone comes by a proxy, a password is
    for commands alone.
    """
    work = wiring.compose()
    _known(work, new)
    by = new if first else _manager(work, person)
    work.identities.add(new, _new_password(), first=first)
    _record(work, new, "added", by)
    click.echo(f"{new} may log in at the gate as {new}:PASSWORD.")


@people.command(name="passwd")
@click.argument("whom")
@acting
def people_passwd(*, whom: str, person: str) -> None:
    """Set a new password for WHOM.

    Your own, or anybody's if you are a records manager.  Whoever is logged in with the old one is
    out within seconds, and a lock after wrong passwords ends.
    """
    work = wiring.compose()
    by = authenticated(work, person).id if whom == person else _manager(work, person)
    work.identities.passwd(whom, _new_password())
    _record(work, whom, "password", by)
    click.echo(f"{whom} has a new password.")


@people.command(name="unlock")
@click.argument("whom")
@acting
def people_unlock(*, whom: str, person: str) -> None:
    """Let WHOM log in again after wrong passwords or codes.

    A lock ends by itself after 1 to 15 minutes, so this is for those who cannot wait.  Ask WHOM
    first whether it was they who typed: if not, somebody guesses, and it is better to wait.
    """
    work = wiring.compose()
    by = _manager(work, person)
    if not work.identities.unlock(whom):
        click.echo(f"{whom} is not locked, and no wrong password was counted.")
        return
    _record(work, whom, "unlocked", by)
    click.echo(f"{whom} may log in again.")


@people.command(name="factor")
@click.argument("whom")
@click.option("--remove", is_flag=True, help="Forget the codes of WHOM, whose device is gone.")
@acting
def people_factor(*, whom: str, remove: bool, person: str) -> None:
    """Set up one-time codes for WHOM.

    It shows a picture for an authenticator (any that knows TOTP), and asks for one code: before
    that nothing counts.  Set up your own; a records manager may do it for somebody who stands
    beside them.  Codes that are in force are first removed, and by another person: otherwise a
    stolen password would be enough to replace them.
    """
    work = wiring.compose()
    if remove:
        by = _manager(work, person)
        if by == whom:
            raise NotAuthorisedError(
                "nobody removes their own codes", hint=f"another {MANAGES} can"
            )
        if not work.identities.remove_factor(whom):
            raise RefusedError(f"{whom} has no codes", hint="`retention people` lists who has")
        _record(work, whom, "codes-removed", by)
        click.echo(f"{whom} has no codes any more: `retention people factor {whom}` sets up new.")
        return
    by = authenticated(work, person).id if whom == person else _manager(work, person)
    _known(work, whom)
    if work.identities.standing(whom).factor:
        raise RefusedError(
            f"{whom} has codes already",
            hint=f"another person, a {MANAGES}, removes them first: --remove",
        )
    picture(work.library.engine().issuer["legal_name"], whom, work.identities.begin_factor(whom))
    confirm(lambda code: work.identities.confirm_factor(whom, code, work.clock.now()))
    _record(work, whom, "codes", by)
    click.echo(f"From now on the codes of {whom} count.")


@people.command(name="disable")
@click.argument("whom")
@acting
def people_disable(*, whom: str, person: str) -> None:
    """Disable WHOM for good.

    They are out within seconds.  What they approved and recorded stays on the ledger.  Take them
    out of people.toml, too, where everyone comes by a proxy.
    """
    work = wiring.compose()
    by = _manager(work, person)
    work.identities.disable(whom)
    _record(work, whom, "disabled", by)
    click.echo(f"{whom} is disabled.")


@people.command(name="list")
@as_json
def people_list(*, as_json: bool) -> None:
    """List everyone in people.toml, and whether they can log in.

    login is yes, none, disabled or locked; codes says who has set up one-time codes.
    """
    work = wiring.compose()
    now = work.clock.now()
    rows = [_row(p.id, p.roles, work.identities.standing(p.id), now) for p in work.library.people()]
    show(rows, as_json=as_json, empty="people.toml names nobody.")


def _row(person: str, roles: Any, standing: Standing, now: datetime) -> dict[str, Any]:
    until = standing.locked_until
    locked = until is not None and now < until
    login = "yes" if standing.generation else "none"
    if standing.disabled:
        login = "disabled"
    elif locked:
        login = "locked"
    return {
        "person": person,
        "roles": list(roles),
        "login": login,
        "locked_until": stamp(until) if until is not None and locked else None,
        "codes": standing.factor,
    }


def _record(work: wiring.Composition, person: str, change: str, by: str) -> None:
    facts = {"person": person, "change": change, "by": by}
    work.ledger.append(Draft(f"person:{person}", Entry.LOGIN_CHANGED, facts))


def _manager(work: wiring.Composition, person: str | None) -> str:
    who = authenticated(work, person or click.prompt("Your id", err=True))
    if MANAGES not in who.roles:
        raise NotAuthorisedError(f"{who.id} may not manage people", hint=f"it takes a {MANAGES}")
    return who.id


def _known(work: wiring.Composition, person: str) -> None:
    if person in wiring.POOLS:
        raise AnswerError(
            f"{person} is the name of a work pool, and the gate would take them for its service",
            hint="give the person another id in people.toml",
        )
    if person not in {each.id for each in work.library.people()}:
        raise NotAuthorisedError(
            f"{person} is not in people.toml", hint="write them there first, with their roles"
        )


def _new_password() -> str:
    given = wiring.environment().get(f"{PASSWORD}_NEW")
    prompt = "New password"
    return given or str(click.prompt(prompt, hide_input=True, confirmation_prompt=True, err=True))
