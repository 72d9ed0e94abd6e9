"""Listings of S3 that are fast and complete, or an error; nothing here shares with ``lists.py``."""

from retention.adapters.s3.fast.lists import FastLists
from retention.adapters.s3.fast.login import Login

__all__ = ["FastLists", "Login"]
