"""Checkpoints of the ledger, outside it."""

from retention.adapters.witness.folder import FolderWitness

__all__ = ["FolderWitness"]
