"""Kinds of the small files, as YAML would give them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from config.kinds import Kind


def small_kind(
    format_name: Any,
    *,
    columns: Sequence[str],
    page: str,
    files: Mapping[str, str] | None = None,
    options: Mapping[str, str | int | bool] | None = None,
) -> Kind:
    """A kind that maps its first column and ignores the others by name."""
    return Kind(
        kind="zt",
        title="small file of the contract suite",
        format=format_name,
        code_page=page,
        files=dict(files or {"main": "maly.dat"}),
        key=(columns[0],),
        columns={columns[0]: "account_number"},
        ignore=tuple(columns[1:]),
        options=dict(options or {}),
    )
