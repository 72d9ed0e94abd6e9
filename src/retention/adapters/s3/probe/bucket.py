"""What a bucket says of itself, question by question, as ``ports.probe.Capabilities`` has it."""

import re
from collections.abc import Iterator
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

PAGES_MAX: Final = 20  # of inventory configurations, of which a bucket has a thousand at most

_VERSIONING = {"Enabled": "enabled", "Suspended": "suspended", None: "off"}
_REGION = re.compile(r"[a-z0-9][a-z0-9-]{1,62}")
_ODD_LOCATIONS = {"EU": "eu-west-1"}
_SAYS_NOTHING = "default"  # Ceph's name for a zone group that nobody gave a name
_ARN_OF_BUCKET = re.compile(r"arn:[a-z-]+:s3:::([a-zA-Z0-9._-]+)")
_PLAIN = re.compile(r"[A-Za-z0-9 ._-]{1,64}")


def versioning(client: "S3Client", asking: Asking) -> tuple[str, bool]:
    """Return whether versions are kept, and whether one goes only with a one-time code."""
    said = asking.ask(client.get_bucket_versioning)
    status, code = said.get("Status"), said.get("MFADelete", "Disabled")
    if status not in _VERSIONING or code not in {"Enabled", "Disabled"}:
        raise NotKnownError(NOT_UNDERSTOOD)
    return _VERSIONING[status], code == "Enabled"


def object_lock(client: "S3Client", asking: Asking) -> tuple[bool, str]:
    """Return whether versions can be locked, and how each new one is."""
    none = {"ObjectLockConfigurationNotFoundError"}
    said = asking.ask(client.get_object_lock_configuration, none)
    if said is None:
        return False, ""
    told = said.get("ObjectLockConfiguration", {})
    if told.get("ObjectLockEnabled") != "Enabled":
        raise NotKnownError(NOT_SAID)
    rule = told.get("Rule", {}).get("DefaultRetention")
    return True, "" if rule is None else _retention(rule)


def _retention(rule: Any) -> str:
    for unit, letter in (("Days", "D"), ("Years", "Y")):
        if rule.get("Mode") and unit in rule:
            return f"{rule['Mode']} P{rule[unit]}{letter}"
    raise NotKnownError(NOT_UNDERSTOOD)


def encryption(client: "S3Client", asking: Asking) -> tuple[str]:
    """Return how what is written is encrypted if its writer does not say."""
    none = {"ServerSideEncryptionConfigurationNotFoundError"}
    said = asking.ask(client.get_bucket_encryption, none)
    if said is None:
        return ("",)
    for rule in said.get("ServerSideEncryptionConfiguration", {}).get("Rules", []):
        default = rule.get("ApplyServerSideEncryptionByDefault", {})
        if algorithm := default.get("SSEAlgorithm"):
            return (encrypted_by(algorithm, default.get("KMSMasterKeyID")),)
    raise NotKnownError(NOT_SAID)


def encrypted_by(algorithm: str, key: str | None) -> str:
    """Return an algorithm and the key that it takes, if it is one of a key store."""
    return f"{algorithm} {key}" if key else algorithm


def region(client: "S3Client", asking: Asking) -> tuple[str]:
    """Return where the bucket is.

    Amazon says so in a header, even to those whom it refuses the rest; other stores may know the
    older question alone.  Only Amazon means its first region by an empty answer to that.
    """
    found = asking.header(client.head_bucket, "x-amz-bucket-region")
    if not found:
        said = asking.ask(client.get_bucket_location).get("LocationConstraint")
        found = _ODD_LOCATIONS.get(said, said) or ("us-east-1" if is_amazon(client) else "")
    if not _REGION.fullmatch(found) or found == _SAYS_NOTHING:
        raise NotKnownError(NOT_SAID)
    return (found,)


def replication(client: "S3Client", asking: Asking) -> tuple[tuple[str, ...]]:
    """Return the places of the buckets to which it copies what is written."""
    none = {"ReplicationConfigurationNotFoundError"}
    said = asking.ask(client.get_bucket_replication, none)
    if said is None:
        return ((),)
    rules = said.get("ReplicationConfiguration", {}).get("Rules")
    if not rules:  # whoever replicates by bucket has a rule; Ceph replicates by zone, and says this
        raise NotKnownError(NOT_SAID)
    found = {
        f"s3://{_bucket_of(rule.get('Destination', {}).get('Bucket', ''))}/"
        for rule in rules
        if rule.get("Status") == "Enabled" and _meets(_prefix(rule), asking.prefix)
    }
    return (tuple(sorted(found)),)


def lifecycle(client: "S3Client", asking: Asking) -> tuple[tuple[str, ...]]:
    """Return the rules that destroy on their own, each with what it destroys."""
    none = {"NoSuchLifecycleConfiguration"}
    said = asking.ask(client.get_bucket_lifecycle_configuration, none)
    if said is None:
        return ((),)
    if not said.get("Rules"):
        raise NotKnownError(NOT_SAID)
    found = []
    for number, rule in enumerate(said["Rules"], start=1):
        what = ", ".join(_destroys(rule))
        if what and rule.get("Status") == "Enabled" and _meets(_prefix(rule), asking.prefix):
            name = rule.get("ID", "")
            found.append(f"{name if _PLAIN.fullmatch(name) else f'rule {number}'}: {what}")
    return (tuple(found),)


def _destroys(rule: Any) -> Iterator[str]:
    """Yield what goes by a rule; to move it to another class of storage is no destruction."""
    expiration = rule.get("Expiration", {})
    if expiration.keys() & {"Days", "Date"}:
        yield "current versions"
    if "NoncurrentVersionExpiration" in rule:
        yield "older versions"
    if expiration.get("ExpiredObjectDeleteMarker"):
        yield "delete markers"
    if "AbortIncompleteMultipartUpload" in rule:
        yield "unfinished uploads"


def inventories(client: "S3Client", asking: Asking) -> tuple[tuple[str, ...]]:
    """Return below which places the manifests of inventories of all versions lie."""
    found: list[str] = []
    token: dict[str, str] = {}
    for _ in range(PAGES_MAX):
        said = asking.ask(client.list_bucket_inventory_configurations, **token)
        rows = said.get("InventoryConfigurationList", [])
        found += [_manifests(row, asking.bucket) for row in rows if _is_whole(row, asking.prefix)]
        if not said.get("IsTruncated"):
            return (tuple(sorted(found)),)
        token = {"ContinuationToken": said.get("NextContinuationToken", "")}
    raise NotKnownError(NOT_UNDERSTOOD)


def _is_whole(row: Any, prefix: str) -> bool:
    """Tell whether an inventory is made, of every version, and of all below *prefix*."""
    return (
        row.get("IsEnabled") is True
        and row.get("IncludedObjectVersions") == "All"
        and prefix.startswith(row.get("Filter", {}).get("Prefix", ""))
    )


def _manifests(row: Any, source: str) -> str:
    to = row.get("Destination", {}).get("S3BucketDestination", {})
    folder = f"{to['Prefix']}/" if to.get("Prefix") else ""
    return f"s3://{_bucket_of(to.get('Bucket', ''))}/{folder}{source}/{row.get('Id', '')}/"


def _bucket_of(arn: str) -> str:
    if found := _ARN_OF_BUCKET.fullmatch(arn):
        return found[1]
    raise NotKnownError(NOT_UNDERSTOOD)


def _prefix(rule: Any) -> str:
    """Return what the keys begin with that a rule is about: written in one of three ways."""
    narrowed = rule.get("Filter", {})
    found = narrowed.get("Prefix") or narrowed.get("And", {}).get("Prefix") or rule.get("Prefix")
    return found or ""


def _meets(one: str, other: str) -> bool:
    return one.startswith(other) or other.startswith(one)
