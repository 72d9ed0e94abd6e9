"""What each store can and may do, asked now: nothing here changes anything."""

import json
import sys
from collections.abc import Iterator, Sequence
from textwrap import wrap
from typing import Any

import click

from retention import wiring
from retention.cli.common import WIDTH, lines
from retention.cli.common import as_json as json_option
from retention.cli.findings import COLOURS, fail_on_option, page, plain, require_none_of
from retention.cli.progress import Bars
from retention.domain.finding import Finding, FindingKind, Severity
from retention.steps.stores import StoreSaid, ask_stores
from retention.views.figures import count
from retention.views.stores import OF_FIELD, Row, rows

_INDENT, _QUESTION = 2, 18
_NOT_KNOWN = "magenta"


@click.command()
@click.argument("names", nargs=-1, metavar="[STORES]")
@fail_on_option
@json_option
def stores(*, names: tuple[str, ...], fail_on: str | None, as_json: bool) -> None:
    """Say what each store, or each of STORES, can and may do, and what is wrong with it.

    Versions, locks, encryption, region, who gets in, where it copies itself to, what it destroys
    by date, and whether the surveyor could destroy.  A line that begins with ! has a finding
    below; with ? it was not, or not wholly, answered.  Stores that answer alike stand together.
    Nothing is changed by asking.
    """
    work, bars = wiring.compose(), Bars(sys.stderr)
    agreements = work.library.agreements(work.clock.today())
    found = ask_stores(
        work.stores(names), agreements, probes=work.probes("surveyor"), progress=bars
    )
    bars.clear()
    if as_json:
        click.echo(json.dumps([_plain(each) for each in found], ensure_ascii=False, indent=1))
    else:
        lines(_page(found))
    require_none_of([finding for each in found for finding in each.findings], fail_on)


def _plain(each: StoreSaid) -> dict[str, Any]:
    """Return the documented fields."""
    says: dict[str, Any] | None = None
    unknown: dict[str, str] = {}
    if each.says is not None:
        unknown = dict(each.says.unknown)
        names = [name for name in each.says.__dataclass_fields__ if name != "unknown"]
        says = {name: getattr(each.says, name) for name in names}
    return {
        "store": each.store.name,
        "place": each.store.place,
        "inventory": each.store.inventory,
        "agreements": each.agreements,
        "says": says,
        "unknown": unknown,
        "findings": [plain(finding) for finding in each.findings],
    }


def _page(found: Sequence[StoreSaid]) -> Iterator[str]:
    if not found:
        yield "No agreement names a place in a store, and no setting does."
        return
    tables: dict[tuple[str, ...], list[StoreSaid]] = {}
    for each in found:
        tables.setdefault(tuple(_table(each)), []).append(each)
    for table, several in tables.items():  # what several answer alike is read once
        yield from map(_head, several)
        yield from table
        yield ""
    every = [finding for each in found for finding in each.findings]
    unanswered = [finding for finding in every if finding.kind is FindingKind.NOT_ANSWERED]
    told = [finding for finding in every if finding.kind is not FindingKind.NOT_ANSWERED]
    yield from page(sorted(told, key=lambda finding: finding.sort_key))
    if unanswered:  # which questions those are stands in the tables
        yield f"? open questions to {count(len(unanswered), 'store')}: {unanswered[0].remedy}"


def _head(each: StoreSaid) -> str:
    whose = ", ".join(each.agreements) or "no agreement"
    return f"{click.style(each.store.name, bold=True)}  {each.store.place}  for {whose}"


def _table(each: StoreSaid) -> Iterator[str]:
    if each.says is None:
        yield click.style("! it could not be asked", fg=COLOURS[Severity.WARNING])
        return
    about = {OF_FIELD[f.kind]: f for f in reversed(each.findings) if f.kind in OF_FIELD}
    for row in rows(each.says):
        yield from _row(row, about.get(row.field))


def _row(row: Row, finding: Finding | None) -> Iterator[str]:
    """Yield one answer under a sign, so that it is seen without colours too."""
    sign, colour = (" ", None) if row.known else ("?", _NOT_KNOWN)
    if finding is not None:
        sign, colour = "!", COLOURS[finding.severity]
    room = WIDTH - _INDENT - _QUESTION
    folded = wrap(row.answer, room, break_long_words=False, break_on_hyphens=False)
    for number, text in enumerate(folded):
        before = f"{sign} {row.question:<{_QUESTION}}" if number == 0 else " " * (2 + _QUESTION)
        yield before + (click.style(text, fg=colour) if colour else text)
