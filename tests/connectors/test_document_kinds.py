"""Mail, XML, sheets and logs as deliveries of a kind."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
import xlwt

from config.errors import ConfigurationError
from config.kinds import Kind


def sheet() -> bytes:
    book = xlwt.Workbook()
    page = book.add_sheet("Lista")
    for row, values in enumerate((("Lista",), ("NR", "NAZWA"), (1, "Święcicka"))):
        for column, value in enumerate(values):
            page.write(row, column, value)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


LOG = '1.1.1.1 - Święcicka [28/Oct/2003:10:00:01 +0100] "GET / HTTP/1.1" 200 5 "-" "-"\n'
DELIVERIES = {
    "access_log": (LOG.encode("iso8859_2"), {}),
    "mbox": ("From a@b Mon Oct 28 10:00:00 2002\nSubject: Święcicka\n\nx\n".encode("iso8859_2"), {}),
    "xls": (sheet(), {"sheet": "Lista", "header_row": 2, "first_column": "A", "fill_merged": True}),
    "xml_records": ("<a><b>Święcicka</b></a>".encode("cp1250"), {"record": "a", "columns": "b @id", "others": "c"}),
}


def kind(format_name: str, options: dict[str, Any]) -> Kind:
    return Kind(
        kind="t", title="t", format=format_name, code_page="iso8859_2", code_page_candidates=("cp1250", "utf-8"),
        files={"main": "plik"}, key=(), columns={}, options=options,
    )  # fmt: skip


@pytest.mark.parametrize("format_name", sorted(DELIVERIES))
def test_a_delivery_is_read(make: Any, read: Callable[..., Any], format_name: str) -> None:
    content, options = DELIVERIES[format_name]
    result = read(make.Sample(kind(format_name, options), {"plik": content}, {"records": 1}))
    assert any("Święcicka" in str(value) for value in result.rows[0].values())
    assert result.accounts[0].is_balanced and result.quarantine == [] and result.issues == []


@pytest.mark.parametrize("format_name", sorted(DELIVERIES))
def test_options_nobody_knows_are_refused(make: Any, read: Callable[..., Any], format_name: str) -> None:
    content, options = DELIVERIES[format_name]
    with pytest.raises(ConfigurationError, match="options: rekord: unknown"):
        read(make.Sample(kind(format_name, {**options, "rekord": 1}), {"plik": content}, {}))


def test_xml_needs_the_name_of_its_records(make: Any, read: Callable[..., Any]) -> None:
    with pytest.raises(ConfigurationError, match=r"options\.record: missing"):
        read(make.Sample(kind("xml_records", {}), {"plik": b"<a/>"}, {}))
