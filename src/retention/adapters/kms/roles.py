"""Who may do what with a key: some look, one orders its end or withdraws that, and none uses it."""

from collections.abc import Sequence
from typing import Any

LOOKING = ("kms:DescribeKey", "kms:ListGrants", "kms:GetKeyLastUsage", "kms:ListAliases")
ENDING = ("kms:DescribeKey", "kms:ListGrants", "kms:ScheduleKeyDeletion", "kms:CancelKeyDeletion")


def key_statements(*, surveyor: str, verifier: str, destroyer: str) -> list[dict[str, Any]]:
    """Return what to add to the policy of a key, for principals named by their ARN.

    Each may do its own and is denied all else, whatever another policy grants it: nobody of ours
    may encrypt or decrypt, and nobody but the destroyer may end anything.  Names of keys are listed
    by account: give the lookers ``kms:ListAliases`` in a policy of their own.
    """
    lookers = [surveyor, verifier]
    return [
        _statement("RetentionLooks", lookers, "Allow", Action=[*LOOKING]),
        _statement("RetentionOnlyLooks", lookers, "Deny", NotAction=[*LOOKING]),
        _statement("RetentionEnds", [destroyer], "Allow", Action=[*ENDING]),
        _statement("RetentionOnlyEnds", [destroyer], "Deny", NotAction=[*ENDING]),
    ]


def _statement(
    name: str, principals: Sequence[str], effect: str, **actions: Sequence[str]
) -> dict[str, Any]:
    return {
        "Sid": name,
        "Effect": effect,
        "Principal": {"AWS": list(principals)},
        "Resource": "*",  # in the policy of a key: that key
        **actions,
    }
