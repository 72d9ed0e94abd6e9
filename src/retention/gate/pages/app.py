"""Which page answers what: paths that are ours letter by letter, and nothing else."""

import logging
import re
from collections.abc import Awaitable, Callable
from typing import Final

from anyio import CapacityLimiter, to_thread

from retention.gate.http import Receive, Scope, Send
from retention.gate.pages.answers import Asked, BrokenOffError
from retention.gate.pages.entrance import Entrance, Keeps, Proves, onward
from retention.gate.pages.lists import Lists
from retention.gate.rules import Caller
from retention.steps.opening import Form, Opening
from retention.views.links import PROPOSALS
from retention.views.pages import LOGIN, LOGOUT, Frame, sentence_page

_LIST: Final = re.compile(rf"{PROPOSALS}/(?P<hex>[0-9a-f]{{64}})(?:\.(?P<form>csv|pdf|xlsx))?")
_NOT_NOW: Final = (
    "This cannot be shown just now. Ledger, people or agreements cannot be read, or what is opened "
    "cannot be written down. Try again in a while."
)
_NOTHING: Final = "There is no such page. A list is named by the 64 digits of its digest."

log = logging.getLogger("retention.gate.pages")


def is_ours(path: str) -> bool:
    """Tell whether the gate answers *path* itself."""
    return path == "/retention" or path.startswith("/retention/")


class Pages:
    """An ASGI app for what is under ``/retention``.

    Laws: nothing is shown to who proves nothing, nor to who may not open it; what shows keys was
    written to the ledger first; whatever goes wrong, no key is in the answer or in a log.
    """

    def __init__(
        self,
        opening: Opening,
        *,
        logins: Proves,
        sessions: Keeps,
        caller: Callable[[Scope], Awaitable[Caller | None]],
        ledger_turn: CapacityLimiter,
    ) -> None:
        """Show what *opening* can read; *ledger_turn* is shared by all who write to the ledger."""
        self._opening = opening
        self._entrance = Entrance(logins, sessions, caller)
        self._lists = Lists(opening, ledger_turn)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        asked = Asked(scope, receive, send)
        try:
            await self._serve(asked)
        except BrokenOffError as error:
            log.error("a list was broken off: %s", error)  # noqa: TRY400  # no content in logs
            raise
        except Exception as error:  # noqa: BLE001  # an entry point: whatever it is, nothing is shown
            log.error("nothing is shown: %s", type(error).__name__)  # noqa: TRY400  # no content in logs
            if asked.has_begun:
                raise BrokenOffError(type(error).__name__) from None
            await asked.answer(503, sentence_page(_BARE, "Not now", [_NOT_NOW]))

    async def _serve(self, asked: Asked) -> None:
        path = "" if b"%" in asked.scope.get("raw_path", b"") else asked.path
        frame = await to_thread.run_sync(self._frame)
        if path == LOGIN and asked.method in {"GET", "POST"}:
            await self._entrance.log_in(asked, frame)
            return
        if path == LOGOUT and asked.method == "POST":
            await self._entrance.log_out(asked)
            return
        found = _LIST.fullmatch(path)
        if path in {LOGIN, LOGOUT}:
            await _refuse(asked, frame, 405, "This is not done here in that way.")
        elif path not in {"/retention", "/retention/", PROPOSALS} and found is None:
            await _refuse(asked, frame, 404, _NOTHING)
        elif asked.method != "GET" and not (asked.method == "POST" and found and not found["form"]):
            await _refuse(asked, frame, 405, "This can be looked at, and not otherwise used.")
        elif (person := await self._entrance.person(asked)) is None:
            await _ask_who(asked, frame, path)
        elif found is None:
            if path != PROPOSALS:
                await asked.see(PROPOSALS)
                return
            await self._lists.shelf(asked, _for(frame, *person), person[0])
        else:
            form = Form(found["form"] or Form.PAGE)
            digest = f"sha256:{found['hex']}"
            await self._lists.open(asked, _for(frame, *person), person[0], digest, form)

    def _frame(self) -> Frame:
        engine = self._opening.library.engine()
        return Frame(engine.issuer["legal_name"], engine.demonstration)


_BARE: Final = Frame("retention", demonstration=False)


def _for(frame: Frame, person: str, by_cookie: bool) -> Frame:  # noqa: FBT001  # a pair, unpacked
    return Frame(frame.organisation, frame.demonstration, person if by_cookie else "")


async def _ask_who(asked: Asked, frame: Frame, path: str) -> None:
    if asked.wants_a_page and asked.method == "GET":
        await asked.see(f"{LOGIN}?next={onward(path)}")
        return
    basic = {} if asked.wants_a_page else {"www-authenticate": 'Basic realm="retention"'}
    page = sentence_page(
        frame, "Log in", ["Nobody is logged in here, or no longer."], links=[(LOGIN, "Log in")]
    )
    await asked.answer(401, page, more=basic)


async def _refuse(asked: Asked, frame: Frame, status: int, sentence: str) -> None:
    links = [(PROPOSALS, "Proposals")]
    more = {"allow": "GET"} if status == 405 else {}  # noqa: PLR2004  # method not allowed
    await asked.answer(status, sentence_page(frame, "Not here", [sentence], links=links), more=more)
