"""Mazovia, and the choice of a code page per record."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.errors import ConfigurationError
from connectors.page_choice import TextCells, choose_pages
from connectors.text import code_points, decode_cells

# https://en.wikipedia.org/wiki/Mazovia_encoding, and the same 17 bytes in infused/dbf and pcbasic.
PUBLISHED = dict(zip("ąćęłńóśźżĄĆĘŁŃÓŚŹŻ", bytes.fromhex("868D9192A4A29EA6A78F95909CA5A398A0A1"), strict=True))


@pytest.mark.parametrize("name", ["mazovia", "cp620", "cp667", "cp790", "cp991"])
def test_mazovia_under_each_of_its_names(name: str) -> None:
    assert bytes(PUBLISHED.values()).decode(name) == "".join(PUBLISHED)


def test_mazovia_is_cp437_but_for_these_letters() -> None:
    changed = {byte for byte in range(256) if bytes([byte]).decode("mazovia") != bytes([byte]).decode("cp437")}
    assert changed == set(PUBLISHED.values()) - {0xA2}


def test_mazovia_both_ways() -> None:
    text = "Zażółć gęślą jaźń ZAŻÓŁĆ GĘŚLĄ JAŹŃ"
    assert text.encode("mazovia").decode("mazovia") == text
    assert bytes(range(256)).decode("mazovia").encode("mazovia") == bytes(range(256))


def test_mazovia_is_strict() -> None:
    with pytest.raises(UnicodeEncodeError):
        "ÿ€".encode("mazovia")


@pytest.mark.parametrize("page", ["utf-8", "utf-16", "nonsense"])
def test_only_single_byte_pages(page: str) -> None:
    with pytest.raises(ConfigurationError, match=page):
        code_points(page)


def chosen(*texts: bytes, pages: tuple[str, ...]) -> list[str]:
    data = np.frombuffer(b"".join(texts), dtype=np.uint8)
    ends = np.cumsum([len(text) for text in texts])
    starts = np.concatenate([[0], ends[:-1]])
    picked = choose_pages([TextCells(data, starts, ends - starts)], rows=len(texts), pages=pages)
    return [pages[number] for number in picked]


TEXTS = (
    "Święcicka", "Wiśniewski Łukasz", "Żółkiewska", "ŁÓDŹ", "Gdańsk", "ul. Długa 7", "Ząbkowice Śląskie", "WOŹNIAK",
    "Piłsudskiego", "Marchlewskiego 3/5 m. 7", "KRAKÓW", "św. Wojciecha", "Rzeszów", "NAKŁO NAD NOTECIĄ", "Chełm",
)  # fmt: skip
PAIRS = (("mazovia", "cp852"), ("cp852", "mazovia"), ("cp1250", "iso8859_2"), ("iso8859_2", "cp1250"))


@pytest.mark.parametrize("pages", PAIRS, ids="-".join)
def test_the_declared_page_is_kept_where_it_is_right(pages: tuple[str, ...]) -> None:
    assert chosen(*(text.encode(pages[0]) for text in TEXTS), pages=pages) == [pages[0]] * len(TEXTS)


@pytest.mark.parametrize("pages", PAIRS, ids="-".join)
def test_the_other_page_is_found_where_records_lie(pages: tuple[str, ...]) -> None:
    # Św. in CP852 is św. in Mazovia: both read well, so the declared page keeps it.
    long = [
        text for text in TEXTS if text.encode(pages[0]) != text.encode(pages[1]) and len(text) > 8 and text[:2] != "św"
    ]
    assert chosen(*(text.encode(pages[1]) for text in long), pages=pages) == [pages[1]] * len(long)


def test_brackets_of_an_american_terminal() -> None:
    pages = ("cp870", "cp037")
    assert chosen("UL. PIOTRA SKARGI [OF]".encode("cp037"), pages=pages) == ["cp037"]
    assert chosen("ŁUKASIK".encode("cp870"), "ŁUBIEŃ".encode("cp870"), pages=pages) == ["cp870", "cp870"]


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=40))
def test_plain_ascii_never_moves_a_record(text: str) -> None:
    assert chosen(text.encode(), pages=("cp1250", "iso8859_2")) == ["cp1250"]


def test_pages_are_chosen_per_record(make: Any, read: Callable[..., Any]) -> None:
    strays = make.a2m_row(4, "", NAZW_IM="Wiśniewska Łucja".encode("cp852"))
    rows = [make.a2m_row(1, "Wiśniewska Łucja"), strays, make.a2m_row(5, "Kowalski Jan")]
    sample = make.a2m_sample()
    result = read(type(sample)(sample.kind, {**sample.files, sample.main: make.a2m_file(rows)}, {"records": 3}))
    assert result.column("NAZW_IM") == ["Wiśniewska Łucja", "Wiśniewska Łucja", "Kowalski Jan"]
    assert result.column("_code_page") == ["mazovia", "cp852", "mazovia"]


@pytest.mark.parametrize("page", ["cp852", "mazovia", "iso8859_2", "cp870", "cp037"])
@pytest.mark.parametrize("bad", [b"", b"\0"], ids=["good cells", "one with a NUL"])
def test_cells_that_come_again_are_read_as_others_are(page: str, bad: bytes) -> None:
    texts = ["Łódź", "", "Nowak", "Świątek-Żółć", "x"] if page != "cp037" else ["Ödön", "", "Nowak", "x"]
    stored = [texts[number % len(texts)].encode(page) for number in range(3000)] + [b"".join([bad, "ab".encode(page)])]
    offsets = np.concatenate([[0], np.cumsum([len(cell) for cell in stored])])
    data = np.frombuffer(b"".join(stored), dtype=np.uint8)
    values, reasons = decode_cells(data, offsets, pages=[page], page_of_row=np.zeros(len(stored), dtype=np.uint8))
    expected = [cell.decode(page) or None for cell in stored]
    assert values.to_pylist() == [*expected[:-1], None if bad else "ab"]
    assert np.flatnonzero(reasons).tolist() == ([3000] if bad else [])
