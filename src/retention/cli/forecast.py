"""What will fall due: nothing here changes anything but the files that it is told to write."""

import shutil
import sys
from datetime import datetime
from pathlib import Path

import click

from retention import wiring
from retention.cli.common import as_at, as_json, asked_on, lines, policies_option
from retention.cli.progress import Bars
from retention.domain.calendar import YEARS
from retention.domain.forecast import Forecast
from retention.domain.standing import MONTHS_MAX, Window
from retention.steps.forecast import foresee

FILE = click.Path(dir_okay=False, writable=True, path_type=Path)
WIDTH_MAX = 100  # of a sentence that is still easy to read


@click.command()
@click.option(
    "--months",
    type=click.IntRange(1, MONTHS_MAX),
    default=12,
    show_default=True,
    metavar="N",
    help=f"How far: the rest of this month and N more, at most {MONTHS_MAX}.",
)
@click.option(
    "--html",
    type=FILE,
    metavar="FILE",
    help="Write a page to print, send or put on the wall.",
)
@click.option(
    "--ics",
    type=FILE,
    metavar="FILE",
    help="Write a calendar; importing it again brings the old entries to date.",
)
@as_json
@as_at
@policies_option
def forecast(
    *,
    months: int,
    html: Path | None,
    ics: Path | None,
    as_json: bool,
    as_at: datetime | None,
    policies: Path | None,
) -> None:
    """Say what will fall due: a table, a page, a calendar.

    Whatever is overdue, held, conflicting, expired, stopped, awaiting an event, a placeholder or
    unclassified is always listed.  "+ 2 waiting" beside a number: two more have such a day, and
    somebody must act on them first.

    \b
    Example:
      retention forecast --months 24 --html wall.html --ics retention.ics
    """  # noqa: D301  # click's mark of a paragraph that is not to be wrapped
    for path in (html, ics):
        if path is not None and not path.parent.is_dir():  # before a long look, and not after
            raise click.FileError(str(path), "its folder is not there")
    work = wiring.asking(policies)
    on = asked_on(work, as_at)
    if not YEARS[0] <= on.year <= YEARS[1]:
        raise click.BadParameter(f"the year is from {YEARS[0]} to {YEARS[1]}", param_hint="--as-at")
    window = Window(on, months)
    seen, bars = Forecast(window), Bars(sys.stderr)
    rows = foresee(
        seen, library=work.library, catalogue=work.catalogue, ledger=work.ledger, progress=bars
    )
    if as_json:
        from retention.views.forecast_json import document  # noqa: PLC0415  # only where asked for

        for piece in document(seen, rows):
            click.echo(piece, nl=False)
    else:
        for _ in rows:
            pass
    bars.clear()
    _write(work, seen, html, ics)
    if not (as_json or html or ics):
        from retention.views.forecast_text import text  # noqa: PLC0415  # only where asked for

        lines(text(seen, min(shutil.get_terminal_size().columns, WIDTH_MAX)))


def _write(work: wiring.Composition, seen: Forecast, html: Path | None, ics: Path | None) -> None:
    now, engine = work.clock.now(), work.library.engine()
    if html is not None:
        from retention.views.forecast_page import page  # noqa: PLC0415  # loads a template

        _put(html, page(seen, engine, made_at=now).encode())
        click.echo(f"{html}: the page", err=True)
    if ics is not None:
        from retention.views.ics import forecast_calendar  # noqa: PLC0415  # only where asked for

        _put(ics, forecast_calendar(seen, engine.issuer["legal_name"], stamped_at=now))
        click.echo(f"{ics}: the calendar", err=True)


def _put(path: Path, content: bytes) -> None:
    """Write the whole file or leave what was there."""
    part = path.with_name(f".{path.name}.part")
    try:
        part.write_bytes(content)
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise click.FileError(str(path), error.strerror or "it cannot be written") from None
