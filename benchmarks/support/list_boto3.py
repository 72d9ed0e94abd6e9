"""List every version with boto3 as its manual shows it: the paginator, one thread, no settings.

ENDPOINT, REGION and BUCKET are its arguments; boto3 and the standard library are all it needs.
Each field of each row is looked at, as in ``list_ours.py``.
"""

import json
import sys

import boto3


def main() -> None:
    endpoint, region, bucket = sys.argv[1:]
    client = boto3.client("s3", endpoint_url=endpoint, region_name=region)
    rows, markers, size, letters, newest = 0, 0, 0, 0, None
    for page in client.get_paginator("list_object_versions").paginate(Bucket=bucket):
        for row in page.get("Versions", []):
            rows += 1
            size += row["Size"]
            letters += len(row["Key"]) + len(row["VersionId"]) + len(row["ETag"])
            at = row["LastModified"]
            newest = at if newest is None or at > newest else newest
        for row in page.get("DeleteMarkers", []):
            rows, markers = rows + 1, markers + 1
            letters += len(row["Key"]) + len(row["VersionId"])
            at = row["LastModified"]
            newest = at if newest is None or at > newest else newest
    print(json.dumps({"rows": rows, "markers": markers, "bytes": size, "newest": str(newest)}))


if __name__ == "__main__":
    main()
