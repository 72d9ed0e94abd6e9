"""The append-only Merkle log of evidence, in SQLite or PostgreSQL."""

from retention.adapters.ledger.ledger import SqlLedger, migrate
from retention.adapters.ledger.signing import CheckpointSigner, ed25519_holds

__all__ = ["CheckpointSigner", "SqlLedger", "ed25519_holds", "migrate"]
