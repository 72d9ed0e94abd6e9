"""List a bucket with one of our engines: ENGINE is careful, fast-rows or fast-columns.

ENGINE, ENDPOINT, REGION and BUCKET are its arguments; credentials come from the environment.
Each field of each row is looked at: what is not asked for must not come cheaper.
"""

import json
import os
import sys
from typing import TYPE_CHECKING

from retention.ports.store import WHOLE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from retention.adapters.s3.fast import FastLists
    from retention.domain.dataset import ObjectVersion
    from retention.ports.store import Swept


def careful(endpoint: str, region: str, place: str) -> "Iterable[ObjectVersion]":
    """Return the rows that the careful engine yields."""
    from retention.adapters.s3.client import client  # noqa: PLC0415 - what it needs alone
    from retention.adapters.s3.lists import S3Lists  # noqa: PLC0415 - as above

    return S3Lists(
        client(
            endpoint_url=endpoint,
            region=region,
            access_key=os.environ["AWS_ACCESS_KEY_ID"],
            secret=os.environ["AWS_SECRET_ACCESS_KEY"],
        )
    ).versions(place)


def fast(endpoint: str, region: str) -> "FastLists":
    """Return the fast engine."""
    from retention.adapters.s3.fast import FastLists, Login  # noqa: PLC0415 - as above

    login = Login(os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"])
    return FastLists(endpoint_url=endpoint, region=region, credentials=lambda: login)


def of_rows(found: "Iterable[ObjectVersion]") -> dict[str, object]:
    """Look at every field of every row."""
    rows, markers, size, letters, newest = 0, 0, 0, 0, None
    for row in found:
        rows += 1
        markers += row.kind == "marker"
        size += row.size_bytes
        letters += len(row.key) + len(row.version_id) + len(row.etag)
        at = row.modified_at
        newest = at if newest is None or at > newest else newest
    return {"rows": rows, "markers": markers, "bytes": size, "newest": str(newest)}


def of_columns(swept: "Iterable[Swept]") -> dict[str, object]:
    """Look at every field of every row, column by column."""
    rows, markers, size, letters, newest = 0, 0, 0, 0, None
    for each in swept:
        page = each.page
        if not page.keys:
            continue
        rows += len(page)
        markers += sum(page.markers)
        size += sum(page.sizes)
        for column in (page.keys, page.ids, page.etags, page.classes, page.checksums):
            letters += sum(map(len, column))
        at = max(page.modified)
        newest = at if newest is None or at > newest else newest
    return {"rows": rows, "markers": markers, "bytes": size, "newest": str(newest)}


def main() -> None:
    engine, endpoint, region, bucket = sys.argv[1:]
    place = f"s3://{bucket}/"
    if engine == "careful":
        said = of_rows(careful(endpoint, region, place))
    elif engine == "fast-rows":
        said = of_rows(fast(endpoint, region).versions(place))
    elif engine == "fast-columns":
        said = of_columns(fast(endpoint, region).sweep(place, [WHOLE]))
    else:
        raise SystemExit(f"there is no engine {engine!r}")
    print(json.dumps(said))


if __name__ == "__main__":
    main()
