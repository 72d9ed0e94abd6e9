"""What an approver reads above the form: short, whole, in Markdown; no key stands in it."""

from collections.abc import Mapping, Sequence

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
) -> str:
    """Return the page of one *step*; *fault* says why the last answer could not stand.

    Every dataset of the proposal is on it, those that an earlier approver left out are struck.
    """
    totals = [sum(each) for each in zip(*((_size(i)) for i in kept), strict=True)]
    lines = [f"> **Please answer again.** {_plain(fault)}", ""] if fault else []
    lines += [
        f"## {_plain(proposal.title)}: {len(kept)} datasets to {proposal.action}",
        "",
        f"Mark of this list: **`{proposal.mark}`** (type it below, and only if the list is right)",
        "",
        _who_and_why(proposal, step),
        "",
        f"Controllers, all of them told: {', '.join(_plain(parties[c]) for c in parties)}.",
        "",
        "| No. | Dataset | What it is | Versions | Size | Why now | Gone by |",
        "| --: | :-- | :-- | --: | --: | :-- | :-- |",
        *(_row(n, item, item in kept) for n, item in enumerate(proposal.items, start=1)),
        "",
        f"Together **{totals[0]:,} object versions**, {size(totals[1])}. {_remains(kept)}",
        "",
        ASKED_EVERY_TIME,
    ]
    return "\n".join(lines)


def _who_and_why(proposal: Proposal, step: str) -> str:
    place = f"{proposal.approved_by.index(step) + 1} of {len(proposal.approved_by)}"
    return (
        f"You answer as **{_plain(step)}** ({place}). Agreement {_plain(proposal.agreement)} "
        f"v{proposal.version}, mandate: {_plain(proposal.mandate)}."
    )


def size(size_bytes: int) -> str:
    """Return a number of bytes as people read it."""
    value, unit = float(size_bytes), 0
    while value >= _STEP and unit < len(_UNITS) - 1:
        value, unit = value / _STEP, unit + 1
    return f"{size_bytes} bytes" if unit == 0 else f"{value:.1f} {_UNITS[unit]}"


def _size(item: Item) -> tuple[int, int]:
    return item.manifest.versions, item.manifest.size_bytes


def _row(number: int, item: Item, kept: bool) -> str:  # noqa: FBT001  # a column of the table
    m = item.manifest
    strike = "" if kept else "~~"
    cells = (
        str(number),
        f"{strike}`{m.dataset}`{strike}",
        f"{_plain(item.describes)} ({_plain(item.identifiability)})",
        f"{m.versions:,}",
        size(m.size_bytes),
        f"{'; '.join(_plain(line) for line in item.working)} (clause {_plain(item.clause)})",
        item.destroy_by or "no such date",
    )
    return f"| {' | '.join(cells)} |"


def _remains(kept: Sequence[Item]) -> str:
    residuals = {r["kind"] for item in kept for r in item.residuals}
    if not residuals:
        return "No copy is declared that would remain."
    return f"What remains for a while and is looked at again: {', '.join(sorted(residuals))}."


def _plain(text: str) -> str:
    """Return *text* as text: what could be markup is escaped."""
    return "".join(f"\\{c}" if c in "\\`*_{}[]<>#|~" else c for c in text).replace("\n", " ")
