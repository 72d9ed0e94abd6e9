"""List the stores, and say what is there."""

import json
import sys
from collections.abc import Iterator
from typing import Any

import click

from retention import wiring
from retention.cli.common import as_json as json_option
from retention.cli.common import lines, table_lines
from retention.cli.progress import Bars
from retention.domain.words import long_day
from retention.ports.catalogue import INVENTORY
from retention.steps.survey import Surveyed
from retention.steps.surveyed import Known
from retention.views.figures import size


@click.command()
@click.argument("names", nargs=-1, metavar="[STORES]")
@json_option
def survey(*, names: tuple[str, ...], as_json: bool) -> None:
    """List every store now, or those named, and bring the catalogue to date.

    Every version, delete marker and unfinished upload is counted; no key is kept.  A survey that
    died goes on where it stood, if it began in the last 24 hours.  A store that fails keeps its
    last good survey, and the command then ends with the code of the first failure.
    """
    work, bars = wiring.compose(), Bars(sys.stderr)
    found = [work.survey_store(store, bars) for store in work.stores(names)]
    known = work.conclude_surveys()
    bars.clear()
    if as_json:
        click.echo(json.dumps(_plain(found, known), ensure_ascii=False, indent=1))
    else:
        lines(_page(work, found, known))
    for each in found:
        if each.fault is not None:
            raise each.fault


def _plain(found: list[Surveyed], known: list[Known]) -> dict[str, Any]:
    """Return the documented fields."""
    stores = [
        {
            "store": each.store,
            "state": _state(each),
            "versions": each.claimed.versions + each.strays.versions,
            "markers": each.claimed.markers + each.strays.markers,
            "uploads": each.claimed.uploads + each.strays.uploads,
            "size_bytes": each.claimed.size_bytes + each.strays.size_bytes,
            "under_no_agreement": each.strays.rows,
            "fault": "" if each.fault is None else str(each.fault),
        }
        for each in found
    ]
    agreements = [
        {
            "agreement": each.agreement,
            "datasets": each.datasets,
            "rows": each.versions,
            "size_bytes": each.size_bytes,
            "of_no_class": each.unclassified,
            "failed": each.failed,
        }
        for each in known
    ]
    return {"stores": stores, "agreements": agreements}


def _page(work: wiring.Composition, found: list[Surveyed], known: list[Known]) -> Iterator[str]:
    rows = [
        {
            "store": each.store,
            "versions": each.claimed.versions + each.strays.versions,
            "markers": each.claimed.markers + each.strays.markers,
            "unfinished uploads": each.claimed.uploads + each.strays.uploads,
            "size": size(each.claimed.size_bytes + each.strays.size_bytes),
            "under no agreement": each.strays.rows,
            "state": _state(each),
        }
        for each in found
    ]
    yield from table_lines(rows, indent="")
    last = {each.store: each for each in work.catalogue.surveys()}
    for each in found:
        if each.fault is not None:
            yield ""
            yield f"{click.style('!', fg='red', bold=True)} {each.store}: {each.fault}"
            yield f"  what to do: {each.fault.hint}"
            if (good := last.get(each.store)) is not None:
                yield f"  what is known is of its last good survey, {long_day(good.as_of.date())}"
    yield ""
    yield from table_lines(
        [
            {
                "agreement": each.agreement,
                "datasets": each.datasets,
                "rows": each.versions,
                "size": size(each.size_bytes),
                "of no class": each.unclassified,
                "complete": "no" if each.failed else "yes",
            }
            for each in known
        ],
        indent="",
    )
    for store, good in last.items():
        if good.source == INVENTORY:
            yield ""
            yield f"{store} was read from its own inventory of {long_day(good.as_of.date())}."


def _state(each: Surveyed) -> str:
    if each.fault is not None:
        return "failed"
    if each.is_at_work:
        return "another process surveys it"
    return "nothing newer than what is known" if each.is_known else "good"
