"""What a store can and may do, asked before anything is planned on it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from retention.domain.dataset import ObjectVersion


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What one bucket says of itself.  None is *not known*: see *unknown* for why.

    *unknown* has a code of the store for each question that it did not answer, such as
    ``{"encryption": "AccessDenied"}``; a question is named like its field.
    """

    versioning: str | None = None  # enabled, suspended, off
    mfa_delete: bool | None = None
    object_lock: bool | None = None
    lock_default: str | None = None  # "" for none, else such as ``GOVERNANCE P30D``
    encryption: str | None = None  # "" for none, else ``AES256``, ``aws:kms KEY``
    region: str | None = None
    public: tuple[str, ...] | None = None  # by what it is public: policy, acl; () is by nothing
    replicates_to: tuple[str, ...] | None = None  # places of other buckets: ``s3://other/``
    expires: tuple[str, ...] | None = None  # lifecycle rules that destroy: ``ID: older versions``
    inventories: tuple[str, ...] | None = None  # places of inventories of all versions
    surveyor_can: tuple[str, ...] | None = None  # of: delete, abort; () is neither
    unknown: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Looked:
    """How one version is kept; None is not known, "" is none."""

    encryption: str | None = None  # ``AES256``, ``aws:kms KEY``
    lock_mode: str | None = None  # GOVERNANCE, COMPLIANCE
    locked_until: datetime | None = None
    legal_hold: bool | None = None


class Probes(Protocol):
    """A store that answers questions about itself.

    Laws: nothing is changed by asking; what is refused or not understood is in *unknown*, and
    never reads as a good answer; StoreError only if the bucket is missing, or nothing answers.
    """

    def capabilities(self, place: str, *, only: Collection[str] = ()) -> Capabilities:
        """Ask about the bucket of *place*: all of it, or *only* what these fields say."""
        ...

    def look(self, place: str, version: ObjectVersion, *, locks: bool) -> Looked:
        """Look at one version, without its content; ask about locks only for *locks*."""
        ...
