"""The end of exact versions in a bucket.  Never a prefix, never a key alone, never a bypass."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError, ParamValidationError

from retention.adapters.s3.faults import FAULTS, code_of, is_passing
from retention.adapters.s3.place import bucket_and_prefix
from retention.domain.dataset import Answer, Kind, ObjectVersion

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import DeleteObjectsOutputTypeDef as Deletion

BATCH_MAX = 1000

_REFUSALS = frozenset(
    {
        "403",
        "AccessDenied",
        "AllAccessDisabled",
        "Forbidden",
        "InvalidAccessKeyId",
        "ObjectLocked",
        "SignatureDoesNotMatch",
    }
)
_GONE = frozenset({"NoSuchKey", "NoSuchUpload", "NoSuchVersion"})  # asking again is safe
_ID = re.compile(r"[!-~]+")  # an id of spaces would be read as none, and leave a new marker
_UNSPEAKABLE = re.compile("[\ud800-\udfff]")  # has no UTF-8: no store can hold it
_NOT_IN_XML = re.compile("[\x00-\x1f\x7f\ufffe\uffff]")  # lost or changed in a list of keys


class S3Destroys:
    """Fits ``ports.destruction.Destroys``, for places such as ``s3://bucket/path/``."""

    def __init__(self, client: "S3Client") -> None:
        """Order through *client*, whose role may delete versions and nothing else."""
        self._client = client

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
        many = []
        for version, answer in answers.items():
            if answer is Answer.REFUSED:
                continue
            if version.kind is Kind.UPLOAD:
                answers[version] = self._abort(bucket, version)
            elif _NOT_IN_XML.search(version.key):
                answers[version] = self._delete_one(bucket, version)
            else:
                many.append(version)
        for batch in _batches(many):
            answers.update(self._delete_many(bucket, batch))
        return answers

    def _abort(self, bucket: str, upload: ObjectVersion) -> Answer:
        try:
            self._client.abort_multipart_upload(
                Bucket=bucket, Key=upload.key, UploadId=upload.version_id
            )
        except FAULTS as error:
            return _answer_of_call(error)
        return Answer.TAKEN

    def _delete_one(self, bucket: str, version: ObjectVersion) -> Answer:
        try:
            self._client.delete_object(Bucket=bucket, Key=version.key, VersionId=version.version_id)
        except FAULTS as error:
            return _answer_of_call(error)
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
            return dict.fromkeys(batch, _answer_of_call(error))
        return _answers(batch, response)


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


def _answers(batch: Sequence[ObjectVersion], response: "Deletion") -> dict[ObjectVersion, Answer]:
    """Read the answer to each version; an error outweighs a success, and silence is unknown."""
    said = {
        (row.get("Key"), row.get("VersionId")): Answer.TAKEN for row in response.get("Deleted", [])
    }
    for row in response.get("Errors", []):
        said[row.get("Key"), row.get("VersionId") or None] = _answer_of_code(row.get("Code", ""))
    return {
        v: said.get((v.key, v.version_id)) or _of_key_alone(said.get((v.key, None))) for v in batch
    }


def _of_key_alone(answer: Answer | None) -> Answer:
    """Return what an answer that names no version is worth to those of its key that got none.

    A refusal holds for them; a success does not, for it may have been another version's.
    """
    return Answer.UNKNOWN if answer in {None, Answer.TAKEN} else answer


def _answer_of_call(error: Exception) -> Answer:
    """Return what a failed call means for all that it asked."""
    if isinstance(error, ClientError) and not is_passing(error):
        return _answer_of_code(code_of(error))
    return Answer.FAILED if isinstance(error, ParamValidationError) else Answer.UNKNOWN


def _answer_of_code(code: str) -> Answer:
    if code in _REFUSALS:
        return Answer.REFUSED
    return Answer.TAKEN if code in _GONE else Answer.FAILED
