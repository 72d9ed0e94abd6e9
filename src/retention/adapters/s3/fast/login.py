"""Who asks, and how a request says so: Signature Version 4, by botocore."""

import base64
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Final
from urllib.parse import quote

from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

_UNRESERVED: Final = "-_.~"


@dataclass(frozen=True, slots=True)
class Login:
    """An access key with its secret, and the token of a session if there is one."""

    access_key: str
    secret: str = field(repr=False)
    session_token: str = field(default="", repr=False)


class Logins:
    """The login of the moment, shared by all lanes; a new one is asked for when a store says so."""

    def __init__(self, ask: Callable[[], Login]) -> None:
        """Ask for a login with *ask*, when the first is needed and when one has expired."""
        self._ask = ask
        self._lock = Lock()
        self._login: Login | None = None

    def now(self) -> Login:
        """Return the login to use."""
        with self._lock:
            if self._login is None:
                self._login = self._ask()
            return self._login

    def renew(self, expired: Login) -> None:
        """Ask for another than *expired*, unless another lane has done so."""
        with self._lock:
            if self._login is expired:
                self._login = self._ask()


def target(path: str, query: Mapping[str, str]) -> str:
    """Return *path* with a query, encoded in the one form that signatures know."""
    pairs = (f"{quote(k, safe=_UNRESERVED)}={quote(v, safe=_UNRESERVED)}" for k, v in query.items())
    return f"{quote(path, safe='/' + _UNRESERVED)}?{'&'.join(sorted(pairs))}"


def signed(url: str, login: Login, region: str, body: bytes = b"") -> dict[str, str]:
    """Return the headers that *login* gives a GET of *url* in *region*, or a POST of *body*.

    A body goes with its MD5, without which a store deletes nothing.
    """
    request = AWSRequest("POST" if body else "GET", url, data=body or None)
    if body:
        digest = hashlib.md5(body, usedforsecurity=False).digest()
        request.headers["Content-MD5"] = base64.b64encode(digest).decode()
    credentials = Credentials(login.access_key, login.secret, login.session_token or None)
    S3SigV4Auth(credentials, "s3", region).add_auth(request)
    return dict(request.headers.items())
