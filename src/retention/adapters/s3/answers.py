"""What a store's words on an order are worth: each version has its own answer, silence is none."""

from collections.abc import Mapping, Sequence
from typing import Any

from botocore.exceptions import ClientError, ParamValidationError

from retention.adapters.s3.faults import code_of, is_passing
from retention.domain.dataset import Answer, ObjectVersion

REFUSALS = frozenset({"403", "AccessDenied", "AllAccessDisabled", "Forbidden", "ObjectLocked"})
NOT_LET_IN = frozenset(  # nobody looked at the order: with another login, or clock, it may be taken
    {
        "ExpiredToken",
        "ExpiredTokenException",
        "InvalidAccessKeyId",
        "InvalidToken",
        "RequestExpired",
        "RequestTimeTooSkewed",
        "SignatureDoesNotMatch",
        "TokenRefreshRequired",
    }
)
GONE = frozenset({"NoSuchKey", "NoSuchUpload", "NoSuchVersion"})  # asking again is safe

Said = Mapping[tuple[str, str | None], str]  # (key, version or none) → code, "" for deleted


def answers_to(
    asked: Sequence[ObjectVersion], said: Said, *, again: bool = False
) -> dict[ObjectVersion, Answer]:
    """Return the answer to each of *asked*; what was said of others is passed over.

    *again* says that the same was asked before, and that the answer did not arrive.
    """
    found = {v: _of(said.get((v.key, v.version_id)), said.get((v.key, None))) for v in asked}
    return {v: _said_again(answer) for v, answer in found.items()} if again else found


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
        return answer_of_all(code_of(error), again=is_second_try(error.response))
    return Answer.FAILED if isinstance(error, ParamValidationError) else Answer.UNKNOWN


def is_second_try(response: Mapping[str, Any]) -> bool:
    """Tell whether botocore had asked before it got *response*."""
    return bool(response.get("ResponseMetadata", {}).get("RetryAttempts"))


def answer_of_all(code: str, *, again: bool) -> Answer:
    """Return what a *code* that was said of a whole call means for all that it asked.

    *again* is as for :func:`answers_to`.
    """
    if code in NOT_LET_IN:
        return Answer.UNKNOWN
    answer = answer_of_code(code)
    return _said_again(answer) if again else answer


def _said_again(answer: Answer) -> Answer:
    """Return what *answer* is worth if the order before it may have taken effect.

    A refusal would say that nothing was given.
    """
    return Answer.UNKNOWN if answer is Answer.REFUSED else answer


def answer_of_code(code: str) -> Answer:
    """Return what a code of the store means; none at all means that it took the order."""
    if not code or code in GONE:
        return Answer.TAKEN
    return Answer.REFUSED if code in REFUSALS else Answer.FAILED
