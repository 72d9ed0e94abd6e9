"""What is answered in the browser to a question about a dataset, or about what is due."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final

from retention.domain.agreement import RetentionClass
from retention.domain.disposition import State
from retention.domain.eligibility import Assessment
from retention.domain.term import Term
from retention.domain.words import long_day
from retention.views.act_pages import REFERENCE_ONLY, Choices, again, agreements_lines, table
from retention.views.assessed import explanation
from retention.views.figures import count
from retention.views.markdown import plain

SHOWN_MAX: Final = 40  # rows; the rest is counted, and the command lists it
WIDTH: Final = 88  # letters in a line, of a page that is set as it was written
_ASKS: Final = (
    "### Ask why",
    (
        "When one dataset may go, and how each of its days follows, to be checked with a pencil. "
        "Nothing is changed by asking. **The answer is under *Artifacts*** of this run."
    ),
    (
        "Write the id of a dataset; `REF/CLASS` with an event supposed, for one that does not "
        "exist yet; or the word `due` for all that may be reviewed now."
    ),
)


def question_page(choices: Choices, fault: str = "") -> str:
    """Return what stands above the question."""
    return "\n\n".join([*again(fault), *_ASKS, *agreements_lines(choices)])


def unasked_page(times: int) -> str:
    """Return what is said of a question that was never one."""
    return f"### Not answered\n\nIt was asked {times} times. Start *ask* again to ask anew.\n"


def explained_page(
    found: Assessment,
    term: Term,
    kind: RetentionClass | None,
    state: State,
    *,
    name: str,
    by_reference: bool,
) -> str:
    """Return why one dataset stands where it does; *by_reference* tells what shows its event."""
    told = explanation(found, term, kind, state, name=name, width=WIDTH).replace("```", "'''")
    notes = [f"**{REFERENCE_ONLY}**"] if by_reference else []
    return "\n\n".join([f"### {plain(name)}", *notes, f"```text\n{told}```"]) + "\n"


def due_page(
    on: date,
    datasets: int,
    eligible: int,
    most: Sequence[tuple[str, date | None, date | None, bool]],
    looked_at: Mapping[tuple[str, str], int],
) -> str:
    """Return what may be reviewed on a day, and what somebody must look at: counts and ids."""
    lines = [
        f"### What is due on {long_day(on)}",
        f"Of {count(datasets, 'dataset')} that surveys saw, **{eligible:,} may be reviewed**.",
    ]
    if most:
        rows = [
            (
                plain(name),
                _day(due_on),
                f"{_day(destroy_by)}{', **overdue**' if late else ''}",
            )
            for name, due_on, destroy_by, late in most[:SHOWN_MAX]
        ]
        lines.append(table(("dataset", "due", "gone by"), rows))
    if eligible > len(most[:SHOWN_MAX]):
        lines.append(f"and {eligible - SHOWN_MAX:,} more: `retention due --json` lists each.")
    if looked_at:
        lines.append("**Somebody must look at these**")
        told = sorted(looked_at.items())[:SHOWN_MAX]
        lines.append(
            table(
                ("class", "datasets", "why"),
                [(plain(where), f"{n:,}", plain(why)) for (where, why), n in told],
            )
        )
        if len(looked_at) > SHOWN_MAX:
            lines.append(f"and {len(looked_at) - SHOWN_MAX:,} more: `retention due` lists them.")
    return "\n\n".join(lines) + "\n"


def _day(day: date | None) -> str:
    return "no such day" if day is None else long_day(day)
