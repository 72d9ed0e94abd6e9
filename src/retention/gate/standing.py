"""What became of people since they proved who they are, asked every few seconds and not more."""

from collections.abc import Callable
from time import monotonic

from anyio import to_thread

from retention.ports.identities import Identities, Standing

FRESH_S = 2.0  # within so long a disabled person, or an old password, is out
_KEPT_MAX = 1000


class Standings:
    """The standing of people, at most *fresh_s* old; raises what the identities raise."""

    def __init__(
        self,
        identities: Identities,
        *,
        fresh_s: float = FRESH_S,
        now: Callable[[], float] = monotonic,
    ) -> None:
        """Ask *identities*; *now* is a clock that only runs forward."""
        self._identities, self._fresh_s, self._now = identities, fresh_s, now
        self._kept: dict[str, tuple[float, Standing]] = {}

    def forget(self, person: str) -> None:
        """Ask anew next time: something changed just now."""
        self._kept.pop(person, None)

    async def of(self, person: str, *, afresh: bool = False) -> Standing:
        """Return the standing of *person*; *afresh* asks even if it was asked just now."""
        kept = self._kept.get(person)
        began = self._now()
        if kept is not None and not afresh and began < kept[0]:
            return kept[1]
        standing = await to_thread.run_sync(self._identities.standing, person)
        if len(self._kept) >= _KEPT_MAX:
            self._kept.clear()
        self._kept[person] = (began + self._fresh_s, standing)
        return standing
