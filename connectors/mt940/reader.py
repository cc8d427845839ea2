"""One raw record per ``:61:`` of an MT940 file, with its ``:86:`` and the context of its statement."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from config.errors import BadData
from connectors.assemble import assemble
from connectors.checks import checked, is_date4, is_date6
from connectors.model import Bytes, Cells, Ledger, RawChunk, Rows, Span
from connectors.mt940.fields import ENTRY_COLUMNS, SUBFIELDS, Cell, parse_details, parse_entry
from connectors.mt940.statements import Statement, Walker, prove_statements
from connectors.mt940.tokens import END, Token, read_tokens
from connectors.page_choice import TextCells, choose_pages
from connectors.text import decode_cells
from connectors.window import WINDOW_BYTES

_CONTEXT = ("REFERENCJA", "RACHUNEK", "WYCIAG", "DATA_OTW", "SALDO_OTW", "DATA_ZAM", "SALDO_ZAM", "WALUTA", "LP")
_DETAILS = ("OPIS", "KOD_OPERACJI")
COLUMNS = (*_CONTEXT, *ENTRY_COLUMNS, *_DETAILS, *(f"POLE_{number}" for number in SUBFIELDS), "NS")
"""``LP`` is the position of an entry in its statement, from 1; nothing else is unique there."""

_TEXTS = ("INFORMACJA", "OPIS", "NS")
_DATES = {"DATA_OTW": is_date6, "DATA_ZAM": is_date6, "DATA_WALUTY": is_date6, "DATA_KSIEG": is_date4}


@dataclass(frozen=True)
class Mt940Format:
    """How the texts of an MT940 file are written; the rest is the standard's."""

    pages: tuple[str, ...]
    """Declared code page, then the others that occur."""
    required: tuple[str, ...] = ()


def read_statements(
    path: Path,
    *,
    form: Mt940Format,
    ledger: Ledger,
    chunk_records: int = 50_000,
    window_bytes: int = WINDOW_BYTES,
) -> Iterator[RawChunk]:
    """Chunks of entries in file order; at least one.

    Raises:
        BadData: there is no statement in the file.
    """
    statements = prove_statements(read_tokens(path, ledger=ledger, window_bytes=window_bytes), ledger=ledger)
    if not statements:
        raise BadData(
            f"{ledger.file}: byte 0: no tag of an MT940 statement", hint="The file is empty or another format"
        )
    gathered = _Gathered(form, ledger)
    walker = Walker()
    entry: list[Token] = []
    has_any = False
    for token in read_tokens(path, ledger=ledger, window_bytes=window_bytes):
        number = walker.statement
        role = walker.place(token)
        if role == "details":
            entry.append(token)
            continue
        gathered.add_entry(entry, statement=statements[number])
        entry = [token] if role == "entry" else []
        if gathered.size >= chunk_records:
            has_any = True
            yield gathered.chunk()
        if role != "entry":
            gathered.add_other(token, statement=None if role == "between" else statements[walker.statement], role=role)
    gathered.add_entry(entry, statement=statements[walker.statement])
    if gathered.rows or gathered.spans or not has_any:
        yield gathered.chunk(is_last=True)


@dataclass
class _Gathered:
    """Records and spans on their way into a chunk."""

    form: Mt940Format
    ledger: Ledger
    rows: list[list[Cell]] = field(default_factory=list)
    places: list[tuple[int, int]] = field(default_factory=list)
    spans: list[Span] = field(default_factory=list)
    _before: Statement | None = None
    _position: int = 0
    _context: list[Cell] = field(default_factory=list)

    @property
    def size(self) -> int:
        """Records and spans so far, without one that may still grow."""
        return len(self.rows) + len(self.spans) - self._has_open_span

    @property
    def _has_open_span(self) -> bool:
        return bool(self.spans) and not self.spans[-1].is_record

    def add_entry(self, tokens: Sequence[Token], *, statement: Statement) -> None:
        """A ``:61:`` with the texts behind it; no tokens are no entry."""
        if not tokens:
            return
        if statement is not self._before:
            self._before, self._position = statement, statement.first_entry
            self._context = [] if statement.reason else _context(statement)
        self._position += 1
        offset, length = tokens[0].offset, tokens[-1].end - tokens[0].offset
        entry = parse_entry(tokens[0])
        if entry is None:
            self.spans.append(Span(offset, length, "bad_statement_line", "a :61: of the standard expected"))
        elif statement.reason:
            self.spans.append(Span(offset, length, statement.reason, statement.detail))
        else:
            self.places.append((offset, length))
            position = (b"%d" % self._position, offset)
            self.rows.append([*self._context, position, *entry, *_details(tokens[1:], offset=offset)])

    def add_other(self, token: Token, *, statement: Statement | None, role: str) -> None:
        """A token that is no part of an entry."""
        known = token.known_length()
        rest = len(token.data) - known
        if statement is not None and statement.reason:
            self._add_span(token.offset, known, reason=statement.reason, detail=statement.detail)
        else:
            self.ledger.book("trailer" if role == "tail" or token.tag == END else "header", known)
        if token.rest_is_blank(known):
            self.ledger.book("filler", rest)
        else:
            self._add_span(token.offset + known, rest, reason="not_mt940", detail="a tag or a block expected")

    def _add_span(self, offset: int, length: int, *, reason: str, detail: str) -> None:
        """Bytes the sender counts as no record; those that touch are one span."""
        new = Span(offset, length, reason, detail, is_record=False)
        if self.spans:
            last = self.spans[-1]
            if last == replace(new, offset=last.offset, length=offset - last.offset):
                new = self.spans.pop()
                new = replace(new, length=new.length + length)
        self.spans.append(new)

    def chunk(self, *, is_last: bool = False) -> RawChunk:
        """What was gathered; begins anew.

        A last span that the next token may lengthen waits for the next chunk, so that chunks do not cut spans.
        """
        columns, rows = _columns(self.rows, places=self.places, pages=self.form.pages)
        waiting = [self.spans.pop()] if self._has_open_span and not is_last else []
        spans = self.spans
        self.rows, self.places, self.spans = [], [], waiting
        return assemble(columns, rows=rows, spans=spans, required=self.form.required, ledger=self.ledger)


def _context(statement: Statement) -> list[Cell]:
    opening, closing = statement.opening, statement.closing
    assert opening is not None and closing is not None  # or the statement would not be delivered
    currency = (opening.currency.encode("latin-1"), opening.date[1] + 6)
    balances = [opening.date, opening.text, closing.date, closing.text, currency]
    return [statement.reference, statement.account, statement.number, *balances]


def _details(tokens: Sequence[Token], *, offset: int) -> list[Cell]:
    details = parse_details([token for token in tokens if token.tag != "NS"])
    extra = parse_details([token for token in tokens if token.tag == "NS"])
    nothing = (b"", offset)
    subfields = [details.subfields.get(number, nothing) for number in SUBFIELDS]
    return [details.text, details.code, *subfields, extra.text]


def _columns(
    rows: Sequence[Sequence[Cell]], *, places: Sequence[tuple[int, int]], pages: Sequence[str]
) -> tuple[dict[str, Cells], Rows]:
    stored = {name: _Stored.of([row[at] for row in rows]) for at, name in enumerate(COLUMNS)}
    texts = [TextCells(stored[name].data, stored[name].ends[:-1], np.diff(stored[name].ends)) for name in _TEXTS]
    page_of_row = choose_pages(texts, rows=len(rows), pages=pages)
    columns: dict[str, Cells] = {}
    for name, column in stored.items():
        values, reasons = decode_cells(column.data, column.ends, pages=pages, page_of_row=page_of_row)
        columns[name] = Cells(values, reasons, column.offsets)
        if name in _DATES:
            columns[name] = checked(columns[name], is_fine=_DATES[name], reason="bad_date")
    place = np.array(places, dtype=np.int64).reshape(-1, 2)
    is_deleted = np.zeros(len(rows), dtype=np.bool_)
    return columns, Rows(place[:, 0], place[:, 1], is_deleted, page_of_row, tuple(pages))


@dataclass(frozen=True)
class _Stored:
    """The cells of one column, one after another."""

    data: Bytes
    ends: np.ndarray[tuple[int, ...], np.dtype[np.int64]]
    offsets: np.ndarray[tuple[int, ...], np.dtype[np.int64]]

    @staticmethod
    def of(cells: Sequence[Cell]) -> _Stored:
        ends = np.zeros(len(cells) + 1, dtype=np.int64)
        np.cumsum([len(text) for text, _ in cells], out=ends[1:])
        data = np.frombuffer(b"".join([text for text, _ in cells]), dtype=np.uint8)
        return _Stored(data, ends, np.array([offset for _, offset in cells], dtype=np.int64))
