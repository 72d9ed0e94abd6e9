"""Manifests, packs and letters under their digests, in a folder."""

from retention.adapters.evidence.evidence import FolderEvidence
from retention.adapters.evidence.keys import KeyFolder

__all__ = ["FolderEvidence", "KeyFolder"]
