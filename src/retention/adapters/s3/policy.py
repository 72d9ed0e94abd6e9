"""A bucket policy as a document: what it means, and our own statements in it.

Stores give a policy back in another order than they were given it, and a list of one as a word:
two are compared by what they mean, never by their text.
Source: AWS Identity and Access Management User Guide, "Grammar of the IAM JSON policy language".
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from retention.domain.canonical import canonical
from retention.errors import RefusedError

SIZE_BYTES_MAX: Final = 20 * 1024  # of a policy, at Amazon
_VERSION: Final = "2012-10-17"
_OURS: Final = re.compile("RetentionAccess([0-9a-f]{16})(?:Objects|Listing)")
_WILD: Final = re.compile(r"[*?$]")  # in a resource these match more than themselves
_LISTS: Final = ("Action", "NotAction", "Resource", "NotResource")

OBJECTS: Final = (
    "s3:GetObject*",
    "s3:PutObject*",
    "s3:DeleteObject*",
    "s3:AbortMultipartUpload",
    "s3:RestoreObject",
)
LISTING: Final = ("s3:ListBucket", "s3:ListBucketVersions")

Statement = Mapping[str, Any]


def statements_of(text: str) -> list[Statement]:
    """Return the statements of a policy; raise RefusedError if it is none that we understand."""
    found = document_of(text).get("Statement", [])
    found = [found] if isinstance(found, dict) else found
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise _not_understood()
    return found


def document_of(text: str) -> dict[str, Any]:
    """Return a policy as an object; an empty one for no policy at all."""
    if not text:
        return {}
    try:
        document = json.loads(text)
    except ValueError:
        raise _not_understood() from None
    if not isinstance(document, dict):
        raise _not_understood()
    return document


def meaning(text: str) -> tuple[bytes, ...]:
    """Return what a policy means: each statement in one spelling, in one order; () for nothing."""
    found = sorted(canonical(spelled(each)) for each in statements_of(text))
    head = {name: _word(v) for name, v in document_of(text).items() if name != "Statement"}
    return (canonical(head), *found) if found else ()


def spelled(statement: Statement) -> dict[str, Any]:
    """Return *statement* with every list sorted, and every single word as a list of one."""
    found: dict[str, Any] = {}
    for name, value in statement.items():
        if name in _LISTS:
            found[name] = _words(value)
        elif name in {"Principal", "NotPrincipal"}:
            whom = value if isinstance(value, dict) else {"AWS": value}
            found[name] = {kind: _words(who) for kind, who in whom.items()}
        elif name == "Condition":
            found[name] = _conditions(value)
        else:
            found[name] = value if isinstance(value, str) else json.dumps(value, sort_keys=True)
    return found


def mark_of(statement: Statement) -> str | None:
    """Return which proposal's statement it is, by 16 letters of its digest, or None if nobody's."""
    found = _OURS.fullmatch(str(statement.get("Sid", "")))
    return found[1] if found else None


def short(mark: str) -> str:
    """Return the letters of a proposal's digest that a statement carries."""
    return mark.removeprefix("sha256:")[:16]


def without(text: str, mark: str | None = None) -> str:
    """Return a policy without the statements of *mark*, or of any; "" if none is left."""
    left = [
        each
        for each in statements_of(text)
        if (found := mark_of(each)) is None or (mark is not None and found != short(mark))
    ]
    return text_of(document_of(text), left)


def only(text: str, mark: str) -> str:
    """Return a policy of nothing but the statements of *mark*."""
    return text_of({}, [s for s in statements_of(text) if mark_of(s) == short(mark)])


def text_of(document: Mapping[str, Any], statements: Sequence[Statement]) -> str:
    """Return *document* with these statements, as text; "" for none: no policy says nothing."""
    if not statements:
        return ""
    head = dict(document) or {"Version": _VERSION}
    return json.dumps({**head, "Statement": list(statements)}, separators=(",", ":"))


def closing(
    bucket: str, prefixes: Sequence[str], mark: str, exempt: Sequence[str]
) -> list[Statement]:
    """Return the statements that close *prefixes* to everybody but *exempt*, named by their ARN.

    Both halves must say so before anybody is denied: Amazon knows a role's session by the
    condition and not by its principal, and Ceph knows the principal and not the condition.
    Raises RefusedError for a prefix that would match its neighbours too.
    """
    if any(_WILD.search(prefix) for prefix in prefixes):
        raise RefusedError(
            "a place has *, ? or $ in its name: a bucket policy would close its neighbours, too",
            hint="nothing was changed: access to this bucket stays as it is during cooling-off",
        )
    partition = exempt[0].split(":")[1]
    itself, whom = f"arn:{partition}:s3:::{bucket}", sorted(exempt)
    base = {"Effect": "Deny", "NotPrincipal": {"AWS": whom}}
    name = f"RetentionAccess{short(mark)}"
    unless = {"ArnNotEqualsIfExists": {"aws:PrincipalArn": whom}}
    below = [f"{prefix}*" for prefix in sorted(prefixes)]
    narrowed = unless if "*" in below else {**unless, "StringLike": {"s3:prefix": below}}
    return [
        {
            "Sid": f"{name}Objects",
            **base,
            "Action": [*OBJECTS],
            "Resource": [f"{itself}/{each}" for each in below],
            "Condition": unless,
        },
        {
            "Sid": f"{name}Listing",
            **base,
            "Action": [*LISTING],
            "Resource": [itself],
            "Condition": narrowed,
        },
    ]


def _words(value: Any) -> list[str]:
    return sorted({_word(each) for each in (value if isinstance(value, list) else [value])})


def _word(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True)


def _conditions(value: Any) -> dict[str, dict[str, list[str]]]:
    try:
        return {
            operator: {key: _words(values) for key, values in keys.items()}
            for operator, keys in value.items()
        }
    except AttributeError:
        raise _not_understood() from None


def _not_understood() -> RefusedError:
    return RefusedError(
        "the policy of this bucket is not written as one",
        hint="nothing was changed: read it as the owner of the bucket, and put it right",
    )
