"""The end of exact keys in KMS.  Never by an alias, never of material that may come again."""

from datetime import UTC, datetime

from retention.adapters.kms.looks import granted, look_of
from retention.adapters.kms.service import (
    FAULTS,
    NOT_FOUND,
    WRONG_STATE,
    Service,
    code_of,
    is_passing,
)
from retention.domain.dataset import Answer
from retention.domain.erasure import Doubt, KeyAnswer, of_key
from retention.domain.key import WINDOW_DAYS, KeyState, is_key_arn


class KmsDestroys:
    """Fits ``ports.destruction.DestroysKeys``."""

    def __init__(self, service: Service) -> None:
        """Order through *service*, whose role may describe and schedule, and use no key."""
        self._service = service

    def destroy_key(self, arn: str, *, window_days: int) -> KeyAnswer:
        """Order the end of one key after *window_days*; see the port's laws."""
        if not is_key_arn(arn) or window_days not in WINDOW_DAYS:
            return KeyAnswer(Answer.REFUSED)
        client = self._service.of(arn)
        try:
            said = client.describe_key(KeyId=arn)["KeyMetadata"]
            if said.get("Arn") != arn:
                return KeyAnswer(Answer.REFUSED)
            look = look_of(said, grants=granted(client, arn))
            if look.state is KeyState.PENDING:
                return KeyAnswer(Answer.NOT_ASKED, gone_at=look.deletion_at)
            if why := of_key(look):
                return KeyAnswer(Answer.REFUSED, why)
            ordered = client.schedule_key_deletion(KeyId=arn, PendingWindowInDays=window_days)
        except FAULTS as error:
            return _answer(error)
        gone_at = ordered.get("DeletionDate")
        return KeyAnswer(
            Answer.TAKEN, (), gone_at.astimezone(UTC) if isinstance(gone_at, datetime) else None
        )


def _answer(error: Exception) -> KeyAnswer:
    code = code_of(error)
    if code == NOT_FOUND:
        return KeyAnswer(Answer.REFUSED, (Doubt.ABSENT,))
    if code == WRONG_STATE:  # it changed since it was described: the next look tells how
        return KeyAnswer(Answer.FAILED)
    return KeyAnswer(Answer.UNKNOWN if is_passing(error) else Answer.REFUSED)
