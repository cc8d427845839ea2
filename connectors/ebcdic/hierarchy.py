"""A record that belongs to the one before it: its parent's key is put into its row.

A file unloaded from a hierarchical database holds a company, its contacts and the calls of each contact one behind the
other, and only their order tells whose they are. Options ``parent_CALL: CONTACT`` and ``key_CONTACT: CONTACT-NO`` say
it: every call gets the CONTACT-NO of the last contact, and the keys of what that contact belongs to.

A quarantined record may have been a parent. Until the next good one of that group, the key is null with the cell reason
``parent_unknown``: the former parent's would be somebody else's. The same holds where a parent's key is blank or bad.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pyarrow as pa

from config.errors import ConfigurationError
from connectors.assemble import kept_rows
from connectors.ebcdic.layout import Layout
from connectors.model import Cells, Flags, Longs, Rows, Span, reason_number

_PARENT_UNKNOWN = reason_number("parent_unknown")
_NOBODY, _BEFORE = -1, 0


@dataclass(frozen=True)
class Hierarchy:
    """Which group of a REDEFINES belongs to which."""

    parents: Mapping[str, str]
    """Group to the group it belongs to."""
    keys: Mapping[str, str]
    """Group to the column that those below it get."""

    def ancestors(self, group: str) -> list[str]:
        """The groups a group belongs to, nearest first.

        Raises:
            ConfigurationError: it belongs to itself.
        """
        found: list[str] = []
        while group in self.parents:
            group = self.parents[group]
            if group in found:
                raise ConfigurationError(f"parents: {group} belongs to itself")
            found.append(group)
        return found

    def descendants(self, group: str) -> list[str]:
        """The groups that belong to a group, directly or not."""
        return [other for other in self.parents if group in self.ancestors(other)]

    @cached_property
    def carried(self) -> list[str]:
        """Groups whose key is carried, from the top down."""
        return sorted(self.keys, key=lambda group: len(self.ancestors(group)))

    def check(self, *, groups: Iterable[str], layout: Layout) -> None:
        """Whether records can be told by it.

        Raises:
            ConfigurationError: it names a group or column that is not there, or carries nothing.
        """
        known = set(groups)
        unknown = sorted({*self.parents, *self.parents.values(), *self.keys} - known)
        if unknown:
            raise ConfigurationError(
                f"parents: no value of the segment field means {', '.join(unknown)}",
                hint=f"Groups: {', '.join(sorted(known)) or 'none'}",
            )
        for group, column in self.keys.items():
            if not self.descendants(group):
                raise ConfigurationError(f"key of {group}: nothing belongs to {group}")
            if group not in layout.field(column).within:
                raise ConfigurationError(f"key of {group}: {column} is no field of {group}")
        if not self.keys:
            raise ConfigurationError("parents: no group has a key that those below it could get")


class Carrier:
    """Keys of the last parents, chunk after chunk in the order of the file."""

    def __init__(self, hierarchy: Hierarchy, *, required: Iterable[str]) -> None:
        self._hierarchy = hierarchy
        self._required = tuple(required)
        self._last: dict[str, str | None] = {}
        self._damage: list[int] = []
        """Where spans lie that come behind the rows we have seen: a chunk brings those of a whole view."""

    def carry(
        self, columns: Mapping[str, Cells], *, rows: Rows, spans: Iterable[Span], masks: Mapping[str, Flags]
    ) -> dict[str, Cells]:
        """The columns of a chunk with the keys of parents in the rows below them.

        Args:
            columns: as decoded.
            rows: where the records lie.
            spans: what became no record.
            masks: per group the rows that are one.
        """
        filled = dict(columns)
        places = np.array(sorted([*self._damage, *(span.offset for span in spans)]), dtype=np.int64)
        before = np.searchsorted(rows.offsets, places)
        self._damage = places[before == len(rows.offsets)].tolist()
        is_damaged = np.zeros(len(rows.offsets), dtype=np.bool_)
        is_damaged[before[before < len(rows.offsets)]] = True
        for group in self._hierarchy.carried:  # a child that lacks a required key is no parent either: top down
            column = self._hierarchy.keys[group]
            filled[column] = self._fill(filled, group=group, is_damaged=is_damaged, masks=masks)
        return filled

    def _fill(
        self, columns: Mapping[str, Cells], *, group: str, is_damaged: Flags, masks: Mapping[str, Flags]
    ) -> Cells:
        """The key of one group, in its own rows and in those below it."""
        cells = columns[self._hierarchy.keys[group]]
        above, below = self._hierarchy.ancestors(group), self._hierarchy.descendants(group)
        is_kept = kept_rows(columns, count=len(is_damaged), required=self._required)
        tells = masks[group] & is_kept & (cells.reasons == 0) & _is_valid(cells)
        ends = is_damaged | _any_of(masks, [group, *above])
        told_by = _last_told(tells, ends=ends)
        # Key 0 is what the chunk before left, key n + 1 is that of row n.
        known = pa.concat_arrays([pa.array([self._last.get(group)], pa.string()), cells.values])
        if len(told_by):
            self._last[group] = known[int(told_by[-1])].as_py() if told_by[-1] != _NOBODY else None
        is_child = _any_of(masks, below)
        chosen = np.where(is_child, told_by, np.arange(1, len(told_by) + 1))
        filled = replace(cells, values=known.take(pa.array(chosen, mask=chosen == _NOBODY)))
        is_lost = is_child & ~_is_valid(filled)
        return replace(filled, reasons=np.where(is_lost, _PARENT_UNKNOWN, cells.reasons).astype(np.uint8))


def _any_of(masks: Mapping[str, Flags], groups: Iterable[str]) -> Flags:
    """Rows of any of these groups; groups is never empty."""
    return np.asarray(np.logical_or.reduce([masks[group] for group in groups]), dtype=np.bool_)


def _is_valid(cells: Cells) -> Flags:
    return np.asarray(cells.values.is_valid().to_numpy(zero_copy_only=False), dtype=np.bool_)


def _last_told(tells: Flags, *, ends: Flags) -> Longs:
    """Per row the number of the row that last told the key, from 1; 0 is the chunk before, -1 nobody.

    Args:
        tells: rows that tell it.
        ends: rows from which on the former key holds no longer; one that tells it too is where the next begins.
    """
    numbers = np.arange(1, len(tells) + 1, dtype=np.int64)
    changed = np.maximum.accumulate(np.where(tells | ends, numbers, 0)) if len(numbers) else numbers
    told = np.concatenate([[_BEFORE], np.where(tells, numbers, _NOBODY)])
    return np.asarray(told[changed], dtype=np.int64)
