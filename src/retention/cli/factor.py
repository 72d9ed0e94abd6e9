"""One-time codes in a terminal: the picture for an authenticator, and the code that confirms it.

Source: the otpauth URI as authenticators read it (Google Authenticator's Key Uri Format).
"""

from collections.abc import Callable
from urllib.parse import quote, urlencode

import click

from retention.errors import AnswerError

TRIES = 3


def uri(issuer: str, person: str, secret: str) -> str:
    """Return what the picture says: whose codes, for whom, and the secret."""
    label = f"{quote(issuer)}:{quote(person)}"
    terms = {"secret": secret, "issuer": issuer, "algorithm": "SHA1", "digits": 6, "period": 30}
    return f"otpauth://totp/{label}?{urlencode(terms, quote_via=quote)}"


def picture(issuer: str, person: str, secret: str) -> None:
    """Show the secret as a picture and as text; it is shown once."""
    import segno  # noqa: PLC0415  # only here

    said = uri(issuer, person, secret)
    click.echo(f"Read this with the authenticator of {person}.  It is not shown again.\n")
    segno.make(said, error="m").terminal(compact=True)
    click.echo(f"\n{said}\n")


def confirm(right: Callable[[str], bool]) -> None:
    """Ask for a code until one is *right*; AnswerError after a few that are not."""
    for _ in range(TRIES):
        if right(click.prompt("The code that it shows now", err=True)):
            return
        click.echo("That is not the code of now.", err=True)
    raise AnswerError(
        "no code was right, so nothing counts",
        hint="see that the clocks of this machine and of the device are right, and begin again",
    )
