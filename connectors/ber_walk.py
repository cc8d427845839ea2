"""Tags and lengths of BER: the records of a file one after another, their elements all records at once.

Only definite lengths of at most four octets are taken. An indefinite one ends at a mark that may as well be data, and
nothing that writes blocks needs it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import numpy as np

from connectors.ber_form import CONSTRUCTED, HIGH_TAG, Node
from connectors.model import Bytes, Flags, Longs

FILLER = re.compile(rb"[\x00\xff]+")
MOST_ELEMENTS = 256
"""Elements of one level of a record; two bytes are one, so a damaged record could hold half a million."""
FAULTS = (
    "",
    "indefinite_length",
    "bad_length",
    "bad_tag",
    "element_too_long",
    "repeated_element",
    "constructed_element",
    "too_many_elements",
)
"""Why the elements of a record cannot be told apart, by the number the walk keeps per record; 0 is a good one."""
_PAD = 16


@dataclass(frozen=True)
class Head:
    """Tag and length of one element."""

    identifier: bytes
    content: int
    """First byte of the content."""
    end: int
    """One past its last byte; it may lie behind the end of what was given."""


def read_head(data: bytes, position: int, end: int) -> Head | str | None:
    """The element at a place; a fault, or nothing where the head itself is cut."""
    at = position + 1
    if data[position] & HIGH_TAG == HIGH_TAG:
        while at < end and data[at] & 0x80:
            at += 1
            if at - position > 4:
                return "bad_tag"
        at += 1
    if at >= end:
        return None
    identifier, length = data[position:at], data[at]
    at += 1
    if length == 0x80:
        return "indefinite_length"
    if length > 0x84:
        return "bad_length"
    if length > 0x80:
        octets = length & 0x7F
        if at + octets > end:
            return None
        length = int.from_bytes(data[at : at + octets], "big")
        at += octets
    return Head(identifier, at, at + length)


@dataclass
class Elements:
    """What was found in many records: per column where its value lies, and per record what is wrong."""

    starts: dict[str, Longs]
    lengths: dict[str, Longs]
    """-1 where the record has no such element."""
    faults: Bytes
    """Per record the number of a :data:`FAULTS`."""
    undeclared: dict[str, int] = field(default_factory=dict)
    """Elements that are neither named nor ignored: their place to how often they occur."""


def walk_elements(data: Bytes, *, starts: Longs, ends: Longs, root: Node, columns: list[str]) -> Elements:
    """The elements of all records, one element of each record at a time.

    Args:
        data: bytes the records lie in.
        starts: first byte of each record's content.
        ends: one past its last byte.
        root: the named elements.
        columns: all columns, so that each has its arrays.
    """
    count = len(starts)
    elements = Elements(
        starts={name: np.zeros(count, dtype=np.int64) for name in columns},
        lengths={name: np.full(count, -1, dtype=np.int64) for name in columns},
        faults=np.zeros(count, dtype=np.uint8),
    )
    padded = np.concatenate([data, np.zeros(_PAD, dtype=np.uint8)])
    _walk(padded, np.arange(count), starts=starts, ends=ends, node=root, place="", elements=elements)
    return elements


def _walk(
    data: Bytes, records: Longs, *, starts: Longs, ends: Longs, node: Node, place: str, elements: Elements
) -> None:
    """One level: ``records`` are the numbers of those that have it, the bounds are those of the level."""
    at = starts.copy()
    entered = {
        code: np.full(len(records), -1, dtype=np.int64) for code, child in node.children.items() if not child.column
    }
    left = {code: np.zeros(len(records), dtype=np.int64) for code in entered}
    active = np.flatnonzero(at < ends)
    for _ in range(MOST_ELEMENTS):
        if not active.size:
            break
        codes, content, lengths, faults = _heads(data, at[active], ends[active])
        is_taken = np.zeros(len(active), dtype=np.bool_)
        for code, child in node.children.items():
            hit = (codes == code) & (faults == 0)
            if not hit.any():
                continue
            is_taken |= hit
            rows = active[hit]
            target = elements.lengths[child.column] if child.column else entered[code]
            numbers = records[rows] if child.column else rows
            faults[np.flatnonzero(hit)[target[numbers] >= 0]] = FAULTS.index("repeated_element")
            if child.column:
                elements.starts[child.column][numbers] = content[hit]
                elements.lengths[child.column][numbers] = lengths[hit]
            else:
                entered[code][rows] = content[hit]
                left[code][rows] = content[hit] + lengths[hit]
        _look_at_others(codes, ~is_taken & (faults == 0), node=node, place=place, faults=faults, elements=elements)
        elements.faults[records[active[faults != 0]]] = faults[faults != 0]
        at[active] = content + lengths
        active = active[(faults == 0) & (at[active] < ends[active])]
    elements.faults[records[active]] = FAULTS.index("too_many_elements")
    for code, begins in entered.items():
        has = np.flatnonzero((begins >= 0) & (elements.faults[records] == 0))
        if has.size:
            inner = f"{place}{_name(code)}."
            _walk(
                data, records[has], starts=begins[has], ends=left[code][has],
                node=node.children[code], place=inner, elements=elements,
            )  # fmt: skip


def _look_at_others(
    codes: Longs, is_other: Flags, *, node: Node, place: str, faults: Bytes, elements: Elements
) -> None:
    """Elements that no column takes: counted, unless they are ignored or a named one in another form."""
    if not is_other.any():
        return
    found, counts = np.unique(codes[is_other], return_counts=True)
    for code, count in zip(found.tolist(), counts.tolist(), strict=True):
        if code in node.ignored:
            continue
        if _other_form(code) in node.children:
            faults[is_other & (codes == code)] = FAULTS.index("constructed_element")
        else:
            name = place + _name(code)
            elements.undeclared[name] = elements.undeclared.get(name, 0) + count


def _other_form(code: int) -> int:
    return code ^ (CONSTRUCTED if code < 256 else CONSTRUCTED << 24)


def _name(code: int) -> str:
    """A tag as descriptions write it."""
    first, number = (code, code & HIGH_TAG) if code < 256 else (code >> 24, code & 0xFFFFFF)
    return f"{('U', 'A', '', 'P')[first >> 6]}{number}"


def _heads(data: Bytes, at: Longs, ends: Longs) -> tuple[Longs, Longs, Longs, Bytes]:
    """Tag codes, contents, lengths and faults of one element per record; every place lies before its end."""
    faults = np.zeros(len(at), dtype=np.uint8)
    codes = data[at].astype(np.int64)
    content = at + 1
    is_high = codes & HIGH_TAG == HIGH_TAG
    if is_high.any():
        _long_tags(data, np.flatnonzero(is_high), codes=codes, content=content, faults=faults)
    # What stands behind the end belongs to the next record, and must not decide what is wrong with this one.
    is_cut = content >= ends
    lengths = np.where(is_cut, 0, data[content].astype(np.int64))
    content = content + 1
    faults[is_cut] = FAULTS.index("element_too_long")
    faults[lengths == 0x80] = FAULTS.index("indefinite_length")
    faults[lengths > 0x84] = FAULTS.index("bad_length")
    is_long = np.flatnonzero((lengths > 0x80) & (faults == 0))
    if is_long.size:
        octets = lengths[is_long] - 0x80
        value = np.zeros(len(is_long), dtype=np.int64)
        for step in range(int(octets.max())):
            value = np.where(step < octets, value << 8 | data[content[is_long] + step], value)
        lengths[is_long] = value
        content[is_long] += octets
    faults[(faults == 0) & (content + lengths > ends)] = FAULTS.index("element_too_long")
    return codes, content, lengths, faults


def _long_tags(data: Bytes, rows: Longs, *, codes: Longs, content: Longs, faults: Bytes) -> None:
    numbers = np.zeros(len(rows), dtype=np.int64)
    is_open = np.ones(len(rows), dtype=np.bool_)
    for _ in range(3):
        octets = data[content[rows]]
        numbers = np.where(is_open, numbers << 7 | (octets & 0x7F), numbers)
        content[rows] += is_open
        is_open &= octets >= 0x80
    codes[rows] = codes[rows] << 24 | numbers
    faults[rows[is_open]] = FAULTS.index("bad_tag")
