"""Errors, named after what the caller should do.

    BlekitError
    ├── GateFailed              1   the unit may not go on; the evidence says why
    ├── UsageError              2   the command was called wrongly
    ├── FatalError                  repeating changes nothing
    │   ├── BadData            65   a file or batch cannot be accepted
    │   │   ├── SourceContractBroken   the source no longer looks the way its YAML says
    │   │   ├── ControlTotalsDiffer    the file and its control totals disagree
    │   │   ├── TransferTruncated      a file is shorter than its manifest says
    │   │   └── BudgetExceeded         a parser met more than it may read
    │   ├── PermissionDenied   77   this account may not do that
    │   ├── ConfigurationError 78   a setting, YAML or schema is wrong; the message says which
    │   └── BugError           70   we broke a promise of our own
    └── RetriableError              repeating may help
        ├── SourceUnavailable  69   the legacy system did not answer or has not delivered
        ├── DatabaseUnavailable 69  the warehouse does not answer
        ├── ServiceUnavailable 69   Airflow, or another service of ours, does not answer
        ├── StorageFailed      74   the disk said no
        ├── LockBusy           75   somebody else is publishing
        └── ParentMoved        75   a release was published in between: prepare again

Every error carries ``code`` (stable, for scripts), ``exit_code`` (process status) and ``hint`` (what to do). Messages
hold no personal data: a record is named by its ``record_ref``, a place in a file by its byte offset.
"""

from __future__ import annotations


class BlekitError(Exception):
    """Any error we raise on purpose."""

    exit_code = 70

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    @property
    def code(self) -> str:
        """The stable name of this error, as scripts match on it."""
        return type(self).__name__

    def __str__(self) -> str:
        return f"{self.message}\n  {self.hint}" if self.hint else self.message


class GateFailed(BlekitError):
    """A gate refused; the ledger is unchanged."""

    exit_code = 1


class UsageError(BlekitError):
    """The command was called wrongly."""

    exit_code = 2


class FatalError(BlekitError):
    """Repeating changes nothing: somebody must act first."""


class BadData(FatalError):
    """A file or batch cannot be accepted; nothing of it was taken."""

    exit_code = 65


class SourceContractBroken(BadData):
    """The source no longer looks the way its YAML says."""


class ControlTotalsDiffer(BadData):
    """A file and its own control totals disagree: ask for it again."""


class TransferTruncated(BadData):
    """A file is shorter than its manifest says: ask the sender for it again."""


class BudgetExceeded(BadData):
    """A parser met more bytes, rows or depth than it may read."""


class PermissionDenied(FatalError):
    """This account may not do that."""

    exit_code = 77


class ConfigurationError(FatalError):
    """A setting, a YAML or the database schema is not what the code needs."""

    exit_code = 78


class BugError(FatalError):
    """We broke a promise of our own: please report it."""

    exit_code = 70


class RetriableError(BlekitError):
    """Repeating may help."""


class SourceUnavailable(RetriableError):
    """The legacy system did not answer, or has not delivered yet."""

    exit_code = 69


class DatabaseUnavailable(RetriableError):
    """The warehouse does not answer."""

    exit_code = 69


class ServiceUnavailable(RetriableError):
    """Airflow, or another service of ours, does not answer."""

    exit_code = 69


class StorageFailed(RetriableError):
    """The disk refused a read or a write."""

    exit_code = 74


class LockBusy(RetriableError):
    """Somebody else prepares or publishes a release."""

    exit_code = 75


class ParentMoved(RetriableError):
    """A release was published since this one was prepared: prepare again."""

    exit_code = 75
