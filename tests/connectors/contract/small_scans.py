"""A small batch of scanned letters: an index, their pages and their texts, each a file of its own."""

from __future__ import annotations

import itertools
import random
import struct
from collections.abc import Iterator

from connectors.model import RawChunk
from connectors.scans import OCR_TEXT, TIFF_PAGES, ScanFile, read_scans, scan_format
from tests.connectors.contract.case import Files, Opening, ReaderCase
from tests.connectors.contract.mutations import Mutator, Token, one_of, split_lines, structured
from tests.connectors.contract.small_kinds import small_kind

INDEX_COLUMNS = ("NR", "TYP", "STRON", "TIFF", "TEKST")
COLUMNS = (*INDEX_COLUMNS, TIFF_PAGES, OCR_TEXT)
OPTIONS = {"page_count": "STRON", "tiff": "TIFF", "text": "TEKST"}
INDEX = (
    "NR;TYP;STRON;TIFF;TEKST\r\n"
    "1;ŚWIADCZENIE;2;scan_batch.1.TIF;scan_batch.1.TXT\r\n"
    '2;"A;B";1;SCAN_BATCH.2.tif;scan_batch.2.TXT\r\n'
    "3;ŻĄDANIE;1;scan_batch.3.TIF;\r\n"
)


def tiff(pages: int) -> bytes:
    """Directories one behind another, each with the same strip of one byte."""
    out = b"II" + struct.pack("<HI", 42, 10) + b"\x01\0"
    for page in range(1, pages + 1):
        entries = ((256, 3, 1, 8), (257, 3, 1, 1), (273, 4, 1, 8), (279, 4, 1, 1))
        following = 0 if page == pages else len(out) + 2 + 12 * len(entries) + 4
        out += struct.pack("<H", len(entries)) + b"".join(struct.pack("<HHII", *entry) for entry in entries)
        out += struct.pack("<I", following)
    return out


def _files(index: str = INDEX, text: str = "Świątek pisze") -> Files:
    return {
        "main": index.encode("cp1250"),
        "1.TIF": tiff(2),
        "1.TXT": text.encode("cp1250"),
        "2.TIF": tiff(1),
        "2.TXT": "zażółć".encode("cp1250"),
        "3.TIF": tiff(1),
    }


def read(opened: Opening) -> Iterator[RawChunk]:
    """The index with the files beside it."""
    window = {"window_bytes": opened.window_bytes} if opened.window_bytes else {}
    beside = [part for part in opened.paths if part != "main"]
    return read_scans(
        opened.paths["main"],
        form=scan_format(OPTIONS, kind="small", pages=(opened.page,), required=()),
        ledger=opened.ledgers["main"],
        files={opened.paths[part].name: ScanFile(opened.paths[part], opened.ledgers[part]) for part in beside},
        chunk_records=opened.chunk_records,
        **window,
    )


def _split_tiff(content: bytes) -> list[Token]:
    """Header, then tag with type, count and value of the entries of each directory."""
    cuts = [0, 4, 8, 10]
    for at in range(10, len(content), 54):
        cuts += [at + 2, *(at + 2 + 12 * entry + more for entry in range(4) for more in (4, 8, 12)), at + 54]
    return [Token(content[a:b], is_sized=True) for a, b in itertools.pairwise(cuts)]


def _loses_a_file(chance: random.Random, files: Files) -> Files:
    """A file is missing, another has taken its place, or one came that nobody named."""
    part, other = chance.sample(sorted(set(files) - {"main"}), 2)
    kept = {name: content for name, content in files.items() if name != part}
    return chance.choice((kept, {**files, part: files[other]}, {**kept, "9.TIF": files[part]}))


_SPOILT_TIFFS: tuple[Mutator, ...] = tuple(structured(_split_tiff, part=part) for part in ("1.TIF", "3.TIF"))
_SPOILT_TEXT = structured(lambda content: [Token(content)], part="1.TXT")

SCAN_CASES = (
    ReaderCase(
        name="scan_batch",
        files=_files,
        read=read,
        columns=COLUMNS,
        records=3,
        mutate=one_of(structured(split_lines(b";", first_weight=1)), *_SPOILT_TIFFS, _SPOILT_TEXT, _loses_a_file),
        page="cp1250",
        wrong_page="ascii",
        kind=small_kind(
            "scan_batch",
            columns=COLUMNS,
            page="cp1250",
            files={"main": "INDEKS.CSV", "pages": "*.TIF", "text": "*.TXT"},
            options=OPTIONS,
        ),
        drifted=lambda: _files(INDEX.replace("TYP", "RODZAJ")),
        huge=lambda: _files(text="x" * 70_000),
    ),
)
