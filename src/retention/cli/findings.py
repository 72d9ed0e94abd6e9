"""Findings, for people and for programs, and the exit code that a monitor asks for."""

import json
from collections.abc import Callable, Iterator, Sequence
from textwrap import wrap
from typing import Any

import click

from retention.domain.finding import Finding, Severity
from retention.errors import RefusedError
from retention.views.figures import size

_WIDTH = 96
_COLOURS = {Severity.SEVERE: "red", Severity.WARNING: "yellow", Severity.NOTE: "cyan"}


def fail_on_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the option by which a monitor learns of findings from the exit code."""
    severities = [each.value for each in Severity]
    return click.option(
        "--fail-on",
        type=click.Choice(severities),
        help="End with code 20 if there is a finding as bad as that, or worse.",
    )(command)


def plain(finding: Finding) -> dict[str, Any]:
    """Return the documented fields of a finding."""
    return {
        "severity": finding.severity.value,
        "kind": finding.kind.value,
        "store": finding.store,
        "about": finding.about,
        "detail": finding.detail,
        "datasets": finding.datasets,
        "rows": finding.rows,
        "size_bytes": finding.size_bytes,
        "since": None if finding.since is None else finding.since.isoformat(),
        "words": finding.words,
        "remedy": finding.remedy,
    }


def page(found: Sequence[Finding], *, as_json: bool = False) -> Iterator[str]:
    """Yield the lines of a list of findings, as people or as programs read it."""
    if as_json:
        yield json.dumps([plain(each) for each in found], ensure_ascii=False, indent=1)
        return
    if not found:
        yield "Nothing was found that does not fit."
        return
    for each in found:
        yield from _lines(each)
        yield ""
    counts = (sum(each.severity is severity for each in found) for severity in Severity)
    yield ", ".join(f"{n} {s.value}" for n, s in zip(counts, Severity, strict=True) if n)


def require_none_of(found: Sequence[Finding], fail_on: str | None) -> None:
    """Raise RefusedError if one of *found* is as bad as *fail_on*, or worse."""
    if fail_on is None:
        return
    worst = list(Severity)[: list(Severity).index(Severity(fail_on)) + 1]
    if number := sum(each.severity in worst for each in found):
        raise RefusedError(
            f"{number} finding{'s' * (number != 1)} as bad as {fail_on}, or worse",
            hint="each says what mends it",
        )


def _lines(each: Finding) -> Iterator[str]:
    mark = click.style(f"{each.severity.value:<8}", fg=_COLOURS[each.severity], bold=True)
    where = "  ".join(filter(None, (each.store, each.about.rstrip("/"))))
    yield f"{mark} {click.style(each.kind.value, bold=True)}  {where}"
    yield from _folded(f"{each.words[0].upper()}{each.words[1:]}.")
    sums = (each.datasets, "datasets"), (each.rows, "rows")
    counts = [f"{number:,} {what}" for number, what in sums if number]
    if each.size_bytes:
        counts.append(size(each.size_bytes))
    if said := "; ".join(filter(None, (each.detail, ", ".join(counts)))):
        yield from _folded(f"{said[0].upper()}{said[1:]}.")
    yield from _folded(f"What to do: {each.remedy}.")


def _folded(text: str) -> Iterator[str]:
    for line in wrap(text, _WIDTH - 9, break_long_words=False, break_on_hyphens=False):
        yield f"{'':9}{line}"
