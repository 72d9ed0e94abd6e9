"""Findings as a table, the worst first as they come."""

from collections.abc import Iterable
from typing import Any

from retention.domain.finding import Finding
from retention.views.figures import size


def table(findings: Iterable[Finding]) -> list[dict[str, Any]]:
    """Return one row for each finding; nothing in it is a key."""
    return [
        {
            "severity": each.severity.value,
            "kind": each.kind.value,
            "store": each.store,
            "about": each.about.rstrip("/"),
            "what": each.words,
            "detail": each.detail,
            "rows": each.rows,
            "size": size(each.size_bytes) if each.size_bytes else "",
            "what to do": each.remedy,
        }
        for each in findings
    ]
