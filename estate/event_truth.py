"""The truth about events: whose each record of a delivery is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from config.sources import SourceSystem, all_sources
from estate.draw import Ints, Texts
from estate.life import Life
from estate.people import NONE
from estate.systems.events import EventWriter
from estate.world import World

EVENTS = pa.schema(
    [
        ("source_id", pa.string()),
        ("delivery", pa.string()),
        ("raw_key", pa.string()),
        ("kind", pa.string()),
        ("record_source", pa.string()),
        ("record_key", pa.string()),
        ("entity_id", pa.string()),
    ]
)
"""One row per record of an event: which record of which system its party is, null where nobody can know; a
delivery that is made of a service's answer has no name yet."""


@dataclass(frozen=True)
class Known:
    """Whose each record is, as positions: small enough to be sent from process to process."""

    keys: pa.Array
    """Raw key of each record."""
    table: pa.Array
    """Which of the writer's tables it is of, null for records that are no event."""
    party: pa.Array
    """Row of the book, null for nobody."""

    @staticmethod
    def of(life: Life, writer: EventWriter, *, keys: Texts, table: Ints, row: Ints) -> Known:
        """The parties of records, ``row`` of each in its table of the life; -1 for records that are no event."""
        tables, party = life.tables(), np.full(len(row), NONE)
        for at, name in enumerate(writer.tables):
            mine = (table == at) & (row >= 0)
            party[mine] = tables[name].party[row[mine]]
        return Known(
            keys=pa.array(keys, pa.string()),
            table=pa.array(table.astype(np.int8), mask=row < 0),
            party=pa.array(party.astype(np.int32), mask=party == NONE),
        )


class EventTruth:
    """Makes rows of ``events.parquet``."""

    def __init__(self, world: World, life: Life) -> None:
        ids, book = world.entity_id, life.book
        self._sources = pa.array([each.source_id for each in all_sources()], pa.string())
        self._source = pa.array(book.source.astype(np.int16))
        self._key = pa.array(book.key, pa.string())
        self._entity = pa.array(book.entity.astype(np.int32), mask=book.entity == NONE)
        self._ids = pa.array(ids, pa.string())

    def rows(self, known: Known, *, source: SourceSystem, writer: EventWriter, delivery: str) -> pa.Table:
        """Rows of one delivery, without a name where a service answers."""
        count, party = len(known.keys), known.party
        columns = [
            pa.repeat(pa.scalar(source.source_id, pa.string()), count),
            pa.repeat(pa.scalar(delivery or None, pa.string()), count),
            known.keys,
            pc.take(pa.array(writer.tables, pa.string()), known.table),
            pc.take(self._sources, pc.take(self._source, party)),
            pc.take(self._key, party),
            pc.take(self._ids, pc.take(self._entity, party)),
        ]
        return pa.table(columns, schema=EVENTS)
