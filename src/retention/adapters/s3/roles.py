"""Who may do what in a bucket: those who look cannot destroy, and who destroys cannot look."""

import json
from collections.abc import Sequence
from typing import Any

LISTING = ("s3:ListBucketVersions", "s3:ListBucketMultipartUploads")
METADATA_OF_BUCKET = (
    "s3:GetBucketVersioning",
    "s3:GetBucketObjectLockConfiguration",
    "s3:GetLifecycleConfiguration",
    "s3:GetEncryptionConfiguration",
    "s3:GetBucketLocation",
    "s3:GetBucketPublicAccessBlock",
    "s3:GetBucketPolicy",
    "s3:GetBucketPolicyStatus",
    "s3:GetBucketAcl",
    "s3:GetReplicationConfiguration",
    "s3:GetInventoryConfiguration",
)
UNKNOWN_TO_CEPH = frozenset({"s3:GetEncryptionConfiguration", "s3:GetInventoryConfiguration"})
METADATA_OF_OBJECTS = ("s3:GetObjectRetention", "s3:GetObjectLegalHold")  # and never content
ENCRYPTION_OF_OBJECTS = ("s3:GetObjectVersion",)  # HeadObject asks for it
CUSTODY = ("s3:GetBucketPolicy", "s3:PutBucketPolicy", "s3:DeleteBucketPolicy")
DESTRUCTION = ("s3:DeleteObjectVersion", "s3:AbortMultipartUpload")


def bucket_policy(
    bucket: str,
    *,
    surveyor: str,
    verifier: str,
    destroyer: str,
    custodian: str = "",
    ceph: bool = False,
    keyed: bool = False,
) -> str:
    """Return the policy of *bucket*, as JSON, for principals named by their ARN.

    Each may do its own and is denied all else, whatever another policy grants it.  The *custodian*,
    if there is one, may change this policy: nobody who may do that is stopped by what it says, so
    look at what becomes of it.  The gateway
    of Ceph, for *ceph*, asks for ``s3:DeleteObject`` on the bucket itself before it looks at
    the versions in a list; on the objects it stays denied, so that no delete marker can be made.
    It refuses a whole policy for one word that it does not know: those are left out.

    *keyed* is for a bucket in which every version lies under a key that the surveyor may not use:
    then it may ask how each is encrypted.  The right for that is the one to read, which ends where
    the key does; anything in such a bucket that is under no key, it could read.
    """
    unknown = UNKNOWN_TO_CEPH if ceph else frozenset[str]()
    of_bucket = [*LISTING, *(each for each in METADATA_OF_BUCKET if each not in unknown)]
    all_of_it = [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"]
    itself, objects = all_of_it
    lookers = [surveyor, verifier]
    looking = (*of_bucket, *METADATA_OF_OBJECTS)
    statements = [
        _statement("Looking", lookers, itself, Action=of_bucket),
        _statement("LookingAtLocks", lookers, objects, Action=[*METADATA_OF_OBJECTS]),
        _statement("OnlyLooking", lookers[keyed:], all_of_it, "Deny", NotAction=[*looking]),
        _statement("Destroying", [destroyer], objects, Action=[*DESTRUCTION]),
    ]
    only = list(DESTRUCTION)
    if ceph:
        statements.append(
            _statement("DestroyingInLists", [destroyer], itself, Action=["s3:DeleteObject"])
        )
        only.append("s3:DeleteObject")
    statements.append(_statement("OnlyDestroying", [destroyer], all_of_it, "Deny", NotAction=only))
    if keyed:
        keys = [*looking, *ENCRYPTION_OF_OBJECTS]
        statements += [
            _statement("LookingAtKeys", [surveyor], objects, Action=[*ENCRYPTION_OF_OBJECTS]),
            _statement("OnlyLookingAndKeys", [surveyor], all_of_it, "Deny", NotAction=keys),
        ]
    statements += _custody(custodian, all_of_it) if custodian else []
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def _custody(custodian: str, all_of_it: Sequence[str]) -> list[dict[str, Any]]:
    """Return what lets the custodian change the policy of a bucket, and nothing else."""
    return [
        _statement("KeepingThePolicy", [custodian], all_of_it[0], Action=[*CUSTODY]),
        _statement("OnlyThePolicy", [custodian], all_of_it, "Deny", NotAction=[*CUSTODY]),
    ]


def ceph_principal(user: str) -> str:
    """Return the ARN of a user of the Ceph object gateway."""
    return f"arn:aws:iam:::user/{user}"


def _statement(
    name: str,
    principals: Sequence[str],
    resource: str | Sequence[str],
    effect: str = "Allow",
    **actions: Sequence[str],
) -> dict[str, Any]:
    return {
        "Sid": name,
        "Effect": effect,
        "Principal": {"AWS": list(principals)},
        "Resource": resource,
        **actions,
    }
