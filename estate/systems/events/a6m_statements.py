"""Statements of MT940 as messages: headings, balances, entries, and the place of each record in the file."""

from __future__ import annotations

from dataclasses import dataclass, field

from estate.systems.lines import amount

PAGE = "cp1250"
_PER_MESSAGE = 30
_BANKS = ("BPKOPLPW", "PKOPPLPW", "BREXPLPW", "WBKPPLPP")


@dataclass(frozen=True)
class Entry:
    """A ``:61:`` with its text."""

    record: int
    """Number of the payment in its file, NONE for fees."""
    grosze: int
    """What it adds to the balance."""
    text: str


@dataclass
class File:
    """What was written so far."""

    parts: list[bytes] = field(default_factory=list)
    size: int = 0
    keys: list[str] = field(default_factory=list)
    records: list[int] = field(default_factory=list)
    offsets: list[int] = field(default_factory=list)
    lengths: list[int] = field(default_factory=list)
    unproven: list[int] = field(default_factory=list)
    """Records of statements that do not add up."""

    def add(self, data: bytes) -> None:
        """Bytes that are no record."""
        self.parts.append(data)
        self.size += len(data)

    def add_record(self, data: bytes, *, key: str, record: int) -> None:
        """A record."""
        self.keys.append(key)
        self.records.append(record)
        self.offsets.append(self.size)
        self.lengths.append(len(data))
        self.add(data)


@dataclass(frozen=True)
class Heading:
    """What a bank writes around the entries of a day."""

    account: str
    number: int
    opened: str
    day: str
    habit: int

    @property
    def has_blocks(self) -> bool:
        """Whether the bank writes SWIFT's blocks around its messages."""
        return self.habit % 3 != 0

    @property
    def has_balances(self) -> bool:
        """Whether messages of one statement have intermediate balances."""
        return self.habit % 2 == 0

    @property
    def begin(self) -> str:
        """What stands before a message."""
        return f"{{1:F01{_BANKS[self.habit % 4]}AXXX0000000000}}{{2:O9401200}}{{4:\r\n" if self.has_blocks else ""

    @property
    def end(self) -> str:
        """What stands behind a message."""
        return "-}\r\n" if self.has_blocks else "-\r\n"


def write_statement(
    written: File, heading: Heading, lines: list[tuple[Entry, bytes]], *, balance: int, off: int
) -> int:
    """Write the messages of a statement; the balance it leaves, which is not what it says where it is ``off``."""
    opened, position, first = heading.opened, 0, len(written.records)
    pages = range(0, max(1, len(lines)), _PER_MESSAGE)
    for page, start in enumerate(pages, 1):
        is_last = start + _PER_MESSAGE >= len(lines)
        number = f"{heading.number:05d}/{page}" if len(pages) > 1 else f"{heading.number:05d}"
        head = f"{heading.begin}:20:ST{heading.day}\r\n:25:{heading.account}\r\n:28C:{number}\r\n"
        if page == 1 or heading.has_balances:
            head += f":60{'F' if page == 1 else 'M'}:{_balance(balance, opened)}\r\n"
            position, first = 0, len(written.records)
        written.add(head.encode(PAGE))
        for entry, data in lines[start : start + _PER_MESSAGE]:
            position += 1
            key = f"{heading.account}/{opened if position else ''}/{number}/{position}"
            written.add_record(data, key=key, record=entry.record)
            balance += entry.grosze
        tail = ""
        if is_last or heading.has_balances:
            tail = f":62{'F' if is_last else 'M'}:{_balance(balance + (off if is_last else 0), heading.day)}\r\n"
        written.add((tail + heading.end).encode(PAGE))
        if heading.has_balances:
            opened = heading.day
    if off:
        written.unproven += range(first, len(written.records))
    return balance


def _balance(grosze: int, day: str) -> str:
    return f"{'D' if grosze < 0 else 'C'}{day}PLN{amount(abs(grosze))}"
