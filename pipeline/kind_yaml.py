"""The YAML of a proposed kind: every line with the reason why it says what it says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.proposing import quoted
from pipeline.sniffing import Sniffed


@dataclass
class Proposed:
    """A kind in the making."""

    sniffed: Sniffed
    roles: dict[str, str] = field(default_factory=dict)
    why: dict[str, str] = field(default_factory=dict)
    ignored: dict[str, str] = field(default_factory=dict)
    key: tuple[str, ...] = ()
    why_key: str = ""
    date_formats: dict[str, str] = field(default_factory=dict)
    flag_values: dict[str, str] = field(default_factory=dict)
    name_order: str = ""
    decimal_comma: bool = False


def render(proposed: Proposed, *, file: Path, name: str, rows: int) -> str:
    """The kind as YAML with a comment for each decision."""
    sniffed = proposed.sniffed
    files = {"main": file.name} | ({"memo": sniffed.memo} if sniffed.memo else {})
    return "\n".join([*_head_lines(proposed, name, file, rows, files), *_column_lines(proposed), ""])


def _head_lines(proposed: Proposed, name: str, file: Path, rows: int, files: Mapping[str, str]) -> Iterator[str]:
    sniffed = proposed.sniffed
    yield f"# Proposed for {file.name} from {rows} records. Read it and correct it: the roles are listed in"
    yield "# docs/how-to/bring-your-own-system.md, and `blekit sources check FILE --kind THIS` tries it."
    yield f"kind: {quoted(name)}"
    yield f"title: {quoted(f'Customers of {file.stem}')}"
    yield f"format: {sniffed.format}  # {sniffed.why_format}"
    yield f"code_page: {sniffed.code_page}  # {sniffed.why_page}"
    if sniffed.candidates:
        yield f"code_page_candidates: [{', '.join(sniffed.candidates)}]"
    yield f"files: {{{', '.join(f'{part}: {quoted(text)}' for part, text in files.items())}}}"
    if sniffed.options:
        yield "options:"
        for option, value in sniffed.options.items():
            yield f"  {option}: {quoted(value) if isinstance(value, str) else str(value).lower()}"
    yield f"key: [{', '.join(map(quoted, proposed.key))}]  # {proposed.why_key}"
    yield f"required: [{', '.join(quoted(column) for column in proposed.key if column in proposed.roles)}]"
    yield "on_new_column: freeze  # a column that is new stops a delivery; evolve keeps it raw, discard leaves it out"


def _column_lines(proposed: Proposed) -> Iterator[str]:
    yield "columns:"
    for column, role in proposed.roles.items():
        yield f"  {quoted(column)}: {role}  # {_said(proposed.why[column])}"
    if proposed.ignored:
        yield "ignore:"
        for column, why in proposed.ignored.items():
            yield f"  - {quoted(column)}  # {_said(why)}"
    if proposed.date_formats:
        told = ", ".join(f"{quoted(column)}: {form}" for column, form in proposed.date_formats.items())
        yield f"date_formats: {{{told}}}"
    if proposed.flag_values:
        told = ", ".join(f"{quoted(value)}: {party}" for value, party in proposed.flag_values.items())
        yield f"flag_values: {{{told}}}"
    if proposed.name_order:
        yield f"name_order: {proposed.name_order}"
    if proposed.decimal_comma:
        yield "decimal_comma: true"


def _said(why: str) -> str:
    """A reason on one line of YAML."""
    return " ".join(why.split())
