"""Withdrawing an order for the end of a key in KMS, which leaves the key disabled."""

from retention.adapters.kms.service import (
    FAULTS,
    NOT_FOUND,
    WRONG_STATE,
    Service,
    code_of,
    is_passing,
)
from retention.domain.dataset import Answer
from retention.domain.key import is_key_arn

_PENDING = frozenset({"PendingDeletion", "PendingReplicaDeletion"})


class KmsCancels:
    """Fits ``ports.keys.CancelsKeyDeletion``."""

    def __init__(self, service: Service) -> None:
        """Withdraw through *service*, whose role may describe and cancel, and enable nothing."""
        self._service = service

    def cancel(self, arn: str) -> Answer:
        """Withdraw the order for the end of one key; see the port's laws."""
        if not is_key_arn(arn):
            return Answer.REFUSED
        client = self._service.of(arn)
        try:
            said = client.describe_key(KeyId=arn)["KeyMetadata"]
            if said.get("Arn") != arn:
                return Answer.REFUSED
            if said.get("KeyState") in _PENDING:
                client.cancel_key_deletion(KeyId=arn)
        except FAULTS as error:
            code = code_of(error)
            if code == NOT_FOUND:
                return Answer.REFUSED  # too late
            if code == WRONG_STATE:
                return Answer.FAILED
            return Answer.UNKNOWN if is_passing(error) else Answer.REFUSED
        return Answer.TAKEN
