"""Periods that end on somebody's birthday.

Source: ``clock.md``, ruling 8; NHS Records Management Code of Practice, appendix II (25th and 26th
birthday).  An age is attained at the start of the anniversary; who was born on 29 February is taken
to have attained it on 1 March, since sources disagree and a minimum may only round later.
"""

from dataclasses import dataclass
from datetime import date
from typing import Final

from retention.domain.within import Within, between

SEVENTEEN: Final = 17


@dataclass(frozen=True, slots=True)
class Age:
    """Kept through the birthday on which somebody is *years* old.

    *one_more_if_17_at* names the event that ended the treatment: whoever was 17 then, or may have
    been, is counted one year longer.
    """

    years: int
    one_more_if_17_at: str = ""

    def __str__(self) -> str:
        """Return it in words, such as ``the 75th birthday``."""
        told = f"the {_ordinal(self.years)} birthday"
        if self.one_more_if_17_at:
            told += f", or the {_ordinal(self.years + 1)} if 17 at {self.one_more_if_17_at}"
        return told

    def reached(self, born: Within, ended: Within | None = None) -> "Age":
        """Return the birthday through which to keep somebody *born* within these days.

        Anybody who may have been 17 when the treatment *ended* is taken to have been; so is
        everybody if nobody knows when it did.
        """
        more = self.one_more_if_17_at and _may_be(SEVENTEEN, born, ended)
        return Age(self.years + bool(more))

    def after(self, born: date) -> date:
        """Return the latest birthday through which somebody *born* then can be kept."""
        return birthday(born, self.reached(between(born, born)).years)


def birthday(born: date, years: int) -> date:
    """Return the day on which somebody *born* then attains the age of *years*."""
    try:
        return born.replace(year=born.year + years)
    except ValueError:  # 29 February, in a year that has none
        return date(born.year + years, 3, 1)


def age_on(born: date, day: date) -> int:
    """Return how many years old somebody *born* then is on *day*."""
    years = day.year - born.year
    return years if birthday(born, years) <= day else years - 1


def _may_be(age: int, born: Within, on: Within | None) -> bool:
    """Tell whether somebody born within some days can have had this *age* within others."""
    if on is None or on.earliest is None or on.minimum_from is None:
        return True
    youngest = age if born.minimum_from is None else age_on(born.minimum_from, on.earliest)
    oldest = age if born.earliest is None else age_on(born.earliest, on.minimum_from)
    return youngest <= age <= oldest


def _ordinal(number: int) -> str:
    ends = {1: "st", 2: "nd", 3: "rd"}
    teens = number % 100 // 10 == 1
    return f"{number}{'th' if teens else ends.get(number % 10, 'th')}"
