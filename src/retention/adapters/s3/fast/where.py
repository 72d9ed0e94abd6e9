"""Where a store is asked, and what may change that: a region that it names, and no host.

What follows a redirect carries a signature, and with a session its token.  So the host of a
redirect is never taken from an answer: with an endpoint of one's own it stays, and for Amazon it
is made from the name of a region.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Final
from urllib.parse import urlsplit

_REGION: Final = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+){1,6}")
_REGION_LETTERS_MAX: Final = 40
_AMAZON_HOST: Final = re.compile(
    r"(?:[a-z0-9.-]+\.)?s3[.-](?:dualstack\.)?([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?"
)

_LOCATION: Final = re.compile(r"https?://([a-z0-9.-]+)(?:[/?#]|$)")


@dataclass(frozen=True, slots=True)
class Where:
    """An endpoint without a slash at its end, and the region that signatures are for."""

    endpoint_url: str
    region: str


class Whereabouts:
    """Where the store is to be asked now, for all lanes."""

    def __init__(self, endpoint_url: str | None, region: str) -> None:
        """Begin at *endpoint_url*, or at Amazon's endpoint in *region* if it is None.

        Raises ValueError for an endpoint that is more than http or https and a host, and for a
        region that is no name where Amazon is asked.
        """
        self._own = endpoint_url is not None
        self._lock = Lock()
        self._now = Where(
            amazon(region) if endpoint_url is None else _endpoint(endpoint_url), region
        )

    def now(self) -> Where:
        """Return where to ask."""
        with self._lock:
            return self._now

    def move(self, left: Where, region: str) -> bool:
        """Go from *left* to *region*; tell whether that is another place than *left*."""
        with self._lock:
            if self._now == left and is_region(region):
                url = left.endpoint_url if self._own else amazon(region)
                self._now = Where(url, region)
            return self._now != left


def amazon(region: str) -> str:
    """Return the endpoint of Amazon S3 in *region*; raise ValueError if there is no such name."""
    if not is_region(region):
        raise ValueError("this is not the name of a region of Amazon's")
    return f"https://s3.{region}.amazonaws.com{'.cn' if region.startswith('cn-') else ''}"


def is_region(text: str) -> bool:
    """Tell whether *text* may be the name of a region, and can stand in the name of a host."""
    return len(text) <= _REGION_LETTERS_MAX and _REGION.fullmatch(text) is not None


def region_named(headers: Mapping[str, str], said: Mapping[str, str]) -> str:
    """Return the region that an answer names, in a header or in its error, or the empty string."""
    location = _LOCATION.match(headers.get("Location", ""))
    hosts = (location[1] if location else "", said.get("Endpoint", ""))
    found = map(_AMAZON_HOST.fullmatch, hosts)
    named = (
        headers.get("x-amz-bucket-region", ""),
        said.get("Region", ""),
        *(match[1] for match in found if match),
    )
    return next((region for region in named if is_region(region)), "")


def _endpoint(url: str) -> str:
    parts = urlsplit(url)
    more = parts.username or parts.password or parts.path.strip("/") or parts.query
    if parts.scheme not in {"http", "https"} or not parts.hostname or more or parts.fragment:
        raise ValueError("an endpoint is http:// or https:// and a host, and nothing more")
    return f"{parts.scheme}://{parts.netloc}"
