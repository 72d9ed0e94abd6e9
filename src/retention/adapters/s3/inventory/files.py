"""The files of an inventory, fetched and held against what is said of them."""

import hashlib
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Final

from botocore.exceptions import ClientError

from retention.adapters.s3.faults import FAULTS, code_of, is_passing, store_error
from retention.adapters.s3.inventory.manifest import File, unreliable
from retention.errors import StoreError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

CHUNK_BYTES: Final = 1 << 20
TRIES_MAX: Final = 3  # a connection may break in the middle of gigabytes


def read_small(client: "S3Client", bucket: str, key: str, *, bytes_max: int) -> bytes | None:
    """Return the content under *key*, None if nothing is there; StoreError if it is too large."""
    try:
        said = client.get_object(Bucket=bucket, Key=key)
        with closing(said["Body"]) as body:
            content: bytes = body.read(bytes_max + 1)
    except FAULTS as error:
        if _is_missing(error):
            return None
        raise store_error(error) from None
    if len(content) > bytes_max:
        raise unreliable(f"one of its files has more than {bytes_max:,} bytes")
    return content


def download(client: "S3Client", bucket: str, file: File, to: Path, *, number: int) -> None:
    """Write the content of *file* to *to*; it is *number* of the manifest.

    Raises StoreError if it is missing, has another size or checksum, or if there is no room.
    """
    for left in reversed(range(TRIES_MAX)):
        try:
            size, digest = _copy(client, bucket, file, to)
            break
        except FAULTS as error:
            if _is_missing(error):
                raise unreliable(f"file {number} of its manifest is missing") from None
            if not left or not is_passing(error):
                raise store_error(error) from None
        except OSError as error:
            raise no_room(error) from None
    if size != file.size_bytes:
        raise unreliable(f"file {number} of its manifest has another size")
    if digest != file.md5:
        raise unreliable(f"file {number} of its manifest has another checksum")


def _copy(client: "S3Client", bucket: str, file: File, to: Path) -> tuple[int, str]:
    """Write the content to *to*; return its size and MD5, of the first bytes if it is too long."""
    said = client.get_object(Bucket=bucket, Key=file.key)
    size, md5 = 0, hashlib.md5(usedforsecurity=False)
    with closing(said["Body"]) as body, to.open("wb") as out:
        for chunk in body.iter_chunks(CHUNK_BYTES):
            size += len(chunk)
            if size > file.size_bytes:
                break
            md5.update(chunk)
            out.write(chunk)
    return size, md5.hexdigest()


def no_room(error: OSError) -> StoreError:
    """Return what to raise where this machine does not take the files."""
    return StoreError(
        f"the inventory cannot be written to this machine: {type(error).__name__}",
        hint="give the scratch folder more room, and the right to write there",
    )


def _is_missing(error: Exception) -> bool:
    return isinstance(error, ClientError) and code_of(error) in {"NoSuchKey", "404"}
