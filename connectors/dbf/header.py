"""The header of a DBF file: version, sizes, language driver, fields.

Headers lie. The record count is stale after a crash, the language driver byte says what the last program guessed, and
Clipper keeps the high byte of a long text field where others keep decimals. Only what the records themselves can
confirm is believed: the field widths must sum to the record length.
"""

from __future__ import annotations

from dataclasses import dataclass

from config.errors import BadData

VERSIONS = {
    0x02: "dBase II",
    0x03: "dBase III",
    0x30: "Visual FoxPro",
    0x31: "Visual FoxPro, autoincrement",
    0x32: "Visual FoxPro, varchar",
    0x43: "dBase IV SQL table",
    0x63: "dBase IV SQL system",
    0x83: "dBase III with memo",
    0x8B: "dBase IV with memo",
    0x8E: "dBase IV SQL table with memo",
    0xCB: "dBase IV SQL table with memo",
    0xF5: "FoxPro 2 with memo",
    0xFB: "FoxPro",
}
FIELD_TYPES = frozenset("CNFDLMGPIYTBV0")
_ASCII_NAME = frozenset(range(0x21, 0x7F))

CODE_PAGES = {
    **dict.fromkeys((0x01, 0x09, 0x0B, 0x0D, 0x0F, 0x11, 0x15, 0x18, 0x19, 0x1B), "cp437"),
    **dict.fromkeys((0x02, 0x0A, 0x0E, 0x10, 0x12, 0x14, 0x16, 0x1A, 0x1D, 0x25, 0x37), "cp850"),
    **dict.fromkeys((0x03, 0x57, 0x58, 0x59), "cp1252"),
    **dict.fromkeys((0x08, 0x17, 0x66), "cp865"),
    **dict.fromkeys((0x1F, 0x22, 0x23, 0x40, 0x64), "cp852"),
    0x1C: "cp863",
    0x24: "cp860",
    0x26: "cp866",
    0x65: "cp866",
    0x67: "cp861",
    0x69: "mazovia",
    0x6A: "cp737",
    0x6B: "cp857",
    0xC8: "cp1250",
    0xC9: "cp1251",
    0xCA: "cp1254",
    0xCB: "cp1253",
    0xCC: "cp1257",
}
"""Language driver byte to code page."""


@dataclass(frozen=True)
class DbfField:
    """One field of a table."""

    name: str
    type: str
    offset: int
    """First byte in the record; the delete flag is byte 0."""
    width: int
    null_bit: int = -1
    """Bit of ``_NullFlags`` that says the field is null; -1 when it cannot be."""
    length_bit: int = -1
    """Bit of ``_NullFlags`` that says a varchar does not fill its field; -1 when there is none."""


@dataclass(frozen=True)
class DbfHeader:
    """The header of a table."""

    version: int
    records: int
    header_bytes: int
    record_bytes: int
    language_driver: int
    fields: tuple[DbfField, ...]

    @property
    def code_page(self) -> str | None:
        """What the language driver byte says; None when it says nothing we know."""
        return CODE_PAGES.get(self.language_driver)

    @property
    def is_visual(self) -> bool:
        """Whether Visual FoxPro wrote it: type B is a number there, and a pointer elsewhere."""
        return self.version in (0x30, 0x31, 0x32)


def header_size(start: bytes, *, file: str) -> int:
    """How many bytes the header has, from its first 32.

    Raises:
        BadData: this is no DBF file.
    """
    if len(start) < 32:
        raise BadData(f"{file}: byte {len(start)}: the header is cut, 32 bytes expected", hint="Ask for it again")
    if start[0] not in VERSIONS:
        raise BadData(f"{file}: byte 0: 0x{start[0]:02X} is no DBF version", hint="Is this a DBF file?")
    return 521 if start[0] == 0x02 else int.from_bytes(start[8:10], "little")


def parse_header(data: bytes, *, file: str) -> DbfHeader:
    """The header of a table.

    Raises:
        BadData: it is cut or contradicts itself; the message names the byte.
    """
    size = header_size(data, file=file)
    if len(data) < size or size < 33:
        raise BadData(f"{file}: byte {len(data)}: the header is cut, {max(size, 33)} bytes expected")
    if data[0] == 0x02:
        return _parse_dbase2(data, file=file)
    record_bytes = int.from_bytes(data[10:12], "little")
    raw = _raw_fields(data[:size], file=file)
    return DbfHeader(
        version=data[0],
        records=int.from_bytes(data[4:8], "little"),
        header_bytes=size,
        record_bytes=record_bytes,
        language_driver=data[29],
        fields=_placed(raw, record_bytes=record_bytes, file=file),
    )


@dataclass(frozen=True)
class _RawField:
    at: int
    name: str
    type: str
    length: int
    decimals: int
    flags: int = 0


def _raw_fields(data: bytes, *, file: str) -> list[_RawField]:
    fields: list[_RawField] = []
    at = 32
    while at + 32 <= len(data) and data[at] != 0x0D:
        block = data[at : at + 32]
        flags = block[18] if data[0] in (0x30, 0x31, 0x32) else 0
        fields.append(_RawField(at, _name(block[:11], at=at, file=file), chr(block[11]), block[16], block[17], flags))
        at += 32
    if at >= len(data) or data[at] != 0x0D:
        raise BadData(f"{file}: byte {at}: no 0x0D behind the last field", hint="The header is damaged")
    return fields


def _name(raw: bytes, *, at: int, file: str) -> str:
    name = raw.split(b"\0")[0].rstrip(b" ")
    if not name or not _ASCII_NAME.issuperset(name):
        raise BadData(f"{file}: byte {at}: a field name that is no name", hint="The header is damaged")
    return name.decode("ascii")


def _parse_dbase2(data: bytes, *, file: str) -> DbfHeader:
    raw: list[_RawField] = []
    at = 8
    while at + 16 <= 520 and data[at] != 0x0D:
        raw.append(_RawField(at, _name(data[at : at + 11], at=at, file=file), chr(data[at + 11]), data[at + 12], 0))
        at += 16
    record_bytes = int.from_bytes(data[6:8], "little")
    fields = _placed(raw, record_bytes=record_bytes, file=file)
    return DbfHeader(0x02, int.from_bytes(data[1:3], "little"), 521, record_bytes, 0, fields)


def _placed(raw: list[_RawField], *, record_bytes: int, file: str) -> tuple[DbfField, ...]:
    if not raw:
        raise BadData(f"{file}: byte 32: the table has no fields", hint="The header is damaged")
    for field in raw:
        if field.type not in FIELD_TYPES:
            raise BadData(
                f"{file}: byte {field.at + 11}: field type 0x{ord(field.type):02X} of {field.name} is unknown"
            )
    widths = [field.length for field in raw]
    if sum(widths) + 1 != record_bytes:
        widths = [field.length + 256 * field.decimals if field.type == "C" else field.length for field in raw]
    if sum(widths) + 1 != record_bytes or 0 in widths:
        raise BadData(
            f"{file}: byte 10: records have {record_bytes} bytes, their fields {sum(widths) + 1}",
            hint="The header is damaged",
        )
    fields: list[DbfField] = []
    offset, bit = 1, 0
    for field, width in zip(raw, widths, strict=True):
        length_bit = null_bit = -1
        if field.type == "V":
            length_bit, bit = bit, bit + 1
        if field.flags & 0x02:
            null_bit, bit = bit, bit + 1
        fields.append(DbfField(field.name, field.type, offset, width, null_bit, length_bit))
        offset += width
    return tuple(fields)
