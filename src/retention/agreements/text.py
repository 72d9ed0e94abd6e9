"""The text of one file: what it says (tomllib) and where it says so (tree-sitter).

``tomllib`` alone decides the values, for it is the standard's own reader; it does not remember
places.  The syntax tree knows the place of every key and value, and decides nothing.
"""

import re
import tomllib
from collections.abc import Mapping
from functools import cached_property
from typing import Any

import tree_sitter_toml
from tree_sitter import Language, Node, Parser

from retention.agreements.faults import Fault

LENGTH_MAX = 200_000  # characters; the longest real agreement has a twentieth of that
DEPTH_MAX = 12  # tables and lists within one another

Path = tuple[str | int, ...]
Spot = tuple[int, int]  # line and column, from 1

_LANGUAGE = Language(tree_sitter_toml.language())
_KEYS = frozenset({"bare_key", "quoted_key", "dotted_key"})
_THEIRS = re.compile(r"\(.*?\)|(?<=key )'.*'")  # what a message quotes of the file
_BARE = re.compile(rb"[A-Za-z0-9_-]+")
_DIGITS = re.compile("[0-9_]{1000,}")
_POSITION = re.compile(r" ?\((?:at line ([0-9]+), column ([0-9]+)|at end of document)\)")


class Document:
    """A file that could be read as TOML, and where its keys and values stand.

    Places are looked for when the first is asked: a file in which nothing is wrong needs none.
    """

    def __init__(self, file: str, values: Mapping[str, Any], data: bytes) -> None:
        """Keep what *file* says, and the *data* in which it says it."""
        self.file, self.values = file, values
        self._data = data

    @property
    def keys(self) -> Mapping[Path, Spot]:
        """Where each key begins; the place of a table is that of its header."""
        return self._places.keys

    @property
    def cells(self) -> Mapping[Path, Spot]:
        """Where each value begins."""
        return self._places.cells

    @cached_property
    def _places(self) -> "_Places":
        return _Places(self._data)

    def spot(self, path: Path, *, key: bool = False) -> Spot:
        """Return the place of the value (or *key*) at *path*, or of what it would stand in."""
        for length in range(len(path), 0, -1):
            whole = length == len(path)
            first, second = (self.keys, self.cells) if key or not whole else (self.cells, self.keys)
            if found := first.get(path[:length]) or second.get(path[:length]):
                return found
        return 1, 1

    def at(self, path: Path) -> Any:
        """Return the value at *path*, or None."""
        here: Any = self.values
        for part in path:
            try:
                here = here[part]
            except (KeyError, IndexError, TypeError):
                return None
        return here


def read_text(file: str, text: str) -> Document | list[Fault]:
    """Read one file, or say what keeps it from being TOML at all."""
    try:
        data = text.encode()
    except UnicodeEncodeError:
        return [_fault(file, _undecodable(text), "bytes that are no text", "UTF-8 text")]
    if text.startswith("\ufeff"):
        hint = "Save it as UTF-8 without a byte order mark."
        return [Fault(file, 1, 1, "a byte order mark", "the text itself", hint)]
    if len(text) > LENGTH_MAX:
        return [_fault(file, (1, 1), f"{len(text)} characters", f"at most {LENGTH_MAX}")]
    try:
        values = tomllib.loads(text)
    except RecursionError:
        return [_too_deep(file, data)]
    except ValueError as error:  # TOMLDecodeError is one; a number of many digits is another
        places = _Places(data)
        repeated = [
            _fault(file, spot, "a key that is already there", "each key once")
            for spot in places.repeated
        ]
        return repeated or [_not_toml(file, text, error)]
    return [_too_deep(file, data)] if _depth(values) > DEPTH_MAX else Document(file, values, data)


def _too_deep(file: str, data: bytes) -> Fault:
    spot = _Places(data).too_deep or (1, 1)
    return _fault(file, spot, "deep nesting", f"at most {DEPTH_MAX} levels")


def _depth(values: Mapping[str, Any]) -> int:
    """Return how long the longest path to a value is, counted no further than is needed."""
    depth, level = 0, list(values.values())
    while level and depth <= DEPTH_MAX:
        depth += 1
        level = [
            each
            for inner in level
            if isinstance(inner, (dict, list))
            for each in (inner.values() if isinstance(inner, dict) else inner)
        ]
    return depth


def _fault(file: str, spot: Spot, found: str, expected: str) -> Fault:
    return Fault(file, *spot, found, expected, "The file was not read any further.")


def _undecodable(text: str) -> Spot:
    """Return the place of the first byte that could not be read as UTF-8."""
    at = next(number for number, char in enumerate(text) if "\ud800" <= char <= "\udfff")
    before = text[:at]
    return before.count("\n") + 1, at - (before.rfind("\n") + 1) + 1


def _not_toml(file: str, text: str, error: ValueError) -> Fault:
    if not isinstance(error, tomllib.TOMLDecodeError):
        long = _DIGITS.search(text)
        at = 0 if long is None else long.start()
        spot = text.count("\n", 0, at) + 1, at - (text.rfind("\n", 0, at) + 1) + 1
        return _fault(file, spot, "a number of too many digits", "a number that can be counted to")
    position = _POSITION.search(str(error))
    if position is not None and position[1]:
        spot = int(position[1]), int(position[2])
    else:
        spot = text.count("\n") + 1, 1
    said = _THEIRS.sub("", _POSITION.sub("", str(error))).strip()
    return _fault(file, spot, f"what is no TOML ({said.lower()})", "TOML 1.0")


class _Places:
    """Walks the syntax tree and notes where each key and each value begins."""

    def __init__(self, data: bytes) -> None:
        self.keys: dict[Path, Spot] = {}
        self.cells: dict[Path, Spot] = {}
        self.repeated: list[Spot] = []
        self.too_deep: Spot | None = None
        self._data = data
        self._lines = data.split(b"\n")
        self._elements: dict[Path, int] = {}  # how many elements a list of tables has so far
        self._headers: set[Path] = set()
        for node in Parser(_LANGUAGE).parse(self._data).root_node.named_children:
            if node.type == "pair":
                self._pair((), node)
            elif node.type in {"table", "table_array_element"}:
                self._table(node)

    def _table(self, node: Node) -> None:
        names = self._names(node)
        if not names:
            return
        base = (*self._within(names[:-1], self._spot(node)), names[-1])
        if node.type == "table_array_element":
            self._elements[base] = self._elements.get(base, -1) + 1
            self.keys.setdefault(base, self._spot(node))
            base += (self._elements[base],)
        elif base in self._headers:
            self.repeated.append(self._spot(node))
        self._headers.add(base)
        self.keys[base] = self.cells[base] = self._spot(node)
        for child in node.named_children:
            if child.type == "pair":
                self._pair(base, child)

    def _within(self, names: tuple[str, ...], spot: Spot) -> Path:
        """Return the path of a header's parents: in a list of tables, its newest element."""
        path: Path = ()
        for name in names:
            path += (name,)
            self.keys.setdefault(path, spot)  # one that has no header of its own
            if path in self._elements:
                path += (self._elements[path],)
        return path

    def _pair(self, base: Path, node: Node) -> None:
        names = self._names(node)
        if not names:
            return
        path = base + names
        spot = self._spot(node)
        for length in range(len(base) + 1, len(path)):
            self.keys.setdefault(path[:length], spot)
        if path in self.cells:
            self.repeated.append(spot)
        self.keys[path] = spot
        values = [child for child in node.named_children if child.type not in _KEYS | {"comment"}]
        if values:
            self._value(path, values[-1])

    def _value(self, path: Path, node: Node) -> None:
        self.cells[path] = self._spot(node)
        if len(path) > DEPTH_MAX:
            self.too_deep = self.too_deep or self._spot(node)
        elif node.type == "inline_table":
            for child in node.named_children:
                if child.type == "pair":
                    self._pair(path, child)
        elif node.type == "array":
            items = [child for child in node.named_children if child.type != "comment"]
            for number, child in enumerate(items):
                self._value((*path, number), child)

    def _names(self, node: Node) -> tuple[str, ...]:
        """Return the names of a key, as tomllib reads them; () if it cannot."""
        key = next((child for child in node.named_children if child.type in _KEYS), None)
        if key is None or key.text is None:
            return ()
        if key.text.count(b".") > DEPTH_MAX and key.type == "dotted_key":
            self.too_deep = self.too_deep or self._spot(node)
            return ()
        if _BARE.fullmatch(key.text):
            return (key.text.decode(),)
        try:
            here: Any = tomllib.loads(key.text.decode() + " = 0")
        except tomllib.TOMLDecodeError:
            return ()
        names: list[str] = []
        while isinstance(here, dict):
            (name, here), *_ = here.items()
            names.append(name)
        return tuple(names)

    def _spot(self, node: Node) -> Spot:
        row, column = node.start_point
        return row + 1, len(self._lines[row][:column].decode(errors="replace")) + 1
