"""tomllib says what is in a file and the syntax tree says where: both must mean the same things."""

import tomllib

from hypothesis import given, settings
from hypothesis import strategies as st

from retention.agreements.text import DEPTH_MAX, Document, read_text

NAMES = ["plain", "with-hyphen", "with_line", "42", "with space", "dot.ted", "é", 'quo"te', "", "#"]
LINES = ["\n", "\r\n"]
WRAPS = ["{}", '"{}"', "'{}'", '"""\n{}"""', "'''{}\n[no.header]\nno = key'''", '"\\u00e9 {}"']


class Writer:
    """Writes one document, choosing among the spellings of TOML, and remembers where it put what."""

    def __init__(self, draw):
        self.draw, self.out, self.count = draw, "", 0
        self.keys, self.cells = {}, {}

    def spot(self):
        line = self.out.count("\n") + 1
        return line, len(self.out) - (self.out.rfind("\n") + 1) + 1

    def put(self, text):
        self.out += text

    def key(self):
        """A key that no other has, bare or quoted, and as it is written."""
        self.count += 1
        name = f"{self.draw(st.sampled_from(NAMES))}{self.count}"
        if name.isascii() and name.replace("-", "").replace("_", "").isalnum():
            bare = self.draw(st.booleans())
            return name, name if bare else f'"{name}"'
        escaped = name.replace('"', '\\"')
        return name, f'"{escaped}"'

    def scalar(self, path):
        self.count += 1
        self.cells[path] = self.spot()
        wrap = self.draw(st.sampled_from(WRAPS))
        if self.draw(st.integers(0, 5)) == 0:
            self.put(f"20{self.count % 100:02}-04-01")
        else:
            self.put(wrap.format(1000 + self.count))

    def value(self, path, depth):
        kind = self.draw(st.sampled_from(["scalar", "scalar", "list", "table"]))
        if depth == 0 or kind == "scalar":
            self.scalar(path)
        elif kind == "list":
            self.cells[path] = self.spot()
            self.put("[")
            for number in range(self.draw(st.integers(0, 3))):
                self.put("\n  # between\n  " if self.draw(st.booleans()) else " ")
                self.value((*path, number), depth - 1)
                self.put(",")
            self.put("]")
        else:
            self.cells[path] = self.spot()
            self.put("{")
            for number in range(self.draw(st.integers(0, 3))):
                self.put(", " if number else " ")
                self.pair(path, depth - 1)
            self.put(" }")

    def pair(self, base, depth):
        """A key, dotted or not, and its value."""
        parts = [self.key() for _ in range(self.draw(st.integers(1, 3)))]
        path, at = base, self.spot()
        for name, _ in parts:
            path += (name,)
            self.keys[path] = at
        self.put(".".join(written for _, written in parts) + " = ")
        self.value(path, depth)

    def pairs(self, base):
        for _ in range(self.draw(st.integers(0, 3))):
            self.put(self.draw(st.sampled_from(["", "  ", "\t", "# é\n"])))
            self.pair(base, 2)
            self.put(self.draw(st.sampled_from(["\n", "  # a = 1\n"])))

    def tables(self, base, header, depth):
        """Tables and lists of tables under *base*, whose header is *header*."""
        for _ in range(self.draw(st.integers(0, 2)) if depth else 0):
            keys = [self.key() for _ in range(self.draw(st.integers(1, 2)))]
            inner = [*header, *(written for _, written in keys)]
            path = (*base, *(name for name, _ in keys))
            for length in range(len(base) + 1, len(path)):  # it has no header of its own
                self.keys[path[:length]] = self.spot()
            if self.draw(st.booleans()):
                for number in range(self.draw(st.integers(1, 3))):
                    self.keys.setdefault(path, self.spot())
                    self.table((*path, number), f"[[{' . '.join(inner)}]]", inner, depth)
            else:
                self.table(path, f"[{'.'.join(inner)}]", inner, depth)

    def table(self, path, line, header, depth):
        self.keys[path] = self.cells[path] = self.spot()
        self.put(f"{line}\n")
        self.pairs(path)
        self.tables(path, header, depth - 1)


@st.composite
def documents(draw):
    writer = Writer(draw)
    writer.pairs(())
    writer.tables((), [], 2)
    return writer


def paths(value, here=()):
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    for key, each in inner:
        yield (*here, key)
        if isinstance(each, dict | list):
            yield from paths(each, (*here, key))


@settings(max_examples=300, deadline=None)
@given(documents(), st.sampled_from(LINES))
def test_both_readers_agree_on_every_key_and_every_place(written, line):
    text = written.out.replace("\n", line)
    doc = read_text("any.toml", text)
    if max(map(len, paths(tomllib.loads(text))), default=0) > DEPTH_MAX:
        assert isinstance(doc, list)
        return
    assert isinstance(doc, Document), doc
    assert doc.values == tomllib.loads(text)
    assert set(doc.keys) | set(doc.cells) == set(paths(doc.values))
    assert {path: doc.cells[path] for path in written.cells} == written.cells
    assert {path: doc.keys[path] for path in written.keys} == written.keys


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from(["list", "inline", "dotted", "header"]), min_size=1, max_size=30))
def test_nesting_is_capped_however_it_is_spelt(kinds):
    """Each step nests once more; what is deeper than the cap is refused, and nothing crashes."""
    head, value, tail = ["a"], "1", ""
    for kind in kinds:
        if kind == "list":
            value = f"[{value}]"
        elif kind == "inline":
            value = f"{{ a = {value} }}"
        elif kind == "dotted":
            tail += ".a"
        else:
            head.append("a")
    doc = read_text("any.toml", f"[{'.'.join(head)}]\na{tail} = {value}\n")
    depth = len(kinds) + 2
    assert isinstance(doc, Document) is (depth <= DEPTH_MAX)
    if not isinstance(doc, Document):
        assert "deep nesting" in str(doc[0])
