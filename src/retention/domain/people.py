"""Who stands in for somebody, and with whom or what somebody is in conflict: both with dates."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Days:
    """From a day to a day, both inclusive; None leaves that end open."""

    first: date | None = None
    last: date | None = None

    def have(self, day: date) -> bool:
        """Tell whether *day* is one of them."""
        begun = self.first is None or self.first <= day
        return begun and (self.last is None or day <= self.last)


ALWAYS = Days()


@dataclass(frozen=True, slots=True)
class Deputy:
    """Who may answer in somebody's place, on which days, and in which of their roles."""

    id: str
    days: Days = ALWAYS
    roles: tuple[str, ...] = ()  # () is every role of whom they stand in for

    def stands_in(self, role: str, day: date) -> bool:
        """Tell whether they may answer as *role* on *day*."""
        return self.days.have(day) and (not self.roles or role in self.roles)


@dataclass(frozen=True, slots=True)
class Conflict:
    """Beside whom somebody does not decide, or about which party, ``REF`` or ``REF/class``."""

    about: str
    days: Days = ALWAYS
