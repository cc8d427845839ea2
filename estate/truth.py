"""The hidden truth: which record is whose, who is related, what is broken. Only scores and tests read it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from estate.draw import Ints, Texts, texts
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
        ("version", pa.int64()),
        ("known_on", pa.string()),
    ]
)
"""One row per defect of a record or a file. What a service holds has a day it is known from (``known_on``) and no
place: where it stands in what somebody asked for, only key and version of its record tell. Elsewhere both are null."""
RELATIONS = pa.schema([("entity_id_1", pa.string()), ("entity_id_2", pa.string()), ("kind", pa.string())])


def record_rows(world: World, source_id: str, seen: Sightings, keys: Texts) -> pa.Table:
    """Whose each record of a system is; rows that are no customer are left out."""
    first = np.flatnonzero(seen.entity != NONE)
    second = first[seen.second_entity[first] != NONE]
    at = np.concatenate([first, second])
    is_second = np.arange(len(at)) >= len(first)
    kinds = np.where(seen.is_firm[at] & ~is_second, "firm", "person")
    return pa.table(
        [
            _same(source_id, len(at)),
            pa.array(keys[at], pa.string()),
            pa.array(1 + is_second.astype(np.int64)),
            pa.array(world.entity_id[np.where(is_second, seen.second_entity[at], seen.entity[at])], pa.string()),
            pa.array(kinds.tolist(), pa.string()),
            pa.array(_traps(seen)[at], pa.string()),
        ],
        schema=RECORDS,
    )


def _traps(seen: Sightings) -> Texts:
    """Names of the traps each record is, in the order of the alphabet with commas between."""
    names = sorted(seen.traps)
    code = sum(
        (seen.traps[name].astype(np.int64) << at for at, name in enumerate(names)), np.zeros(len(seen), np.int64)
    )
    each, place = np.unique(code, return_inverse=True)
    words = [",".join(name for at, name in enumerate(names) if number >> at & 1) for number in each.tolist()]
    return np.asarray(texts(words)[place])


def defect_rows(source_id: str, delivery: str, written: Written, seen: Sightings, keys: Texts) -> pa.Table:
    """What is broken in one file of a delivery."""
    found = [*written.defects, *((code, np.flatnonzero(mask[written.rows])) for code, mask in seen.defects.items())]
    place = (source_id, delivery, written.name)
    return pa.concat_tables(
        [
            defects_of_records(
                place, found, offset=written.offset, length=written.length, keys=np.asarray(keys[written.rows])
            ),
            defects_of_file(place, written.file_defects),
        ]
    )


def defects_of_records(
    place: tuple[str, str, str], found: Iterable[tuple[str, Ints]], *, offset: Ints, length: Ints, keys: Texts
) -> pa.Table:
    """What is broken in which records of a file: ``place`` is source, delivery and file; the rest is by record."""
    codes = [(code, positions) for code, positions in found if len(positions)]
    at = np.concatenate([np.zeros(0, dtype=np.int64), *(positions for _, positions in codes)])
    words = [word for code, positions in codes for word in [code] * len(positions)]
    columns = (pa.array(offset[at], pa.int64()), pa.array(length[at], pa.int64()), pa.array(keys[at], pa.string()))
    held = (pa.nulls(len(at), pa.int64()), pa.nulls(len(at), pa.string()))
    return pa.table(
        [*(_same(part, len(at)) for part in place), pa.array(words, pa.string()), *columns, *held], schema=DEFECTS
    )


def defects_of_service(
    place: tuple[str, str, str],
    found: Iterable[tuple[str, Ints]],
    *,
    keys: Texts,
    version: Ints,
    known_on: Sequence[str],
) -> pa.Table:
    """What is broken in which records a service holds: of each its key, its version and the day it is known from."""
    nowhere = np.zeros(len(keys), dtype=np.int64)
    days, tables = texts(known_on), [DEFECTS.empty_table()]
    for code, at in found:
        table = defects_of_records(place, [(code, at)], offset=nowhere, length=nowhere, keys=keys)
        held = (pa.array(version[at], pa.int64()), pa.array(days[at], pa.string()))
        tables.append(pa.table([*table.columns[:-2], *held], schema=DEFECTS))
    return pa.concat_tables(tables)


def defects_of_drop(source_id: str, file: str, found: Iterable[tuple[str, str, int]], *, known_on: str) -> pa.Table:
    """What is wrong with folders of a drop: code, name of the folder and size of what should be in it."""
    rows = [(source_id, folder, file, code, 0, size, None, None, known_on) for code, folder, size in found]
    return pa.Table.from_pylist([dict(zip(DEFECTS.names, row, strict=True)) for row in rows], schema=DEFECTS)


def defects_of_file(place: tuple[str, str, str], found: Sequence[tuple[str, int, int]]) -> pa.Table:
    """What is wrong with a file outside its records: code, offset and length."""
    rows = [(*place, code, offset, length, None, None, None) for code, offset, length in found]
    return pa.Table.from_pylist([dict(zip(DEFECTS.names, row, strict=True)) for row in rows], schema=DEFECTS)


def _same(text: str, count: int) -> pa.Array:
    return pa.repeat(pa.scalar(text, pa.string()), count)


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
    folder: Path, *, records: list[pa.Table], defects: list[pa.Table], relations: list[tuple[object, ...]]
) -> None:
    """Three Parquet files, sorted; each table of records is of one system, each of defects of one delivery."""
    folder.mkdir(parents=True, exist_ok=True)
    related = list(zip(*relations, strict=True)) or [()] * len(RELATIONS)
    relation = pa.table(
        [pa.array(column, field.type) for column, field in zip(related, RELATIONS, strict=True)], schema=RELATIONS
    )
    pq.write_table(_sorted(records, RECORDS, by=RECORDS.names[:1]), folder / "records.parquet")
    pq.write_table(_sorted(defects, DEFECTS, by=DEFECTS.names[:2]), folder / "defects.parquet")
    pq.write_table(_sorted([relation], RELATIONS, by=[]), folder / "relations.parquet")


def _sorted(parts: list[pa.Table], schema: pa.Schema, *, by: list[str]) -> pa.Table:
    """All rows in the order of their texts, each once; parts are the same throughout in the columns ``by``."""
    # Part by part: a tenth of the nation has five million defects, and most columns of a part are one text.
    places: dict[tuple[str, ...], list[pa.Table]] = {}
    for part in parts:
        if part.num_rows:
            places.setdefault(tuple(part[name][0].as_py() for name in by), []).append(part)
    ordered = [_in_order(pa.concat_tables(places[place])) for place in sorted(places)]
    return pa.concat_tables(ordered).combine_chunks() if ordered else schema.empty_table()


def _in_order(table: pa.Table) -> pa.Table:
    names = [*table.column_names]
    keys = pa.table([pc.fill_null(table[name].cast(pa.string()), "") for name in names], names)
    order = pc.sort_indices(keys, sort_keys=[(name, "ascending") for name in names])
    keys, table = keys.take(order), table.take(order)
    is_new = np.ones(len(table), dtype=bool)
    if len(table):
        is_new[1:] = False
        for name in names:
            column = keys[name].combine_chunks()
            is_new[1:] |= pc.not_equal(column[1:], column[:-1]).to_numpy(zero_copy_only=False)
    return table.filter(pa.array(is_new))
