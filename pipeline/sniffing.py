"""What a file of strangers is: its format, its code page, its delimiter. A guess with reasons, for a person to read.

Only formats with a reader are proposed. A file that looks like another format is named for what it is and refused: a
guess that reads a spreadsheet as text would find columns in it too.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from config.errors import BadData, ConfigurationError, SourceUnavailable, StorageFailed
from dedupe.anytable.proposing import words_of_name

SAMPLE_BYTES = 4 * 2**20
PAGES = ("cp1250", "iso8859_2", "cp852", "mazovia")
"""Single-byte pages of Poland, the more frequent first."""
DELIMITERS = (";", "\t", "|", ",", "~", "^")
_DBF_VERSIONS = frozenset({0x03, 0x30, 0x31, 0x32, 0x43, 0x63, 0x83, 0x8B, 0xCB, 0xF5, 0xFB})
_ROWS = 200

Options = dict[str, str | int | bool]


@dataclass(frozen=True)
class Sniffed:
    """How a file is written, and why we think so."""

    format: str
    code_page: str
    candidates: tuple[str, ...] = ()
    options: Options = field(default_factory=dict)
    why_format: str = ""
    why_page: str = ""
    memo: str | None = None
    """Name of the memo file beside it."""


_CUSTOMER_FORMATS = ("xls",)
"""Formats known by their first bytes in which somebody keeps customers; mail, statements and scans hold events."""
_MAGIC: tuple[tuple[str, str, Callable[[bytes], bool]], ...] = (
    ("xls", "an Excel 97 workbook", lambda head: head.startswith(b"\xd0\xcf\x11\xe0")),
    ("zip", "a ZIP archive or a workbook of today's Excel", lambda head: head.startswith(b"PK\x03\x04")),
    ("sqlite", "an SQLite database", lambda head: head.startswith(b"SQLite format 3\0")),
    ("parquet", "a Parquet file", lambda head: head.startswith(b"PAR1")),
    ("pdf", "a PDF", lambda head: head.startswith(b"%PDF")),
    ("tiff", "a TIFF", lambda head: head.startswith((b"II*\0", b"MM\0*"))),
    ("xml", "XML", lambda head: head.lstrip(b"\xef\xbb\xbf \r\n\t").startswith((b"<?xml", b"<"))),
    ("mbox", "a mailbox", lambda head: head.startswith(b"From ") and b"\nSubject:" in head),
    ("mt940", "MT940 statements of a bank", lambda head: head.startswith((b"{1:", b":20:"))),
)


def sniff(path: Path) -> Sniffed:
    """How a file is written.

    Raises:
        SourceUnavailable: there is no such file.
        BadData: it is empty.
        ConfigurationError: nothing that is registered reads such a file.
    """
    head = _head(path)
    if _is_dbf(head):
        return _sniffed_dbf(path, head)
    for name, told, is_it in _MAGIC:
        if is_it(head):
            if name in _CUSTOMER_FORMATS:
                return Sniffed(name, "utf_8", why_format=f"it begins like {told}")
            raise ConfigurationError(
                f"{path}: it begins like {told}, and no reader takes customers from such files",
                hint="Ask the system for an export as delimited text or DBF",
            )
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise ConfigurationError(f"{path}: UTF-16", hint="Save it as UTF-8 first: iconv -f utf-16 -t utf-8")
    if b"\n" not in head and head.count(0x40) > len(head) // 20:
        raise ConfigurationError(
            f"{path}: no line ends and many 0x40: EBCDIC records of a mainframe",
            hint="They need a copybook: docs/how-to/add-a-legacy-system.md",
        )
    return _sniffed_text(path, head)


def _head(path: Path) -> bytes:
    if not path.is_file():
        raise SourceUnavailable(f"{path}: no such file")
    try:
        with path.open("rb") as file:
            head = file.read(SAMPLE_BYTES)
            is_whole = not file.read(1)
    except OSError as exc:
        raise StorageFailed(f"{path}: {exc.strerror}") from exc
    if not head.strip():
        raise BadData(f"{path}: byte 0: the file is empty", hint="Ask for it again")
    return head if is_whole else head[: head.rfind(b"\n") + 1] or head


def _is_dbf(head: bytes) -> bool:
    if len(head) < 33 or head[0] not in _DBF_VERSIONS:
        return False
    size, width = int.from_bytes(head[8:10], "little"), int.from_bytes(head[10:12], "little")
    return width > 1 and 33 <= size <= len(head) and 0x0D in (head[size - 1], head[max(size - 264, 0)], head[size - 2])


def _sniffed_dbf(path: Path, head: bytes) -> Sniffed:
    texts = re.split(rb"\s{2,}|\0+", head[int.from_bytes(head[8:10], "little") :])
    page, candidates, why = choose_page(texts)
    if page == "utf_8" and not candidates:
        page, why = "cp852", f"{why}; DOS programs of Poland wrote CP852 or Mazovia"
    memo = next(
        (
            name.name
            for name in sorted(path.parent.glob(f"{path.stem}.*"))
            if name.suffix.lower() in (".fpt", ".dbt") and name.stem == path.stem
        ),
        None,
    )
    return Sniffed(
        "dbf", page, candidates, why_format="a dBase or FoxPro header, field by field", why_page=why, memo=memo
    )


def choose_page(texts: Sequence[bytes]) -> tuple[str, tuple[str, ...], str]:
    """Code page of texts, the others their rows may be in, and why."""
    from connectors.page_choice import rank_pages

    wide = [text for text in texts if not text.isascii()]
    if not wide:
        return "utf_8", ("utf_8", "cp1250"), "nothing beyond ASCII stands in the file: rows to come are read in either"
    broken = [text for text in wide if not _is_utf8(text)]
    if not broken:
        return "utf_8", (), f"all {len(wide)} texts beyond ASCII are valid UTF-8, which happens by no chance"
    (best, score), (other, next_score), *_ = rank_pages(broken, pages=PAGES)
    why = f"{len(broken)} texts look most Polish in it, {other} is {score - next_score:.0f} nats behind"
    if len(broken) * 2 < len(wide):
        return "utf_8", ("utf_8", best), f"most texts are valid UTF-8; of {best} the rest: {why}"
    return best, (), why


def _is_utf8(text: bytes) -> bool:
    try:
        text.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _sniffed_text(path: Path, head: bytes) -> Sniffed:
    content = head.removeprefix(b"\xef\xbb\xbf").rstrip(b"\x1a")
    text = content.decode("latin-1")
    text = re.sub(r"\A\s*sep=.\r?\n", "", text, flags=re.IGNORECASE)
    delimiter, width, share = _delimiter(text)
    if width < 2:
        lengths = Counter(len(line) for line in text.splitlines()[:_ROWS] if line)
        is_fixed = len(lengths) == 1 and max(lengths) > 20
        told = "its lines have all the same length: fixed columns" if is_fixed else "no delimiter splits its lines"
        raise ConfigurationError(
            f"{path}: {told}, and no reader takes customers from such files",
            hint="Ask the system for an export with delimiters; for mainframe records describe a copybook",
        )
    page, candidates, why_page = choose_page(re.split(rb"[\n\r\"" + re.escape(delimiter.encode()) + rb"]+", content))
    if head.startswith(b"\xef\xbb\xbf"):
        page, why_page = "utf_8", "it begins with the mark of UTF-8"
    rows = _rows(text, delimiter)
    has_heading = _is_heading(rows)
    told = f"{delimiter!r} splits {100 * share:.0f} % of the lines into {width} fields"
    lines = [line for line in text.splitlines()[:_ROWS] if line]
    if not has_heading and delimiter == "|" and all(line.endswith("|") for line in lines):
        columns = " ".join(f"column_{number}" for number in range(1, width))
        return Sniffed(
            "informix_unload",
            page,
            candidates,
            {"columns": columns},
            why_format="every line ends with |: an unload of Informix, which has no heading",
            why_page=why_page,
        )
    options: Options = {"delimiter": delimiter}
    if '"' in text and not _quotes_close(text, delimiter):
        options["quote"] = ""
        told += "; quotes are text like any other"
    if f"\\{delimiter}" in text or '\\"' in text:
        options["escape"] = "\\"
    if not has_heading:
        options |= {"header": False, "columns": " ".join(f"column_{number}" for number in range(1, width + 1))}
        told += "; the first line is no heading"
    return Sniffed("delimited", page, candidates, options, why_format=told, why_page=why_page)


def _rows(text: str, delimiter: str) -> list[list[str]]:
    reader = csv.reader(io.StringIO(text[: 2**20], newline=""), delimiter=delimiter)
    rows: list[list[str]] = []
    try:
        for row in reader:
            if row:
                rows.append(row)
            if len(rows) > _ROWS:
                break
    except csv.Error:
        return rows
    return rows


def _delimiter(text: str) -> tuple[str, int, float]:
    """The delimiter that splits most lines alike, into most fields; how many, and which share of the lines."""

    def judged(delimiter: str) -> tuple[bool, int, float]:
        widths = Counter(len(row) for row in _rows(text, delimiter))
        width, rows = max(widths.items(), key=lambda item: (item[1], item[0]), default=(1, 0))
        share = rows / max(sum(widths.values()), 1)
        return width > 1 and share >= 0.8, width, share

    best = max(DELIMITERS, key=lambda delimiter: (*judged(delimiter), -DELIMITERS.index(delimiter)))
    is_good, width, share = judged(best)
    return best, width if is_good else 1, share


def _quotes_close(text: str, delimiter: str) -> bool:
    """Whether quotes at the edges of fields come in pairs, as where they enclose."""
    opening = len(re.findall(rf'(?:^|{re.escape(delimiter)})"', text, re.MULTILINE))
    closing = len(re.findall(rf'"(?:{re.escape(delimiter)}|\r?$)', text, re.MULTILINE))
    return abs(opening - closing) * 20 <= opening + closing


def _is_heading(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first row names columns: words, all different, and no value such as stands below."""
    if not rows:
        return False
    names = [cell.strip() for cell in rows[0]]
    filled = [name for name in names if name]
    if len(set(filled)) != len(filled) or len(filled) * 2 < len(names):
        return False
    if any("@" in name or re.fullmatch(r"[\d\s./:,-]+", name) or len(name) > 60 for name in filled):
        return False
    below = [cell for row in rows[1:] for cell in row]
    has_values = any(re.search(r"\d", cell) for cell in below)
    return not below or has_values or _sounds_known(filled)


def _sounds_known(names: Sequence[str]) -> bool:
    from config.source_columns import load_source_columns

    known = {phrase for phrases in load_source_columns().values() for phrase in phrases}
    return any(" ".join(words_of_name(name)) in known for name in names)
