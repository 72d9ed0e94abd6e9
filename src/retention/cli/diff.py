"""What a changed clause would do: nothing here changes anything."""

import json
import re
from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import click

from retention import wiring
from retention.cli.common import as_at, as_json, asked_on, lines, policies_option, table_lines
from retention.domain.agreement import Agreement
from retention.domain.changes import changes_between
from retention.domain.words import long_day
from retention.errors import AgreementError
from retention.steps.diff import Difference, differences
from retention.steps.due import LISTED_MAX
from retention.views.figures import size
from retention.views.surveyed import inventories, inventory_note

_VERSION = re.compile(r"(?P<reference>[A-Z][A-Z0-9-]{1,30})/v(?P<version>[1-9][0-9]{0,3})")


@click.command()
@click.argument("old")
@click.argument("new")
@as_json
@as_at
@policies_option
def diff(
    *, old: str, new: str, as_json: bool, as_at: datetime | None, policies: Path | None
) -> None:
    """Say what the version NEW would do in place of OLD, before it comes into force.

    Both are taken to be in force on the day asked for, over the datasets that are known.

    \b
    Example:
      retention diff NACEL/v3 NACEL/v4
    """  # noqa: D301  # click's mark of a paragraph that is not to be wrapped
    work = wiring.asking(policies)
    on = asked_on(work, as_at)
    before, after = (_version(work, each) for each in (old, new))
    if before.reference != after.reference:
        raise click.UsageError("two versions of one agreement are compared")
    changed = changes_between(before, after)
    found = list(differences(before, after, catalogue=work.catalogue, ledger=work.ledger, on=on))
    if as_json:
        terms = [
            {"where": c.where, "what": c.what, "before": c.before, "after": c.after}
            for c in changed
        ]
        record = {
            "old": old,
            "new": new,
            "as_at": on.isoformat(),
            "terms": terms,
            "datasets": [_diff_record(each) for each in found],
        }
        click.echo(json.dumps(record, ensure_ascii=False, indent=1))
        return
    click.echo(click.style(f"{new} in place of {old}, on {long_day(on)}", bold=True))
    click.echo("")
    lines([f"  {each}" for each in changed] or ["  No term differs."])
    lines(_diff_page(found))


def _version(work: wiring.Composition, text: str) -> Agreement:
    found = _VERSION.fullmatch(text)
    if found is None:
        raise AgreementError(f"{text!r} names no version", hint="write NACEL/v3")
    return work.library.agreement(found["reference"], int(found["version"]))


def _diff_record(each: Difference) -> dict[str, Any]:
    before, after = each.effect.before.days, each.effect.after.days
    return {
        "dataset": str(each.effect.dataset),
        "becomes": each.consequence.value,
        "size_bytes": each.effect.size_bytes,
        "due_on": [_iso(days and days.due_on) for days in (before, after)],
        "destroy_by": [_iso(days and days.destroy_by) for days in (before, after)],
        "phase": [each.effect.before.phase.value, each.effect.after.phase.value],
        "reasons": list(each.effect.after.reasons),
    }


def _iso(day: object) -> str | None:
    return day.isoformat() if isinstance(day, date) else None


def _diff_page(found: list[Difference]) -> Iterable[str]:
    yield ""
    if not found:
        yield "No dataset that is known would stand otherwise."
        return
    counts: Counter[str] = Counter()
    sizes: Counter[str] = Counter()
    for each in found:
        counts[each.consequence.value] += 1
        sizes[each.consequence.value] += each.effect.size_bytes
    yield "What becomes of the datasets:"
    yield from table_lines(
        [
            {"datasets": f"{n:,}", "become": name, "size": size(sizes[name])}
            for name, n in counts.most_common()
        ]
    )
    yield ""
    if len(found) > LISTED_MAX:
        yield f"The first {LISTED_MAX} of {len(found):,}; all of them with --json."
    yield from table_lines([_diff_row(each) for each in found[:LISTED_MAX]])
    made = inventories(holding for each in found for holding in each.effect.holdings)
    yield from (inventory_note(store, day) for store, day in made.items())


def _diff_row(each: Difference) -> dict[str, str]:
    record = _diff_record(each)

    def both(name: str) -> str:
        before, after = (day or "no such day" for day in record[name])
        return before if before == after else f"{before} → {after}"

    return {
        "dataset": record["dataset"],
        "becomes": record["becomes"],
        "may go from": both("due_on"),
        "gone by": both("destroy_by"),
        "size": size(record["size_bytes"]),
    }
