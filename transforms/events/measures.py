"""What an event says beside when and who: codes, amounts, durations, days.

A code nobody told us about quarantines its row, as does a required amount that cannot be read to the grosz; anything
else that cannot be read is missing with a reason code.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pandas as pd

from config.events import codes_of
from transforms.distinct import as_text, on_distinct
from transforms.draft import Context, flag
from transforms.events.when import CALENDAR, has_time, read_stamps
from transforms.money import amount_layout, parse_grosze
from transforms.phones import phone_layout

TEXTS = ("number", "related_number", "line")
CODES = ("channel", "topic", "product", "outcome", "decided_by", "is_solved")
COUNTS = {
    "wait": "wait_s",
    "talk": "talk_s",
    "units": "units",
    "score": "score",
    "pages": "pages",
    "travel": "travel_km",
}
DAYS = {"period_date": "period_from", "due_date": "due_on", "closed_date": "closed_on"}
_CLOCK = re.compile(r"(?:(\d{1,3}):)?(\d{1,3}):(\d{2})")
_DIGITS = re.compile(r"\d{1,9}")
_NUMBER = re.compile(r"(\d{1,9})(?:[.,]0+)?")


def parse_count(text: str) -> int | None:
    """A whole number, or a duration ``MM:SS`` or ``HH:MM:SS`` in seconds; nothing where it is neither."""
    clock = _CLOCK.fullmatch(text)
    if clock:
        hours, minutes, seconds = (int(part or 0) for part in clock.groups())
        return hours * 3600 + minutes * 60 + seconds
    number = _NUMBER.fullmatch(text)
    return int(number.group(1)) if number else None


def parse_number_of(text: str) -> int | None:
    """The number of an office in the name of its sheet: 3 of ``BOK 3 (2)``."""
    number = _DIGITS.search(text)
    return int(number.group()) if number else None


def clean_line(text: str, *, area_code: str) -> str | None:
    """A number that was dialled: nine national digits, or the few of a service such as ``9393``.

    Args:
        text: digits as dialled: ``8009510``, ``0618009510``, ``0801100003``, ``9393``.
        area_code: two digits of the point; seven digits alone are its own.
    """
    digits = re.sub(r"\D", "", text)
    if len(digits) == 7:
        return area_code + digits
    return digits.removeprefix("0") if len(digits) == 10 else digits or None


def read_codes(text: pd.DataFrame, context: Context) -> tuple[dict[str, pd.Series], pd.Series]:
    """Coded measures and the event type, and per row the column whose code nobody knows (missing where all are)."""
    rules = context.kind.event
    assert rules is not None, "a kind of events has rules"
    unknown = pd.Series(pd.NA, index=text.index, dtype="string")
    found: dict[str, pd.Series] = {}
    for measure in ("event_type", *CODES):
        constant = rules.type if measure == "event_type" else rules.constants.get(measure)
        value = pd.Series(constant, index=text.index, dtype="string")
        for column in context.kind.columns_with(measure):
            words = rules.codes.get(column) or {word: word for word in codes_of(measure) or ()}
            meant = text[column].map(words).astype("string")
            unknown = unknown.mask(text[column].notna() & meant.isna(), column)
            value = meant.fillna(value)
        found[measure] = value
    found["is_solved"] = found["is_solved"].map({"yes": True, "no": False}).astype("boolean")
    return found, unknown


def read_amount(text: pd.DataFrame, context: Context) -> tuple[pd.Series, pd.Series]:
    """Amount in grosze, and per row the column whose amount cannot be read."""
    kind = context.kind
    amount = pd.Series(pd.NA, index=text.index, dtype="Int64")
    unreadable = pd.Series(pd.NA, index=text.index, dtype="string")
    for column in kind.columns_with("amount"):
        parsed = _grosze(text[column], context)
        unreadable = unreadable.mask(text[column].notna() & parsed.isna(), column)
        amount = amount.fillna(parsed)
    for column, values in (kind.event.negative if kind.event else {}).items():
        amount = amount.mask(text[column].isin(values), -amount)
    return amount, unreadable


def _grosze(typed: pd.Series, context: Context) -> pd.Series:
    """Amounts of one column in grosze; missing where they cannot be read."""
    kind = context.kind
    is_grosze = kind.event is not None and kind.event.amount_unit == "grosze"

    def read(amount: str) -> tuple[int | None]:
        if is_grosze:
            return (int(amount) if re.fullmatch(r"[+-]?\d{1,15}", amount) else None,)
        return (parse_grosze(amount, decimal_comma=kind.decimal_comma),)

    return on_distinct(typed, read, names=("grosze",))["grosze"].astype("Int64")


def layout_notes(
    text: pd.DataFrame, context: Context, *, amount: pd.Series, phone: pd.Series, on: pd.Series
) -> list[pd.Series]:
    """Notes of what was read and is not written as the kind writes it.

    Args:
        text: raw columns without pad blanks.
        context: kind of the rows.
        amount: in grosze, as read.
        phone: of the party, as read.
        on: day of each event, as read.
    """
    kind = context.kind
    notes = [phone_layout(text[column]) for column in kind.columns_with("party_phone")]
    for column in kind.columns_with("party_title"):
        # A number in a title stands among words; it is plain where its nine digits do, and no other digit with them.
        pairs = zip(text[column].fillna(""), phone.fillna(""), strict=True)
        is_odd = pd.Series(
            [bool(number) and number not in re.findall(r"\d+", title) for title, number in pairs], index=text.index
        )
        notes.append(flag(is_odd, "phone_layout"))
    if kind.event is not None and kind.event.amount_unit != "grosze":
        notes += [
            amount_layout(text[column], amount, decimal_comma=kind.decimal_comma)
            for column in kind.columns_with("amount")
        ]
    for column in (column for role in COUNTS for column in kind.columns_with(role)):
        notes.append(flag(text[column].str.contains(",", regex=False), "amount_layout"))
    if any(_is_of_two_digits(kind.date_formats[column]) for column in _occurred_columns(context)):
        notes.append(flag(on.dt.year < context.business_date.year // 100 * 100, "two_digit_year"))
    return notes


def _occurred_columns(context: Context) -> list[str]:
    return [name for role in ("occurred_stamp", "occurred_date") for name in context.kind.columns_with(role)]


def _is_of_two_digits(layout: str) -> bool:
    return "RR" in layout or ("YY" in layout and "YYYY" not in layout)


def read_measures(text: pd.DataFrame, context: Context) -> tuple[dict[str, pd.Series], list[pd.Series]]:
    """The other measures by name, and reason codes."""
    found: dict[str, pd.Series] = {}
    issues: list[pd.Series] = []
    for name, value, issue in (
        *_texts(text, context),
        *_counts(text, context),
        *_others(text, context),
        *_days(text, context),
    ):
        found[name] = found[name].fillna(value) if name in found else value
        issues.append(issue)
    return found, issues


_Found = tuple[str, pd.Series, pd.Series]


def _texts(text: pd.DataFrame, context: Context) -> Iterator[_Found]:
    nothing = pd.Series(pd.NA, index=text.index, dtype="string")
    for measure in TEXTS:
        for column in context.kind.columns_with(measure):
            yield measure, _lines(text[column], context) if measure == "line" else text[column], nothing


def _lines(dialled: pd.Series, context: Context) -> pd.Series:
    area_code = context.source.point.area_code
    cleaned = on_distinct(dialled, lambda typed: (clean_line(typed, area_code=area_code),), names=("line",))
    return as_text(cleaned["line"])


def _counts(text: pd.DataFrame, context: Context) -> Iterator[_Found]:
    for role, measure in COUNTS.items():
        for column in context.kind.columns_with(role):
            parsed = on_distinct(text[column], lambda typed: (parse_count(typed),), names=("n",))["n"].astype("Int64")
            if context.kind.event is not None and column in context.kind.event.minutes:
                parsed = parsed * 60
            yield measure, parsed, flag(text[column].notna() & parsed.isna(), f"{measure}_unreadable")


def _others(text: pd.DataFrame, context: Context) -> Iterator[_Found]:
    """The amount in dispute, and the number of the office."""
    for column in context.kind.columns_with("disputed_amount"):
        disputed = _grosze(text[column], context)
        yield "disputed_grosze", disputed, flag(text[column].notna() & disputed.isna(), "disputed_grosze_unreadable")
    for column in context.kind.columns_with("office"):
        numbers = on_distinct(text[column], lambda typed: (parse_number_of(typed),), names=("n",))["n"].astype("Int64")
        yield "office_number", numbers, flag(text[column].notna() & numbers.isna(), "office_number_unreadable")


def _days(text: pd.DataFrame, context: Context) -> Iterator[_Found]:
    kind = context.kind
    # What is due lies ahead of the delivery; a decision or a repair does not.
    ahead = context.business_date.replace(year=context.business_date.year + 1, day=1)
    for role, measure in (*DAYS.items(), ("closed_stamp", "closed_at")):
        for column in kind.columns_with(role):
            layout = kind.date_formats[column]
            until = ahead if role in ("due_date", "period_date") else context.business_date
            read = read_stamps(text[column], layout=layout, business_date=until, calendar=text.get(CALENDAR))
            is_bad = read["reason"].notna() & read["reason"].ne("missing")
            issue = flag(is_bad, f"{measure}_unreadable")
            yield measure, read["at"] if measure == "closed_at" and has_time(layout) else _dates(read["on"]), issue


def _dates(days: pd.Series) -> pd.Series:
    dates: pd.Series = days.dt.date.where(days.notna(), None)
    return dates
