"""One raw record per ``:61:`` of an MT940 file, with its ``:86:`` and the context of its statement."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from config.errors import BadData
from connectors.assemble import assemble
from connectors.checks import checked, is_date4, is_date6
from connectors.model import Bytes, Cells, Ledger, Longs, RawChunk, Rows, Span
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
_ALWAYS = (*_CONTEXT, *ENTRY_COLUMNS, *_DETAILS, "NS")

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
    if gathered.places or gathered.spans or not has_any:
        yield gathered.chunk(is_last=True)


@dataclass
class _Gathered:
    """Records and spans on their way into a chunk."""

    form: Mt940Format
    ledger: Ledger
    texts: list[bytes] = field(default_factory=list)
    """Cells of :data:`_ALWAYS`, row by row: a tuple for each would keep the collector of garbage busy."""
    offsets: array[int] = field(default_factory=lambda: array("q"))
    """Where they stand."""
    subfields: list[dict[str, Cell]] = field(default_factory=list)
    """Per row its subfields by number: most statements have few of them, or none."""
    places: list[tuple[int, int]] = field(default_factory=list)
    spans: list[Span] = field(default_factory=list)
    _before: Statement | None = None
    _position: int = 0
    _context: list[Cell] = field(default_factory=list)

    @property
    def size(self) -> int:
        """Records and spans so far, without one that may still grow."""
        return len(self.places) + len(self.spans) - self._has_open_span

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
            extras = [token for token in tokens if token.tag == "NS"]
            details = parse_details([token for token in tokens[1:] if token.tag != "NS"] if extras else tokens[1:])
            extra = parse_details(extras)
            cells = (*self._context, position, *entry, details.text, details.code, extra.text)
            self.texts += [text for text, _ in cells]
            self.offsets.extend([at for _, at in cells])
            self.subfields.append(details.subfields)

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
        columns, rows = self._columns()
        waiting = [self.spans.pop()] if self._has_open_span and not is_last else []
        spans = self.spans
        self.texts, self.offsets, self.subfields, self.places, self.spans = [], array("q"), [], [], waiting
        return assemble(columns, rows=rows, spans=spans, required=self.form.required, ledger=self.ledger)

    def _columns(self) -> tuple[dict[str, Cells], Rows]:
        pages, rows = self.form.pages, len(self.places)
        place = np.array(self.places, dtype=np.int64).reshape(-1, 2)
        stored = self._stored(place[:, 0])
        texts = [TextCells(stored[name].data, stored[name].ends[:-1], np.diff(stored[name].ends)) for name in _TEXTS]
        page_of_row = choose_pages(texts, rows=rows, pages=pages)
        columns: dict[str, Cells] = {}
        for name in COLUMNS:
            column = stored[name]
            values, reasons = decode_cells(column.data, column.ends, pages=pages, page_of_row=page_of_row)
            columns[name] = Cells(values, reasons, column.offsets)
            if name in _DATES:
                columns[name] = checked(columns[name], is_fine=_DATES[name], reason="bad_date")
        is_deleted = np.zeros(rows, dtype=np.bool_)
        return columns, Rows(place[:, 0], place[:, 1], is_deleted, page_of_row, tuple(pages))

    def _stored(self, entries: Longs) -> dict[str, _Stored]:
        """The bytes of each column; a subfield nobody wrote stands where its entry does."""
        width = len(_ALWAYS)
        offsets = np.array(self.offsets, dtype=np.int64).reshape(-1, width)
        stored = {name: _Stored.of(self.texts[at::width], offsets[:, at]) for at, name in enumerate(_ALWAYS)}
        used = set().union(*self.subfields)
        nothing = _Stored.of([b""] * len(entries), entries)
        missing = [(b"", offset) for offset in entries.tolist()] if used else []
        for number in SUBFIELDS:
            column = nothing
            if number in used:
                cells = [found.get(number, no) for found, no in zip(self.subfields, missing, strict=True)]
                column = _Stored.of([text for text, _ in cells], np.array([at for _, at in cells], dtype=np.int64))
            stored[f"POLE_{number}"] = column
        return stored


def _context(statement: Statement) -> list[Cell]:
    opening, closing = statement.opening, statement.closing
    assert opening is not None and closing is not None  # or the statement would not be delivered
    currency = (opening.currency.encode("latin-1"), opening.date[1] + 6)
    balances = [opening.date, opening.text, closing.date, closing.text, currency]
    return [statement.reference, statement.account, statement.number, *balances]


@dataclass(frozen=True)
class _Stored:
    """The cells of one column, one after another."""

    data: Bytes
    ends: Longs
    offsets: Longs

    @staticmethod
    def of(texts: Sequence[bytes], offsets: Longs) -> _Stored:
        ends = np.zeros(len(texts) + 1, dtype=np.int64)
        np.cumsum(np.fromiter(map(len, texts), dtype=np.int64, count=len(texts)), out=ends[1:])
        return _Stored(np.frombuffer(b"".join(texts), dtype=np.uint8), ends, offsets)
