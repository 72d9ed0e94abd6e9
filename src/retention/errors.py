"""Everything that can go wrong, sorted by what the reader should do next.

A message never carries an object key, a person's name or free text that someone typed: it may
end in a log.  The hint says what to do; the exit code says which family it is.
"""

from collections.abc import Callable
from typing import ClassVar


class RetentionError(Exception):
    """Root of all errors that this project raises on purpose."""

    exit_code: ClassVar[int] = 1
    retryable: ClassVar[bool] = False

    def __init__(self, message: str, *, hint: str) -> None:
        """Say what happened in *message* and what to do next in *hint*."""
        super().__init__(message)
        self.hint = hint

    def __reduce__(self) -> tuple[Callable[..., "RetentionError"], tuple[object, ...]]:
        """Let an error cross from one process to another with its hint."""
        return _again, (type(self), str(self), self.hint)


def _again(kind: type[RetentionError], message: str, hint: str) -> RetentionError:
    return kind(message, hint=hint)


class AgreementError(RetentionError):
    """A person wrote something that cannot stand; nothing ran."""

    exit_code = 10


class AnswerError(AgreementError):
    """An answer on a form that cannot stand: ask again."""

    exit_code = 11


class RefusedError(RetentionError):
    """A rule forbids it."""

    exit_code = 20


class NotDueError(RefusedError):
    """Its day has not come."""

    exit_code = 21


class HeldError(RefusedError):
    """A hold matches."""

    exit_code = 22


class NotAuthorisedError(RefusedError):
    """No valid approval, or not of this person."""

    exit_code = 23


class TransitionError(RefusedError):
    """The table of moves has no such move."""

    exit_code = 24


class TooMuchError(RefusedError):
    """A cap was reached before anything began."""

    exit_code = 25


class StaleError(RefusedError):
    """Something changed since it was read or shown."""

    exit_code = 26


class StoreError(RetentionError):
    """The world failed."""

    exit_code = 30


class StoreUnavailableError(StoreError):
    """It may work in a while."""

    exit_code = 31
    retryable = True


class StoreRefusedError(StoreError):
    """It says no, and will say no again."""

    exit_code = 32


class EvidenceError(RetentionError):
    """We cannot prove what happened; a person must look."""

    exit_code = 40


class UnverifiedError(EvidenceError):
    """Absence was not shown."""

    exit_code = 41


class LedgerBrokenError(EvidenceError):
    """The ledger does not prove itself."""

    exit_code = 42


class CertificateError(EvidenceError):
    """A certificate cannot be issued, or does not check."""

    exit_code = 43


class PackClosedError(EvidenceError):
    """A manifest whose key was destroyed on its day: nothing is damaged, and nothing is missing."""

    exit_code = 44


class SilentError(EvidenceError):
    """What should have happened by itself has left no trace."""

    exit_code = 45


class DeliveryError(RetentionError):
    """Certified, but the controller has not got it."""

    exit_code = 50
    retryable = True
