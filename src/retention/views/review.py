"""What an approver reads above the form: short, whole, in Markdown; no key stands in it."""

from collections.abc import Mapping, Sequence

from retention.domain.clock import Period
from retention.domain.key import KEY
from retention.domain.proposal import Item, Proposal
from retention.views import figures
from retention.views.links import link
from retention.views.markdown import plain
from retention.views.pack import Pack

GROUND = "A period that has ended starts a review; it does not authorise destruction."


def review_page(pack: Pack, step: str, fault: str) -> str:
    """Return the page of one *step*; *fault* says why the last answer could not stand.

    Every dataset of the proposal is on it; those that an earlier approver left out are struck
    out.  Short, for it stands above a form: the rest is the pack (:func:`pack.pack_page`).
    """
    proposal, kept = pack.proposal, pack.kept
    lines = ["**DEMONSTRATION.** Nothing here is of anyone.", ""] if pack.demonstration else []
    lines += [f"**Please answer again:** {plain(fault)}", "", "---", ""] if fault else []
    lines += [
        (
            f"## {proposal.action.capitalize()} {figures.count(len(kept), 'dataset')} of "
            f"{plain(proposal.agreement)}"
        ),
        "",
        (
            f"The mark of this list: **`{proposal.mark}`** · "
            f"[every key of it]({link(proposal.digest)}) · what else is known: the Artifacts of "
            "this run"
        ),
        "",
        "| no. | dataset | versions | due since | gone by |",
        "| --: | :-- | --: | :-- | :-- |",
        *(_row(each.number, each.item, each.kept) for each in pack.datasets),
        "",
        (
            f"Together **{figures.count(pack.versions, 'object version')}**, "
            f"{figures.size(pack.size_bytes)}. {_remains(kept)}"
        ),
        "",
        *(f"> **Note:** {plain(each)}\n" for each in pack.warnings),
        *_keys(kept),
        _who_and_why(proposal, step),
        "",
        _told(pack),
        "",
        GROUND,
    ]
    return "\n".join(lines)


def _who_and_why(proposal: Proposal, step: str) -> str:
    place = f"{proposal.approved_by.index(step) + 1} of {len(proposal.approved_by)}"
    return (
        f"You answer as **{plain(step)}** ({place}). Agreement {plain(proposal.agreement)} "
        f"v{proposal.version}, mandate: {plain(proposal.mandate)}."
    )


def _told(pack: Pack) -> str:
    if not pack.answers:
        return "We are the controller of these data: nobody else was asked."
    said = (f"{plain(pack.parties[c])}: {plain(told)}" for c, told in pack.answers.items())
    return f"What the controllers answered. {'. '.join(said)}."


def _row(number: int, item: Item, kept: bool) -> str:  # noqa: FBT001  # a column of the table
    strike = "" if kept else "~~"
    name = f"{strike}{plain(item.manifest.dataset)}{strike}"
    days = f"{item.due_on or 'no such day'} | {item.destroy_by or 'no such day'}"
    return f"| {number} | {name} ({plain(item.clause)}) | {item.manifest.versions:,} | {days} |"


def _remains(kept: Sequence[Item]) -> str:
    declared = [r for item in kept for r in item.residuals if r["kind"] != KEY]
    left_out = {
        f"{plain(r['where'])} (clause {plain(r['not_covered_clause'])})"
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
            f"**A key goes too**, last of all: {plain(arn)}. Of {versions:,} versions "
            f"{looked_at:,} were looked at, and {under:,} are under it. Once everything on this "
            "list is seen gone its end is ordered: it is unusable from then on, can be recovered "
            f"for {days} days, and is gone after that. Where anything else may need it, or "
            "anything of it is not known, it is kept, and no certificate claims anything by it."
        )
        lines += [says, ""]
    return lines
