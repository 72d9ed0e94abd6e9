"""Where in S3 a place lies."""

from retention.domain.pattern import key_prefix


def bucket_and_prefix(place: str) -> tuple[str, str]:
    """Split ``s3://bucket/path/``; raise ValueError on a place that is not one of S3's."""
    scheme, bucket, prefix = key_prefix(place)
    if scheme != "s3":
        raise ValueError(f"a place of {scheme!r} is not one of S3's")
    return bucket, prefix
