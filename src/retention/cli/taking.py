"""How an act is taken: who and why, a preview of what it touches, a question, then the entry."""

import json
import secrets
import sys
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import wraps
from pathlib import Path
from typing import Any

import click

from retention import wiring
from retention.cli.common import authenticated, lines
from retention.domain.agreement import Person
from retention.errors import AgreementError, NotAuthorisedError, RefusedError
from retention.steps.record.planned import EVIDENCE_BYTES_MAX, Planned, Recording, Why
from retention.views.preview import preview_json, preview_lines

FILE = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)
_NUMBERS = 3  # of entries, when an act has many
EVIDENCE = click.option(
    "--evidence", type=FILE, help="The file that shows it; kept, its digest on the ledger."
)
_OPTIONS = (
    click.option("--reason", default="", help="Why, in a sentence; kept as evidence, not logged."),
    click.option("--as", "person", required=True, help="Your id, as in people.toml."),
    click.option("--preview", "only_shows", is_flag=True, help="Only show what it would touch."),
    click.option("--yes", is_flag=True, help="Take it without asking."),
    click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs."),
)


@dataclass(frozen=True, slots=True)
class Given:
    """What every act is given: who, why, what shows it, and how far to go."""

    person: str
    reason: str
    evidence: Path | None
    only_shows: bool
    yes: bool
    as_json: bool


def an_act(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of every act to a command, which then takes them as *given*."""
    return _folded(EVIDENCE(command))


def an_act_without_file(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the same, for an act whose evidence comes another way."""
    return _folded(command)


def _folded(command: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(command)
    def folded(
        *,
        person: str,
        reason: str,
        only_shows: bool,
        yes: bool,
        as_json: bool,
        evidence: Path | None = None,
        **rest: Any,
    ) -> Any:
        given = Given(person, reason, evidence, only_shows, yes, as_json)
        return command(given=given, **rest)

    for option in reversed(_OPTIONS):
        folded = option(folded)
    return folded


def recording(work: wiring.Composition) -> Recording:
    """Return the ports that recording takes."""
    return Recording(
        ledger=work.ledger,
        evidence=work.evidence,
        catalogue=work.catalogue,
        library=work.library,
        today=work.clock.today(),
        secret=lambda: secrets.token_bytes(32),
    )


def take(
    given: Given,
    plan: Callable[[Why, Recording], Planned],
    *,
    done: str,
    brings: Collection[str] = ("evidence", "reason"),
    on_agreements: bool = True,
) -> None:
    """Plan an act, show what it touches, ask, and write it; *done* is said when it stands.

    *brings* says what must be brought for the act itself, *on_agreements* that it relies on what
    is in force: the digests of that are written first.  A hold does not wait for them.

    Raises RefusedError where nobody can be asked and --yes was not said, and StaleError if what
    was shown has changed.
    """
    if given.yes and given.only_shows:
        raise click.UsageError("--preview only shows, and --yes takes it: say one of them")
    work = wiring.compose()
    why = _preview_why(work, given) if given.only_shows else _why(work, given, brings)
    if on_agreements and not given.only_shows:
        work.agreements()
    ports = recording(work)
    planned = plan(why, ports)
    if given.only_shows:
        _show(planned, given, [])
        return
    if given.yes:
        if not given.as_json:
            _show(planned, given, [])
    else:
        _ask(planned, given)
    written = planned.write(ports)
    if given.as_json:
        _show(planned, given, [r.index for r in written], result=planned.result)
    else:
        numbers = ", ".join(str(r.index) for r in written[:_NUMBERS])
        entry = "entry" if len(written) == 1 else "entries"
        more = f" and {len(written) - _NUMBERS:,} more" if len(written) > _NUMBERS else ""
        click.echo("")
        click.echo(done.format(result=planned.result, entries=f"{entry} {numbers}{more}"))
    work.bear_witness()  # a ledger that is restored without this is noticed


def _preview_why(work: wiring.Composition, given: Given) -> Why:
    """Return who asks and what they brought; nothing is taken, so nobody is authenticated."""
    content = b"" if given.evidence is None else content_of(given.evidence)
    return Why(_known(work, given.person), given.reason, content)


def _why(work: wiring.Composition, given: Given, brings: Collection[str]) -> Why:
    by = authenticated(work, given.person)
    if given.evidence is None and "evidence" in brings:
        raise RefusedError(
            "nothing was brought as evidence", hint="name the file that shows it: --evidence"
        )
    reason = given.reason
    if not reason and "reason" in brings and sys.stdin.isatty():
        reason = click.prompt("Why, in a sentence", err=True)
    content = b"" if given.evidence is None else content_of(given.evidence)
    why = Why(by, reason, content)
    if "reason" in brings:
        why.require_reason()
    if "evidence" in brings:
        why.require_content(content)
    return why


def _known(work: wiring.Composition, person: str) -> Person:
    for each in work.library.people():
        if each.id == person:
            return each
    raise NotAuthorisedError(
        "there is no such person", hint="`retention people list` shows who there is"
    )


def _ask(planned: Planned, given: Given) -> None:
    if not sys.stdin.isatty():
        raise RefusedError(
            "nobody is there to be asked whether to record this",
            hint="look with --preview; then --yes takes it without asking",
        )
    for line in preview_lines(planned.preview):
        click.echo(line, err=given.as_json)
    click.echo("", err=True)
    if not click.confirm("Record this?", default=None, err=True):
        click.echo("Nothing was recorded.", err=True)
        raise click.exceptions.Exit(1)


def _show(planned: Planned, given: Given, entries: Sequence[int], *, result: str = "") -> None:
    if not given.as_json:
        lines(preview_lines(planned.preview))
        return
    shown = {
        "preview": preview_json(planned.preview),
        "recorded": {"entries": list(entries), "result": result} if entries else None,
    }
    click.echo(json.dumps(shown, ensure_ascii=False, indent=1))


def content_of(path: Path) -> bytes:
    """Return the content of a file that somebody brings; RefusedError if it is too large."""
    try:
        if path.stat().st_size > EVIDENCE_BYTES_MAX:
            raise RefusedError(
                f"the file has more than {EVIDENCE_BYTES_MAX:,} bytes",
                hint="bring the page that shows it",
            )
        return path.read_bytes()
    except OSError:
        raise AgreementError(
            "the file cannot be read", hint="look at its name, and whether you may read it"
        ) from None


def day_of(given: datetime | None) -> date | None:
    """Return the day that an option was given, or None."""
    return None if given is None else given.date()
