"""The control total of money in a delivery.

A sender who counts money states ``amount_grosze`` beside ``records``: the sum over all records of the column the kind
names in ``options.amount_column``. Amounts are stored in whole grosze, or in złoty with a comma (``options.amount_unit:
zloty``), and never carry a sign. What was quarantined has no readable amount: then the sum can only be found too high,
and the rest is named, so that the reconciliation knows how much money lies in quarantine.
"""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from config.errors import ConfigurationError
from config.kinds import Kind

AMOUNT_OPTIONS = ("amount_column", "amount_unit")
_UNITS = {"grosze": r"^[0-9]{1,18}$", "zloty": r"^[0-9]{1,16}(,[0-9]{0,2})?$"}


@dataclass
class AmountTotal:
    """The sum of one column while a delivery is read."""

    column: str
    unit: str = "grosze"
    grosze: int = 0
    unread: int = 0
    """Records whose amount is missing, or is none."""

    @staticmethod
    def of(kind: Kind) -> AmountTotal | None:
        """The total of a kind; None where it names no column.

        Raises:
            ConfigurationError: there is no such unit.
        """
        if "amount_column" not in kind.options:
            return None
        unit = str(kind.options.get("amount_unit", "grosze"))
        if unit not in _UNITS:
            raise ConfigurationError(
                f"kind {kind.kind}: options.amount_unit: no {unit!r}", hint=f"Known: {', '.join(_UNITS)}"
            )
        return AmountTotal(str(kind.options["amount_column"]), unit)

    def add(self, records: pa.Table) -> None:
        """Adds the amounts of some records.

        Raises:
            ConfigurationError: they have no such column.
        """
        if self.column not in records.schema.names:
            raise ConfigurationError(
                f"options.amount_column: no column {self.column!r}",
                hint=f"Present: {', '.join(name for name in records.schema.names if name[0] != '_')}",
            )
        values = records.column(self.column)
        read = values.filter(pc.fill_null(pc.match_substring_regex(values, _UNITS[self.unit]), False))
        self.unread += len(values) - len(read)
        plain = pc.replace_substring(pc.replace_substring_regex(read, ",$", ""), ",", ".")
        # Decimals, because eighteen digits times a chunk of records do not fit into a long.
        total = pc.sum(pc.cast(plain, pa.decimal128(38, 2))).as_py() or 0
        self.grosze += int(total * 100 if self.unit == "zloty" else total)
