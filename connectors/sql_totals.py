"""What is written of a table, added up on our side, and watermarks.

The database adds up its own rows; here the texts we wrote are added up. When both agree, nothing was lost, doubled or
cut between its disk and our file.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from pathlib import Path

from config.errors import BadData, BudgetExceeded, ControlTotalsDiffer, SourceContractBroken
from config.kinds import Kind
from config.services import TableService
from connectors.unloading import unload_line

_DATE_CHARS = 10


class Written:
    """An unload while it is written."""

    def __init__(self, kind: Kind, *, service: TableService, source_id: str, names: Sequence[str]) -> None:
        self._kind = kind
        self._source_id = source_id
        self._delimiter = str(kind.options.get("delimiter", "|")).encode("ascii")
        self._sums = {name: (names.index(each.column), each.decimals) for name, each in service.sums.items()}
        self._totals = dict.fromkeys(("records", *service.sums), 0)

    def write(self, path: Path, chunks: Iterable[Sequence[Sequence[bytes | None]]]) -> None:
        """Write rows to a file, within the budgets of the kind."""
        size = 0
        with path.open("wb") as file:
            for rows in chunks:
                block = b"".join([unload_line(row, delimiter=self._delimiter) for row in rows])
                size += len(block)
                self._totals["records"] += len(rows)
                self._check_budgets(size)
                self._add(rows)
                file.write(block)

    def _check_budgets(self, size: int) -> None:
        budgets = self._kind.budgets
        if size > budgets.max_file_bytes or self._totals["records"] > budgets.max_records:
            raise BudgetExceeded(
                f"{self._source_id}: more than {budgets.max_records} rows or {budgets.max_file_bytes} bytes",
                hint=f"Raise budgets in config/kinds/{self._kind.kind}.yml if this is right",
            )

    def _add(self, rows: Sequence[Sequence[bytes | None]]) -> None:
        for name, (at, decimals) in self._sums.items():
            self._totals[name] += sum(self._exact(row[at], name=name, decimals=decimals) for row in rows)

    def _exact(self, cell: bytes | None, *, name: str, decimals: int) -> int:
        if cell is None:
            return 0
        try:
            return int(Decimal(cell.decode("ascii")).scaleb(decimals).quantize(Decimal(1), ROUND_HALF_UP))
        except (UnicodeDecodeError, InvalidOperation, ValueError, OverflowError) as exc:
            raise BadData(
                f"{self._source_id}: control total {name!r}: a value that is no number",
                hint="Sum up a column of numbers only",
            ) from exc

    def compare(self, told: Mapping[str, int]) -> None:
        """Whether the rows written add up to what the database counted.

        Raises:
            ControlTotalsDiffer: they do not.
        """
        for name, total in told.items():
            if total != self._totals[name]:
                raise ControlTotalsDiffer(
                    f"{self._source_id}: {name}: {self._totals[name]} written, the database counts {total}",
                    hint="Fetch again; if it stays so, the column holds what the database reads otherwise than we",
                )


def lower_bound(mark: str, *, service: TableService) -> str:
    """The watermark at which the next unload begins: the highest seen, less the overlap, in the same shape."""
    if service.watermark_type == "integer":
        return str(int(mark) - service.overlap)
    back = dt.timedelta(days=service.overlap)
    if len(mark) == _DATE_CHARS:
        return (dt.date.fromisoformat(mark) - back).isoformat()
    return (dt.datetime.fromisoformat(mark) - back).isoformat(sep=mark[_DATE_CHARS])


def exact_mark(text: str | None, *, service: TableService) -> str | None:
    """A watermark as the database writes it, if the next unload can count from it.

    Raises:
        SourceContractBroken: it cannot: the column is not what its kind says.
    """
    if text is None:
        return None
    try:
        lower_bound(text, service=service)
    except (ValueError, OverflowError, IndexError) as exc:
        raise SourceContractBroken(
            f"watermark {service.watermark!r}: its highest value is no {service.watermark_type}",
            hint="Correct service.watermark or watermark_type in the kind's YAML",
        ) from exc
    return text
