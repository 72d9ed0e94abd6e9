"""A connection to KMS under one role, and what its failures are to us.

The text of a failure stays behind, for it names principals; its code goes on.
"""

import os
import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

import boto3
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionError,  # noqa: A004 - botocore's, which is none of Python's
    HTTPClientError,
)
from botocore.parsers import ResponseParserError
from botocore.session import Session

from retention.domain.key import region_of
from retention.errors import StoreError, StoreRefusedError, StoreUnavailableError

FAULTS = (ClientError, BotoCoreError, ResponseParserError)  # all that a call may raise
NOT_FOUND: Final = "NotFoundException"
WRONG_STATE: Final = "KMSInvalidStateException"
_BUSY = frozenset(
    {
        "DependencyTimeoutException",
        "KMSInternalException",
        "RequestLimitExceeded",
        "ServiceUnavailable",
        "Throttling",
        "ThrottlingException",
    }
)
_HINTS: Mapping[str, str] = MappingProxyType(
    {
        "AccessDeniedException": "grant this role what docs/keys.md gives it, in the key's policy",
        "ExpiredTokenException": "log this role in anew: its session is over",
        "UnrecognizedClientException": "set the access key and secret of this role anew",
        "InvalidSignatureException": "set the secret of this role anew",
    }
)
# Whom we are is said by the caller alone: no profile or file of the machine's user has a word.
_NOTHING_FROM_THE_USER = {
    "profile": (None, None, None, None),
    "config_file": (None, None, os.devnull, None),
    "credentials_file": (None, None, os.devnull, None),
    "ignore_configured_endpoint_urls": (None, None, True, None),
}
_CODE = re.compile(r"[A-Za-z0-9.]{1,64}")

Login = Callable[[], tuple[str, str, str]]  # access key, secret, session token or ""


class Service:
    """Clients of one role, one for each region; nothing is sent before something is asked."""

    def __init__(
        self,
        *,
        endpoint_url: str | None,
        login: Login,
        read_timeout_s: float = 30,
        attempts_max: int = 3,
    ) -> None:
        """Log in as *login* says; an *endpoint_url* of None means Amazon."""
        self._endpoint_url, self._login = endpoint_url, login
        self._config = Config(
            connect_timeout=5,
            read_timeout=read_timeout_s,
            retries={"mode": "standard", "total_max_attempts": attempts_max},
        )
        self._clients: dict[str, Any] = {}

    def of(self, arn: str) -> Any:
        """Return the client of a key's region; raise ValueError for what is not a key's ARN."""
        region = region_of(arn)
        if region not in self._clients:
            access_key, secret, token = self._login()
            session = boto3.Session(botocore_session=Session(session_vars=_NOTHING_FROM_THE_USER))
            self._clients[region] = session.client(
                "kms",
                endpoint_url=self._endpoint_url,
                region_name=region,
                aws_access_key_id=access_key,
                aws_secret_access_key=secret,
                aws_session_token=token or None,
                config=self._config,
            )
        return self._clients[region]


def code_of(error: Exception) -> str:
    """Return the code in an answer, or the name of what went wrong before there was one."""
    if not isinstance(error, ClientError):
        return type(error).__name__
    code = str(error.response.get("Error", {}).get("Code", ""))
    return code if _CODE.fullmatch(code) else "Unknown"


def is_passing(error: Exception) -> bool:
    """Tell whether the same call may work in a while, and may have taken effect already."""
    if isinstance(error, ClientError):
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        return status >= 500 or code_of(error) in _BUSY  # noqa: PLR2004 - HTTP
    return isinstance(error, (ConnectionError, HTTPClientError, ResponseParserError))


def store_error(error: Exception) -> StoreError:
    """Return what to raise for one of *FAULTS*."""
    code = code_of(error)
    if is_passing(error):
        return StoreUnavailableError(
            f"the key service did not answer: {code}",
            hint="try again in a while; if it stays so, look at the network and at the service",
        )
    return StoreRefusedError(
        f"the key service refused: {code}",
        hint=_HINTS.get(code, "look the code up in the manual of the service"),
    )
