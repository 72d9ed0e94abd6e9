"""What people are asked about: frozen manifests of one agreement, under one digest."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any, Self

from retention.domain.canonical import Json, canonical
from retention.domain.manifest import Manifest, Place
from retention.domain.merkle import RootBuilder

MARK_LETTERS = 8


def digest_over(pairs: Sequence[tuple[str, str]]) -> str:
    """Return the root over (dataset, manifest root), sorted; raise ValueError if there is none."""
    if not pairs:
        raise ValueError("a digest over nothing would approve anything")
    tree = RootBuilder()
    for dataset, root in sorted(pairs):
        tree.add(canonical({"dataset": dataset, "root": root}))
    return "sha256:" + tree.root().hex()


def mark_of(digest: str) -> str:
    """Return the short mark that approvers type back, such as ``3fa9-c27b``."""
    head = digest.removeprefix("sha256:")[:MARK_LETTERS]
    return f"{head[:4]}-{head[4:]}"


@dataclass(frozen=True, slots=True)
class Item:
    """One dataset in a proposal: its frozen manifest, and why and when it may go."""

    manifest: Manifest
    class_name: str
    clause: str
    describes: str
    identifiability: str
    special_category: bool
    controllers: tuple[str, ...]
    trigger: str
    trigger_on: str
    trigger_by: str
    trigger_evidence: str
    due_on: str | None
    destroy_by: str | None
    destroy_by_covers: str | None
    working: tuple[str, ...]
    residuals: tuple[dict[str, str], ...]  # copies that age out or are checked by others
    since: dict[str, str] = field(default_factory=dict)  # what changed since people were last asked


@dataclass(frozen=True, slots=True)
class Proposal:
    """One agreement version, one action, one set of controllers and one list of approvers.

    No keys stand in it: they are in the manifests.  Days and instants are ISO 8601 text.
    """

    agreement: str
    version: int
    agreement_digest: str
    title: str
    our_role: str
    mandate: str
    action: str
    controllers: tuple[str, ...]
    approved_by: tuple[str, ...]
    notice: str
    frozen_at: str
    items: tuple[Item, ...]

    @property
    def digest(self) -> str:
        """The root over the sorted (dataset id, manifest root): what an approval names."""
        return digest_over([(i.manifest.dataset, i.manifest.root) for i in self.items])

    @property
    def mark(self) -> str:
        """The short mark at the head of the list."""
        return mark_of(self.digest)

    @property
    def versions(self) -> int:
        """How many object versions, delete markers and unfinished uploads."""
        return sum(item.manifest.versions for item in self.items)

    @property
    def size_bytes(self) -> int:
        """How many bytes."""
        return sum(item.manifest.size_bytes for item in self.items)

    def kept(self, roots: Sequence[str]) -> tuple[Item, ...]:
        """Return the items whose manifest roots are among *roots*."""
        return tuple(item for item in self.items if item.manifest.root in set(roots))

    def document(self) -> bytes:
        """Return the proposal as canonical JSON, for the evidence store."""
        return canonical(_plain(self))

    @classmethod
    def read(cls, document: bytes) -> Self:
        """Read what :meth:`document` wrote."""
        data = json.loads(document)
        data["items"] = tuple(_item(each) for each in data["items"])
        for name in ("controllers", "approved_by"):
            data[name] = tuple(data[name])
        return cls(**data)


def _plain(value: Any) -> Json:
    if is_dataclass(value):
        return {each.name: _plain(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, (tuple, list)):
        return [_plain(each) for each in value]
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    plain: Json = value
    return plain


def _item(data: dict[str, Any]) -> Item:
    manifest = data["manifest"]
    places = tuple(Place(**place) for place in manifest["places"])
    lists = {name: tuple(data[name]) for name in ("controllers", "working", "residuals")}
    return Item(**{**data, **lists, "manifest": Manifest(**{**manifest, "places": places})})
