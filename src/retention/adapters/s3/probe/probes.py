"""All the questions to a bucket, and the few to one version in it."""

from collections.abc import Callable, Collection, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from retention.adapters.s3.place import bucket_and_prefix
from retention.adapters.s3.probe import bucket as bucket_says
from retention.adapters.s3.probe.asking import DENIED, Asking, NotKnownError, mark_other_answers
from retention.adapters.s3.probe.could import could_destroy
from retention.adapters.s3.probe.public import public
from retention.domain.dataset import Kind, ObjectVersion
from retention.ports.probe import Capabilities, Looked

if TYPE_CHECKING:
    from datetime import datetime

    from mypy_boto3_s3 import S3Client

_QUESTIONS: Mapping[tuple[str, ...], Callable[..., tuple[Any, ...]]] = MappingProxyType(
    {
        ("versioning", "mfa_delete"): bucket_says.versioning,
        ("object_lock", "lock_default"): bucket_says.object_lock,
        ("encryption",): bucket_says.encryption,
        ("region",): bucket_says.region,
        ("public",): public,
        ("replicates_to",): bucket_says.replication,
        ("expires",): bucket_says.lifecycle,
        ("inventories",): bucket_says.inventories,
        ("surveyor_can",): could_destroy,
    }
)
_FOR_GOOD = frozenset({DENIED, "MethodNotAllowed", "NotImplemented"})  # asked again, said again
# Amazon and Ceph have each a word of their own for a version without a lock.
_NO_LOCK = {"NoSuchObjectLockConfiguration", "ObjectLockConfigurationNotFoundError"}


class S3Probes:
    """Fits ``ports.probe.Probes``, for places such as ``s3://bucket/path/``."""

    def __init__(self, client: "S3Client") -> None:
        """Ask through *client*, whose role is the one that *surveyor_can* is about."""
        mark_other_answers(client)
        self._client = client
        self._has_locks: dict[str, bool] = {}
        self._refused: set[tuple[str, str]] = set()

    def capabilities(self, place: str, *, only: Collection[str] = ()) -> Capabilities:
        """Ask about the bucket of *place*: all of it, or *only* what these fields say.

        Rules of lifecycle, replication and inventory count as far as they concern *place*.
        Raises ValueError if *place* is not one of S3's, StoreError as the port says.
        """
        asking = Asking(*bucket_and_prefix(place))
        values: dict[str, Any] = {}
        unknown: dict[str, str] = {}
        for names, question in _QUESTIONS.items():
            if only and not set(names) & set(only):
                continue
            try:
                values |= zip(names, question(self._client, asking), strict=True)
            except NotKnownError as error:
                unknown |= dict.fromkeys(names, error.code)
                if error.partly:  # what is certain, and bad, is told beside what is not known
                    values[names[0]] = error.partly
            if not asking.answered and asking.failure is not None:
                raise asking.failure  # it is too busy for the first question: nothing answers
        if "object_lock" in values:
            self._has_locks[asking.bucket] = values["object_lock"]
        return Capabilities(**values, unknown=MappingProxyType(unknown))

    def look(self, place: str, version: ObjectVersion, *, locks: bool) -> Looked:
        """Look at one version, without its content; ask about locks only for *locks*.

        What is refused once in a bucket is not asked of its other versions again.  Markers and
        uploads are encrypted and locked by nobody: of those nothing is known.
        """
        if version.kind is not Kind.DATA:
            return Looked()
        asking = Asking(*bucket_and_prefix(place))
        names = {"Key": version.key, "VersionId": version.version_id}
        head = self._asked(asking, "head", self._client.head_object, (), names)
        if not locks:
            return Looked(_encryption(head))
        mode, until, hold = self._locks(asking, names)
        return Looked(_encryption(head), mode, until, hold)

    def _locks(
        self, asking: Asking, names: Mapping[str, str]
    ) -> "tuple[str | None, datetime | None, bool | None]":
        if self._lock_is_off(asking):
            return "", None, False
        said = self._asked(asking, "retention", self._client.get_object_retention, _NO_LOCK, names)
        mode, until = _kept(said)
        said = self._asked(
            asking, "legal hold", self._client.get_object_legal_hold, _NO_LOCK, names
        )
        return mode, until, _held(said)

    def _lock_is_off(self, asking: Asking) -> bool:
        """Tell whether nothing in the bucket can be locked: then no version is asked about it."""
        if asking.bucket not in self._has_locks and (asking.bucket, "lock") not in self._refused:
            try:
                self._has_locks[asking.bucket], _ = bucket_says.object_lock(self._client, asking)
            except NotKnownError:
                self._refused.add((asking.bucket, "lock"))
        return self._has_locks.get(asking.bucket) is False

    def _asked(
        self,
        asking: Asking,
        question: str,
        call: Callable[..., Any],
        none: Any,
        names: Mapping[str, str],
    ) -> Any:
        """Return the answer, {} where it is *none*, and None where it is not known."""
        if (asking.bucket, question) in self._refused:
            return None
        try:
            said = asking.ask(call, none, **names)
        except NotKnownError as error:
            if error.code in _FOR_GOOD:
                self._refused.add((asking.bucket, question))
            return None
        return {} if said is None else said


def _encryption(head: Any) -> str | None:
    if head is None:
        return None
    algorithm = head.get("ServerSideEncryption")
    return bucket_says.encrypted_by(algorithm, head.get("SSEKMSKeyId")) if algorithm else ""


def _kept(said: Any) -> "tuple[str | None, datetime | None]":
    if said == {}:
        return "", None
    kept = {} if said is None else said.get("Retention", {})
    mode, until = kept.get("Mode"), kept.get("RetainUntilDate")
    return (mode, until) if mode and until else (None, None)


def _held(said: Any) -> bool | None:
    if said == {}:
        return False
    status = "" if said is None else said.get("LegalHold", {}).get("Status", "")
    return {"ON": True, "OFF": False}.get(status)
