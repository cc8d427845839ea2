"""Reading somebody's MT940 file without a registered kind."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from config.kinds import Budgets
from connectors.model import Ledger, RawFile
from connectors.mt940.reader import Mt940Format, read_statements


def read_mt940(path: Path, *, code_pages: Sequence[str] = ("cp852",), budgets: Budgets | None = None) -> RawFile:
    """A whole file of statements.

    Args:
        path: the file.
        code_pages: of its texts: the likeliest, then others that may occur.
        budgets: what may be read at most.
    """
    ledger = Ledger(path.name, path.stat().st_size, budgets or Budgets())
    return RawFile.of(read_statements(path, form=Mt940Format(tuple(code_pages)), ledger=ledger), ledgers=[ledger])
