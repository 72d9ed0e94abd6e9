"""A connection to one store under one role; what it may do is for the store to say."""

import logging
import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from botocore.session import Session
from botocore.utils import parse_timestamp

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

# Whom we are is said by the caller alone: no profile or file of the machine's user has a word.
_NOTHING_FROM_THE_USER = {
    "profile": (None, None, None, None),
    "config_file": (None, None, os.devnull, None),
    "credentials_file": (None, None, os.devnull, None),
    "ignore_configured_endpoint_urls": (None, None, True, None),
}


def client(
    *,
    endpoint_url: str | None,
    region: str,
    access_key: str,
    secret: str,
    session_token: str = "",
    connect_timeout_s: float = 5,
    read_timeout_s: float = 60,
    attempts_max: int = 4,
) -> "S3Client":
    """Return a client that logs in as *access_key*; an *endpoint_url* of None means Amazon.

    Nothing is sent yet.  A call is tried *attempts_max* times with growing pauses: all that we
    ask is safe to ask again.
    """
    for name in ("botocore", "urllib3"):  # below this they write down keys
        logging.getLogger(name).setLevel(logging.WARNING)
    core = Session(session_vars=_NOTHING_FROM_THE_USER)
    core.get_component("response_parser_factory").set_parser_defaults(timestamp_parser=instant)
    return boto3.Session(botocore_session=core).client(
        "s3",
        endpoint_url=endpoint_url,
        region_name=region,
        aws_access_key_id=access_key,
        aws_secret_access_key=secret,
        aws_session_token=session_token or None,
        config=Config(
            signature_version="s3v4",
            s3={"addressing_style": "path"},  # the bucket's name need not be a host's
            connect_timeout=connect_timeout_s,
            read_timeout=read_timeout_s,
            retries={"mode": "standard", "total_max_attempts": attempts_max},
            tcp_keepalive=True,
            # checksums that servers other than Amazon do not know, only where they must be
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        ),
    )


def instant(value: str) -> datetime:
    """Read a timestamp in the form of listings; any other form is left to botocore.

    botocore alone would spend half the time of a listing on guessing the form of its dates.
    """
    try:
        read = datetime.fromisoformat(value)
    except ValueError:
        return parse_timestamp(value)
    return read if read.tzinfo else read.replace(tzinfo=UTC)
