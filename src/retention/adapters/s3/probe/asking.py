"""One bucket, asked one question after another; what its refusals, silences and oddities mean.

Whatever is no clear answer is *not known*, with a code that says why: the store's own, or one of
the two here.  A store that answers another question than it was asked has answered nothing.
"""

import re
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from botocore.exceptions import ClientError, ParamValidationError
from botocore.parsers import ResponseParserError

from retention.adapters.s3.faults import FAULTS, code_of, is_passing, store_error

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from retention.errors import StoreError

DENIED: Final = "AccessDenied"
NOT_SAID: Final = "NotSaid"  # it answered, and left out what was asked
NOT_UNDERSTOOD: Final = "NotUnderstood"

_OF_HEAD = {"403": DENIED, "405": "MethodNotAllowed", "501": "NotImplemented"}  # these have no body
_NOBODY = frozenset(  # it does not know us: no question will be answered
    {
        "ExpiredToken",
        "InvalidAccessKeyId",
        "InvalidToken",
        "RequestTimeTooSkewed",
        "SignatureDoesNotMatch",
    }
)
_NOT_THERE = frozenset({"NoSuchBucket"})
_ANOTHER = "AnswersAnother"
# Ceph 16 takes a question that it does not know for a wish to list the bucket, and answers 200.
_LISTING = re.compile(rb"\s*(?:<\?xml[^>]*>)?\s*<List(?:Bucket|Versions)Result[\s/>]")


class NotKnownError(Exception):
    """A question that got no whole answer: *code* says why, *partly* what is known all the same."""

    def __init__(self, code: str, *, partly: tuple[str, ...] = ()) -> None:
        """Keep a plain code: it stands on screens."""
        super().__init__(code)
        self.code, self.partly = code, partly


class Asking:
    """One round of questions to one bucket.

    Once something was answered, a call that is lost ends the round: what comes after it is not
    asked, and not known for the same reason.  *failure* is a busy store's first excuse.
    """

    def __init__(self, bucket: str, prefix: str = "") -> None:
        """Ask about *bucket*, and in it about what begins with *prefix*, a folder or nothing."""
        self.bucket, self.prefix = bucket, prefix
        self.answered = False
        self.failure: StoreError | None = None
        self._lost = ""

    def ask(self, call: Callable[..., Any], none: Collection[str] = (), **named: object) -> Any:
        """Return the answer, or None for one of the codes that mean *none*.

        Raises NotKnownError; StoreError if the bucket is missing or nothing answers.
        """
        if self._lost:
            raise NotKnownError(self._lost)
        try:
            said = call(Bucket=self.bucket, **named)
        except FAULTS as error:
            code = self._code(error)
            if code in none:
                return None
            raise NotKnownError(code) from None
        self.answered = True
        if said.get(_ANOTHER):
            raise NotKnownError(NOT_UNDERSTOOD)
        return said

    def header(self, call: Callable[..., Any], name: str) -> str:
        """Return a header of the answer or of the refusal, "" if there is none."""
        said: Any = {}
        if not self._lost:
            try:
                said = call(Bucket=self.bucket)
            except ClientError as error:
                said = error.response
            except FAULTS as error:
                raise NotKnownError(self._code(error)) from None
        return str(said.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get(name, ""))

    def _code(self, error: Exception) -> str:
        """Return why one of *FAULTS* left a question open, or raise what ends the round."""
        if isinstance(error, ClientError):
            code = _OF_HEAD.get(code_of(error), code_of(error))
            if code in _NOBODY or code in _NOT_THERE:
                raise store_error(error) from None
            if code == "NotImplemented" or not is_passing(error):  # 501 passes as little as 405
                self.answered = True
            elif self.failure is None:
                self.failure = store_error(error)
            return code
        if isinstance(error, ResponseParserError):
            self.answered = True
            return NOT_UNDERSTOOD
        if not self.answered or isinstance(error, ParamValidationError) or not is_passing(error):
            raise store_error(error) from None
        self._lost = type(error).__name__
        return self._lost


def is_amazon(client: "S3Client") -> bool:
    """Tell whether it is Amazon's own store that is asked: some of its words mean more there."""
    host = urlsplit(client.meta.endpoint_url).hostname or ""
    return host.endswith((".amazonaws.com", ".amazonaws.com.cn"))


def mark_other_answers(client: "S3Client") -> None:
    """Let *client* mark the answers that are listings; asked twice, it does so once."""
    client.meta.events.register("before-parse.s3", _mark, unique_id="retention-other-answers")


def _mark(
    response_dict: dict[str, Any], customized_response_dict: dict[str, Any], **_: object
) -> None:
    body = response_dict.get("body")
    if isinstance(body, bytes) and _LISTING.match(body):
        customized_response_dict[_ANOTHER] = True
