"""When something happened: what the wall clock of a legacy system said, as an instant.

Systems write ``102203 1412``, ``22.10.2003 14:12:05``, ``22-OCT-03``, ``[22/Oct/2003:14:12:05 +0200]``. All of them but
the last mean the clock on the wall in Poland. A log that names an offset is right but for one mistake: somebody set the
clock by the wall and left the zone at the other half of the year; then the wall is believed.

On the last Sunday of October the hour from two to three comes twice: a log is written in order, so where its clock
steps back the second hour has begun. On the last Sunday of March an hour is missing; a clock nobody set shows it all
the same, and is read as if it had been set.

A sheet of Excel counts days, from the end of 1899 or, out of a Macintosh, from 1904; the time of day is a fraction, in
the same cell or in another.
"""

from __future__ import annotations

import datetime as dt
import re
from email.utils import parsedate_to_datetime

import numpy as np
import pandas as pd

from transforms.distinct import on_distinct

ZONE = "Europe/Warsaw"
_TOKENS = (
    *(("YYYY", "%Y"), ("YY", "%y"), ("RR", "%y"), ("MON", "%b"), ("MM", "%m"), ("DD", "%d")),
    *(("HH", "%H"), ("MI", "%M"), ("SS", "%S")),
)
CALENDAR = "DATEMODE"
"""Raw column in which a reader of sheets tells the calendar."""
_EXCEL, _EXCEL_TIME = "EXCEL", "EXCEL EXCEL"
_FIRST_DAYS = {"1900": pd.Timestamp(1899, 12, 30), "1904": pd.Timestamp(1904, 1, 1)}
_SERIAL = re.compile(r"^(?P<day>\d{1,9}(?:\.\d{1,20})?)(?: (?P<time>[01](?:\.\d{1,20})?))?$")
_LAST_SERIAL = 130_000
"""In the 23rd century, where nanoseconds end."""
_WITH_OFFSET = ("APACHE", "RFC2822")
_OFFSETS = {"+0100": 1, "+0200": 2}
_APACHE = "%d/%b/%Y:%H:%M:%S %z"
_FIRST_EVENT = pd.Timestamp(1990, 1, 1)
_SENTINELS = (pd.Timestamp(1900, 1, 1), pd.Timestamp(2099, 12, 31))


def directive(layout: str) -> str:
    """A layout in ``strptime``'s words: ``MMDDYY HHMI`` is ``%m%d%y %H%M``."""
    for token, word in _TOKENS:
        layout = layout.replace(token, word)
    return layout


def has_time(layout: str) -> bool:
    """Whether a layout tells the hour."""
    return layout in ("ISO", _EXCEL_TIME) or layout in _WITH_OFFSET or "HH" in layout


def read_stamps(
    texts: pd.Series, *, layout: str, business_date: dt.date, calendar: pd.Series | None = None
) -> pd.DataFrame:
    """What texts of one layout say.

    Args:
        texts: as stored, missing where nothing stands; in the order of the file.
        layout: of :attr:`config.kinds.Kind.date_formats`.
        business_date: of the delivery; nothing happened more than a day after it.
        calendar: ``1900`` or ``1904``, of serial days of Excel; 1900 where nothing stands.

    Returns:
        ``on`` (local day, datetime64), ``at`` (instant UTC, missing where the layout has no hour), ``reason``
        (``invalid``, ``sentinel``, ``implausible``, ``missing``; missing where all is well) and ``is_mended`` (the
        offset was that of the other half of the year), on the same index.
    """
    is_mended = pd.Series(False, index=texts.index)
    if layout in _WITH_OFFSET:
        at = _instants(texts, layout=layout)
        if layout == "APACHE":
            at, is_mended = _believe_the_wall(texts, at)
        local = at.dt.tz_convert(ZONE).dt.tz_localize(None)
    else:
        local = _local(texts, layout=layout) if _EXCEL not in layout else _of_serials(texts, layout, calendar)
        at = (
            to_instants(local)
            if has_time(layout)
            else pd.Series(pd.NaT, index=texts.index, dtype="datetime64[ns, UTC]")
        )
    reason = _reasons(texts, local, business_date=business_date)
    is_good = reason.isna()
    return pd.DataFrame(
        {
            "on": local.dt.normalize().where(is_good),
            "at": at.where(is_good),
            "reason": reason,
            "is_mended": is_mended & is_good,
        }
    )


def _local(texts: pd.Series, *, layout: str) -> pd.Series:
    form = "ISO8601" if layout == "ISO" else directive(layout)
    return pd.to_datetime(texts, format=form, errors="coerce").astype("datetime64[ns]")


def _of_serials(texts: pd.Series, layout: str, calendar: pd.Series | None) -> pd.Series:
    """Serial days, each in its calendar; of a day and a time with a blank between, the sum."""
    told = texts.str.extract(_SERIAL)
    serial = pd.to_numeric(told["day"], errors="coerce").astype("float64")
    serial += pd.to_numeric(told["time"].fillna("0"), errors="coerce").astype("float64")
    serial = serial.where(serial <= _LAST_SERIAL)
    first = pd.Series(_FIRST_DAYS["1900"], index=texts.index)
    if calendar is not None:
        first = calendar.map(_FIRST_DAYS).fillna(first).astype("datetime64[ns]")
    seconds = (serial if layout == _EXCEL_TIME else serial // 1) * 86_400
    local: pd.Series = first.astype("datetime64[ns]") + pd.to_timedelta(seconds.round().astype("Int64"), unit="s")
    return local


def _instants(texts: pd.Series, *, layout: str) -> pd.Series:
    if layout == "APACHE":
        return pd.to_datetime(texts.str.strip("[]"), format=_APACHE, errors="coerce", utc=True)
    parsed = on_distinct(texts, lambda text: (_mail_date(text),), names=("at",))
    return pd.to_datetime(parsed["at"], errors="coerce", utc=True)


def _believe_the_wall(texts: pd.Series, at: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Instants, those with the offset of the other half of the year taken by the wall; and which those are.

    Within two hours of a change of the clocks nobody can tell, and the offset stands.
    """
    told = texts.str.strip("[]").str[-5:].map({name: pd.Timedelta(hours=hours) for name, hours in _OFFSETS.items()})
    wall = at.dt.tz_localize(None) + told
    on_wall = wall.dt.tz_localize(ZONE, ambiguous="NaT", nonexistent="NaT").dt.tz_convert("UTC")
    is_wrong = (on_wall != at) & on_wall.notna() & told.notna()
    is_wrong &= _is_settled(at, before=-2) & _is_settled(at, before=2)
    return at.mask(is_wrong, on_wall), is_wrong


def _is_settled(at: pd.Series, *, before: int) -> pd.Series:
    """Whether the clocks show the same offset some hours before (or after, where negative)."""
    local = at.dt.tz_convert(ZONE).dt.tz_localize(None)
    other = (at - pd.Timedelta(hours=before)).dt.tz_convert(ZONE).dt.tz_localize(None)
    settled: pd.Series = (local - other).eq(pd.Timedelta(hours=before))
    return settled


def _mail_date(text: str) -> dt.datetime | None:
    try:
        read = parsedate_to_datetime(text)
    except (TypeError, ValueError, IndexError):
        return None
    return read if read.tzinfo else read.replace(tzinfo=dt.UTC)


def to_instants(local: pd.Series) -> pd.Series:
    """Readings of a wall clock, in the order they were written, as instants in UTC."""
    is_second = np.zeros(len(local), dtype=np.bool_)
    is_twice = local.notna() & local.dt.tz_localize(ZONE, ambiguous="NaT", nonexistent="shift_forward").isna()
    if is_twice.any():
        twice, day = local[is_twice], local[is_twice].dt.date
        steps_back = (twice < twice.groupby(day).cummax()).astype("int64")
        # Once it stepped back the second hour goes on, however late its minutes.
        is_second[is_twice] = steps_back.groupby(day).cummax() == 1
    placed = local.dt.tz_localize(ZONE, ambiguous=~is_second, nonexistent="shift_forward")
    instants: pd.Series = placed.dt.tz_convert("UTC")
    return instants


def is_second_hour(at: pd.Series) -> pd.Series:
    """Whether each instant lies in an hour of the night the clocks are set back that the wall had shown before."""
    local = at.dt.tz_convert(ZONE).dt.tz_localize(None)
    before = (at - pd.Timedelta(hours=1)).dt.tz_convert(ZONE).dt.tz_localize(None)
    is_shown_twice: pd.Series = local.eq(before)
    return is_shown_twice


def _reasons(texts: pd.Series, local: pd.Series, *, business_date: dt.date) -> pd.Series:
    reason = pd.Series(pd.NA, index=texts.index, dtype="string")
    latest = pd.Timestamp(business_date) + pd.Timedelta(days=2)
    reason[local.isna()] = "invalid"
    reason[(local < _FIRST_EVENT) | (local >= latest)] = "implausible"
    digits = texts.str.replace(r"\D", "", regex=True)
    empty_digits = digits.str.fullmatch(re.compile(r"0+|9+")).fillna(False)
    reason[empty_digits.astype(bool) | local.dt.normalize().isin(_SENTINELS)] = "sentinel"
    reason[texts.isna()] = "missing"
    return reason
