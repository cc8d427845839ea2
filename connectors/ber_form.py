"""How a file of BER records is described: which element of a record becomes which column.

    record_tags: A0 A1                                   identifiers of the records, in hexadecimal
    elements: NR:0:integer A:1:tbcd B:2:tbcd START:4:timestamp WIAZKA:6.1:ia5

A number alone is a context tag, ``U2`` a universal and ``A2`` an application one; a dot leads into a constructed
element.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from config.errors import ConfigurationError

Decoder = Literal["tbcd", "bcd", "integer", "ia5", "timestamp", "utctime", "hex"]
DECODERS: tuple[Decoder, ...] = get_args(Decoder)
BER_OPTIONS = (
    "elements",
    "record_tags",
    "block_length",
    "header_tag",
    "trailer_tag",
    "trailer_count",
    "sequence",
    "ignore_elements",
)
DEEPEST = 8
"""Levels of elements inside elements that a description may have; what it does not name is never entered."""
CONSTRUCTED, HIGH_TAG = 0x20, 0x1F
_CLASSES = {"": 0x80, "U": 0x00, "A": 0x40}
_STEP = re.compile(r"([UA]?)(\d{1,6})")
_IDENTIFIER = re.compile(r"(?:[0-9A-Fa-f]{2}){1,4}")


@dataclass
class Node:
    """An element that is named, or that leads to one that is."""

    column: str = ""
    children: dict[int, Node] = field(default_factory=dict)
    """By code of their tag (:func:`tag_code`)."""
    ignored: set[int] = field(default_factory=set)
    """Codes of tags we know and do not use, without the constructed bit."""


@dataclass(frozen=True)
class BerFormat:
    """How such a file is written."""

    root: Node
    decoders: Mapping[str, Decoder]
    """Column to decoder, in the order of the columns."""
    record_tags: tuple[bytes, ...]
    pages: tuple[str, ...]
    required: tuple[str, ...] = ()
    block_length: int = 0
    """Records never run over the end of a block; 0 when there are no blocks."""
    header_tag: bytes = b""
    trailer_tag: bytes = b""
    trailer_count: int = -1
    """Code of the trailer's element that counts the records; -1 when none does."""
    sequence: str = ""
    """Column of a number that grows by one from record to record."""


def tag_code(first: int, number: int) -> int:
    """One number for a tag: its identifier octet, and the tag number behind it where it has a long one."""
    return first if first & HIGH_TAG != HIGH_TAG else first << 24 | number


def ber_format(
    options: Mapping[str, object], *, kind: str, pages: tuple[str, ...], required: tuple[str, ...]
) -> BerFormat:
    """The format the options of a kind describe.

    Raises:
        ConfigurationError: they describe none; the message names the option.
    """
    option = {name: str(value) for name, value in options.items()}
    root, decoders = Node(), dict[str, Decoder]()
    for word in option.get("elements", "").split():
        _add_element(word, root=root, decoders=decoders, kind=kind)
    if not decoders:
        raise _wrong(kind, "elements", "missing")
    for path in option.get("ignore_elements", "").split():
        _add_ignored(path, root=root, kind=kind)
    block = option.get("block_length", "0")
    if not block.isdecimal() or int(block) > 2**20:
        raise _wrong(kind, "block_length", f"{block!r} is no number of bytes up to {2**20}")
    tags = tuple(_identifier(word, "record_tags", kind=kind) for word in option.get("record_tags", "").split())
    if not tags:
        raise _wrong(kind, "record_tags", "missing")
    if option.get("sequence", "") and decoders.get(option["sequence"]) != "integer":
        raise _wrong(kind, "sequence", "names no column that is an integer")
    if "trailer_count" in option and "trailer_tag" not in option:
        raise _wrong(kind, "trailer_count", "nothing without a trailer_tag")
    return BerFormat(
        root=root,
        decoders=decoders,
        record_tags=tags,
        pages=pages,
        required=required,
        block_length=int(block),
        header_tag=_identifier(option.get("header_tag", ""), "header_tag", kind=kind),
        trailer_tag=_identifier(option.get("trailer_tag", ""), "trailer_tag", kind=kind),
        trailer_count=_code(option["trailer_count"], kind=kind) if "trailer_count" in option else -1,
        sequence=option.get("sequence", ""),
    )


def _wrong(kind: str, option: str, what: str) -> ConfigurationError:
    return ConfigurationError(f"kind {kind}: options.{option}: {what}", hint="An element is COLUMN:TAG[.TAG…]:DECODER")


def _identifier(text: str, option: str, *, kind: str) -> bytes:
    if text and not _IDENTIFIER.fullmatch(text):
        raise _wrong(kind, option, f"{text!r} is no identifier in hexadecimal, such as A0 or BF21")
    octets = bytes.fromhex(text)
    # 00 and FF at the place of a record are filler, so no record can begin with them.
    is_whole = len(octets) == 1 or (
        octets[:1]
        and octets[0] & HIGH_TAG == HIGH_TAG
        and octets[-1] < 0x80
        and min(octets[1:-1], default=0x80) >= 0x80
    )
    if octets and (not is_whole or octets[0] in (0x00, 0xFF) or (len(octets) == 1 and octets[0] & 0x1F == HIGH_TAG)):
        raise _wrong(kind, option, f"{text!r} is no identifier of a record")
    return octets


def _code(step: str, *, kind: str, is_group: bool = False) -> int:
    match = _STEP.fullmatch(step)
    if match is None:
        raise _wrong(kind, "elements", f"{step!r} is no tag")
    first, number = _CLASSES[match[1]] | (CONSTRUCTED if is_group else 0), int(match[2])
    return tag_code(first | number, 0) if number < HIGH_TAG else tag_code(first | HIGH_TAG, number)


def _group(path: str, *, root: Node, kind: str) -> tuple[Node, str]:
    """The node a path's last step stands in, and that step."""
    *groups, last = path.split(".")
    if len(groups) >= DEEPEST:
        raise _wrong(kind, "elements", f"{path!r} is more than {DEEPEST} levels deep")
    node = root
    for step in groups:
        node = node.children.setdefault(_code(step, kind=kind, is_group=True), Node())
    return node, last


def _add_element(word: str, *, root: Node, decoders: dict[str, Decoder], kind: str) -> None:
    parts = word.split(":")
    if len(parts) != 3 or not parts[0]:
        raise _wrong(kind, "elements", f"{word!r} is no element")
    column, path, wanted = parts
    decoder = next((known for known in DECODERS if known == wanted), None)
    if decoder is None:
        raise _wrong(kind, "elements", f"no decoder {wanted!r}; known: {', '.join(DECODERS)}")
    node, last = _group(path, root=root, kind=kind)
    code = _code(last, kind=kind)
    if column in decoders or code in node.children:
        raise _wrong(kind, "elements", f"{word!r}: its column or its tag comes twice")
    node.children[code] = Node(column)
    decoders[column] = decoder


def _add_ignored(path: str, *, root: Node, kind: str) -> None:
    node, last = _group(path, root=root, kind=kind)
    node.ignored |= {_code(last, kind=kind), _code(last, kind=kind, is_group=True)}
