"""Coded columns: what blocking, comparing and clustering work on instead of texts.

Columns are coded once: every field is an integer code per record into a sorted vocabulary of distinct folded values, so
blocking compares integers and a string pair is compared once however many record pairs share it. Records stand in the
order of their ids, never in the order they came in: nothing below may depend on the latter.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

if TYPE_CHECKING:
    from dedupe.party_kinds import PartyKind

Codes = NDArray[np.int32]
MISSING = -1


class Texts(Sequence[str]):
    """Texts kept in one buffer; each becomes a Python text only when it is asked for.

    Millions of Python texts would be most of the memory of a linkage, and nothing compares them.
    """

    def __init__(self, array: pa.Array) -> None:
        self.array: pa.Array = array

    def __len__(self) -> int:
        return len(self.array)

    def __getitem__(self, place: Any) -> Any:
        """One text, or those of a slice or an array of places as an array."""
        if isinstance(place, slice):
            return _objects(self.array[place])
        if isinstance(place, np.ndarray):
            places = np.flatnonzero(place) if place.dtype == np.bool_ else place
            return _objects(self.array.take(pa.array(places)))
        return str(self.array[int(place)].as_py())

    def __iter__(self) -> Iterator[str]:
        return iter(self.array.to_pylist())

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[np.object_]:
        return _objects(self.array)


def _objects(array: pa.Array) -> NDArray[np.object_]:
    return np.asarray(array.to_numpy(zero_copy_only=False), dtype=object)


def as_arrow(texts: Sequence[str] | NDArray[np.object_]) -> pa.Array:
    """Texts as one Arrow array."""
    return texts.array if isinstance(texts, Texts) else pa.array(list(texts), type=pa.string())


@dataclass(frozen=True)
class Coded:
    """One field: a code per record into sorted distinct values; -1 where missing."""

    codes: Codes
    values: Sequence[str]

    def derived(self, transform: Callable[[str], str | None]) -> Coded:
        """The field made of this one by a function of its value."""
        return _recoded(self.codes, pa.array(map(transform, self.values), type=pa.string(), size=len(self.values)))

    def start(self, length: int) -> Coded:
        """The first letters of its value."""
        return _recoded(self.codes, pc.utf8_slice_codeunits(as_arrow(self.values), 0, length))

    def without(self, is_left_out: NDArray[np.bool_]) -> Coded:
        """The field with some of its values missing."""
        if not is_left_out.any():
            return self
        keep = np.where(is_left_out, MISSING, np.arange(len(self.values))).astype(np.int32)
        return Coded(_through(keep, self.codes), self.values)

    def texts(self) -> list[str | None]:
        """The value of each record."""
        values = self.listed
        return [None if code == MISSING else values[code] for code in self.codes]

    @cached_property
    def listed(self) -> tuple[str, ...]:
        """All values as Python texts."""
        return tuple(self.values)

    @cached_property
    def packed(self) -> tuple[NDArray[Any], NDArray[np.int64]]:
        """The values in one array of characters, and where each ends (:class:`dedupe.text_loops.Text`)."""
        return pack(self.values)


def pack(values: Sequence[str]) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """Texts in one array of characters, bytes where all are ASCII, and where each ends; the first end is 0."""
    array = as_arrow(values).cast(pa.large_string())
    ends = np.frombuffer(array.buffers()[1], dtype=np.int64)[array.offset : array.offset + len(array) + 1]
    chars = np.frombuffer(array.buffers()[2] or b"", dtype=np.uint8)[ends[0] : ends[-1]].copy()
    if not (chars >= 128).any():
        return chars, ends - ends[0]
    lengths = pc.utf8_length(array).to_numpy()
    wide = np.frombuffer(chars.tobytes().decode().encode("utf-32-le"), dtype=np.uint32)
    return wide.copy(), np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)


@dataclass(frozen=True)
class PartyFeatures:
    """The records of one party kind, in the order of their ids."""

    kind: PartyKind
    record_ids: Texts | NDArray[np.object_]
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


def _recoded(codes: Codes, texts: pa.Array) -> Coded:
    """Codes whose values became other texts, some equal, some missing."""
    encoded = texts.dictionary_encode()
    return sorted_codes(_through(_indices(encoded), codes), encoded.dictionary)


def sorted_codes(codes: Codes, texts: pa.Array) -> Coded:
    """Codes into distinct texts, with the texts sorted."""
    order = pc.sort_indices(texts)
    place = np.empty(len(order), dtype=np.int32)
    place[order.to_numpy()] = np.arange(len(order), dtype=np.int32)
    return Coded(_through(place, codes), Texts(texts.take(order)))


def _indices(encoded: pa.DictionaryArray) -> Codes:
    return np.asarray(pc.fill_null(encoded.indices, MISSING).to_numpy(zero_copy_only=False), dtype=np.int32)


def _through(mapping: Codes, codes: Codes) -> Codes:
    """Codes mapped to others; missing stays missing, because the last place is where -1 points to."""
    return np.append(mapping, np.int32(MISSING)).astype(np.int32, copy=False)[codes]


def code_columns(columns: Sequence[Any], transform: Callable[[str], str | None] | None = None) -> tuple[Coded, ...]:
    """Text columns as coded fields over one common vocabulary.

    Args:
        columns: of equal length; an empty text is missing.
        transform: makes a distinct value what is to be compared, None where nothing is left; as it is if not given.
    """
    encoded = pa.concat_arrays([_as_array(column) for column in columns]).dictionary_encode()
    texts = encoded.dictionary
    if transform is None:
        texts = pc.if_else(pc.equal(texts, ""), pa.scalar(None, pa.string()), texts)
    else:
        texts = pa.array(map(transform, texts.to_pylist()), type=pa.string(), size=len(texts))
    coded = _recoded(_indices(encoded), texts)
    return tuple(Coded(part, coded.values) for part in np.split(coded.codes, len(columns)))


def _as_array(column: Any) -> pa.Array:
    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if isinstance(array, pa.ChunkedArray):  # combine_chunks of an empty column
        array = pa.concat_arrays(array.chunks) if array.num_chunks else pa.array([], type=array.type)
    return array.cast(pa.string())


def together(*fields: Coded) -> tuple[Coded, ...]:
    """The same fields over one common vocabulary, so that their codes can be compared."""
    sizes = [len(field.values) for field in fields]
    whole = _recoded(
        np.arange(sum(sizes), dtype=np.int32), pa.concat_arrays([as_arrow(field.values) for field in fields])
    )
    places = np.split(whole.codes, np.cumsum(sizes)[:-1])
    return tuple(Coded(_through(place, field.codes), whole.values) for place, field in zip(places, fields, strict=True))


def count_sharers(*slots: Coded) -> NDArray[np.int64]:
    """How many records carry each value in any of the slots."""
    counts = np.zeros(len(slots[0].values), dtype=np.int64)
    for number, slot in enumerate(slots):
        is_counted = slot.codes != MISSING
        for earlier in slots[:number]:
            is_counted &= slot.codes != earlier.codes
        counts += np.bincount(slot.codes[is_counted], minlength=len(counts))
    return counts
