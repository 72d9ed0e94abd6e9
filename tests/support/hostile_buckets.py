"""Buckets of odd keys for hostile servers, and the fast engine that lists them without pauses."""

import random

from retention.adapters.s3.fast import FastLists, Login
from retention.domain.dataset import Kind, ObjectVersion
from tests.support.s3_pages import Stored, instant_of, row

LOGIN = Login("surveyor", "a-secret")
ODD = "abc019/-.+%& é\n'\"<\U0001f600"


def fast(server, *, credentials=lambda: LOGIN, **options):
    settings = {
        "page_rows": 3,
        "lanes": 3,
        "sleep": lambda _: None,
    } | options
    return FastLists(
        endpoint_url=server.endpoint_url, region="us-east-1", credentials=credentials, **settings
    )


def some(seed, name="bucket"):
    """Return a bucket of odd keys, some with several versions, and uploads."""
    chance = random.Random(seed)
    keys = {"p/" + "".join(chance.choices(ODD, k=chance.randint(1, 6))) for _ in range(14)}
    rows = []
    for key in sorted(keys):
        for n in range(chance.randint(1, 3), 0, -1):
            rows.append(row(key, f"v{n}", len(rows), marker=chance.random() < 0.3))
    begun = chance.sample(sorted(keys), 4)
    uploads = (
        ObjectVersion(key, Kind.UPLOAD, f"u{n}", modified_at=instant_of(n))
        for n, key in enumerate([*begun, *begun[:2]])
    )
    return Stored(name, tuple(rows), tuple(uploads))


STORED = some(7)
SWEPT = sorted(STORED.rows)
