"""Keys of AWS KMS: one role looks, one orders and may withdraw, and none may use a key."""

from retention.adapters.kms.cancels import KmsCancels
from retention.adapters.kms.destroys import KmsDestroys
from retention.adapters.kms.looks import KmsKeys
from retention.adapters.kms.service import Service

__all__ = ["KmsCancels", "KmsDestroys", "KmsKeys", "Service"]
