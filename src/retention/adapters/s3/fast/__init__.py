"""S3 over plain HTTP: listings that are fast and complete, or an error; and lists of deletes.

Nothing here shares with ``lists.py``, by which the verifier looks.
"""

from retention.adapters.s3.fast.lists import FastLists
from retention.adapters.s3.fast.login import Login
from retention.adapters.s3.fast.many import FastMany

__all__ = ["FastLists", "FastMany", "Login"]
