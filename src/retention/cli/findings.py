"""Findings, for people and for programs, and the exit code that a monitor asks for."""

import json
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from textwrap import wrap
from typing import Any

import click

from retention.cli.common import table_lines
from retention.domain.finding import Finding, Severity
from retention.errors import RefusedError
from retention.views.figures import size

_WIDTH, _INDENT = 96, 9
COLOURS = {Severity.SEVERE: "red", Severity.WARNING: "yellow", Severity.NOTE: "cyan"}


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
    for _, group in groupby(found, key=lambda each: (each.severity, each.kind)):
        alike = list(group)
        yield from _head(alike[0])
        yield from table_lines(_columns(alike), indent=" " * _INDENT)
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


def _head(each: Finding) -> Iterator[str]:
    """Yield what is true of all findings of one kind."""
    mark = click.style(f"{each.severity.value:<{_INDENT}}", fg=COLOURS[each.severity], bold=True)
    yield f"{mark}{click.style(each.kind.value, bold=True)}"
    yield from _folded(f"{each.words[0].upper()}{each.words[1:]}.")
    yield from _folded(f"What to do: {each.remedy}.")


def _columns(alike: Sequence[Finding]) -> list[dict[str, str]]:
    """Return one row for each finding, without the columns that none of them fills."""
    rows = [
        {
            "store": each.store,
            "about": each.about.rstrip("/"),
            "datasets": f"{each.datasets:,}" if each.datasets else "",
            "rows": f"{each.rows:,}" if each.rows else "",
            "size": size(each.size_bytes) if each.size_bytes else "",
            "detail": each.detail,
        }
        for each in alike
    ]
    filled = [name for name in rows[0] if any(row[name] for row in rows)]
    return [{name: row[name] for name in filled} for row in rows]


def _folded(text: str) -> Iterator[str]:
    for line in wrap(text, _WIDTH - _INDENT, break_long_words=False, break_on_hyphens=False):
        yield " " * _INDENT + line
