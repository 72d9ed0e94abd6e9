"""The end of exact versions in a bucket.  Never a prefix, never a key alone, never a bypass."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol, cast

from retention.adapters.s3.answers import Said, answer_of_call, answers_to, is_second_try
from retention.adapters.s3.faults import FAULTS
from retention.adapters.s3.place import bucket_and_prefix
from retention.domain.dataset import Answer, Kind, ObjectVersion

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import DeleteObjectsOutputTypeDef as Deletion

BATCH_MAX = 1000
SILENT_MAX = 3  # calls in a row without an answer; the rest of a batch is not asked then

_ID = re.compile(r"[!-~]+")  # an id of spaces would be read as none, and leave a new marker
_UNSPEAKABLE = re.compile("[\ud800-\udfff]")  # has no UTF-8: no store can hold it
_NOT_IN_XML = re.compile("[\x00-\x1f\x7f\ufffe\uffff]")  # lost or changed in a list of keys


class Many(Protocol):
    """Deletes lists of exact versions, with the laws of ``ports.destruction.Destroys``."""

    def delete(
        self, bucket: str, versions: Sequence[ObjectVersion]
    ) -> Mapping[ObjectVersion, Answer]:
        """Order the end of exactly *versions*, and return the answer to each."""
        ...


class S3Destroys:
    """Fits ``ports.destruction.Destroys``, for places such as ``s3://bucket/path/``."""

    def __init__(self, client: "S3Client", many: Many | None = None) -> None:
        """Order through *client*, whose role may delete versions and nothing else.

        *many* takes the lists of versions instead, for speed; what no list can hold stays here.
        """
        self._client = client
        self._many = many

    def destroy(
        self, place: str, versions: Sequence[ObjectVersion]
    ) -> Mapping[ObjectVersion, Answer]:
        """Order the end of exactly *versions* in *place*, and return the answer to each.

        Raises ValueError, before anything is sent, if *place* is not one of S3's.
        """
        bucket, prefix = bucket_and_prefix(place)
        answers = {
            version: Answer.UNKNOWN if _may_be_asked(version, prefix) else Answer.REFUSED
            for version in versions
        }
        asked = [version for version, answer in answers.items() if answer is Answer.UNKNOWN]
        alone = [version for version in asked if _goes_alone(version)]
        many = [version for version in asked if not _goes_alone(version)]
        answers.update(self._one_by_one(bucket, alone))
        if self._many is not None:
            answers.update(self._many.delete(bucket, many))
            return answers
        for batch in _batches(many):
            answers.update(self._delete_many(bucket, batch))
        return answers

    def _one_by_one(
        self, bucket: str, versions: Sequence[ObjectVersion]
    ) -> dict[ObjectVersion, Answer]:
        """Order each in a call of its own, until the store is silent: a batch has its lease."""
        answers, silent = dict[ObjectVersion, Answer](), 0
        for version in versions:
            order = self._abort if version.kind is Kind.UPLOAD else self._delete_one
            answers[version] = order(bucket, version)
            silent = silent + 1 if answers[version] is Answer.UNKNOWN else 0
            if silent == SILENT_MAX:
                break
        return answers

    def _abort(self, bucket: str, upload: ObjectVersion) -> Answer:
        try:
            self._client.abort_multipart_upload(
                Bucket=bucket, Key=upload.key, UploadId=upload.version_id
            )
        except FAULTS as error:
            return answer_of_call(error)
        return Answer.TAKEN

    def _delete_one(self, bucket: str, version: ObjectVersion) -> Answer:
        try:
            self._client.delete_object(Bucket=bucket, Key=version.key, VersionId=version.version_id)
        except FAULTS as error:
            return answer_of_call(error)
        return Answer.TAKEN

    def _delete_many(
        self, bucket: str, batch: Sequence[ObjectVersion]
    ) -> dict[ObjectVersion, Answer]:
        try:
            response = self._client.delete_objects(
                Bucket=bucket,
                Delete={
                    "Objects": [{"Key": v.key, "VersionId": v.version_id} for v in batch],
                    "Quiet": False,  # an answer to each is wanted, and silence is none
                },
            )
        except FAULTS as error:
            return dict.fromkeys(batch, answer_of_call(error))
        again = is_second_try(cast("dict[str, Any]", response))
        return answers_to(batch, _said(response), again=again)


def _goes_alone(version: ObjectVersion) -> bool:
    """Tell whether no list of keys can hold *version*."""
    return version.kind is Kind.UPLOAD or bool(_NOT_IN_XML.search(version.key))


def _may_be_asked(version: ObjectVersion, prefix: str) -> bool:
    """Tell whether *version* is one exact thing in the place: anything less is never sent."""
    key = version.key
    return bool(
        key
        and key.startswith(prefix)
        and _ID.fullmatch(version.version_id)
        and not _UNSPEAKABLE.search(key)
    )


def _batches(versions: Sequence[ObjectVersion]) -> Iterator[Sequence[ObjectVersion]]:
    for start in range(0, len(versions), BATCH_MAX):
        yield versions[start : start + BATCH_MAX]


def _said(response: "Deletion") -> Said:
    """Read an answer; an error outweighs a success."""
    said: dict[tuple[str, str | None], str] = {
        (row.get("Key", ""), row.get("VersionId") or None): ""
        for row in response.get("Deleted", [])
    }
    for row in response.get("Errors", []):
        code = row.get("Code") or "Unknown"
        said[row.get("Key", ""), row.get("VersionId") or None] = code
    return said
