"""What follows from a decision, and when; and how to take it back while that is possible."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from retention.domain.proposal import Item, Proposal
from retention.domain.words import long_day
from retention.views import figures
from retention.views.markdown import plain


@dataclass(frozen=True, slots=True)
class Ends:
    """When an approved disposal may begin and lapses, or why nothing follows; all empty: open."""

    begin_on: date | None = None
    lapses_after: date | None = None
    spent: str = ""


_SPENT = {
    "refuse": "somebody refused it",
    "extend": "somebody asked for an extension of all of it",
    "return-instead": "somebody asked to return it instead",
    "hold": "all of it is held",
    "reclassify": "somebody asked to reclassify all of it",
    "lapsed": "its days are over",
    "superseded": "the agreement has a new version",
    "objected": "a controller objects to some of it",
    "not-told": "its notice had not reached every controller in time",
}


def afterwards_page(
    proposal: Proposal, kept: Sequence[Item], others: Sequence[str], ends: Ends
) -> str:
    """Return what follows, in Markdown; *others* says what becomes of what was not approved."""
    lines = [f"# What follows from review {proposal.mark}", ""]
    if ends.spent:
        why = _SPENT.get(ends.spent, ends.spent)
        lines += [
            (
                f"**Nothing is destroyed**: {plain(why)}. This list is spent for good; what is "
                "due still will be proposed afresh, with what changed."
            ),
            "",
        ]
    elif ends.begin_on is None or ends.lapses_after is None:
        lines += ["Not everybody has answered. Nothing follows before that.", ""]
    else:
        lines += _approved(proposal, kept, ends.begin_on, ends.lapses_after)
    if others:
        lines += ["## What was not approved", "", *(f"- {plain(each)}" for each in others), ""]
        lines += [
            (
                "A hold stands from the moment of the answer. What needs a party's instruction is "
                "asked for by letter, and is not proposed again before it is answered."
            ),
            "",
        ]
    return "\n".join(lines)


def _approved(
    proposal: Proposal, kept: Sequence[Item], begin_on: date, lapses_after: date
) -> list[str]:
    versions = sum(item.manifest.versions for item in kept)
    what = f"{figures.count(len(kept), 'dataset')} ({figures.count(versions, 'object version')})"
    begins, lapses = long_day(begin_on), long_day(lapses_after)
    told = {
        f"until {long_day(begin_on - timedelta(days=1))}": "It cools off: nothing is destroyed, "
        "and access is withdrawn where somebody was named who can do that.",
        f"from {begins}": "It is destroyed, without another question. Holds, objections and the "
        "list are looked at before every batch.",
        "then": "Somebody else looks whether it is gone. The controllers get a certificate.",
        f"after {lapses}": "What has not begun by then lapses, and is asked afresh.",
    }
    return [
        f"Everybody approved **{what}** of {plain(proposal.title)}.",
        "",
        "| when | what happens |",
        "| :-- | :-- |",
        *(f"| {when} | {what} |" for when, what in told.items()),
        "",
        "## To take it back",
        "",
        (
            f"Before {begins}: Deployments → **abort** → Run, and type the mark "
            f"`{proposal.mark}`; or `retention abort {proposal.mark}`."
        ),
        "",
        "At any time: a **hold**. What is held voids its approval, and no batch begins.",
        "",
        "Once it has begun: **stop**, which ends it after the batch that is under way.",
        "",
    ]
