"""One spelling of a value in bytes, so that a digest means one thing.

Objects with sorted keys, no spaces, UTF-8.  Only text, whole numbers, truth values, null, lists
and objects with text keys: a float has more than one spelling, and is refused.
Source: RFC 8785, cut to the types that have one spelling without its number rules.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence

Json = str | int | bool | None | Sequence["Json"] | Mapping[str, "Json"]


def canonical(value: Json) -> bytes:
    """Return the one spelling of *value*; raise TypeError for anything that has several."""
    _require_plain(value)
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    ).encode()


def sha256(data: bytes) -> str:
    """Return ``sha256:`` and 64 hexadecimal digits, the form of every digest on the ledger."""
    return "sha256:" + hashlib.sha256(data).hexdigest()


def digest_of(value: Json) -> str:
    """Return the digest of the canonical spelling of *value*."""
    return sha256(canonical(value))


def _require_plain(value: object) -> None:
    if value is None or isinstance(value, (str, bool, int)):
        return
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if not isinstance(key, str):
                raise TypeError(f"a key that is no text has no canonical form: {type(key)}")
            _require_plain(inner)
    elif isinstance(value, (list, tuple)):
        for inner in value:
            _require_plain(inner)
    else:
        raise TypeError(f"{type(value).__name__} has no canonical form")
