"""Names of folders that look like somebody: an NHS number, an e-mail address, a postcode.

It is a look, and no proof: what looks like one is kept out of every list, and people decide.
Source: NHS Data Dictionary, NHS NUMBER (ten digits, the last a check digit modulo 11; Northern
Ireland's Health and Care Number is built alike); NHS Scotland, CHI number (born on the day of its
first six digits, the same check digit); BS 7666 for the forms of a postcode.
"""

import re
from functools import lru_cache
from typing import Final

_DIGITS: Final = re.compile(  # a letter before it says that it is another number
    r"(?:(?<![A-Za-z0-9])|(?<=NHS)|(?<=nhs)|(?<=CHI)|(?<=chi))"
    r"[0-9]{3}[ _.-]?[0-9]{3}[ _.-]?[0-9]{4}(?![A-Za-z0-9])"
)
_EMAIL: Final = re.compile(r"[^@\s/]+(?:@|%40)[^@\s/]+\.[A-Za-z]{2,}")
_BETWEEN: Final = "(?:[ _+\u00a0-]|%20){0,2}"
_POSTCODE: Final = re.compile(  # in capitals: in small letters too much else looks like one
    rf"(?<![A-Z0-9])(?:GIR{_BETWEEN}0AA"
    rf"|[A-Z]{{1,2}}[0-9][A-Z0-9]?{_BETWEEN}[0-9][ABD-HJLNP-UW-Z]{{2}})(?![A-Z0-9])"
)


@lru_cache(maxsize=65_536)  # values of placeholders recur from dataset to dataset
def names_somebody(value: str) -> bool:
    """Tell whether *value* looks like it holds a number, address or postcode of a person."""
    if _EMAIL.search(value) or _POSTCODE.search(value):
        return True
    return any(_checks(found[0]) for found in _DIGITS.finditer(value))


def _checks(number: str) -> bool:
    digits = [int(char) for char in number if char.isdigit()]
    total = sum(digit * weight for digit, weight in zip(digits, range(10, 1, -1), strict=False))
    return (11 - total % 11) % 11 == digits[9]  # a remainder of 10 is no digit, and none has it
