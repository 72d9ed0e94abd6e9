"""What people read above the forms of acts of their own, in Markdown: what it does, what they can
choose, what they must not write; then what it would touch; and at the end what was recorded.

The window of such a form is narrow: lists before tables, and tables of few columns.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from types import MappingProxyType
from typing import Final, Protocol

from retention.domain.words import long_day
from retention.views.figures import count, size
from retention.views.markdown import plain, sentences
from retention.views.preview import SHOWN_MAX, Preview, Row, Value, grouped
from retention.views.surveyed import inventory_note

CHOICES_MAX: Final = 12  # of a kind, above a form; the command lists all
NEVER: Final = (
    "**Never write a patient's name, number or address**, nor the name of a file. Write *the "
    "subject of request 2026/14*: your own records say who that is."
)
NEXT: Final = (
    "**Next** you see what this touches, and are asked whether to record it. Until you say yes to "
    "that nothing is recorded, and within a day it lapses."
)
BY_REFERENCE: Final = (
    "No file was brought: what is kept as evidence is your reference and your words. Everywhere "
    "later it says *a reference, no file*."
)
REFERENCE_ONLY: Final = (
    "What started this clock is shown by a reference, no file: it was recorded in the browser."
)
AS_TYPED: Final = "Your reference and reason are kept as you typed them, and are not shown here."


@dataclass(frozen=True, slots=True)
class Known:
    """An event that may be recorded: of what, and by which roles."""

    name: str
    per: str
    roles: tuple[str, ...]
    brings: str = ""


@dataclass(frozen=True, slots=True)
class InForce:
    """An agreement in force, and the words that belong to it."""

    reference: str
    title: str
    classes: tuple[str, ...]
    controllers: tuple[str, ...]
    events: tuple[Known, ...]


@dataclass(frozen=True, slots=True)
class Waiting:
    """A notice, and the controllers of whom no answer is recorded."""

    number: str
    reference: str
    silent: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Halting:
    """An approval from which something may still follow."""

    mark: str
    reference: str
    datasets: int
    may_begin_on: str
    has_begun: bool


@dataclass(frozen=True, slots=True)
class Choices:
    """What there is to choose from."""

    agreements: tuple[InForce, ...] = ()
    notices: tuple[Waiting, ...] = ()
    approvals: tuple[Halting, ...] = ()


_HEADS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "hold": "### Place a hold\n\nIt stops every disposal of what it holds, from the next batch "
        "on. The clock runs on beneath it. **If in doubt, hold:** anybody may place one, and two "
        "people together release it.",
        "event": "### Record an event\n\nIt starts the clock of every dataset that counts from it. "
        "Recorded again, it is a correction, and approvals that followed from the old day fall.",
        "instruction": "### Record what a party says\n\nA controller's answer to a notice, or what "
        "their letter instructs. *Proceed* destroys nothing: people are asked first. One "
        "objection stops its notice for all.",
        "abort": "### Withdraw an approval\n\nIn its cooling-off, before anything is destroyed. "
        "Its datasets go back to review as they are, and destroying them takes a new review.",
        "stop": "### Stop a disposal\n\nIt halts everywhere, each worker after the batch that it "
        "has under way. What was ordered is verified and reported; what remains needs a new "
        "review. What is gone does not come back.",
    }
)


_FOLLOWS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "hold": "It is read before every step and every batch; an approval of what it holds falls. "
        "`retention hold list` shows it, and two people together release it.",
        "event": "The days that follow from it are worked out with the next run of *advance*; "
        "approvals that followed from an older day fall. `retention event list` shows it.",
        "instruction": "*Advance* takes it up with its next run. `retention instruction list` "
        "shows instructions, and answers stand with their notice.",
        "abort": "Nothing of it was destroyed: its datasets go back to review.",
        "stop": "No further batch is announced. What was ordered is verified and reported.",
    }
)


class Ending(Protocol):
    """How an act ended."""

    @property
    def recorded(self) -> bool:
        """Whether there is an entry."""
        ...

    @property
    def result(self) -> str:
        """What it is called, such as ``H-0001``, or ""."""
        ...

    @property
    def entries(self) -> int:
        """How many entries there are."""
        ...

    @property
    def why(self) -> str:
        """Why there is none."""
        ...


def form_page(kind: str, choices: Choices, fault: str = "") -> str:
    """Return what stands above the form of an act; *fault* is why it is asked again."""
    told = {
        "hold": _hold,
        "event": _event,
        "instruction": _instruction,
        "abort": _halt,
        "stop": _halt,
    }[kind]
    return "\n\n".join([*again(fault), _HEADS[kind], NEVER, *told(kind, choices), NEXT])


def confirm_page(preview: Preview, fault: str = "", *, by_reference: bool, wide: str = "") -> str:
    """Return what an act would touch, and the question; *wide* is why it is over-wide."""
    lines = [*again(fault), "### Record this?", f"**{plain(preview.act)}**"]
    if wide:
        lines.append(f"**Wide:** {plain(wide)}. Say so below if you mean all of it, or say no.")
    lines += _touches(preview)
    if preview.notes:
        lines += ["**To know**", "\n".join(f"- {_with_code(note)}" for note in preview.notes)]
    lines += [f"{BY_REFERENCE} {AS_TYPED}" if by_reference else AS_TYPED]
    return "\n\n".join(lines)


def ended_page(kind: str, ended: Ending) -> str:
    """Return how it ended: what was recorded and what follows, in ids and counts only."""
    if not ended.recorded:
        return (
            f"### Nothing was recorded\n\n{ended.why[:1].upper()}{ended.why[1:]}. To begin anew, "
            f"start *{kind}* once more.\n"
        )
    name = ended.result or {"event": "an event", "instruction": "an answer"}.get(kind, kind)
    return (
        f"### Recorded: {plain(name)}\n\n{count(ended.entries, 'entry', 'entries')} on the ledger. "
        f"{_FOLLOWS[kind]}\n"
    )


def _with_code(text: str) -> str:
    """Return *text* as text, but for the commands in it: those stay code."""
    parts = text.split("`")
    if len(parts) % 2 == 0:  # a quote that does not pair is none of ours
        return plain(text)
    return "".join(f"`{part}`" if n % 2 else plain(part) for n, part in enumerate(parts))


def again(fault: str) -> list[str]:
    """Return the paragraph that says why something is asked again, if it is."""
    return [f"**Please answer again.** {_with_code(fault)}\n\n---"] if fault else []


def _hold(_kind: str, choices: Choices) -> Iterator[str]:
    first = choices.agreements[0] if choices.agreements else None
    reference = first.reference if first else "REF"
    name = first.classes[0] if first and first.classes else "CLASS"
    party = first.controllers[0] if first and first.controllers else "NAME"
    yield "**What it holds** is one line. Put commas between its parts; all of them must fit."
    yield table(
        ("write", "it holds"),
        (
            (f"`{reference}`", "the whole agreement"),
            (f"`{reference}/{name}`", "one class of it"),
            (f"`{reference}/{name}/…`", "one dataset, by its id"),
            (f"`controller {party}`", "what is this controller's"),
            ("`nation wales`", "one nation"),
            ("`covers from 2019-04-01`", "data of that day or later; or `covers through`"),
            ("`even if none`", "what comes, if nothing is there yet"),
        ),
    )
    yield (
        "For a `subject-request`, `foi` request or `restriction` add `received 2026-03-02`, the "
        f"day on which it reached us; if several controllers could answer, `answered by {party}`."
    )
    yield from _agreements(choices, lambda each: _listed(each.classes))


def _event(_kind: str, choices: Choices) -> Iterator[str]:
    for each in choices.agreements[:CHOICES_MAX]:
        yield f"**{plain(each.reference)}** ({plain(each.title)})"
        yield table(
            ("event", "of which", "recorded by"),
            [
                (f"`{event.name}`{_brings(event)}", _of_which(event.per), _roles(event.roles))
                for event in each.events
            ],
        )
    yield from _more(choices.agreements, "agreements")
    yield "The day is `2019-06-30`, or `2019-06` or `2019` if nobody knows more; it must have come."
    yield "**Evidence** is where the letter or page is: a link, or its number in your records."


def _instruction(_kind: str, choices: Choices) -> Iterator[str]:
    if choices.notices:
        yield "**Notices that wait for an answer**"
        yield table(
            ("number", "agreement", "no answer yet of"),
            [
                (f"`{each.number}`", plain(each.reference), plain(", ".join(each.silent)))
                for each in choices.notices[:CHOICES_MAX]
            ],
        )
        yield from _more(choices.notices, "notices")
    else:
        yield "No notice waits for an answer."
    yield (
        "**What it is about:** the number of a notice for an answer; the id of a dataset, or "
        "`REF/CLASS`, for what a letter instructs."
    )
    yield (
        "**On which dataset:** the word none for an answer on all of its notice; the id of one "
        "dataset for an answer on that alone, and the others go on."
    )
    yield from _agreements(
        choices, lambda each: f"{_listed(each.classes)}; of {_listed(each.controllers)}"
    )
    yield "**Evidence** is where the letter is: a link, or its number in your records."


def _halt(kind: str, choices: Choices) -> Iterator[str]:
    fits = [each for each in choices.approvals if each.has_begun or kind == "stop"]
    if kind == "abort":
        fits = [each for each in choices.approvals if not each.has_begun]
    if not fits:
        yield "**There is none at present**: nothing that was approved can be halted in this way."
        return
    yield table(
        ("mark", "agreement", "datasets", "stands"),
        [
            (
                f"`{each.mark}`",
                plain(each.reference),
                str(each.datasets),
                "has begun"
                if each.has_begun
                else f"may begin on {long_day(date.fromisoformat(each.may_begin_on))}",
            )
            for each in fits[:CHOICES_MAX]
        ],
    )
    yield from _more(fits, "approvals")


def agreements_lines(choices: Choices) -> Iterator[str]:
    """Yield the agreements and their classes."""
    yield from _agreements(choices, lambda each: _listed(each.classes))


def _agreements(choices: Choices, tell: Callable[[InForce], str]) -> Iterator[str]:
    yield "**What there is**"
    yield "\n".join(
        f"- `{each.reference}` ({plain(each.title)}): {tell(each)}"
        for each in choices.agreements[:CHOICES_MAX]
    )
    yield from _more(choices.agreements, "agreements")


def _more(all_of: Sequence[object], called: str) -> Iterator[str]:
    if len(all_of) > CHOICES_MAX:
        yield f"and {len(all_of) - CHOICES_MAX:,} more {called}, which the command lists."


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - CHOICES_MAX} more" if len(names) > CHOICES_MAX else ""
    return ", ".join(f"`{name}`" for name in names[:CHOICES_MAX]) + more


def _brings(event: Known) -> str:
    return f" (bring: {plain(event.brings)})" if event.brings else ""


def _roles(roles: Sequence[str]) -> str:
    return plain(", ".join(roles))


def _of_which(per: str) -> str:
    if per == "agreement":
        return "none: the whole agreement"
    return "a dataset, by its id" if per == "dataset" else f"a {plain(per)}"


def _touches(preview: Preview) -> Iterator[str]:
    if preview.lines:
        yield "\n".join(f"- {plain(each)}" for each in preview.lines[:SHOWN_MAX])
    if not preview.changes:
        yield plain(preview.untouched)
        return
    yield (
        f"It touches **{count(len(preview.changes), 'dataset')}**, "
        f"{count(preview.objects, 'object version')}, {size(preview.size_bytes)}:"
    )
    shown = 0
    for rows, group in groupby(grouped(preview.changes), key=lambda each: each.rows):
        alike = list(group)
        if shown >= SHOWN_MAX:
            break
        some = alike[: SHOWN_MAX - shown]
        names = [f"- {plain(each.dataset)} ({size(each.size_bytes)})" for each in some]
        if len(alike) > len(some):
            names.append(f"- and {len(alike) - len(some):,} more that change like these")
        shown += len(alike)
        yield "\n".join(names)
        yield table(("", "now", "then"), [_row(row) for row in rows])
    if shown < len(preview.changes):
        yield (
            f"and **{len(preview.changes) - shown:,} more datasets**, counted above; the command "
            "lists each with `--preview --json`"
        )
    made = sorted({pair for each in preview.changes for pair in each.inventories})
    for store, day in made:
        yield plain(inventory_note(store, day))


def _row(row: Row) -> tuple[str, str, str]:
    before, after = _said(row.before), _said(row.after)
    return plain(row.what), before, before if before == after else f"**{after}**"


def _said(value: Value) -> str:
    if isinstance(value, date):
        return long_day(value)
    if isinstance(value, tuple):
        return plain(", ".join(value)) or "none"
    return plain(value or "none")


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table in Markdown; what stands in its cells is Markdown too."""
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)])


_IN_THE_LINE: Final[Mapping[str, str]] = MappingProxyType(
    {  # options of the command, and how a form says the same
        "--even-if-none": "'even if none'",
        "--received": "'received'",
        "--answer-to": "'answered by'",
        "--whole": "so when you confirm",
        "--agreement, --class, --dataset, --controller, --nation or --covers-…": "as the lines "
        "above show",
        "--agreement": "'REF/CLASS'",
        "--moves-maximum": "'keep it longer, and its maximum moves'",
    }
)


def fault_words(what: str, hint: str) -> str:
    """Return why an answer cannot stand and what to do, in the words of the form."""
    for option, words in _IN_THE_LINE.items():
        hint = hint.replace(option, words)
    return sentences(what, hint)
