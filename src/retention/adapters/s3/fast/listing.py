"""One page of ListObjectVersions: what was asked, and what the answer says."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import unquote_plus

from retention.adapters.s3.fast.columns import Texts, by_key, decoded, typed
from retention.adapters.s3.fast.parse import Quick
from retention.adapters.s3.fast.strict import Element, document
from retention.adapters.s3.fast.trouble import UnreadableError, broken
from retention.ports.store import Page

_ROOT: Final = "ListVersionsResult"
_ROWS: Final = frozenset({"Version", "DeleteMarker"})
_ONCE: Final = frozenset(
    {
        "Bucket",
        "Delimiter",
        "EncodingType",
        "IsTruncated",
        "KeyMarker",
        "MaxKeys",
        "Name",
        "NextKeyMarker",
        "NextVersionIdMarker",
        "Prefix",
        "UploadIdMarker",
        "VersionIdMarker",
    }
)
_IDS: Final = frozenset({"UploadIdMarker", "VersionIdMarker"})
_OF_A_ROW: Final = frozenset(
    {"Key", "VersionId", "LastModified", "Size", "ETag", "StorageClass", "IsLatest"}
)


@dataclass(frozen=True, slots=True)
class Asked:
    """Where a page was to begin: behind the row *key*, *version_id*, or at the first."""

    bucket: str
    prefix: str = field(default="", repr=False)  # may name a patient, as all keys
    key: str = field(default="", repr=False)
    version_id: str = ""
    delimiter: str = ""  # keys that have it behind the prefix are shown as common prefixes


@dataclass(slots=True)
class Answer:
    """A page by key; *last* is the row that the next one begins behind, if there are *more*."""

    page: Page = field(repr=False)
    more: bool
    last: tuple[str, str] = field(repr=False)
    prefixes: list[str] = field(repr=False)  # that stand for many keys each, if it was asked for


class SaidError(Exception):
    """A store said no in a body that should have been a page."""

    def __init__(self, element: Element) -> None:
        """Keep the *element* for who knows what its words mean."""
        super().__init__()
        self.element = element


def answer_of(body: bytes, asked: Asked, quick: Quick | None = None) -> Answer:
    """Read a page, at a glance if *quick* can.

    Raises UnreadableError if it is none, SaidError if the store says what failed, and StoreError
    if it is one that cannot be relied on.
    """
    found = quick.read(body) if quick else None
    root, texts = found or _strictly(body)
    require_root(root, _ROOT)
    head = Head(root)
    head.require(
        ("Name", asked.bucket),
        ("Prefix", asked.prefix),
        ("KeyMarker", asked.key),
        ("VersionIdMarker", asked.version_id),
        ("Delimiter", asked.delimiter),
    )
    page, apart = by_key(typed(texts, encoded=head.encoded))
    keys = page.keys
    if keys and not (keys[0].startswith(asked.prefix) and keys[-1].startswith(asked.prefix)):
        raise broken("a row lies elsewhere")  # what is between the two in order is where they are
    last = _last(page, head.text("NextVersionIdMarker"), apart=apart)
    return Answer(page, head.more, last, head.prefixes())


def require_root(root: Element, name: str) -> None:
    """Raise SaidError, UnreadableError or StoreError unless *root* is a listing of this *name*."""
    if root.name == "Error":
        raise SaidError(root)
    if root.name.lower() == "html":
        raise UnreadableError  # somebody between us and the store
    if root.name != name:
        raise broken("it is of another kind")


class Head:
    """What a page says of itself."""

    def __init__(self, root: Element) -> None:
        """Take the page; raise StoreError if it says one thing twice, or not whether it goes on."""
        self._root = root
        self._said: dict[str, str] = {}
        for each in root.children:
            if each.name in _ONCE:
                _put(self._said, each)
        encoding = self._said.get("EncodingType", "")
        if encoding not in {"", "url"}:
            raise broken("its keys are encoded in a way that is not known")
        self.encoded = encoding == "url"
        truncated = self._said.get("IsTruncated")
        if truncated not in {"true", "false"}:
            raise broken("a page does not say whether it is the last")
        self.more = truncated == "true"

    def text(self, name: str) -> str:
        """Return what it says of *name*, or the empty string."""
        return self._said.get(name, "")

    def require(self, *meant: tuple[str, str]) -> None:
        """Raise StoreError if it says that something else was asked, by name, than was *meant*.

        What a store repeats of a question it may leave bare even where it encodes keys; and
        some repeat nothing.  Who repeats a key repeats the id that belongs to it.
        """
        if self._root.of("CommonPrefixes") and not dict(meant)["Delimiter"]:
            raise broken("it answers another question")  # many keys may stand behind each
        exact = bool(self.text("KeyMarker"))
        for name, text in meant:
            said = self._said.get(name, "")
            if not said and not (exact and name in _IDS and name in self._said):
                continue
            if text != said and not (self.encoded and text == unquote_plus(said)):
                raise broken("it answers another question")

    def prefixes(self) -> list[str]:
        """Return the common prefixes, decoded."""
        texts = [p.text for each in self._root.of("CommonPrefixes") for p in each.of("Prefix")]
        return decoded(texts) if self.encoded and texts else texts


def _last(page: Page, said: str, *, apart: bool) -> tuple[str, str]:
    """Return the row to go on from.

    Where markers stand apart, either the last version or the last marker of the last key ended
    the page; *said* tells which.  Were it the other one, rows would come twice, which is an
    error; none would be missed.
    """
    if not page.keys:
        return "", ""
    at = len(page) - 1
    if apart:
        data = len(page) - 1
        while data >= 0 and page.markers[data]:
            data -= 1
        if data >= 0 and page.keys[data] == page.keys[-1] and page.ids[data] == said:
            at = data
    return page.keys[at], page.ids[at]


def _strictly(body: bytes) -> tuple[Element, Texts]:
    root = document(body)
    rows = [each for each in root.children if each.name in _ROWS]
    if root.name == _ROOT:
        root.children = [each for each in root.children if each.name not in _ROWS]
    return root, texts_of(rows if root.name == _ROOT else ())


def texts_of(rows: Iterable[Element]) -> Texts:
    """Return *rows* in columns; raise StoreError if one is not whole."""
    texts = Texts()
    for row in rows:
        marker = row.name == "DeleteMarker"
        said: dict[str, str] = {}
        kinds = []
        for each in row.children:
            if each.name in _OF_A_ROW:
                _put(said, each)
            elif each.name == "ChecksumAlgorithm":
                kinds.append(each.text)
        if not said.keys() >= {"Key", "VersionId", "LastModified"} or not (
            marker or "Size" in said
        ):
            raise broken("a row is not whole")
        texts.keys.append(said["Key"])
        texts.ids.append(said["VersionId"])
        texts.markers.append(marker)
        texts.sizes.append("0" if marker else said["Size"])
        texts.etags.append("" if marker else said.get("ETag", "").strip('"'))
        texts.modified.append(said["LastModified"])
        texts.classes.append("" if marker else said.get("StorageClass", ""))
        texts.checksums.append("" if marker else ",".join(kinds))
    return texts


def _put(said: dict[str, str], element: Element) -> None:
    if element.name in said or element.children:
        raise broken("a page says a thing twice, or in another form")
    said[element.name] = element.text
