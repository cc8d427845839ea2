"""What the YAML of a kind says of a file of COBOL records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from config.errors import ConfigurationError
from config.kinds import FOLDER
from config.own import KINDS_NAME, own_files
from connectors.ebcdic.copybook import Item, parse_copybook, record_named
from connectors.ebcdic.form import EbcdicFormat, Segments
from connectors.ebcdic.frames import RECORD_FORMATS
from connectors.ebcdic.hierarchy import Hierarchy

EBCDIC_OPTIONS = (
    "copybook",
    "record_format",
    "segment_field",
    "header_segment",
    "header_record",
    "detail_segment",
    "detail_record",
    "trailer_segment",
    "trailer_record",
    "trailer_count",
    "trailer_sum",
    "trailer_sum_of",
    "redefines_field",
    "redefines_*",
    "parent_*",
    "key_*",
)
"""``redefines_VALUE`` names the group that a value of ``redefines_field`` means, ``parent_GROUP`` the group it belongs
to, ``key_GROUP`` the column that rows below it get."""


def ebcdic_format(
    options: Mapping[str, object], *, kind: str, pages: tuple[str, ...], required: tuple[str, ...]
) -> EbcdicFormat:
    """The format the options of a kind describe.

    Raises:
        ConfigurationError: they describe none; the message names the option.
    """
    option = {name: str(value) for name, value in options.items()}
    meanings, parents, keys = (_named(option, prefix) for prefix in ("redefines_", "parent_", "key_"))
    redefines_field = meanings.pop("field", "")
    records = _copybook(option.get("copybook", ""), kind=kind)
    record_format = option.get("record_format", "")
    if record_format not in RECORD_FORMATS:
        raise ConfigurationError(
            f"kind {kind}: options.record_format: no {record_format!r}", hint=f"Known: {', '.join(RECORD_FORMATS)}"
        )
    return EbcdicFormat(
        record=record_named(records, option["detail_record"]) if "detail_record" in option else records[0],
        record_format=record_format,
        pages=pages,
        required=required,
        segments=_segments(option, records=records),
        redefines_field=redefines_field,
        redefines=meanings,
        hierarchy=Hierarchy(parents, keys) if parents or keys else None,
    )


def _named(option: Mapping[str, str], prefix: str) -> dict[str, str]:
    """Options whose names begin so, by what follows there."""
    return {name.removeprefix(prefix): value for name, value in option.items() if name.startswith(prefix)}


def _copybook(name: str, *, kind: str) -> tuple[Item, ...]:
    path = next((path for path in (FOLDER / name, own_files().folder / KINDS_NAME / name) if path.is_file()), None)
    if path is None:
        raise ConfigurationError(f"kind {kind}: options.copybook: no file {name!r} beside the kind's YAML")
    return parse_copybook(path.read_text(encoding="utf-8"))


def _segments(option: Mapping[str, str], *, records: Sequence[Item]) -> Segments | None:
    if "segment_field" not in option:
        return None
    return Segments(
        field=option["segment_field"],
        detail=option.get("detail_segment", ""),
        header=option.get("header_segment", ""),
        trailer=option.get("trailer_segment", ""),
        header_record=record_named(records, option["header_record"]) if "header_record" in option else None,
        trailer_record=record_named(records, option["trailer_record"]) if "trailer_record" in option else None,
        trailer_count=option.get("trailer_count", ""),
        trailer_sum=option.get("trailer_sum", ""),
        trailer_sum_of=option.get("trailer_sum_of", ""),
    )
