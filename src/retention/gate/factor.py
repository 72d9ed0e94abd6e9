"""One-time codes: checked here, spent here, and replaced before anything is handed on."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from anyio import to_thread

from retention.domain.approval import TOTP
from retention.ports.clock import Clock
from retention.ports.identities import Check, Identities

FIELD: Final = "code"
VERIFIED: Final = "verified"  # what Prefect stores and the approvers' answer holds
USED_UP: Final = "Your one-time code is used up with this: wait for the next one."
_NO_CODE = "The one-time code is six digits; your authenticator shows it.  Nothing was answered."
_WRONG = (
    "This one-time code is not right, or you have none set up (`retention people factor`);"
    " after several wrong ones there is a wait.  Nothing was answered."
)
_USED = "This one-time code was used before: wait for the next one.  Nothing was answered."


@dataclass(frozen=True, slots=True)
class Checked:
    """The input to hand on and what was checked with it; or *why* nothing is handed on."""

    run_input: Mapping[str, Any]
    factor: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class Factor:
    """Checks the code in an answer for the person who gives it."""

    identities: Identities
    clock: Clock
    on_lock: Callable[[str], Awaitable[object]]

    async def checked(self, person: str, run_input: Mapping[str, Any]) -> Checked:
        """Spend the code in *run_input*, if there is one; raises what the identities raise."""
        if FIELD not in run_input:
            return Checked(run_input)
        code = run_input[FIELD]
        if not isinstance(code, str) or code == VERIFIED:
            return Checked({}, why=_NO_CODE)
        found = await to_thread.run_sync(self.identities.take_code, person, code, self.clock.now())
        if found is Check.RIGHT:
            return Checked({**run_input, FIELD: VERIFIED}, TOTP)
        if found is Check.LOCKS:
            await self.on_lock(person)
        return Checked({}, why=_USED if found is Check.USED else _WRONG)


def without_codes(body: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return *body* with every code in it replaced, or None if it is too deep a well.

    A form is validated before it is sent, with what stands in it.
    """
    try:
        found: dict[str, Any] = _replaced(body)
    except RecursionError:
        return None
    return found


def _replaced(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {
            name: VERIFIED if name == FIELD and isinstance(each, (str, int)) else _replaced(each)
            for name, each in value.items()
        }
    return [_replaced(each) for each in value] if isinstance(value, list) else value
