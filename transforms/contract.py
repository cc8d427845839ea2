"""Does the source still look the way its YAML says, and the pilot roster.

Every column a kind delivers has a role or is ignored by name. A new column may hold what a mapped one held until
yesterday, so a column that is neither stops the batch, as does a mapped column that is gone.
"""

from __future__ import annotations

import pyarrow as pa

from config.errors import SourceContractBroken
from config.kinds import Kind
from config.schemas import RAW_PLACE

_PLACE = frozenset(column.name for column in RAW_PLACE)


def raw_columns(schema: pa.Schema) -> tuple[str, ...]:
    """Columns of the source itself, without the ones connectors add."""
    return tuple(name for name in schema.names if name not in _PLACE)


def check_contract(schema: pa.Schema, kind: Kind, *, source_id: str | None = None) -> None:
    """Nothing, if every column is mapped or ignored and every mapped column is there.

    A repeated column (``OPLATA(3)``) may be ignored by its name without the position.

    Raises:
        SourceContractBroken: it names new and missing columns, and the YAML to edit.
    """
    present = raw_columns(schema)
    known = {*kind.columns, *kind.ignore}
    new = [name for name in present if name not in known and name.partition("(")[0] not in kind.ignore]
    gone = [name for name in kind.columns if name not in present]
    lacking_place = [column.name for column in RAW_PLACE if column.name not in schema.names]
    if not (new or gone or lacking_place):
        return
    wrongs = [f"column {name!r} is new" for name in new] + [f"{name!r} is gone" for name in [*gone, *lacking_place]]
    raise SourceContractBroken(
        f"{source_id or kind.kind}: {', '.join(wrongs)}.",
        hint=f"Map or ignore it in config/kinds/{kind.kind}.yml. Present: {', '.join(sorted(present))}.",
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
