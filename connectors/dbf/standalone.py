"""Reading somebody's DBF file without a registered kind."""

from __future__ import annotations

from pathlib import Path

from config.kinds import Budgets
from connectors.dbf.reader import DbfFormat, read_table
from connectors.model import Ledger, RawFile

_MEMO_SUFFIXES = (".dbt", ".fpt")


def read_dbf(
    path: Path, *, code_page: str | None = None, memo: Path | None = None, budgets: Budgets | None = None
) -> RawFile:
    """A whole table.

    Args:
        path: the table.
        code_page: of its texts; None to believe the language driver byte of its header.
        memo: its memo file; None to look for one of the same name beside it.
        budgets: what may be read at most.
    """
    limits = budgets or Budgets()
    ledger = Ledger(path.name, path.stat().st_size, limits)
    memo = memo or _memo_beside(path)
    memo_ledger = Ledger(memo.name, memo.stat().st_size, limits) if memo else None
    form = DbfFormat(pages=(code_page,) if code_page else ())
    chunks = read_table(path, form=form, ledger=ledger, memo_path=memo, memo_ledger=memo_ledger)
    return RawFile.of(chunks, ledgers=(ledger, memo_ledger) if memo_ledger else (ledger,))


def _memo_beside(path: Path) -> Path | None:
    for other in sorted(path.parent.iterdir()):
        if other.stem.lower() == path.stem.lower() and other.suffix.lower() in _MEMO_SUFFIXES:
            return other
    return None
