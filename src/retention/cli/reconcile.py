"""What does not fit between stores and agreements, both ways."""

import json
import sys
from collections.abc import Iterator

import click

from retention import wiring
from retention.cli.common import as_json as json_option
from retention.cli.common import lines, table_lines
from retention.cli.findings import fail_on_option, page, require_none_of
from retention.cli.progress import Bars
from retention.steps.dark import Dark


@click.command()
@click.option(
    "--names",
    metavar="STORE",
    help="List one store now, and name the folders that no agreement covers.",
)
@fail_on_option
@json_option
def reconcile(*, names: str | None, fail_on: str | None, as_json: bool) -> None:
    """Say what does not fit between stores and agreements, the worst first.

    Data under no agreement, and agreements without data; kept too long; back after a disposal;
    copies that nobody declared; unencrypted, or in another region; stores that look empty.  What
    must be assessed is raised as an incident, once.

    Names of folders may be those of people: no list has them, and they are kept nowhere.  With
    --names they are shown on this screen alone.
    """
    work, bars = wiring.compose(), Bars(sys.stderr)
    if names is not None:
        (store,) = work.stores([names])
        found_there, rest = work.dark_folders(store, bars)
        bars.clear()
        lines(_folders(found_there, rest, as_json=as_json))
        return
    found = work.reconcile(bars)
    bars.clear()
    lines(page(found, as_json=as_json))
    require_none_of(found, fail_on)


def _folders(found: list[Dark], rest: int, *, as_json: bool) -> Iterator[str]:
    rows = [
        {
            "folder": each.folder or "(no folder)",
            "rows": each.totals.rows,
            "size_bytes": each.totals.size_bytes,
            "why": each.why,
        }
        for each in found
    ]
    if as_json:
        yield json.dumps({"folders": rows, "rows_elsewhere": rest}, ensure_ascii=False, indent=1)
        return
    if not rows:
        yield "Every folder there is covered by an agreement."
    # A name may hold whatever a key may: what a terminal would obey is shown as what it is.
    shown = [{**row, "folder": _printable(str(row["folder"]))} for row in rows]
    yield from table_lines(shown, indent="")
    if rest:
        yield f"and {rest:,} rows in other folders"


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)
