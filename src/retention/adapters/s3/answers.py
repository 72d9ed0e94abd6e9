"""What a store's words on an order are worth: each version has its own answer, silence is none."""

from collections.abc import Mapping, Sequence

from botocore.exceptions import ClientError, ParamValidationError

from retention.adapters.s3.faults import code_of, is_passing
from retention.domain.dataset import Answer, ObjectVersion

REFUSALS = frozenset(
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
GONE = frozenset({"NoSuchKey", "NoSuchUpload", "NoSuchVersion"})  # asking again is safe

Said = Mapping[tuple[str, str | None], str]  # (key, version or none) → code, "" for deleted


def answers_to(asked: Sequence[ObjectVersion], said: Said) -> dict[ObjectVersion, Answer]:
    """Return the answer to each of *asked*; what was said of others is passed over."""
    return {v: _of(said.get((v.key, v.version_id)), said.get((v.key, None))) for v in asked}


def _of(code: str | None, of_key_alone: str | None) -> Answer:
    """Return what *code* is worth, or else an answer that names the key and no version.

    A refusal of the key holds for its version; a success does not, for it may have been
    another version's.
    """
    if code is not None:
        return answer_of_code(code)
    answer = Answer.UNKNOWN if of_key_alone is None else answer_of_code(of_key_alone)
    return Answer.UNKNOWN if answer is Answer.TAKEN else answer


def answer_of_call(error: Exception) -> Answer:
    """Return what a failed call means for all that it asked."""
    if isinstance(error, ClientError) and not is_passing(error):
        return answer_of_code(code_of(error))
    return Answer.FAILED if isinstance(error, ParamValidationError) else Answer.UNKNOWN


def answer_of_code(code: str) -> Answer:
    """Return what a code of the store means; none at all means that it took the order."""
    if not code or code in GONE:
        return Answer.TAKEN
    return Answer.REFUSED if code in REFUSALS else Answer.FAILED
