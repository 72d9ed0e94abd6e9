"""The two engines that list servers of S3: each checks the other, and all laws hold for both."""

from itertools import count

import pytest

from retention.adapters.s3.destroys import S3Destroys
from retention.adapters.s3.fast.trouble import PassingError
from retention.adapters.s3.lists import S3Lists
from tests.support.wire import Wire

ENGINES = ("careful", "fast")


def _stores(servers, engines):
    return [
        pytest.param((server, which), id=f"{server}-{which}", marks=marks)
        for server, marks in servers
        for which in engines
    ]


SERVERS = (("moto", ()), ("ceph", pytest.mark.ceph))
MEMORY = [pytest.param(("memory", ""), id="memory")]
STORES = [*MEMORY, *_stores(SERVERS, ENGINES)]
CAREFUL = [*MEMORY, *_stores(SERVERS, ENGINES[:1])]
LISTED = _stores(SERVERS, ENGINES)  # where only a server can show it


def engine(server, which, user="surveyor", **options):
    """Return an engine that lists *server*, as one of its users; *options* are of the fast one.

    Those that both have are *page_rows*, *attempts_max* and *secret*.
    """
    if which == "fast":
        return server.fast(user, **options)
    page_rows = options.pop("page_rows", 1000)
    options.pop("lanes", None)
    options.pop("sleep", None)
    return S3Lists(server.client(user, **options), page_rows=page_rows)


def destroyer(server, which, **options):
    """Return what destroys in *server*: by botocore alone, or lists of versions by the fast way."""
    careful = {name: v for name, v in options.items() if name not in {"rows", "lanes", "sleep"}}
    client = server.client("destroyer", **careful)
    return S3Destroys(client, server.many("destroyer", **options) if which == "fast" else None)


def cut_after(lists, calls):
    """Let the connections of *lists* die after so many *calls*."""
    if isinstance(lists, S3Lists):
        Wire(lists._client).calls_max = calls
        return
    service, numbers = lists._service, count()
    connect = service.connect

    def connected(endpoint_url):
        wire = connect(endpoint_url)
        get = wire.ask

        def counted(*asked):
            if next(numbers) >= calls:
                raise PassingError("Cut")
            return get(*asked)

        wire.ask = counted
        return wire

    service.connect = connected
