"""List the current objects with obstore, which knows no versions.

ENDPOINT, REGION and BUCKET are its arguments; credentials come from the environment.
"""

import json
import sys

from obstore.store import S3Store

PAGE_ROWS = 1000


def main() -> None:
    endpoint, region, bucket = sys.argv[1:]
    store = S3Store(
        bucket,
        endpoint=endpoint,
        region=region,
        client_options={"allow_http": True},
        virtual_hosted_style_request=False,
    )
    rows, size, letters, newest = 0, 0, 0, None
    for page in store.list(chunk_size=PAGE_ROWS):
        for row in page:
            rows += 1
            size += row["size"]
            letters += len(row["path"]) + len(row["e_tag"])
            at = row["last_modified"]
            newest = at if newest is None or at > newest else newest
    print(json.dumps({"rows": rows, "bytes": size, "newest": str(newest)}))


if __name__ == "__main__":
    main()
