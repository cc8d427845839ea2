"""Dates of many notations.

``520417`` on tape, ``17.04.1952`` in FoxPro, ``17/04/1952`` in Informix, ``52/04/17`` out of Oracle, and where clerks
knew nothing: ``000000``, ``999999``, ``01.01.1900``, ``31.12.2099``, ``30.02.1960``. Two digits of a year mean another
century for a birth than for an installation: nobody was born in 2002 and holds a line in 2003. What means nothing
becomes missing with a reason code; only a PESEL fills a birth date, nothing guesses one.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import Literal

import pandas as pd

from transforms.distinct import on_distinct
from transforms.draft import Context, Draft, flag

Meaning = Literal["birth", "opened"]

_CHOSEN = {("1900", 1, 1), ("2099", 12, 31), ("9999", 12, 31), ("1899", 12, 30), ("00", 1, 1), ("99", 12, 31)}
"""Dates programmers choose, year as typed. With two digits, New Year of 2000 and the eve of it are given up for them:
nobody opens an account on that day, and one in two thousand on the other."""
_DIGITS_ONLY = re.compile(r"\d{8}|\d{6}")
_ORDERS = {
    "YYMMDD": "ymd",
    "YYYYMMDD": "ymd",
    "YYYY-MM-DD": "ymd",
    "RR/MM/DD": "ymd",
    "DD.MM.YYYY": "dmy",
    "DD/MM/YYYY": "dmy",
    "MM/DD/YYYY": "mdy",
}
_YOUNGEST_HOLDER = 16
_OLDEST_HOLDER = 115
_PIVOT = 50
_FIRST_TELEPHONE = dt.date(1881, 1, 1)


def _parts(text: str, *, layout: str) -> tuple[str, str, str] | None:
    """Year, month and day as typed, or nothing where the text is no date of that layout."""
    order = _ORDERS[layout]
    if _DIGITS_ONLY.fullmatch(text):
        year_digits = len(text) - 4
        if order == "ymd":
            return text[:year_digits], text[year_digits : year_digits + 2], text[year_digits + 2 :]
        day, month = (text[:2], text[2:4]) if order == "dmy" else (text[2:4], text[:2])
        return text[4:], month, day
    pieces = re.split(r"[./\- ]+", text)
    if len(pieces) != 3 or not all(piece.isascii() and piece.isdigit() for piece in pieces):
        return None
    # A four-digit piece is the year wherever it stands: clerks type 1952-04-17 into DD.MM.YYYY too.
    if len(pieces[0]) == 4 or (order == "ymd" and len(pieces[2]) < 4):
        return pieces[0], pieces[1], pieces[2]
    return (pieces[2], pieces[1], pieces[0]) if order == "dmy" else (pieces[2], pieces[0], pieces[1])


def _full_year(year: int, *, month: int, day: int, meaning: Meaning, business_date: dt.date) -> int:
    """The century that makes sense of two digits: the last one in which the event can lie for an account holder."""
    this_century = business_date.year // 100 * 100
    latest = this_century + year
    if (latest, month, day) > (business_date.year, business_date.month, business_date.day):
        latest -= 100
    is_child = meaning == "birth" and business_date.year - latest < _YOUNGEST_HOLDER
    return latest - 100 if is_child and business_date.year - latest + 100 <= _OLDEST_HOLDER else latest


def is_pivoted(text: str, *, layout: str, date: dt.date | None) -> bool:
    """Whether a year of two digits was read into another century than the usual pivot puts it in.

    The pivot of databases of those years (Oracle's ``RR``) makes 2049 of ``49``: a whole generation unborn.
    """
    parts = _parts(text.strip(), layout=layout)
    if date is None or parts is None or len(parts[0]) > 2:
        return False
    year = int(parts[0])
    return date.year != year + (2000 if year < _PIVOT else 1900)


def _is_sentinel(year: str, month: str, day: str) -> bool:
    """Only zeros, only nines, and the dates programmers choose."""
    typed = (year + month + day).strip()
    if not typed.strip("0") or not typed.strip("9"):
        return True
    return (year, int(month), int(day)) in _CHOSEN


def parse_date(
    text: str, *, layout: str, meaning: Meaning, business_date: dt.date
) -> tuple[dt.date | None, str | None]:
    """The date and no reason, or no date and why: ``sentinel``, ``invalid``, ``implausible``.

    A text of nothing but separators is simply missing.
    """
    text = text.strip()
    if not text.strip("./- "):
        return None, None
    parts = _parts(text, layout=layout)
    if parts is None:
        return None, "invalid"
    if _is_sentinel(*parts):
        return None, "sentinel"
    year, month, day = (int(part) for part in parts)
    if len(parts[0]) <= 2:
        year = _full_year(year, month=month, day=day, meaning=meaning, business_date=business_date)
    try:
        date = dt.date(year, month, day)
    except ValueError:
        return None, "invalid"
    if meaning == "birth" and date == dt.date(1900, 1, 1):
        return None, "sentinel"
    return (date, None) if _is_plausible(date, meaning=meaning, business_date=business_date) else (None, "implausible")


def _is_plausible(date: dt.date, *, meaning: Meaning, business_date: dt.date) -> bool:
    if date > business_date:
        return False
    if meaning == "birth":
        return business_date.year - date.year <= _OLDEST_HOLDER
    return date >= _FIRST_TELEPHONE


def _date_column(draft: Draft, context: Context, *, meaning: Meaning) -> pd.DataFrame:
    """First readable date of the columns of that meaning: ``date``, ``reason`` and whether it ``is_pivoted``."""
    role = {"birth": "birth_date", "opened": "opened_date"}[meaning]
    names = ("date", "reason", "is_pivoted")
    found = pd.DataFrame(dict.fromkeys(names), index=draft.index, dtype=object)
    for column in context.kind.columns_with(role):
        layout = context.kind.date_formats[column]

        def read(text: str, layout: str = layout) -> tuple[dt.date | None, str | None, bool]:
            date, reason = parse_date(text, layout=layout, meaning=meaning, business_date=context.business_date)
            return date, reason, is_pivoted(text, layout=layout, date=date)

        parsed = on_distinct(draft.raw[column], read, names=names)
        found = found.where(found["date"].notna() | parsed.isna().all(axis="columns"), parsed)
    return found


def parse_dates(draft: Draft, context: Context) -> Draft:
    """Birth and opening dates; reason codes say what stood there instead."""
    birth = _date_column(draft, context, meaning="birth")
    opened = _date_column(draft, context, meaning="opened")
    issues = [
        flag(parsed["reason"].eq(reason), f"{name}_{reason}")
        for name, parsed in (("birth_date", birth), ("opened_on", opened))
        for reason in ("sentinel", "invalid", "implausible")
    ]
    return draft.with_values(
        {"birth_date": birth["date"], "opened_on": opened["date"]},
        issues=issues,
        notes=[flag(parsed["is_pivoted"].eq(True), "two_digit_year") for parsed in (birth, opened)],
    )
