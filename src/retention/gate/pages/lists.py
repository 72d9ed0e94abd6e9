"""The pages of proposals: what there is, one list in full, and what is taken along of it."""

import logging
from collections.abc import Callable
from typing import Any, Final, TypeVar

from anyio import CapacityLimiter, to_thread

from retention.domain.case import Case, proposal_stream
from retention.domain.dataset import Kind
from retention.domain.proposal import Proposal
from retention.errors import (
    EvidenceError,
    NotAuthorisedError,
    PackClosedError,
    RefusedError,
    RetentionError,
)
from retention.gate.pages.answers import Asked, BadFormError
from retention.gate.pages.checking import Checks
from retention.steps.cases import decided_case_of, read_proposal
from retention.steps.full_list import PAGE_ROWS, PART_ROWS, Found, Query, csv_lines, find
from retention.steps.opening import (
    Form,
    Opening,
    closed_of,
    left_out_of,
    note_opening,
    require_may_open,
    shelf_of,
    state_of_case,
)
from retention.views import disposal_list
from retention.views.figures import count, number
from retention.views.links import PROPOSALS, link
from retention.views.pages import (
    Frame,
    full_list_page,
    minute,
    proposals_page,
    seen,
    sentence_page,
)

LOOKED_AT_MAX: Final = 50  # proposals on one page of them
READERS: Final = 3  # lists that are read at a time
TAKEN_MAX: Final = 8  # lists that go out as CSV at a time
AGAIN_S: Final = 5
_NUMBER_MAX: Final = 10**12
_CSV: Final = "text/csv; charset=utf-8; header=present"
_BUSY: Final = "Too many lists are being taken along at once. Try again in a minute."
_XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_SEARCH: Final = "This search cannot be read: the form here makes one that can."
_BROKEN: Final = (
    "This list is not shown: what is kept does not have the root that the mark stands for. Nobody "
    "may decide on it. Tell whoever runs the system: they restore the evidence store, and look."
)
_UNKNOWN: Final = "No proposal of this digest is on the ledger. The list of proposals has them all."
_WITHOUT: Final = "The disposal list, which has no keys in it, can still be had."

log = logging.getLogger("retention.gate.pages")
T = TypeVar("T")


class NotWrittenError(Exception):
    """Who opens a list could not be written down, so nobody does."""


class Lists:
    """Reads proposals for people, and writes who opened them before it shows anything."""

    def __init__(self, opening: Opening, ledger_turn: CapacityLimiter) -> None:
        """Read and write by *opening*; the ledger in its turn."""
        self._opening, self._turn = opening, ledger_turn
        self._checks = Checks(opening.evidence, opening.clock)
        self._readers = CapacityLimiter(READERS)
        self._setting = CapacityLimiter(1)
        self._taken = 0  # lists that go out as CSV at this moment

    async def shelf(self, asked: Asked, frame: Frame, person: str) -> None:
        """Show which proposals there are for *person*."""
        start = max(1, _whole(asked.query("from")))
        try:
            shelf = await self._in_turn(
                lambda: shelf_of(person, start, LOOKED_AT_MAX, self._opening)
            )
        except NotAuthorisedError as error:
            await _say(asked, frame, 403, "Not for you", error)
            return
        told = f"Of {count(shelf.total, 'proposal')} you may open {len(shelf.listed)}."
        if (shelf.first, shelf.last) != (1, shelf.total):
            told = (
                f"Numbers {number(shelf.first)} to {number(shelf.last)} of {number(shelf.total)} "
                f"proposals, the newest first: of these you may open {len(shelf.listed)}."
            )
        rows = [(each.proposal, each.state, each.proposed_at) for each in shelf.listed]
        older = shelf.last + 1 if shelf.last < shelf.total else 0
        await asked.answer(200, proposals_page(frame, rows, told, older))

    async def open(
        self, asked: Asked, frame: Frame, person: str, digest: str, form: Form
    ) -> None:  # fmt: skip
        """Show a list in one *form* to who may open it; write that first."""
        try:
            case, proposal = await self._in_turn(lambda: self._read(digest, person))
        except NotAuthorisedError as error:
            await _say(asked, frame, 403, "Not for you", error)
            return
        except LookupError:
            await _say_plain(asked, frame, 404, "No such proposal", [_UNKNOWN])
            return
        try:
            if form is Form.PAGE:
                await self._page(asked, frame, person, case, proposal)
            elif form is Form.CSV:
                await self._csv(asked, person, case, proposal)
            else:
                await self._paper(asked, person, proposal, form)
        except PackClosedError:
            await _gone(asked, frame, case, proposal)
        except RefusedError as error:
            await _say(asked, frame, 500, "Not shown", error)
        except EvidenceError as error:
            if asked.has_begun:
                raise
            log.error("a list is not shown: %s", error)  # noqa: TRY400  # no message carries a key
            await _say_plain(asked, frame, 500, "Not shown", [_BROKEN])

    def _read(self, digest: str, person: str) -> tuple[Case, Proposal]:
        if not self._opening.ledger.stream(proposal_stream(digest)):
            raise LookupError("no such proposal")
        case = decided_case_of(self._opening.ledger, digest)
        proposal = read_proposal(case, self._opening.evidence)
        require_may_open(person, proposal, self._opening)
        return case, proposal

    async def _page(
        self, asked: Asked, frame: Frame, person: str, case: Case, proposal: Proposal
    ) -> None:  # fmt: skip
        try:
            query = _query(await asked.form()) if asked.method == "POST" else Query()
        except BadFormError:
            await _say_plain(asked, frame, 400, "Not read", [_SEARCH])
            return
        _require_open(case, proposal)
        checked = await self._checks.of(case.proposed.text("document"), proposal)
        if isinstance(checked, int):
            told = (
                f"The list is being checked against the roots that its mark stands for: "
                f"{number(checked)} of {number(proposal.versions)} rows so far. Nothing of it is "
                "shown before. This page looks again by itself."
            )
            page = sentence_page(frame, "In a moment", [told], refresh_s=AGAIN_S)
            await asked.answer(202, page)
            return
        left_out = await self._in_turn(lambda: left_out_of(case, proposal, self._opening.evidence))
        await self._note(proposal, person, Form.PAGE)
        found = await to_thread.run_sync(
            lambda: find(proposal, query, self._opening.evidence), limiter=self._readers
        )
        told = _told(found, query)
        shown: dict[str, Any] = {
            "left_out": left_out,
            "checked": minute(checked),
            "state": state_of_case(case, proposal),
            "query": query,
            "told": told,
            "pager": _pager(found, query),
            "rows": [seen(each.number, each.dataset, each.row) for each in found.shown],
        }
        await asked.answer(200, full_list_page(frame, proposal, shown))

    async def _csv(self, asked: Asked, person: str, case: Case, proposal: Proposal) -> None:
        _require_open(case, proposal)
        if self._taken >= TAKEN_MAX:
            await asked.answer(429, _BUSY, "text/plain; charset=utf-8", {"retry-after": "60"})
            return
        self._taken += 1
        try:
            await self._note(proposal, person, Form.CSV)
            pieces = csv_lines(proposal, self._opening.evidence)
            more = _named(f"full-list-{proposal.mark}.csv")
            await asked.stream(pieces, _CSV, more, self._readers)
        finally:
            self._taken -= 1

    async def _paper(self, asked: Asked, person: str, proposal: Proposal, form: Form) -> None:
        await self._note(proposal, person, form)
        made = await to_thread.run_sync(lambda: self._made(proposal, form), limiter=self._setting)
        kind = "application/pdf" if form is Form.PDF else _XLSX
        await asked.answer(200, made, kind, _named(f"disposal-list-{proposal.mark}.{form}"))

    def _made(self, proposal: Proposal, form: Form) -> bytes:
        library, at = self._opening.library, self._opening.clock.now()
        named = {each for item in proposal.items for each in item.controllers}
        parties = {each: library.party(each) for each in named.union(proposal.controllers)}
        if form is Form.PDF:
            data = disposal_list.pdf_data(proposal, parties, library.engine(), made_at=at)
            return self._opening.typesets.pdf(disposal_list.TEMPLATE, data, {})
        sheets = disposal_list.sheets_of(proposal, parties, library.engine(), made_at=at)
        return self._opening.sheets.xlsx(f"Disposal list {proposal.mark}", sheets, made_at=at)

    async def _note(self, proposal: Proposal, person: str, form: Form) -> None:
        try:
            await self._in_turn(lambda: note_opening(proposal.digest, person, form, self._opening))
        except RetentionError as error:
            raise NotWrittenError(type(error).__name__) from None

    async def _in_turn(self, work: Callable[[], T]) -> T:
        return await to_thread.run_sync(work, limiter=self._turn)


def _require_open(case: Case, proposal: Proposal) -> None:
    if any(closed_of(case, proposal)):
        raise PackClosedError("a manifest was closed by design", hint="its root and counts remain")


def _query(form: dict[str, str]) -> Query:
    """Return what a form asks for; raise BadFormError for what no form of ours does."""
    kind = form.get("kind", "")
    if kind and kind not in set(Kind):
        raise BadFormError("no such kind")
    part, _, page = form.get("at", "1.1").partition(".")
    return Query(
        words=form.get("words", ""),
        dataset=_whole(form.get("dataset", "0")),
        kind=Kind(kind) if kind else None,
        part=max(1, _whole(part)),
        page=max(1, _whole(page)),
    )


def _told(found: Found, query: Query) -> str:
    """Say what is shown of what there is: a page is never taken for the list."""
    among = f"rows {number(found.first)} to {number(found.last)}" if found.parts > 1 else "the rows"
    whose = "of this list" if not query.dataset else f"of dataset {query.dataset}"
    if not query.is_search:
        told = f"Showing {number(len(found.shown))} of {_rows(found.total)} {whose}"
        if found.shown:
            told += f": {number(found.shown[0].number)} to {number(found.shown[-1].number)}"
        return f"{told}."
    told = f"Showing {number(len(found.shown))} of {number(found.matches)} that match"
    if found.parts == 1:
        return f"{told}, among {_rows(found.total)} {whose}."
    return (
        f"{told} among {among} {whose}, which has {number(found.total)}: a search looks through "
        f"{number(PART_ROWS)} at a time. The CSV has them all."
    )


def _rows(total: int) -> str:
    return "1 row" if total == 1 else f"{number(total)} rows"


def _pager(found: Found, query: Query) -> list[tuple[str, int, int]]:
    part = min(query.part, found.parts)
    page = min(query.page, found.pages)
    last = found.pages
    pages = [
        (f"First {PAGE_ROWS}", part, 1, page > 2),  # noqa: PLR2004  # beyond the one before
        ("Back", part, page - 1, page > 1),
        (f"Next (page {number(page + 1)} of {number(last)})", part, page + 1, page < last),
        ("Last", part, last, page + 1 < last),
        (f"Rows before {number(found.first)}", part - 1, 1, part > 1),
        (f"Rows after {number(found.last)}", part + 1, 1, part < found.parts),
    ]
    return [(says, part, page) for says, part, page, there in pages if there]


async def _gone(asked: Asked, frame: Frame, case: Case, proposal: Proposal) -> None:
    closed = list(closed_of(case, proposal))
    told = (
        f"The keys of {count(len(closed) or 1, 'manifest')} of this proposal were destroyed on "
        "their day, as agreed: its rows can be read by nobody any more. Nothing is damaged. "
        "Its roots and counts stand on the ledger and on the certificates."
    )
    href = link(proposal.digest)
    links = [(f"{href}.pdf", "Disposal list as PDF"), (f"{href}.xlsx", "As a workbook")]
    page = sentence_page(frame, f"Closed: {proposal.mark}", [told, _WITHOUT], links=links)
    await asked.answer(410, page)


async def _say(
    asked: Asked, frame: Frame, status: int, title: str, error: RetentionError
) -> None:  # fmt: skip
    said = [f"{each[:1].upper()}{each[1:]}." for each in (str(error), error.hint)]
    await _say_plain(asked, frame, status, title, said)


async def _say_plain(
    asked: Asked, frame: Frame, status: int, title: str, said: list[str]
) -> None:  # fmt: skip
    page = sentence_page(frame, title, said, links=[(PROPOSALS, "Proposals")])
    await asked.answer(status, page)


def _named(name: str) -> dict[str, str]:
    return {"content-disposition": f'attachment; filename="{name}"'}


def _whole(text: str) -> int:
    """Return a number that a form or an address says; 0 for what is none."""
    return int(text) if text.isascii() and text.isdigit() and int(text) < _NUMBER_MAX else 0
