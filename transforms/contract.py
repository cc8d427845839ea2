"""Does the source still look the way its YAML says, and the pilot roster.

Every column a kind delivers has a role or is ignored by name. A new column may hold what a mapped one held until
yesterday, so a column that is neither stops the batch (``freeze``), unless the kind says that new columns are kept in
the raw row (``evolve``) or left out (``discard``). A mapped column that is gone always stops it.
"""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from config.errors import SourceContractBroken
from config.kinds import Kind, kind_file
from config.schemas import RAW_PLACE

POSITION = ("_business_date", "_record_no")
"""Parts of a key that are no raw columns: a log has no key but the day of its delivery and the position in it."""
_PLACE = frozenset(column.name for column in RAW_PLACE)


def raw_columns(schema: pa.Schema) -> tuple[str, ...]:
    """Columns of the source itself, without the ones connectors add."""
    return tuple(name for name in schema.names if name not in _PLACE)


@dataclass(frozen=True)
class Drift:
    """Columns of a delivery that its kind does not know and does not stop for."""

    kept: tuple[str, ...] = ()
    """They stay in the raw row (``on_new_column: evolve``)."""
    discarded: tuple[str, ...] = ()
    """They are left out of it (``discard``)."""


def check_contract(schema: pa.Schema, kind: Kind, *, source_id: str | None = None) -> Drift:
    """New columns the kind lets pass; nothing, if every column is mapped or ignored.

    A repeated column (``OPLATA(3)``) may be ignored by its name without the position. A mapped column that is gone
    breaks the contract whatever the kind says of new ones.

    Raises:
        SourceContractBroken: it names new and missing columns, and the YAML to edit.
    """
    present = raw_columns(schema)
    known = {*kind.columns, *kind.ignore}
    new = tuple(name for name in present if name not in known and name.partition("(")[0] not in kind.ignore)
    keyed = [name for name in kind.key if name not in POSITION]
    gone = [name for name in (*kind.columns, *keyed) if name not in present]
    gone += [column.name for column in RAW_PLACE if column.name not in schema.names]
    breaking = new if kind.on_new_column == "freeze" else ()
    if not (breaking or gone):
        return Drift(kept=new) if kind.on_new_column == "evolve" else Drift(discarded=new)
    wrongs = [f"column {name!r} is new" for name in breaking] + [f"{name!r} is gone" for name in dict.fromkeys(gone)]
    lenient = ", or let new columns pass there with on_new_column: evolve or discard" if breaking else ""
    raise SourceContractBroken(
        f"{source_id or kind.kind}: {', '.join(wrongs)}.",
        hint=f"Map or ignore it in {kind_file(kind.kind)}{lenient}. Present: {', '.join(sorted(present))}.",
    )


def read_roster(raw: pa.Table, *, kind: Kind) -> dict[str, frozenset[str]]:
    """The pilot roster: source to the raw keys of its customers who take part.

    Deleted rows and rows without source or key are left out.

    Raises:
        SourceContractBroken: the roster does not have the columns of its kind.
    """
    check_contract(raw.schema, kind)
    (source_column,), (key_column,) = kind.columns_with("roster_source"), kind.columns_with("roster_key")
    taking_part: dict[str, set[str]] = {}
    columns = (raw.column(name).to_pylist() for name in (source_column, key_column, "_is_deleted"))
    for source_id, key, is_deleted in zip(*columns, strict=True):
        if source_id and key and not is_deleted:
            taking_part.setdefault(source_id.strip(), set()).add(key.strip())
    return {source_id: frozenset(keys) for source_id, keys in sorted(taking_part.items())}
