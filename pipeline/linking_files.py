"""Tables of strangers: CSV in any dress, and Parquet, as text; results whole or not at all.

Values stay exactly as they stand in the file; only names of columns lose their outer blanks. A CSV that is not UTF-8 is
refused until somebody says what it is: a wrong guess turns names into other names and nobody notices.
"""

from __future__ import annotations

import csv
import io
import os
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from config.errors import BadData, ConfigurationError, SourceUnavailable, StorageFailed
from config.link_models import Reading

DELIMITERS = (",", ";", "\t", "|")
CODE_PAGES = ("cp1252", "cp1250", "iso8859-2", "cp1251", "cp1253", "cp1254", "cp437", "cp852")
_BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_SAMPLE = 64 * 1024


@dataclass(frozen=True)
class TextTable:
    """A file that was read: its columns, all text."""

    path: Path
    table: pa.Table
    encoding: str | None
    """None for Parquet."""
    delimiter: str | None
    unreadable: tuple[str, ...] = ()
    """Columns of a type no role can take (lists, structs, bytes)."""


def read_text_table(path: Path, reading: Reading, *, columns: Sequence[str] | None = None) -> TextTable:
    """The columns of a file as text; all of them, or those that are named and there.

    Raises:
        SourceUnavailable: there is no such file.
        BadData: it is empty, ragged, has a column twice, or is not what its name says.
        ConfigurationError: it is not in the encoding that was stated, or in UTF-8 if none was.
    """
    if not path.is_file():
        raise SourceUnavailable(f"{path}: no such file")
    if path.stat().st_size == 0:
        raise BadData(f"{path}: the file is empty")
    is_parquet = path.suffix.lower() in (".parquet", ".pq") or _starts_with(path, b"PAR1")
    found = _read_parquet(path, columns) if is_parquet else _read_csv(path, reading, columns)
    if found.table.num_rows == 0:
        raise BadData(f"{path}: no records", hint="The file has a header and nothing below it")
    return found


def _starts_with(path: Path, magic: bytes) -> bool:
    with path.open("rb") as file:
        return file.read(len(magic)) == magic


def _read_parquet(path: Path, columns: Sequence[str] | None) -> TextTable:
    try:
        schema = pq.read_schema(path)
        wanted = None if columns is None else [name for name in schema.names if name in set(columns)]
        table = pq.read_table(path, columns=wanted)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as exc:
        raise BadData(f"{path}: cannot be read as Parquet", hint="Is it a CSV? Then name it .csv") from exc
    readable = {name: table[name] for name in table.schema.names if _is_readable(table[name].type)}
    unreadable = tuple(name for name in table.schema.names if name not in readable)
    return TextTable(
        path, pa.table({name: _as_text(column) for name, column in readable.items()}), None, None, unreadable
    )


def _is_readable(type_: pa.DataType) -> bool:
    if pa.types.is_dictionary(type_):
        return _is_readable(type_.value_type)
    return not (pa.types.is_nested(type_) or pa.types.is_binary(type_) or pa.types.is_large_binary(type_))


def _as_text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Numbers as digits, dates as ISO, text as it is."""
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if pa.types.is_timestamp(column.type):
        return pc.strftime(column, format="%Y-%m-%d")
    if pa.types.is_floating(column.type) and _is_integral(column):
        column = column.cast(pa.int64())  # pandas keeps numbers with gaps as floats: 4011.0 is 4011
    return column.cast(pa.string())


def _is_integral(column: pa.ChunkedArray) -> bool:
    known = pc.drop_null(column)
    finite = pc.all(pc.is_finite(known)).as_py()
    return finite is not False and pc.all(pc.equal(known, pc.floor(known))).as_py() is not False


def _read_csv(path: Path, reading: Reading, columns: Sequence[str] | None) -> TextTable:
    encoding = reading.encoding or find_encoding(path)
    sample = _decoded_sample(path, encoding)
    delimiter = reading.delimiter or find_delimiter(sample)
    header = next(csv.reader(io.StringIO(sample), delimiter=delimiter), [])
    names = _names(path, header)
    wanted = names if columns is None else [name for name in names if name in set(columns)]
    ragged: list[int] = []

    def skip(row: pacsv.InvalidRow) -> str:
        ragged.append(row.number or 0)
        return "skip"

    try:
        table = pacsv.read_csv(
            _in_utf8(path, encoding),
            read_options=pacsv.ReadOptions(column_names=names, skip_rows_after_names=1, use_threads=False),
            parse_options=pacsv.ParseOptions(
                delimiter=delimiter,
                newlines_in_values=True,
                invalid_row_handler=skip,
            ),
            convert_options=pacsv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()), include_columns=wanted, strings_can_be_null=False
            ),
        )
    except (UnicodeDecodeError, UnicodeError, LookupError) as exc:
        raise _wrong_encoding(path, encoding, exc) from exc
    except pa.ArrowInvalid as exc:
        # Arrow's message quotes the row, which is personal.
        raise BadData(f"{path}: cannot be read as CSV with delimiter {delimiter!r}") from exc
    if ragged:
        raise BadData(
            f"{path}: {len(ragged)} rows have not {len(names)} fields, the first is row {min(ragged)}",
            hint=f"The delimiter is taken to be {delimiter!r}: state another as reading.delimiter if that is wrong",
        )
    return TextTable(path, table, encoding, delimiter)


def _in_utf8(path: Path, encoding: str) -> io.BytesIO:
    """The file in UTF-8 without a mark; decoded here, because Arrow's errors quote what it cannot decode."""
    content = path.read_bytes()
    return io.BytesIO(content.decode(encoding).encode("utf-8"))


def find_encoding(path: Path) -> str:
    """The encoding a byte-order mark names, else UTF-8."""
    for mark, encoding in _BOMS:
        if _starts_with(path, mark):
            return encoding
    return "utf-8"


def _decoded_sample(path: Path, encoding: str) -> str:
    with path.open("rb") as file:
        sample = file.read(_SAMPLE)
    try:
        return sample.decode(encoding, errors="strict" if len(sample) < _SAMPLE else "ignore")
    except (UnicodeDecodeError, LookupError) as exc:
        raise _wrong_encoding(path, encoding, exc) from exc


def _wrong_encoding(path: Path, encoding: str, exc: Exception) -> ConfigurationError:
    place = f" at byte {exc.start}" if isinstance(exc, UnicodeDecodeError) else ""
    return ConfigurationError(
        f"{path}: not {encoding}{place}",
        hint="State reading.encoding in the model; it may be " + ", ".join(possible_encodings(path)),
    )


def possible_encodings(path: Path) -> list[str]:
    """Code pages a sample of the file could be in, the likeliest first: high bytes should be letters."""
    with path.open("rb") as file:
        sample = file.read(_SAMPLE)
    scores = []
    for place, encoding in enumerate(CODE_PAGES):
        with suppress(UnicodeDecodeError):
            high = [char for char in sample.decode(encoding) if ord(char) > 127]
            odd = sum(not char.isalpha() for char in high) + sum(map(_is_rare, high)) / 2
            scores.append((odd / max(len(high), 1), place, encoding))
    return [encoding for _, _, encoding in sorted(scores)]


def _is_rare(char: str) -> bool:
    return char.isupper() or not ("À" <= char <= "ž" or "α" <= char <= "ω" or "а" <= char <= "я")


def find_delimiter(sample: str) -> str:
    """The delimiter that splits the first lines into the same, largest number of fields."""
    lines = [line for line in sample.splitlines()[:20] if line][:-1] or sample.splitlines()[:1]

    def fields(delimiter: str) -> tuple[bool, int]:
        widths = Counter(len(row) for row in csv.reader(lines, delimiter=delimiter))
        return len(widths) == 1, max(widths, default=1)

    return max(DELIMITERS, key=lambda delimiter: (fields(delimiter)[1] > 1, *fields(delimiter)))


def _names(path: Path, header: Sequence[str]) -> list[str]:
    names = [name.strip().lstrip("\ufeff") or f"column_{place}" for place, name in enumerate(header, start=1)]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise BadData(f"{path}: column {twice[0]!r} is there twice", hint="Rename one of them in the header")
    return names


def write_parquet(table: pa.Table, path: Path) -> None:
    """A table as a Parquet file, whole or not at all.

    Raises:
        StorageFailed: the disk refused.
    """
    _write(path, lambda name: pq.write_table(table, name, compression="zstd"))


def write_text(text: str, path: Path) -> None:
    """A text file, whole or not at all.

    Raises:
        StorageFailed: the disk refused.
    """
    _write(path, lambda name: Path(name).write_text(text, encoding="utf-8"))


def _write(path: Path, write: Callable[[str], object]) -> None:
    name = ""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".tmp-")
        os.close(handle)
        write(name)
        with Path(name).open("rb") as file:
            os.fsync(file.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except OSError as exc:
        with suppress(OSError):
            Path(name).unlink()
        raise StorageFailed(f"cannot write {path}: {exc.strerror or exc}") from exc
