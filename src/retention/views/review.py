"""What an approver reads above the form: short, whole, in Markdown; no key stands in it."""

from collections.abc import Mapping, Sequence

from retention.domain.clock import Period
from retention.domain.key import KEY
from retention.domain.proposal import Item, Proposal

_UNITS = ("bytes", "kB", "MB", "GB", "TB", "PB")
_STEP = 1000
ASKED_EVERY_TIME = (
    "A period that has ended starts a review; it does not authorise destruction. "
    "Do you know of any inquiry, claim, complaint, SAR or FOI request that may need these data? "
    "Then decline, or leave the number out."
)


def review_page(
    proposal: Proposal,
    kept: Sequence[Item],
    step: str,
    fault: str,
    parties: Mapping[str, str],
    *,
    demonstration: bool,
) -> str:
    """Return the page of one *step*; *fault* says why the last answer could not stand.

    Every dataset of the proposal is on it; those that an earlier approver left out are struck
    out.  *parties* are the names of the controllers, by id.  Short, for it stands above a form:
    the working of every date is :func:`working_of`.
    """
    versions = sum(item.manifest.versions for item in kept)
    size_bytes = sum(item.manifest.size_bytes for item in kept)
    numbered = enumerate(proposal.items, start=1)
    lines = ["**DEMONSTRATION.** Nothing here is of anyone.", ""] if demonstration else []
    lines += [f"**Please answer again:** {_plain(fault)}", "", "---", ""] if fault else []
    lines += [
        f"## {proposal.action.capitalize()} {len(kept)} datasets of {_plain(proposal.agreement)}",
        "",
        f"The mark of this list: **`{proposal.mark}`**",
        "",
        "| no. | dataset | versions | due since | gone by |",
        "| --: | :-- | --: | :-- | :-- |",
        *(_row(n, item, item in kept) for n, item in numbered),
        "",
        f"Together **{versions:,} object versions**, {size(size_bytes)}. {_remains(kept)}",
        "",
        *_keys(kept),
        _who_and_why(proposal, step),
        "",
        _told(proposal, parties),
        "",
        ASKED_EVERY_TIME,
    ]
    return "\n".join(lines)


def working_of(proposal: Proposal) -> list[str]:
    """Return for each dataset, by its number, what it is and how its dates follow."""
    told = []
    for number, item in enumerate(proposal.items, start=1):
        told.append(
            f"{number}. {item.manifest.dataset}: {item.describes}; {item.identifiability}; "
            f"clause {item.clause}"
        )
        told += [f"   - {line}" for line in item.working]
    return told


def _who_and_why(proposal: Proposal, step: str) -> str:
    place = f"{proposal.approved_by.index(step) + 1} of {len(proposal.approved_by)}"
    return (
        f"You answer as **{_plain(step)}** ({place}). Agreement {_plain(proposal.agreement)} "
        f"v{proposal.version}, mandate: {_plain(proposal.mandate)}."
    )


def _told(proposal: Proposal, parties: Mapping[str, str]) -> str:
    names = ", ".join(_plain(parties[c]) for c in proposal.controllers)
    return f"Told, and agreed: {names}. How each date follows: `retention show {proposal.mark}`."


def size(size_bytes: int) -> str:
    """Return a number of bytes as people read it."""
    value, unit = float(size_bytes), 0
    while value >= _STEP and unit < len(_UNITS) - 1:
        value, unit = value / _STEP, unit + 1
    return f"{size_bytes} bytes" if unit == 0 else f"{value:.1f} {_UNITS[unit]}"


def _row(number: int, item: Item, kept: bool) -> str:  # noqa: FBT001  # a column of the table
    strike = "" if kept else "~~"
    name = f"{strike}{_plain(item.manifest.dataset)}{strike}"
    days = f"{item.due_on or 'no such day'} | {item.destroy_by or 'no such day'}"
    return f"| {number} | {name} ({_plain(item.clause)}) | {item.manifest.versions:,} | {days} |"


def _remains(kept: Sequence[Item]) -> str:
    declared = [r for item in kept for r in item.residuals if r["kind"] != KEY]
    left_out = {
        f"{_plain(r['where'])} (clause {_plain(r['not_covered_clause'])})"
        for r in declared
        if r.get("not_covered_clause")
    }
    remains = {r["kind"] for r in declared if not r.get("not_covered_clause")}
    says = []
    if remains:
        kinds = ", ".join(sorted(remains))
        says.append(f"What remains for a while, and is looked at or attested: {kinds}.")
    if left_out:
        says.append(f"What remains, and no certificate covers: {', '.join(sorted(left_out))}.")
    return " ".join(says) or "No copy is declared that would remain."


def _keys(kept: Sequence[Item]) -> list[str]:
    """Return what is said of each key that is to be destroyed with what it protects."""
    shown: dict[str, list[Mapping[str, str]]] = {}
    for item in kept:
        for declared in item.residuals:
            if declared["kind"] == KEY:
                shown.setdefault(declared["where"], []).append(declared)
    lines: list[str] = []
    for arn, each in shown.items():
        under, looked_at, versions = (
            sum(int(declared[name]) for declared in each)
            for name in ("under_it", "looked_at", "versions")
        )
        days = max(Period.parse(declared["gone_within"]).days for declared in each)
        says = (
            f"**A key goes too**, last of all: {_plain(arn)}. Of {versions:,} versions "
            f"{looked_at:,} were looked at, and {under:,} are under it. Once everything on this "
            "list is seen gone its end is ordered: it is unusable from then on, can be recovered "
            f"for {days} days, and is gone after that. Where anything else may need it, or "
            "anything of it is not known, it is kept, and no certificate claims anything by it."
        )
        lines += [says, ""]
    return lines


def _plain(text: str) -> str:
    """Return *text* as text: what could be markup is escaped."""
    return "".join(f"\\{c}" if c in "\\`*_{}[]<>#|~" else c for c in text).replace("\n", " ")
