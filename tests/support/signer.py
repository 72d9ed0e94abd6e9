"""A key that signs checkpoints, the same in every process of a test."""

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from retention.domain.tlog import LogKey


class CheckpointKey:
    def __init__(self, origin="ledger.calder-tre.invalid/test", seed=bytes(32)):
        self.origin = origin
        self._key = Ed25519PrivateKey.from_private_bytes(seed)

    @property
    def public_key(self):
        return self._key.public_key().public_bytes_raw()

    def sign(self, message):
        return self._key.sign(message)

    @property
    def log_key(self):
        return LogKey(self.origin, self.public_key)
