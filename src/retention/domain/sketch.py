"""Which contents stand for many: two sets of versions whose sketches share much are copies.

The rule: of all data versions that are not empty, the SKETCH_MAX smallest etags, each once, and of
each the first DIGITS characters.  An etag is a digest, so its order is as good as chance.
Copies that were uploaded in other pieces, or encrypted with a key of their own, have other etags:
then nothing is shared, and nothing follows from it.
Source: A. Broder, On the resemblance and containment of documents, 1997 (bottom-k sketches).
"""

from collections.abc import Iterable
from heapq import nsmallest
from typing import Final

from retention.domain.totals import SKETCH_MAX

DIGITS: Final = 16
SHARED_MIN: Final = 3  # contents that two places must share to be called copies


def chosen(etags: Iterable[str]) -> frozenset[str]:
    """Return the sketch of versions with these *etags*; those of empty objects are left out."""
    return frozenset(nsmallest(SKETCH_MAX, {etag[:DIGITS] for etag in etags}))


def are_copies(one: frozenset[str], other: frozenset[str]) -> bool:
    """Tell whether what *one* and *other* stand for holds much of the same content.

    Most of what the smaller could share must be shared; a few contents in common, such as the
    same empty table in many audits, are no copy.
    """
    if not one or not other:
        return False
    # Beyond the largest etag of a full sketch, nothing is known of what it stands for.
    full = [max(each) for each in (one, other) if len(each) >= SKETCH_MAX]
    known = min(full, default=None)
    mine, theirs = ({e for e in each if known is None or e <= known} for each in (one, other))
    shared = len(mine & theirs)
    least = min(len(mine), len(theirs))
    return shared >= SHARED_MIN and shared * 2 > least
