"""Reading somebody's mainframe file without a registered kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from config.errors import ConfigurationError
from config.kinds import Budgets
from connectors.ebcdic.copybook import parse_copybook, record_named
from connectors.ebcdic.form import EbcdicFormat
from connectors.ebcdic.frames import RECORD_FORMATS, RecordFormat
from connectors.ebcdic.hierarchy import Hierarchy
from connectors.ebcdic.reader import read_records
from connectors.model import Ledger, RawFile


def read_ebcdic(
    path: Path,
    *,
    copybook: str,
    record_format: RecordFormat = "fixed",
    code_page: str = "cp037",
    record: str | None = None,
    is_ieee: bool = False,
    required: Sequence[str] = (),
    redefines_field: str = "",
    redefines: Mapping[str, str] | None = None,
    hierarchy: Hierarchy | None = None,
    budgets: Budgets | None = None,
) -> RawFile:
    """A whole file of COBOL records.

    Args:
        path: the file.
        copybook: text of the copybook.
        record_format: ``rdw``, ``vb``, ``vbs``, ``fixed``, ``lines`` or ``variable``.
        code_page: of its texts and zoned digits; an ASCII one for a file that was translated on the way.
        record: name of the record, where the copybook declares several; default the first.
        is_ieee: whether COMP-1 and COMP-2 are IEEE and not IBM floating point.
        required: columns without which a record is quarantined.
        redefines_field: field that tells which alternative of a REDEFINES a record means: its segment.
        redefines: value of that field to the group it means.
        hierarchy: which of those groups belongs to which, to give rows the keys of what they belong to.
        budgets: what may be read at most.
    """
    if record_format not in RECORD_FORMATS:
        raise ConfigurationError(f"no record format {record_format!r}", hint=f"Formats: {', '.join(RECORD_FORMATS)}")
    records = parse_copybook(copybook)
    if not records:
        raise ConfigurationError("copybook: it declares no record")
    ledger = Ledger(path.name, path.stat().st_size, budgets or Budgets())
    form = EbcdicFormat(
        record=record_named(records, record) if record else records[0],
        record_format=record_format,
        pages=(code_page,),
        required=tuple(required),
        is_ieee=is_ieee,
        redefines_field=redefines_field,
        redefines=redefines or {},
        hierarchy=hierarchy,
    )
    return RawFile.of(read_records(path, form=form, ledger=ledger), ledgers=(ledger,))
