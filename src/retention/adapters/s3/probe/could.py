"""Whether a credential could destroy, asked by ordering the end of what never was.

No store tells what a credential may do without being asked to do it.  So this module, beside
``destroys.py``, sends a delete.  Of the three locks on destruction it opens none:

- the type: the functions take a bucket and a folder, and nothing that names an object.  The key
  and the version id are drawn here, 256 and 128 random bits: nobody can have written them;
- the import: the module knows no ``ObjectVersion`` and no port of destruction;
- the role: it is meant to be asked with credentials that are refused.

A delete always carries its version id, for one without would leave a delete marker; and on a
store that passes over version ids, the key is one that nobody has.  Nothing is deleted in lists.
``tests/architecture/test_deletes.py`` and the wire hold it to that.

What an answer means: a refusal, that it could not; success, or word that there is no such thing,
that it was let through to look, and could.  All else is not known.  So is Amazon's answer to an
id that it sees to be made up (``InvalidArgument``): it need not have looked at rights before.
A right to one folder is not seen from another, and one that asks for a one-time code is none.
"""

from secrets import token_hex
from typing import TYPE_CHECKING, Final

from retention.adapters.s3.probe.asking import DENIED, Asking, NotKnownError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

DELETE: Final = "delete"
ABORT: Final = "abort"

_NO_SUCH_VERSION = {"NoSuchKey", "NoSuchVersion"}
_NO_SUCH_UPLOAD = {"NoSuchUpload"}


def could_destroy(client: "S3Client", asking: Asking) -> tuple[tuple[str, ...]]:
    """Return which of *delete* and *abort* the credential could; see what the module says."""
    found: list[str] = []
    open_questions: list[str] = []
    for name, question in ((DELETE, _could_delete), (ABORT, _could_abort)):
        try:
            question(client, asking)
        except NotKnownError as error:
            if error.code != DENIED:
                open_questions.append(error.code)
        else:
            found.append(name)
    if open_questions:
        raise NotKnownError(open_questions[0], partly=tuple(found))
    return (tuple(found),)


def _could_delete(client: "S3Client", asking: Asking) -> None:
    key, version_id = asking.prefix + token_hex(32), token_hex(16)
    asking.ask(client.delete_object, _NO_SUCH_VERSION, Key=key, VersionId=version_id)


def _could_abort(client: "S3Client", asking: Asking) -> None:
    key, upload_id = asking.prefix + token_hex(32), token_hex(16)
    asking.ask(client.abort_multipart_upload, _NO_SUCH_UPLOAD, Key=key, UploadId=upload_id)
