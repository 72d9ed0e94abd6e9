"""HTTP for one lane: one connection that is kept, nothing that is tried again or followed."""

import socket
import ssl
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final
from weakref import WeakSet

from urllib3 import (
    BaseHTTPResponse,
    HTTPConnectionPool,
    HTTPResponse,
    HTTPSConnectionPool,
    Timeout,
)
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError, SSLError
from urllib3.util import parse_url

from retention.adapters.s3.fast.trouble import PassingError
from retention.adapters.s3.faults import refused

BODY_BYTES_MAX: Final = 64 * 1024 * 1024  # a page of a thousand rows has less than a tenth of it
_PIECE_BYTES: Final = 256 * 1024
_OF_OURS: Final = {"User-Agent": "retention", "Accept-Encoding": "identity"}


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back, whole."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)  # may hold keys


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait, in seconds: for a connection, for the next bytes, for all of an answer."""

    connect_s: float = 5
    read_s: float = 60
    whole_s: float = 300


class Wire:
    """A connection to one endpoint; one thread asks over it, and another may cut it."""

    def __init__(
        self, endpoint_url: str, patience: Patience, trust: ssl.SSLContext | None = None
    ) -> None:
        """Prepare to ask at *endpoint_url*, which is http, or https whose host *trust* knows."""
        self._patience = patience
        self._connections: WeakSet[HTTPConnection] = WeakSet()
        url = parse_url(endpoint_url)
        options: dict[str, Any] = {
            "host": url.host,
            "port": url.port,
            "maxsize": 1,
            "timeout": Timeout(connect=patience.connect_s, read=patience.read_s),
            "retries": False,
        }
        if url.scheme == "https":
            self._pool: HTTPConnectionPool = HTTPSConnectionPool(
                ssl_context=trust, cert_reqs="CERT_REQUIRED", **options
            )
            self._pool.ConnectionCls = _remembered(_PromptHTTPS, self._connections)
        else:
            self._pool = HTTPConnectionPool(**options)
            self._pool.ConnectionCls = _remembered(_Prompt, self._connections)

    def ask(self, target: str, headers: Mapping[str, str], body: bytes = b"") -> Reply:
        """Return the answer to one GET, or to a POST of *body*, whatever it says.

        Raises PassingError if none came or not all of it, and StoreRefusedError if the
        certificate of the host is not to be trusted.
        """
        try:
            response = self._pool.urlopen(
                "POST" if body else "GET",
                target,
                body=body or None,
                headers={**headers, **_OF_OURS},
                retries=False,
                redirect=False,
                preload_content=False,
                decode_content=False,
            )
            whole = self._whole(response)
        except SSLError as error:
            if isinstance(error.args[0] if error.args else None, ssl.SSLCertVerificationError):
                raise refused("CertificateError") from None
            raise PassingError("SSLError") from None
        except (HTTPError, OSError) as error:
            raise PassingError(type(error).__name__) from None
        return Reply(response.status, response.headers, whole)

    def _whole(self, response: BaseHTTPResponse) -> bytes:
        """Read all of an answer, in bounded time and space."""
        deadline_s = time.monotonic() + self._patience.whole_s
        pieces, size = [], 0
        done = False
        try:
            while piece := response.read1(_PIECE_BYTES):
                pieces.append(piece)
                size += len(piece)
                if size > BODY_BYTES_MAX or time.monotonic() > deadline_s:
                    raise PassingError("EndlessAnswer")
            done = True
        finally:
            if not done:
                response.close()
            response.release_conn()
        return b"".join(pieces)

    def cut(self) -> None:
        """End what is on its way, from any thread; a wire that was cut is of no further use."""
        for connection in list(self._connections):
            sock = connection.sock
            if sock is not None:
                with suppress(OSError):  # it was closed already
                    sock.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Close the connection."""
        self._pool.close()


class _Prompt(HTTPConnection):
    """Acknowledges what comes at once.

    The gateway of Ceph holds the end of an answer back until the rest was acknowledged, which
    otherwise takes a twentieth of a second for each page.
    """

    def getresponse(self) -> HTTPResponse:  # type: ignore[override]  # as urllib3 itself does
        """Return the answer."""
        _acknowledge(self)
        return super().getresponse()


class _PromptHTTPS(HTTPSConnection):
    """The same, over TLS."""

    def getresponse(self) -> HTTPResponse:  # type: ignore[override]  # as urllib3 itself does
        """Return the answer."""
        _acknowledge(self)
        return super().getresponse()


def _acknowledge(connection: HTTPConnection) -> None:
    if connection.sock is not None and hasattr(socket, "TCP_QUICKACK"):  # on Linux
        connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)


def _remembered(kind: type[HTTPConnection], all_of_them: "WeakSet[HTTPConnection]") -> Any:
    """Return *kind* of connection, each of which is put among *all_of_them*."""

    def made(*args: Any, **options: Any) -> HTTPConnection:
        connection = kind(*args, **options)
        all_of_them.add(connection)
        return connection

    return made
