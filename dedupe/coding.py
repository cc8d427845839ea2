"""Coded columns: what blocking, comparing and clustering work on instead of texts.

Columns are coded once: every field is an integer code per record into a sorted vocabulary of distinct folded values, so
blocking compares integers and a string pair is compared once however many record pairs share it. Records stand in the
order of their ids, never in the order they came in: nothing below may depend on the latter.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

if TYPE_CHECKING:
    from dedupe.party_kinds import PartyKind

Codes = NDArray[np.int32]
MISSING = -1


@dataclass(frozen=True)
class Coded:
    """One field: a code per record into sorted distinct values; -1 where missing."""

    codes: Codes
    values: tuple[str, ...]

    def derived(self, transform: Callable[[str], str | None]) -> Coded:
        """The field made of this one by a function of its value."""
        codes, values = _recode([transform(value) for value in self.values], self.codes)
        return Coded(codes, values)

    def without(self, is_left_out: NDArray[np.bool_]) -> Coded:
        """The field with some of its values missing."""
        if not is_left_out.any():
            return self
        keep = np.where(is_left_out, MISSING, np.arange(len(self.values))).astype(np.int32)
        return Coded(_through(keep, self.codes), self.values)

    def texts(self) -> list[str | None]:
        """The value of each record."""
        return [None if code == MISSING else self.values[code] for code in self.codes]


@dataclass(frozen=True)
class PartyFeatures:
    """The records of one party kind, in the order of their ids."""

    kind: PartyKind
    record_ids: NDArray[np.object_]
    positions: NDArray[np.int64]
    """Row of each record in the table it came from."""
    fields: Mapping[str, Coded]
    sharers: Mapping[str, NDArray[np.int64]]
    """How many records of this kind carry each value of a shared field (phone, pesel, …), by code."""

    def __len__(self) -> int:
        return len(self.record_ids)

    @property
    def party_kind(self) -> str:
        """The name of the kind."""
        return self.kind.name

    def slots(self, field: str) -> tuple[str, ...]:
        """The fields a key on this one may use: itself, or several where a record has several values."""
        return ALTERNATIVES.get(field, (field,))


ALTERNATIVES: Mapping[str, tuple[str, ...]] = {
    "any_phone": ("phone", "phone_2"),
    "any_last": ("last", "former", "last_head", "last_tail"),
}
"""Fields of several values: a key on them is tried with each. The slots of one field share a vocabulary."""


def _recode(texts: Sequence[str | None], codes: Codes) -> tuple[Codes, tuple[str, ...]]:
    values = tuple(sorted({text for text in texts if text is not None}))
    place = {value: code for code, value in enumerate(values)}
    mapping = np.array([MISSING if text is None else place[text] for text in texts], dtype=np.int32)
    return _through(mapping, codes), values


def _through(mapping: Codes, codes: Codes) -> Codes:
    if not len(mapping):
        return np.full(len(codes), MISSING, dtype=np.int32)
    return np.where(codes == MISSING, np.int32(MISSING), mapping[np.maximum(codes, 0)]).astype(np.int32)


def code_columns(columns: Sequence[Any], transform: Callable[[str], str | None]) -> tuple[Coded, ...]:
    """Text columns as coded fields over one common vocabulary."""
    joined = pa.concat_arrays([_as_array(column) for column in columns])
    encoded = joined.dictionary_encode()
    codes = pc.fill_null(encoded.indices, MISSING).to_numpy(zero_copy_only=False).astype(np.int32)
    codes, values = _recode([transform(text) for text in encoded.dictionary.to_pylist()], codes)
    return tuple(Coded(part, values) for part in np.split(codes, len(columns)))


def _as_array(column: Any) -> pa.Array:
    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if isinstance(array, pa.ChunkedArray):  # combine_chunks of an empty column
        array = pa.concat_arrays(array.chunks) if array.num_chunks else pa.array([], type=array.type)
    return array.cast(pa.string())


def together(*fields: Coded) -> tuple[Coded, ...]:
    """The same fields over one common vocabulary, so that their codes can be compared."""
    values = tuple(sorted(set().union(*(field.values for field in fields))))
    place = {value: code for code, value in enumerate(values)}
    return tuple(
        Coded(_through(np.array([place[value] for value in field.values], dtype=np.int32), field.codes), values)
        for field in fields
    )


def count_sharers(*slots: Coded) -> NDArray[np.int64]:
    """How many records carry each value in any of the slots."""
    rows = np.arange(len(slots[0].codes), dtype=np.int64)
    width = np.int64(len(slots[0].values) + 1)
    pairs = np.unique(np.concatenate([rows * width + slot.codes + 1 for slot in slots]))
    return np.bincount(pairs % width, minlength=int(width))[1:].astype(np.int64)
