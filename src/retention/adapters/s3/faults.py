"""What a store's refusals and a network's failures are to us, by what the reader should do next.

The text of a failure stays behind, for it may quote a key or a place; its code goes on.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionError,  # noqa: A004 - botocore's, which is none of Python's
    HTTPClientError,
    IncompleteReadError,
)
from botocore.parsers import ResponseParserError

from retention.errors import StoreError, StoreRefusedError, StoreUnavailableError

FAULTS = (ClientError, BotoCoreError, ResponseParserError)  # all that a call may raise

_BUSY = frozenset(
    {
        "InternalError",
        "RequestLimitExceeded",
        "RequestTimeout",
        "ServiceUnavailable",
        "SlowDown",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)
_HINTS: Mapping[str, str] = MappingProxyType(
    {
        "AccessDenied": "grant this role what the bucket policy of the roles gives it",
        "NoSuchBucket": "compare the place in the agreement with the buckets of this store",
        "InvalidAccessKeyId": "set the access key of this role anew",
        "SignatureDoesNotMatch": "set the secret of this role anew",
        "ParamValidationError": "correct the place in the agreement: no bucket has such a name",
        "RequestTimeTooSkewed": "set the clock of this machine or of the store",
        "ExpiredToken": "log this role in anew: its session is over",
        "PermanentRedirect": "set the region or the endpoint of this store to where its bucket is",
        "TemporaryRedirect": "set the region or the endpoint of this store to where its bucket is",
        "AuthorizationHeaderMalformed": "set the region of this store to where its bucket is",
        "CertificateError": "give the certificate of this store's authority to this machine",
    }
)
_CODE = re.compile(r"[A-Za-z0-9.]{1,64}")


def plain(code: str) -> str:
    """Return *code*, or ``Unknown`` if it is not a plain word: it might quote a key."""
    return code if _CODE.fullmatch(code) else "Unknown"


def code_of(error: ClientError) -> str:
    """Return the code in a store's answer, or ``Unknown`` if it is not a plain word."""
    return plain(str(error.response.get("Error", {}).get("Code", "")))


def is_busy(status: int, code: str) -> bool:
    """Tell whether an answer with this *status* of HTTP and this *code* will pass."""
    return status >= 500 or status == 429 or code in _BUSY  # noqa: PLR2004 - HTTP


def is_passing(error: Exception) -> bool:
    """Tell whether the same call may work in a while, and may have taken effect already."""
    if isinstance(error, ClientError):
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        return is_busy(status, code_of(error))
    return isinstance(
        error, (ConnectionError, HTTPClientError, IncompleteReadError, ResponseParserError)
    )


def store_error(error: Exception) -> StoreError:
    """Return what to raise for one of *FAULTS*."""
    name = code_of(error) if isinstance(error, ClientError) else type(error).__name__
    return unavailable(name) if is_passing(error) else refused(name)


def unavailable(name: str) -> StoreUnavailableError:
    """Return what to raise when a store gave no answer that it stands by; *name* is a code."""
    return StoreUnavailableError(
        f"the store did not answer: {name}",
        hint="try again in a while; if it stays so, look at the network and at the store",
    )


def refused(name: str) -> StoreRefusedError:
    """Return what to raise when a store says no; *name* is a code."""
    return StoreRefusedError(
        f"the store refused: {name}",
        hint=_HINTS.get(name, "look the code up in the manual of the store"),
    )
