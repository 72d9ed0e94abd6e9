"""The monthly report, in Markdown: counts, ids and digests, and nothing a mail may not carry."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from retention.views.figures import count
from retention.views.markdown import plain

BEHIND = (
    "Counts, ids and digests: `retention status`, `retention show` and `retention explain` say "
    "what lies behind them."
)


@dataclass(frozen=True, slots=True)
class Month:
    """What there is to report of one month, as the columns of its tables."""

    name: str  # November 2026
    as_at: str
    destroyed: Sequence[Mapping[str, str]] = field(default_factory=tuple)
    standing: Sequence[Mapping[str, str]] = field(default_factory=tuple)
    holds: Sequence[Mapping[str, str]] = field(default_factory=tuple)
    incidents: Sequence[Mapping[str, str]] = field(default_factory=tuple)
    answers: Sequence[Mapping[str, str]] = field(default_factory=tuple)
    refused: Sequence[Mapping[str, str]] = field(default_factory=tuple)
    surveys: Sequence[Mapping[str, str]] = field(default_factory=tuple)
    next_month: str = ""
    due: Sequence[Mapping[str, str]] = field(default_factory=tuple)

    @property
    def title(self) -> str:
        """What the mail is called."""
        return f"Retention in {self.name}"


def month_page(month: Month) -> str:
    """Return the report; what there is none of says so."""
    return "\n".join(
        [
            f"# {month.title}",
            "",
            f"As the ledger stood on {month.as_at}. {BEHIND}",
            *_section(f"Destroyed, by the certificates of {month.name}", month.destroyed),
            *_section("What stands open", month.standing),
            *_section("Holds in force", month.holds),
            *_section("Incidents open", month.incidents),
            *_section(
                f"Controllers who answered other than proceed in {month.name}", month.answers
            ),
            *_section(f"Refused by their stores in {month.name}", month.refused),
            *_section("Last good survey of each store", month.surveys),
            *_section(f"Due in {month.next_month}", month.due),
            "",
        ]
    )


def _section(title: str, rows: Sequence[Mapping[str, str]]) -> Iterable[str]:
    yield from ("", f"## {title}: {count(len(rows), 'row')}" if rows else f"## {title}", "")
    if not rows:
        yield "None."
        return
    names = list(rows[0])
    yield f"| {' | '.join(names)} |"
    yield f"|{' --- |' * len(names)}"
    for row in rows:
        yield f"| {' | '.join(plain(row[name]) for name in names)} |"
