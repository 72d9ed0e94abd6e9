"""The review pack: all that an approver should know of a list before deciding, as one page.

Shown as artifacts of the review's run: a page in Markdown and a table of the datasets.  No key
stands in either, and no reason that somebody gave: the full list is served by the gate alone.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from retention.domain.clock import Period
from retention.domain.key import KEY
from retention.domain.proposal import Item, Proposal
from retention.domain.words import long_day, period_words
from retention.views import figures
from retention.views.links import link
from retention.views.markdown import plain


@dataclass(frozen=True, slots=True)
class Numbered:
    """One dataset of the list: its number, and what is known of it beside what was frozen."""

    number: int
    item: Item
    kept: bool  # not left out by an earlier approver
    covered: str  # which days its data span, in words
    holds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Pack:
    """Everything on the page; *read_on* is the day on which holds and answers were read."""

    proposal: Proposal
    datasets: tuple[Numbered, ...]
    parties: Mapping[str, str]  # controllers, id to name
    answers: Mapping[str, str]  # what each answered to the notice, in words
    decided: tuple[tuple[str, str], ...]  # role and verdict of those who answered before
    warnings: tuple[str, ...]
    read_on: date
    demonstration: bool

    @property
    def kept(self) -> tuple[Item, ...]:
        """What is asked about now."""
        return tuple(each.item for each in self.datasets if each.kept)

    @property
    def versions(self) -> int:
        """How many object versions are asked about, markers and uploads included."""
        return sum(item.manifest.versions for item in self.kept)

    @property
    def size_bytes(self) -> int:
        """How many bytes are asked about."""
        return sum(item.manifest.size_bytes for item in self.kept)


def dataset_rows(pack: Pack) -> list[dict[str, str]]:
    """Return a row for each dataset of the list: all of them, those left out marked as such."""
    return [
        {
            "no.": str(each.number),
            "dataset": each.item.manifest.dataset,
            "asked about": "yes" if each.kept else "left out by an earlier approver",
            "what it is": each.item.describes,
            "clause": each.item.clause,
            "sensitivity": _sensitivity(each.item),
            "period covered": each.covered,
            "versions": figures.number(each.item.manifest.versions),
            "size": figures.size(each.item.manifest.size_bytes),
            "may go from": each.item.due_on or "once approved",
            "gone by": each.item.destroy_by or "no such day",
            "held by": ", ".join(each.holds) or "nothing",
        }
        for each in pack.datasets
    ]


def pack_page(pack: Pack) -> str:
    """Return the pack as one page in Markdown."""
    proposal = pack.proposal
    lines = ["**DEMONSTRATION.** Nothing here is of anyone.", ""] if pack.demonstration else []
    lines += [
        f"# Review {proposal.mark}: {proposal.action} {_count(pack)} of {plain(proposal.title)}",
        "",
        (
            f"The mark of this list: **`{proposal.mark}`** · agreement {plain(proposal.agreement)} "
            f"version {proposal.version} · {plain(proposal.mandate)}"
        ),
        "",
        (
            f"**{figures.count(pack.versions, 'object version')}**, "
            f"{figures.size(pack.size_bytes)}. Frozen on {_at(proposal.frozen_at)}. "
            f"[The full list, with every key]({link(proposal.digest)}), for approvers who log in "
            "there; opening it is recorded."
        ),
        "",
        *_section("Look at this first", pack.warnings),
        *_section("What changed since people were last asked", list(_changes(pack))),
        "## What falls due, and why",
        "",
        *_datasets(pack),
        *_section("Where it lies, and what becomes of each copy", list(_copies(pack))),
        *_section("What the controllers answered", list(_answers(pack))),
        *_section("Who decided so far", list(_decided(pack))),
        "## Holds",
        "",
        f"Read on {long_day(pack.read_on)}, and again when you answer, and before every batch: "
        + (_held(pack) or "**none matches any of these datasets**."),
        "",
    ]
    return "\n".join(lines)


def _section(title: str, told: list[str] | tuple[str, ...]) -> list[str]:
    return [f"## {title}", "", *(f"- {each}" for each in told), ""] if told else []


def _count(pack: Pack) -> str:
    return figures.count(len(pack.kept), "dataset")


def _datasets(pack: Pack) -> Iterator[str]:
    for each in pack.datasets:
        item = each.item
        name = plain(item.manifest.dataset)
        yield f"### {each.number}. {name if each.kept else f'~~{name}~~ (left out)'}"
        yield ""
        yield (
            f"{plain(item.describes)}. Clause {plain(item.clause)}; {_sensitivity(item)}; "
            f"{each.covered}. {figures.count(item.manifest.versions, 'object version')}, of which "
            f"{figures.count(item.manifest.markers, 'delete marker')} and "
            f"{figures.count(item.manifest.uploads, 'unfinished upload')}; "
            f"{figures.size(item.manifest.size_bytes)}."
        )
        yield ""
        yield from (f"- {plain(line)}" for line in item.working)
        yield ""


def _sensitivity(item: Item) -> str:
    special = ", special category" if item.special_category else ""
    return f"{item.identifiability}{special}"


def _changes(pack: Pack) -> Iterator[str]:
    for each in pack.datasets:
        if not (since := each.item.since):
            continue
        why = {"": "still open", "refuse": "refused"}.get(since["why"], since["why"])
        if not since["added"]:
            told = "its manifest cannot be read any more, so nobody can tell what differs"
        elif since["added"] == since["gone"] == since["changed"] == "0":
            told = "the very same versions"
        else:
            told = f"{since['added']} new, {since['gone']} gone, {since['changed']} changed"
        yield f"Number {each.number}, last asked as {since['mark']} ({plain(why)}): {told}."


def _copies(pack: Pack) -> Iterator[str]:
    for each in pack.datasets:
        if not each.kept:
            continue
        for place in each.item.manifest.places:
            yield (
                f"Number {each.number}, {plain(place.kind)} {plain(place.uri)}: destroyed by us, "
                "version by version, and looked for afterwards with other credentials."
            )
        for left in each.item.residuals:
            yield f"Number {each.number}, {plain(left['kind'])} {plain(left['where'])}: " + _fate(
                left
            )


def _fate(left: Mapping[str, str]) -> str:
    if left["kind"] == KEY:
        return "the key is destroyed last of all, once everything under it is seen gone."
    if clause := left.get("not_covered_clause"):
        return f"**stays**, and no certificate covers it (clause {plain(clause)})."
    within = left.get("gone_within", "")
    ages = f"ages out within {period_words(Period.parse(within))}" if within else "is removed"
    who = {"engine": "we look again", "person": "a person attests it"}
    return f"{ages}; {who.get(left['checked_by'], 'its provider says so in writing')}."


def _answers(pack: Pack) -> Iterator[str]:
    for party, said in pack.answers.items():
        yield f"{plain(pack.parties.get(party, party))}: {plain(said)}"


def _decided(pack: Pack) -> Iterator[str]:
    for role, verdict in pack.decided:
        yield f"{plain(role)}: {plain(verdict)}"


def _held(pack: Pack) -> str:
    held = [each for each in pack.datasets if each.holds]
    told = (f"number {each.number} by {', '.join(each.holds)}" for each in held)
    return f"**{'; '.join(told)}**." if held else ""


def _at(stamp: str) -> str:
    return long_day(date.fromisoformat(stamp[:10]))
