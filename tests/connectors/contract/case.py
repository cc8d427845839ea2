"""What a format tells the contract suite and the fuzzer, and how both read it."""

from __future__ import annotations

import inspect
import itertools
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from config.kinds import Budgets, Kind
from connectors.model import FileAccount, Ledger, RawChunk

Files = Mapping[str, bytes]
"""Part to content; ``main`` holds the records. Where a delivery has many files, a part is one of them."""


@dataclass(frozen=True)
class Opening:
    """Files on disk, and how this time they are to be read."""

    paths: Mapping[str, Path]
    ledgers: Mapping[str, Ledger]
    page: str
    chunk_records: int = 50_000
    window_bytes: int | None = None


@dataclass(frozen=True)
class ReaderCase:
    """One format: a small valid file, what stands in it, and how to read and to spoil it."""

    name: str
    files: Callable[[], Files]
    """A valid delivery of a few hundred bytes; its first record holds a letter that no ASCII page has."""
    read: Callable[[Opening], Iterator[RawChunk]]
    columns: tuple[str, ...]
    records: int
    mutate: Callable[[random.Random, Files], Files]
    """Spoils a delivery and keeps enough of its structure for the records to be reached."""
    page: str = ""
    wrong_page: str = ""
    """A page that lacks the letters of the file; empty where the format tells its own."""
    kind: Kind | None = None
    """The same format as YAML would give it, for what needs a manifest; None where no kind has it yet."""
    drifted: Callable[[], Files] | None = None
    """The file with a column of another name; None where the file names no columns."""
    huge: Callable[[], Files] | None = None
    """A file with a text of 70 000 characters; None where the format has no room for one."""
    takes_empty: bool = False
    """Whether an empty file is a delivery of no records; otherwise it is a coded error."""
    long_record: str = ""
    """Reason under which a record over its budget goes to quarantine; empty where its file is refused."""


@dataclass(frozen=True)
class Outcome:
    """Everything that came out of a reading, also of one that failed on the way."""

    records: pa.Table | None
    quarantine: pa.Table | None
    issues: pa.Table | None
    accounts: tuple[FileAccount, ...]
    ledgers: Mapping[str, Ledger] = field(compare=False)

    @property
    def tables(self) -> tuple[pa.Table | None, ...]:
        """What replaying must give again."""
        return self.records, self.quarantine, self.issues

    def column(self, name: str) -> list[str | None]:
        assert self.records is not None
        return list(self.records.column(name).to_pylist())


def file_name(case: ReaderCase, part: str) -> str:
    """What the file of a part is called."""
    return f"{case.name}.{part}"


def opening(case: ReaderCase, folder: Path, files: Files, *, budgets: Budgets | None = None, **options: Any) -> Opening:
    """Writes the files of a case and opens their ledgers."""
    paths = {part: folder / file_name(case, part) for part in files}
    for part, path in paths.items():
        path.write_bytes(files[part])
    limits = budgets or Budgets()
    ledgers = {part: Ledger(path.name, len(files[part]), limits) for part, path in paths.items()}
    return Opening(paths, ledgers, **{"page": case.page, **options})


def read_case(case: ReaderCase, opened: Opening) -> Outcome:
    """All of a file.

    Raises:
        BlekitError: as the reader says.
    """
    return outcome(list(case.read(opened)), opened)


def outcome(chunks: list[RawChunk], opened: Opening) -> Outcome:
    """All chunks together; no quarantined span stands in an order that depends on the chunks."""
    return Outcome(
        records=pa.concat_tables([chunk.records for chunk in chunks]).combine_chunks(),
        quarantine=pa.concat_tables([chunk.quarantine for chunk in chunks])
        .sort_by([("file", "ascending"), ("offset", "ascending"), ("reason", "ascending")])
        .combine_chunks(),
        issues=pa.concat_tables([chunk.issues for chunk in chunks]).combine_chunks(),
        accounts=tuple(ledger.account() for ledger in opened.ledgers.values()),
        ledgers=opened.ledgers,
    )


def check_conservation(result: Outcome) -> None:
    """Spans are disjoint, inside the file, and every byte is under one heading."""
    assert result.records is not None and result.quarantine is not None
    for account in result.accounts:
        assert account.is_balanced, account
        assert min(account.header, account.records, account.quarantined, account.filler, account.trailer) >= 0, account
    assert result.ledgers["main"].delivered_records == result.records.num_rows
    for part, account in zip(result.ledgers, result.accounts, strict=True):
        quarantine = result.quarantine.filter(pc.equal(result.quarantine.column("file"), account.file))
        spans = _spans(quarantine, "offset", "length")
        assert sum(length for _, length in spans) == account.quarantined, account
        if part == "main":
            spans += _spans(result.records, "_offset", "_length")
            assert sum(length for _, length in spans) == account.records + account.quarantined
        spans.sort()
        for (offset, length), (following, _) in itertools.pairwise(spans):
            assert offset + length <= following, (offset, length, following)
        assert all(offset >= 0 and offset + length <= account.size for offset, length in spans)
    assert set(result.quarantine.column("file").to_pylist()) <= {account.file for account in result.accounts}


def _spans(table: pa.Table, offset: str, length: str) -> list[tuple[int, int]]:
    return list(zip(table.column(offset).to_pylist(), table.column(length).to_pylist(), strict=True))


def plain(reader: Callable[..., Iterator[RawChunk]], form: Callable[[str], Any]) -> Callable[[Opening], Any]:
    """How a reader of one file is called.

    Args:
        reader: ``read_xxx(path, *, form, ledger, chunk_records[, window_bytes])``.
        form: its format for a code page.
    """
    has_window = "window_bytes" in inspect.signature(reader).parameters

    def read(opened: Opening) -> Iterator[RawChunk]:
        window = {"window_bytes": opened.window_bytes} if has_window and opened.window_bytes else {}
        return reader(
            opened.paths["main"],
            form=form(opened.page),
            ledger=opened.ledgers["main"],
            chunk_records=opened.chunk_records,
            **window,
        )

    return read
