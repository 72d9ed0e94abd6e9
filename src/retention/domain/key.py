"""A key of a key service: its name, and what is seen of it.

A key that is ordered destroyed ends on two days: it is *unusable since* the service took the order,
and *gone on* the day when its waiting period ends; until then the order can be withdrawn.  A key
is named by its ARN, which holds an account and tells of nobody; an alias may come to mean another.
Source: AWS KMS API Reference, ScheduleKeyDeletion and CancelKeyDeletion.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

KEY: Final = "key"  # the kind of copy that an agreement declares for it
WINDOW_DAYS = range(7, 31)  # what the service takes as a waiting period
_ARN = re.compile(
    r"arn:aws(?:-[a-z]+)*:kms:(?P<region>[a-z]{2,3}(?:-[a-z]+)+-[0-9]{1,2}):[0-9]{12}:key/"
    r"(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|mrk-[0-9a-f]{32})"
)


class KeyState(StrEnum):
    """What a key may be seen to be; as the service writes it, and two words of our own."""

    ENABLED = "Enabled"
    DISABLED = "Disabled"
    PENDING = "PendingDeletion"
    WAITS_FOR_REPLICAS = "PendingReplicaDeletion"  # until each of them is gone, however long
    OTHER = "other"  # being created, being imported, cut off from its store
    ABSENT = "absent"  # the service says that there is no such key


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyLook:
    """What a key service shows of one key; None is *not known*, and never a good answer.

    *replicas* counts the other keys of a multi-Region key; *grants* those that may use it beside
    its policy.
    """

    state: KeyState
    customers: bool | None = None  # managed by us, and not by the provider
    imported: bool | None = None  # its material came from outside, and may come again
    elsewhere: bool | None = None  # its material lies in a key store of its own
    is_replica: bool | None = None
    replicas: int | None = None
    grants: int | None = None
    aliases: int | None = None  # names that lead to it; they end with it
    used_at: datetime | None = None  # when it was last used; None also if nobody says
    deletion_at: datetime | None = None


def is_key_arn(text: str) -> bool:
    """Tell whether *text* is the ARN of one key, and not of an alias, nor a name alone."""
    return _ARN.fullmatch(text) is not None


def region_of(arn: str) -> str:
    """Return the region of a key; raise ValueError for what is not the ARN of one."""
    if (found := _ARN.fullmatch(arn)) is None:
        raise ValueError("this is not the ARN of a key")
    return found["region"]


def key_stream(arn: str) -> str:
    """Return the stream of one key: whoever orders its end writes there, whatever the proposal."""
    return f"key:{arn}"
