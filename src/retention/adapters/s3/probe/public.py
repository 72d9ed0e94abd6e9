"""By what a bucket can be read without a login: its policy, its access list, or nothing.

The blocks of a whole account are not seen from here: a bucket that only those keep shut is told
as public.  Nor are the access lists of single objects.
Source: Amazon S3 user guide, "Blocking public access", the meaning of public.
"""

import json
from enum import Enum, auto
from typing import TYPE_CHECKING, Any, Final

from retention.adapters.s3.probe.asking import (
    NOT_SAID,
    NOT_UNDERSTOOD,
    Asking,
    NotKnownError,
    is_amazon,
)

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

POLICY: Final = "policy"
ACL: Final = "acl"
CONDITIONS: Final = "Conditions"  # open to anybody under conditions that we cannot weigh

_NO_BLOCK = {"NoSuchPublicAccessBlockConfiguration"}
_NO_POLICY = {"NoSuchBucketPolicy"}
_NAMED_KINDS = {"AWS", "CanonicalUser", "Service"}
_EVERYBODY = ("/groups/global/AllUsers", "/groups/global/AuthenticatedUsers")


class _To(Enum):
    """Whom a policy lets in."""

    NAMED = auto()
    ANYBODY = auto()
    ANYBODY_IF = auto()


def public(client: "S3Client", asking: Asking) -> tuple[tuple[str, ...]]:
    """Return by what it is public; raise NotKnownError with what is certain of it all the same."""
    blocked = _blocked(client, asking)
    found: list[str] = []
    open_questions: list[str] = []
    for name, block, question in (
        (POLICY, "RestrictPublicBuckets", _by_policy),
        (ACL, "IgnorePublicAcls", _by_acl),
    ):
        if blocked.get(block) is True:
            continue
        try:
            if question(client, asking):
                found.append(name)
        except NotKnownError as error:
            open_questions.append(error.code)
    if open_questions:
        raise NotKnownError(open_questions[0], partly=tuple(found))
    return (tuple(found),)


def _blocked(client: "S3Client", asking: Asking) -> Any:
    """Return what is blocked whatever policy and list say; what is not known blocks nothing.

    Amazon's word alone is taken: Ceph 16 keeps the setting, and lets anybody in by a policy
    all the same.
    """
    if not is_amazon(client):
        return {}
    try:
        said = asking.ask(client.get_public_access_block, _NO_BLOCK)
    except NotKnownError:
        return {}
    return {} if said is None else said.get("PublicAccessBlockConfiguration", {})


def _by_policy(client: "S3Client", asking: Asking) -> bool:
    """Tell whether the policy lets anybody in.

    The policy itself is read where that can be: Ceph 16 calls every policy public that allows
    anything to anyone.  The store's own word is taken where it cannot, and about conditions.
    """
    try:
        said = asking.ask(client.get_bucket_policy, _NO_POLICY)
        lets_in = _To.NAMED if said is None else _lets_in(said.get("Policy", ""))
    except NotKnownError:
        return _is_told_public(client, asking)
    if lets_in is not _To.ANYBODY_IF:
        return lets_in is _To.ANYBODY
    try:
        return _is_told_public(client, asking)
    except NotKnownError:
        raise NotKnownError(CONDITIONS) from None


def _is_told_public(client: "S3Client", asking: Asking) -> bool:
    said = asking.ask(client.get_bucket_policy_status, _NO_POLICY)
    told = False if said is None else said.get("PolicyStatus", {}).get("IsPublic")
    if told is None:
        raise NotKnownError(NOT_SAID)
    return bool(told)


def _lets_in(policy: str) -> _To:
    try:
        statements = json.loads(policy)["Statement"]
    except (ValueError, KeyError, TypeError):
        raise NotKnownError(NOT_UNDERSTOOD) from None
    found = _To.NAMED
    for each in [statements] if isinstance(statements, dict) else statements:
        if not isinstance(each, dict) or each.get("Effect") not in {"Allow", "Deny"}:
            raise NotKnownError(NOT_UNDERSTOOD)
        if each["Effect"] == "Deny" or (named := _named(each)) is _To.NAMED:
            continue
        if named is _To.ANYBODY and not each.get("Condition"):
            return _To.ANYBODY
        found = _To.ANYBODY_IF
    return found


def _named(statement: dict[str, Any]) -> _To:
    principal = statement.get("Principal", "*")
    if "NotPrincipal" in statement or not isinstance(principal, dict):
        return _To.ANYBODY
    for names in principal.values():
        if any("*" in str(name) for name in (names if isinstance(names, list) else [names])):
            return _To.ANYBODY
    # Whoever comes by another way in, such as that of a web login, may be anybody.
    return _To.NAMED if principal.keys() <= _NAMED_KINDS else _To.ANYBODY_IF


def _by_acl(client: "S3Client", asking: Asking) -> bool:
    """Tell whether the access list of the bucket lets everybody in, or everybody with a login."""
    said = asking.ask(client.get_bucket_acl)
    if "Grants" not in said and "Owner" not in said:
        raise NotKnownError(NOT_SAID)
    uris = [grant.get("Grantee", {}).get("URI", "") for grant in said.get("Grants", [])]
    return any(uri.endswith(_EVERYBODY) for uri in uris)
