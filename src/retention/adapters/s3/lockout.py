"""Whether a new bucket policy would lock one of our own out: asked before it is put.

An evaluation of what denies, and of nothing else: no policy of ours allows anything.  What cannot
be judged here, such as a condition on an address, counts as denying both before and after.
Source: AWS Identity and Access Management User Guide, "Policy evaluation logic" and "IAM JSON
policy elements: Condition operators".
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import translate
from functools import lru_cache
from typing import Any, Final

from retention.adapters.s3 import policy, roles

_STRANGER: Final = "arn:aws:iam::000000000000:user/any"  # whoever manages the bucket
_READING: Final = ("s3:GetObject", "s3:GetObjectVersion")  # the archivist
_ON_OBJECTS: Final = (
    *roles.METADATA_OF_OBJECTS,
    *roles.DESTRUCTION,
    *_READING,
    "s3:DeleteObject",
)
_ON_BUCKET: Final = (*roles.LISTING, *roles.METADATA_OF_BUCKET, "s3:ListBucket", "s3:DeleteObject")


@dataclass(frozen=True, slots=True)
class Request:
    """What somebody asks for; *principals* are all the names that a store may know them by."""

    principals: tuple[str, ...]
    action: str
    resource: str
    context: Mapping[str, str] = field(default_factory=dict)


def denying(text: str, request: Request) -> set[str]:
    """Return the statements of a policy that deny *request*, or that may, each in one spelling."""
    found = (policy.spelled(each) for each in policy.statements_of(text))
    return {repr(sorted(each.items())) for each in found if may_deny(each, request)}


def locked_out(
    before: str, after: str, *, bucket: str, prefixes: Sequence[str], exempt: Sequence[str]
) -> list[Request]:
    """Return what *after* denies to *exempt*, or to whoever keeps the policy, beyond *before*."""
    old = [policy.spelled(each) for each in policy.statements_of(before)]
    new = [each for s in policy.statements_of(after) if (each := policy.spelled(s)) not in old]
    return [
        request
        for request in needed(bucket, prefixes, exempt)
        if any(may_deny(each, request) for each in new)
    ]


def needed(bucket: str, prefixes: Sequence[str], exempt: Sequence[str]) -> Iterator[Request]:
    """Yield what each of *exempt* may need in these places, under every name that it may have."""
    partition = exempt[0].split(":")[1]
    itself = f"arn:{partition}:s3:::{bucket}"
    for arn in (*exempt, _STRANGER):
        for names, context in _logins(arn):
            for action in roles.CUSTODY:
                yield Request(names, action, itself, context)
            if arn == _STRANGER:
                continue
            for prefix in prefixes:
                for action in _ON_BUCKET:
                    yield Request(names, action, itself, {**context, "s3:prefix": prefix})
                for action in _ON_OBJECTS:
                    yield Request(names, action, f"{itself}/{prefix}x", context)


def _logins(arn: str) -> Iterator[tuple[tuple[str, ...], dict[str, str]]]:
    """Yield how a principal may stand before a store: Ceph does not say aws:PrincipalArn."""
    yield (arn,), {}
    yield (arn,), {"aws:PrincipalArn": arn}
    head, kind, name = arn.rpartition(":")[0], *arn.rpartition(":")[2].split("/", 1)
    if kind == "role":
        session = f"{head.replace(':iam:', ':sts:')}:assumed-role/{name.rpartition('/')[2]}/session"
        yield (session,), {"aws:PrincipalArn": arn}


def may_deny(statement: Mapping[str, Any], request: Request) -> bool:
    """Tell whether a statement, spelled as ``policy.spelled`` does, denies *request* or may."""
    return (
        statement.get("Effect") == "Deny"
        and _of_whom(statement, request.principals)
        and _fits(statement, "Action", request.action, any_case=True)
        and _fits(statement, "Resource", request.resource)
        and all(
            _holds(operator, request.context.get(key), values)
            for operator, keys in statement.get("Condition", {}).items()
            for key, values in keys.items()
        )
    )


def _of_whom(statement: Mapping[str, Any], names: Iterable[str]) -> bool:
    if "NotPrincipal" in statement:
        excepted = statement["NotPrincipal"].get("AWS", [])
        return not ({"*", *names} & set(excepted))
    whom = statement.get("Principal", {})
    return bool({"*", *_accounts(names), *names} & set(whom.get("AWS", []))) or bool(
        set(whom) - {"AWS", "Service", "Federated"}
    )


def _accounts(names: Iterable[str]) -> set[str]:
    """Return the accounts of *names*, in both spellings: to deny an account denies all in it."""
    found = {(name.split(":")[1], name.split(":")[4]) for name in names}
    return {account for _, account in found if account} | {
        f"arn:{partition}:iam::{account}:root" for partition, account in found
    }


def _fits(statement: Mapping[str, Any], what: str, asked: str, *, any_case: bool = False) -> bool:
    if f"Not{what}" in statement:  # a variable in it may stand for anything, also for nothing
        patterns = [each for each in statement[f"Not{what}"] if "$" not in each]
        return not _matches(patterns, asked, any_case=any_case)
    patterns = statement.get(what, [])
    return any("$" in each for each in patterns) or _matches(patterns, asked, any_case=any_case)


def _matches(patterns: Iterable[str], asked: str, *, any_case: bool = False) -> bool:
    return any(_expression(each, any_case).fullmatch(asked) is not None for each in patterns)


@lru_cache(maxsize=1000)
def _expression(pattern: str, any_case: bool) -> re.Pattern[str]:  # noqa: FBT001  # cached: by place
    """Return what matches as *pattern* does, in which nothing but * and ? is special."""
    return re.compile(translate(pattern.replace("[", "[[]")), re.IGNORECASE if any_case else 0)


def _holds(operator: str, said: str | None, values: Sequence[str]) -> bool:
    """Tell whether one condition holds, or may: of the operators not known here each one may."""
    kind = operator.removesuffix("IfExists")
    negated = {"StringNotEquals", "StringNotLike", "ArnNotEquals", "ArnNotLike"}
    if kind not in negated | {"StringEquals", "StringLike", "ArnEquals", "ArnLike"}:
        return True
    if said is None:
        return True  # absent, or not known here
    exactly = kind in {"StringEquals", "StringNotEquals"}
    found = said in values if exactly else _matches(values, said)
    return found is not (kind in negated)
