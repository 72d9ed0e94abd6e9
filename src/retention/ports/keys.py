"""Looking at the keys of a key service, and withdrawing an order for the end of one."""

from typing import Protocol

from retention.domain.dataset import Answer
from retention.domain.key import KeyLook


class Keys(Protocol):
    """A key service whose keys can be looked at; nothing here uses a key, nor ends one.

    Whether something can still be decrypted is not tried: no role of ours may decrypt.
    """

    def look(self, arn: str) -> KeyLook:
        """Say what the service shows of one key, named by its own ARN.

        Laws: nothing is changed by asking; what is refused or not understood is None, and never
        reads as a good answer; a key is absent only if the service says that there is none of
        that name; an alias is refused with ValueError before anything is sent.
        Raises StoreError if the service refuses to describe the key, or does not answer.
        """
        ...


class CancelsKeyDeletion(Protocol):
    """A key service in which an order for the end of a key can be withdrawn."""

    def cancel(self, arn: str) -> Answer:
        """Withdraw the order for the end of one key, named by its own ARN.

        Laws: TAKEN means that the key is no longer to be deleted, by this call or an earlier one;
        it is disabled then, and nothing here enables it; safe to repeat; a key that is gone, or an
        alias, is REFUSED; no answer is UNKNOWN.
        """
        ...
