"""The files of the project, as a newcomer would clone them."""

import ast
import io
import os
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Self

ROOT = Path(__file__).resolve().parents[2]
IGNORED = frozenset((ROOT / ".gitignore").read_text().replace("/", "").split()) | {".git"}


def files(*folders: str) -> Iterator[Path]:
    """Yield the files under *folders* of the project, or all of them, but for what git ignores."""
    for start in folders or (".",):
        for folder, inner, names in os.walk(ROOT / start):
            inner[:] = sorted(each for each in inner if not _ignored(each))
            yield from (Path(folder, name) for name in sorted(names) if not _ignored(name))


def text_files(*folders: str) -> Iterator[tuple[str, str]]:
    """Yield the name of each file that is text, as from the root, and its content."""
    for path in files(*folders):
        content = path.read_bytes()
        if b"\0" not in content[:8000]:
            yield path.relative_to(ROOT).as_posix(), content.decode(errors="replace")


def _ignored(name: str) -> bool:
    return name in IGNORED or any(
        name.endswith(each[1:]) for each in IGNORED if each.startswith("*")
    )


@dataclass(frozen=True)
class Module:
    """One Python file: where it is, as from the root, and what it says."""

    name: str
    text: str

    @classmethod
    def read(cls, path: Path) -> Self:
        return cls(path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8"))

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    @cached_property
    def comments(self) -> list[tuple[int, str]]:
        """The number of the line and the text of each comment."""
        tokens = tokenize.generate_tokens(io.StringIO(self.text).readline)
        return [(t.start[0], t.string) for t in tokens if t.type == tokenize.COMMENT]

    @cached_property
    def nodes(self) -> list[ast.AST]:
        return list(ast.walk(self.tree))

    @cached_property
    def imported(self) -> dict[str, str]:
        """What each imported name stands for: ``dt`` → ``datetime``, ``D`` → ``datetime.date``."""
        found = {}
        for node in self.nodes:
            if isinstance(node, ast.Import):
                for each in node.names:
                    head = each.name.partition(".")[0]
                    found[each.asname or head] = each.name if each.asname else head
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                for each in node.names:
                    found[each.asname or each.name] = f"{node.module}.{each.name}"
        return found

    def uses(self) -> Iterator[tuple[ast.expr, str]]:
        """Yield each use of something imported, with its full name, such as ``os.environ``."""
        for node in self.nodes:
            if isinstance(node, (ast.Name, ast.Attribute)) and (name := self._full_name(node)):
                yield node, name

    def _full_name(self, node: ast.expr) -> str | None:
        if isinstance(node, ast.Name):
            return self.imported.get(node.id)
        if isinstance(node, ast.Attribute) and (head := self._full_name(node.value)):
            return f"{head}.{node.attr}"
        return None

    def __str__(self) -> str:
        return self.name


def modules(*folders: str) -> list[Module]:
    """Return every Python file under *folders*."""
    return [Module.read(path) for path in files(*folders) if path.suffix == ".py"]
