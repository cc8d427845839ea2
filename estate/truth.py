"""The hidden truth: which record is whose, who is related, what is broken. Only scores and tests read it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from estate.draw import Texts
from estate.firms import BRANCH
from estate.people import NONE
from estate.sightings import Sightings, Written
from estate.world import World

RECORDS = pa.schema(
    [
        ("source_id", pa.string()),
        ("raw_key", pa.string()),
        ("part", pa.int64()),
        ("entity_id", pa.string()),
        ("entity_kind", pa.string()),
        ("traps", pa.string()),
    ]
)
DEFECTS = pa.schema(
    [
        ("source_id", pa.string()),
        ("delivery", pa.string()),
        ("file", pa.string()),
        ("code", pa.string()),
        ("offset", pa.int64()),
        ("length", pa.int64()),
        ("record_key", pa.string()),
    ]
)
RELATIONS = pa.schema([("entity_id_1", pa.string()), ("entity_id_2", pa.string()), ("kind", pa.string())])


def record_rows(world: World, source_id: str, seen: Sightings, keys: Texts) -> list[tuple[object, ...]]:
    """Whose each record of a system is; rows that are no customer are left out."""
    names = sorted(seen.traps)
    masks = [seen.traps[name].tolist() for name in names]
    rows: list[tuple[object, ...]] = []
    for at, (entity, second) in enumerate(zip(seen.entity.tolist(), seen.second_entity.tolist(), strict=True)):
        if entity == NONE:
            continue
        traps = ",".join(name for name, mask in zip(names, masks, strict=True) if mask[at])
        kind = "firm" if seen.is_firm[at] else "person"
        rows.append((source_id, keys[at], 1, world.entity_id[entity], kind, traps))
        if second != NONE:
            rows.append((source_id, keys[at], 2, world.entity_id[second], "person", traps))
    return rows


def defect_rows(
    source_id: str, delivery: str, written: Written, seen: Sightings, keys: Texts
) -> list[tuple[object, ...]]:
    """What is broken in one file of a delivery."""
    rows: list[tuple[object, ...]] = []
    found = list(written.defects)
    for code, mask in seen.defects.items():
        found.append((code, np.flatnonzero(mask[written.rows])))
    for code, positions in found:
        for at in positions.tolist():
            key = keys[int(written.rows[at])]
            rows.append(
                (source_id, delivery, written.name, code, int(written.offset[at]), int(written.length[at]), key)
            )
    for code, offset, length in written.file_defects:
        rows.append((source_id, delivery, written.name, code, offset, length, None))
    return rows


def relation_rows(world: World, entities: set[int]) -> list[tuple[object, ...]]:
    """Households, owners and branches among the entities that have records."""
    people, firms, ids = world.people, world.firms, world.entity_id
    rows: list[tuple[object, ...]] = []
    homes: dict[int, list[int]] = {}
    for person in sorted(entity for entity in entities if entity < len(people)):
        homes.setdefault(int(people.household[person]), []).append(person)
    for members in homes.values():
        rows += [(ids[a], ids[b], "household") for at, a in enumerate(members) for b in members[at + 1 :]]
    for firm in range(len(firms)):
        entity = firm + len(people)
        if entity in entities and int(firms.owner[firm]) in entities:
            rows.append((ids[int(firms.owner[firm])], ids[entity], "owner_of_firm"))
        parent = int(firms.parent[firm])
        if firms.kind[firm] == BRANCH and entity in entities and parent + len(people) in entities:
            rows.append((ids[parent + len(people)], ids[entity], "branch_of_firm"))
    return rows


def write_truth(
    folder: Path,
    *,
    records: list[tuple[object, ...]],
    defects: list[tuple[object, ...]],
    relations: list[tuple[object, ...]],
) -> None:
    """Three Parquet files, sorted."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, schema, rows in (
        ("records", RECORDS, records),
        ("defects", DEFECTS, defects),
        ("relations", RELATIONS, relations),
    ):
        ordered = sorted(set(rows), key=lambda row: tuple("" if cell is None else str(cell) for cell in row))
        columns = list(zip(*ordered, strict=True)) or [()] * len(schema)
        table = pa.table(
            [pa.array(column, field.type) for column, field in zip(columns, schema, strict=True)], schema=schema
        )
        pq.write_table(table, folder / f"{name}.parquet")
