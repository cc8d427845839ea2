"""Telephone numbers.

Clerks type what callers say: ``8123456`` (the area code is the point's), ``033/812 34 56``, ``0-1033 61 8525252`` (an
operator in front, since July 2001), ``0048…``, ``600-100-200 zona``, ``852-52-52 wew. 12``, two numbers in one field.
We keep nine national digits and nothing else. A bare seven-digit number is unique only inside its collection point, so
it gets the point's area code at once: joining bare numbers across points is the classic false match. Special numbers
(0-800, 0-70x …) name a service, not a customer. What cannot be read is missing, not a guess.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import pandas as pd

from config.lookups import Lookups
from transforms.distinct import as_text, on_distinct
from transforms.draft import Context, Draft, flag

MOBILE_PREFIXES = ("50", "51", "53", "57", "60", "66", "69", "72", "73", "78", "79", "88")
# Nine digits, or fewer after a trunk zero: 800 86 66 alone is a local number.
_SPECIAL = re.compile(r"0?(?:80|70|30|40)\d{7}|0(?:80|70|30|40)\d{5,6}")
_SHORT_SPECIAL = re.compile(r"9\d{2,3}")
_EXTENSION = re.compile(r"\b(?:wewn?|w)\b\.?\s*\d+.*$", re.IGNORECASE)
_NUMBER = re.compile(r"\+?[\d(][\d\s().\-/]*\d")
_PLAIN = r"\d{9}"
_TRUNK = re.compile(r"(?:0048|48(?=\d{9}$)|(?:00?)?10\d{2}(?=0?\d{9}$))")


def _national(digits: str, *, area_code: str, lookups: Lookups) -> tuple[str | None, str | None]:
    """Nine digits of one number, or why not."""
    if _SPECIAL.fullmatch(digits) or _SHORT_SPECIAL.fullmatch(digits):
        return None, "special"
    number = _TRUNK.sub("", digits, count=1) if len(digits) > 9 else digits
    number = number.removeprefix("0") if len(number) == 10 else number
    if len(number) == 7 and number[0] not in "01":
        number = area_code + number
    if len(number) != 9:
        return None, "incomplete" if len(number) < 9 else "invalid"
    if number[:2] in MOBILE_PREFIXES:
        return number, None
    if number[:2] not in lookups.area_codes or number[2] in "01":
        return None, "invalid"
    return number, None


def _is_dummy(digits: str, *, lookups: Lookups) -> bool:
    """One digit repeated, in the whole number or in its last seven, and numbers typed along the keyboard."""
    local = digits[-7:]
    return any(len(set(part)) == 1 or lookups.is_sentinel("phone", part) for part in (digits, local))


def _read_one(text: str, *, area_code: str, lookups: Lookups) -> tuple[str | None, str | None]:
    digits = re.sub(r"\D", "", text)
    if len(digits) >= 7 and _is_dummy(digits, lookups=lookups):
        return None, "sentinel"
    return _national(digits, area_code=area_code, lookups=lookups)


def parse_phones(text: str, *, area_code: str, lookups: Lookups) -> tuple[tuple[str, ...], str | None]:
    """Every number in a text, nine digits each, and why there is none if there is none.

    Args:
        text: as typed; remarks and extensions are ignored.
        area_code: two digits of the point, for numbers without one.
        lookups: numbers that mean nothing.

    Returns:
        Numbers in order without repeats, and a reason: ``special``, ``sentinel``, ``incomplete``, ``invalid``; no
        reason where numbers were found or the text says in words that there is none.
    """
    without_extension = _EXTENSION.sub("", text)
    groups = [match.group() for match in _NUMBER.finditer(without_extension)]
    found: list[str] = []
    reasons: list[str] = []
    for group in groups:
        # The whole group first (033/812 34 56), then its halves (8123456/8123457).
        for pieces in ([group], re.split(r"/", group)):
            read = [_read_one(piece, area_code=area_code, lookups=lookups) for piece in pieces]
            numbers = [number for number, _ in read if number]
            if numbers:
                found += numbers
                break
        else:
            reasons += [reason for _, reason in read[:1] if reason]
    return tuple(dict.fromkeys(found)), None if found else next(iter(reasons), None)


def _numbers_in(
    draft: Draft, columns: Sequence[str], *, area_code: str, lookups: Lookups
) -> tuple[pd.Series, list[pd.Series]]:
    """All numbers of these columns row by row, blank between, and the reason codes."""
    numbers = pd.Series("", index=draft.index, dtype="string")
    issues: list[pd.Series] = []
    for column in columns:

        def parse(text: str) -> tuple[str | None, str | None]:
            found, reason = parse_phones(text, area_code=area_code, lookups=lookups)
            return " ".join(found), reason

        parsed = on_distinct(draft.raw[column], parse, names=("numbers", "reason"))
        numbers = numbers + " " + as_text(parsed["numbers"]).fillna("")
        issues += [
            flag(parsed["reason"].eq(reason), f"phone_{reason}")
            for reason in ("special", "sentinel", "incomplete", "invalid")
        ]
    return numbers, issues


def _first_two(numbers: str) -> tuple[str | None, str | None]:
    distinct = [*dict.fromkeys(numbers.split()), None, None]
    return distinct[0], distinct[1]


def clean_phones(draft: Draft, context: Context) -> Draft:
    """The first two different numbers of each row, those in remarks last."""
    area_code = context.source.point.area_code
    numbers, issues = _numbers_in(
        draft, context.kind.columns_with("phone"), area_code=area_code, lookups=context.lookups
    )
    numbers = numbers + " " + draft.value("remark_phones").fillna("")
    both = on_distinct(numbers, _first_two, names=("phone", "phone_2"))
    return draft.with_values(
        {name: as_text(both[name]) for name in ("phone", "phone_2")},
        issues=issues,
        notes=[phone_layout(draft.raw[column]) for column in context.kind.columns_with("phone")],
    )


def phone_layout(typed: pd.Series) -> pd.Series:
    """The note ``phone_layout`` where something stands that is not nine plain digits."""
    return flag(typed.notna() & ~typed.str.fullmatch(_PLAIN).fillna(False).astype(bool), "phone_layout")
