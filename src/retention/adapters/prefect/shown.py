"""What a flow shows in Prefect's UI while it works and when it is done: counts, never keys."""

import json
from collections.abc import Mapping, Sequence
from time import monotonic
from typing import Any, Final
from uuid import UUID

from prefect.artifacts import (
    Artifact,
    create_markdown_artifact,
    create_progress_artifact,
    create_table_artifact,
    update_progress_artifact,
)
from prefect.logging import get_run_logger
from prefect.runtime import flow_run

TELL_EVERY_S: Final = 5.0  # each word is a call of the server
ROWS_MAX: Final = 1000  # of a table; the command shows the rest


class ShownProgress:
    """Fits ``ports.progress.Progress``, in a task: a bar where the end is known, else lines."""

    def __init__(self) -> None:
        """Show nothing yet."""
        self._bar: UUID | None = None
        self._told_at = float("-inf")

    def at(self, what: str, done: int, of: int | None = None) -> None:
        """Show how far it has come, every few seconds, and at the end."""
        ended = of is not None and done >= of
        if not ended and monotonic() - self._told_at < TELL_EVERY_S:
            return
        self._told_at = monotonic()
        get_run_logger().info("%s: %s%s", what, f"{done:,}", f" of {of:,}" if of else "")
        if of is None:
            return
        percent = 100.0 * done / of if of else 100.0
        if self._bar is None:
            made = create_progress_artifact(progress=percent, description=what)
            self._bar = made if isinstance(made, UUID) else None
        else:
            update_progress_artifact(self._bar, progress=percent)


def show_table(key: str, rows: Sequence[Mapping[str, Any]], about: str) -> None:
    """Show *rows* under *key*, in letters, digits and dashes; each flow run adds a version.

    Nothing is added if it is there already: a flow that waits for people runs from its first line
    after every answer.
    """
    said = about
    if len(rows) > ROWS_MAX:
        said += f"\n\nThe first {ROWS_MAX:,} of {len(rows):,}: this is not the whole list."
    shown = [dict(row) for row in rows[:ROWS_MAX]]
    if (last := _newest(key)) is None or json.loads(last) != json.loads(json.dumps(shown)):
        create_table_artifact(key=key, table=shown, description=said)


def show_page(key: str, page: str, about: str = "") -> None:
    """Show *page*, in Markdown, under *key*; nothing is added if it is there already."""
    if _newest(key) != page:
        create_markdown_artifact(key=key, markdown=page, description=about or None)


def _newest(key: str) -> str | None:
    """Return what this run showed last under *key*, as the server keeps it."""
    last: Any = Artifact.get(key)
    if last is None or last.flow_run_id is None or str(last.flow_run_id) != str(flow_run.id):
        return None
    return str(last.data)
