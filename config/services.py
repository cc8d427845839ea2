"""Services: how a kind of system that writes no files by itself is asked for one.

A database, a drop directory and a paged web service are first landed as an ordinary delivery (files and
``manifest.json``); from there on nobody knows where they came from. What stands here belongs to the kind: table,
names of files, names of elements. Where one particular system answers stands in :mod:`config.locations`.
"""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

_MEGABYTE = 2**20


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Sum(_Strict):
    """A control total of money or another exact number."""

    column: str
    decimals: int = Field(default=2, ge=0, le=6)
    """Decimals of the column: an amount in złoty with 2 is summed in grosze."""


class TableService(_Strict):
    """A table or view of a database, unloaded as text."""

    fetch: Literal["sql"]
    table: str = Field(min_length=1)
    db_schema: str | None = None
    watermark: str | None = None
    """Column that grows when a row is added or changed; without one the whole table is unloaded each time."""
    watermark_type: Literal["timestamp", "date", "integer"] = "timestamp"
    overlap: int = Field(default=0, ge=0)
    """How far behind the highest watermark the next unload begins, because rows may become visible late: in days, for
    an integer in its own unit."""
    sums: dict[str, Sum] = Field(default_factory=dict)
    """Control total to the column it sums up."""
    new_columns: Literal["freeze", "discard"] = "freeze"
    """A column no YAML names breaks the contract, or is left out with a warning."""
    stored_page: str = "utf_8"
    """Code page of texts in an SQLite file; old programs put the bytes of their Windows there. PostgreSQL knows its
    own."""


class DropService(_Strict):
    """A directory on an SFTP server into which the sender puts files."""

    fetch: Literal["sftp"]
    layout: Literal["folders", "files"]
    """A folder with a ``manifest.json`` per delivery, or loose files with a sidecar each."""
    names: dict[str, str] = Field(default_factory=dict)
    """Of loose files: part of the kind to a regular expression of the file's name, with a group ``date`` of eight
    digits and perhaps one ``sequence``."""
    sidecar: Literal["ctl", "md5"] = "ctl"
    """What says that a loose file is complete: ``<name>.ctl`` (lines ``BYTES=``, ``RECORDS=``, ``SHA256=``) or
    ``<name>.md5``."""

    @field_validator("names")
    @classmethod
    def _have_dates(cls, names: dict[str, str]) -> dict[str, str]:
        for pattern in names.values():
            if "date" not in re.compile(pattern).groupindex:
                raise ValueError(f"{pattern!r} has no group (?P<date>…)")
        return names


class PageService(_Strict):
    """A SOAP operation that hands out records page by page."""

    fetch: Literal["http"]
    namespace: str = Field(min_length=1)
    operation: str = Field(pattern=r"^[A-Za-z_][\w.-]*$")
    action: str = Field(default="", pattern=r"^[^\"\r\n]*$")
    """The ``SOAPAction`` header."""
    parameters: dict[str, Literal["since", "until", "cursor", "page_size"]]
    """Element of the request to what is put into it, in the order the service expects."""
    record: str
    """Local name of the element of a record."""
    cursor: str
    """Local name of the element that holds the cursor of the next page; the last page has none."""
    total: str | None = None
    """Local name of an element in which the service counts all records of the answer."""
    page_size: int = Field(default=1_000, ge=1)
    overlap_days: int = Field(default=0, ge=0)
    max_page_bytes: int = 16 * _MEGABYTE
    max_pages: int = 100_000


Service = Annotated[TableService | DropService | PageService, Field(discriminator="fetch")]
