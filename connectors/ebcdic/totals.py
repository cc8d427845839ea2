"""Header and trailer against what was read between them."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from config.errors import BadData, ControlTotalsDiffer
from connectors.ebcdic.form import EbcdicFormat
from connectors.model import Ledger


@dataclass
class Totals:
    """What header and trailer say, and what we counted beside them."""

    has_header: bool = False
    trailer_offset: int = -1
    count: int | None = None
    sum: Decimal | None = None
    delivered_sum: Decimal = Decimal(0)


def check_totals(totals: Totals, *, form: EbcdicFormat, ledger: Ledger) -> None:
    """Compares them once everything was read.

    Raises:
        BadData: the header is missing.
        ControlTotalsDiffer: the trailer is missing or says something else.
    """
    segments = form.segments
    if segments is None:
        return
    again = "Ask the sender for the file again"
    if segments.header and not totals.has_header:
        raise BadData(f"{ledger.file}: byte 0: no header record {segments.header!r}", hint=again)
    if not segments.trailer:
        return
    if totals.trailer_offset < 0:
        raise ControlTotalsDiffer(
            f"{ledger.file}: byte {ledger.size}: the file ends without its trailer {segments.trailer!r}", hint=again
        )
    read = ledger.delivered_records + ledger.quarantined_records
    if totals.count is not None and totals.count != read:
        raise ControlTotalsDiffer(
            f"{ledger.file}: byte {totals.trailer_offset}: {segments.trailer_count} says {totals.count} records, "
            f"{read} were read",
            hint=again,
        )
    # A quarantined record took its amount with it, so the sum can only be compared when there is none.
    if totals.sum is not None and not ledger.quarantined_records and totals.sum != totals.delivered_sum:
        raise ControlTotalsDiffer(
            f"{ledger.file}: byte {totals.trailer_offset}: {segments.trailer_sum} differs from the sum of "
            f"{segments.trailer_sum_of}",
            hint=again,
        )
