"""Text of others, such as a key, made visible: what would hide, reorder or break is named.

A key may hold anything: a right-to-left override that shows ``gpj.exe`` as ``exe.jpg``, a space
that ends it, a letter without ink.  Whoever decides on it must see what is there.
Source: Unicode Standard Annex 9 (bidirectional), Unicode Technical Report 36, s. 2.
"""

import unicodedata
from collections.abc import Iterator
from typing import Final

# Control, format, surrogate, private, not assigned, and separators of lines and paragraphs.
_ODD: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
# Letters and marks that leave no ink, though their category says nothing of it.
_BLANK: Final = frozenset(
    "\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0"
    + "".join(map(chr, (*range(0x180B, 0x1810), *range(0xFE00, 0xFE10))))
)
_SELECTORS: Final = range(0xE0100, 0xE01F0)
_SHORT: Final = {" ": "space", "\t": "tab", "\n": "line feed", "\r": "carriage return"}


def pieces(text: str) -> Iterator[tuple[bool, str]]:
    """Yield *text* in pieces: (False, as it is), or (True, the name of one odd character)."""
    plain: list[str] = []
    start, end = len(text) - len(text.lstrip(" ")), len(text.rstrip(" "))
    for place, letter in enumerate(text):
        if _is_odd(letter) or (letter == " " and not start <= place < end):
            if plain:
                yield False, "".join(plain)
                plain.clear()
            yield True, _name(letter)
        else:
            plain.append(letter)
    if plain:
        yield False, "".join(plain)


def told(text: str) -> str:
    """Return *text* in one line, with what is odd in angle brackets."""
    return "".join(f"\u27e8{piece}\u27e9" if odd else piece for odd, piece in pieces(text))


def _is_odd(letter: str) -> bool:
    kind = unicodedata.category(letter)
    return (
        kind in _ODD
        or (kind == "Zs" and letter != " ")
        or letter in _BLANK
        or ord(letter) in _SELECTORS
    )


def _name(letter: str) -> str:
    if letter in _SHORT:
        return _SHORT[letter]
    name = unicodedata.name(letter, "").lower()
    return f"U+{ord(letter):04X} {name}".rstrip()
