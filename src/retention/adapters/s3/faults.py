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
    }
)
_CODE = re.compile(r"[A-Za-z0-9.]{1,64}")


def code_of(error: ClientError) -> str:
    """Return the code in a store's answer, or ``Unknown`` if it is not a plain word."""
    code = str(error.response.get("Error", {}).get("Code", ""))
    return code if _CODE.fullmatch(code) else "Unknown"


def is_passing(error: Exception) -> bool:
    """Tell whether the same call may work in a while, and may have taken effect already."""
    if isinstance(error, ClientError):
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        return status >= 500 or status == 429 or code_of(error) in _BUSY  # noqa: PLR2004 - HTTP
    return isinstance(
        error, (ConnectionError, HTTPClientError, IncompleteReadError, ResponseParserError)
    )


def store_error(error: Exception) -> StoreError:
    """Return what to raise for one of *FAULTS*."""
    name = code_of(error) if isinstance(error, ClientError) else type(error).__name__
    if is_passing(error):
        return StoreUnavailableError(
            f"the store did not answer: {name}",
            hint="try again in a while; if it stays so, look at the network and at the store",
        )
    return StoreRefusedError(
        f"the store refused: {name}",
        hint=_HINTS.get(name, "look the code up in the manual of the store"),
    )
