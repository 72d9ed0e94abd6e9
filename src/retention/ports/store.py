"""Stores, by capability: a step asks for the least that it needs.

Every adapter passes ``tests/contract/test_store.py``, which is the *Laws* of these docstrings.
A *place* is a URI that ends in ``/``, such as ``s3://nacel/patient/2019/``.
"""

from collections.abc import Iterator
from typing import Protocol

from retention.domain.dataset import ObjectVersion


class Lists(Protocol):
    """A store that can say what it holds."""

    def versions(self, place: str) -> Iterator[ObjectVersion]:
        """Yield every version, delete marker and unfinished upload in *place*.

        Laws: all of them or StoreError, never a short listing; a bucket that is missing or denied
        raises, so that empty means *looked and found nothing*; strictly ascending by
        (key, kind, version_id) in code points, each once; keys whole within the bucket and as
        the store keeps them, decoded; never from a cache; ``nacel/2019/`` does not match
        ``nacel/2019-extra/x``.
        """
        ...
