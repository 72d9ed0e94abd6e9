"""What an answer that is no page means: whether to ask again, elsewhere, as another, or not."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from retention.adapters.s3.fast.strict import Element, document
from retention.adapters.s3.fast.trouble import UnreadableError
from retention.adapters.s3.fast.where import region_named
from retention.adapters.s3.fast.wire import Reply
from retention.adapters.s3.faults import is_busy, plain

OK: Final = 200
_REDIRECTS: Final = frozenset({301, 302, 307, 308})
_TIMEOUT: Final = 408
_ELSEWHERE: Final = frozenset(
    {
        "AuthorizationHeaderMalformed",
        "IllegalLocationConstraintException",
        "PermanentRedirect",
        "Redirect",
        "TemporaryRedirect",
    }
)
_EXPIRED: Final = frozenset(
    {"ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"}
)
_SLOW: Final = frozenset({"RequestLimitExceeded", "SlowDown", "Throttling", "ThrottlingException"})
_TOO_MANY: Final = frozenset({429, 503})


@dataclass(frozen=True, slots=True)
class Fault:
    """A code, and what it calls for."""

    code: str
    passing: bool = False  # the same may work in a while
    slow: bool = False  # ask less
    expired: bool = False  # ask with another login
    region: str = ""  # ask there


def fault_of(reply: Reply) -> Fault:
    """Read an answer whose status is not 200."""
    try:
        error = document(reply.body)
    except UnreadableError:
        error = Element("")
    return fault_in(error, reply.status, reply.headers)


def fault_in(error: Element, status: int, headers: Mapping[str, str]) -> Fault:
    """Read an ``Error``, which a store may send with any *status*."""
    said = {each.name: each.text for each in error.children} if error.name == "Error" else {}
    code = plain(said["Code"]) if said.get("Code") else str(status)
    elsewhere = status in _REDIRECTS or code in _ELSEWHERE
    return Fault(
        code,
        passing=is_busy(status, code) or status == _TIMEOUT,
        slow=code in _SLOW or status in _TOO_MANY,
        expired=code in _EXPIRED,
        region=region_named(headers, said) if elsewhere else "",
    )
