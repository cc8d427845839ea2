"""PESEL, NIP, REGON and identity documents with right check digits, many at a time.

Algorithms: PESEL weights 1379137913; NIP weights 657234567 mod 11; REGON weights 89234567 (9) and 2485097361248 (14),
mod 11 mod 10; plastic identity card from 2001, letters count 10..35, weights 7 3 1 9 7 3 1 7 3, sum divisible by 10.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from estate.draw import Draw, Flags, Ints, Texts, distinct_numbers, texts

Digits = npt.NDArray[np.int64]
_TAX_OFFICES = (113, 526, 521, 779, 781, 782, 618, 665, 697, 764, 894, 898, 886, 611, 691, 929, 599, 739, 578, 583, 839)


def digits_of(numbers: Ints, *, width: int) -> Digits:
    """Numbers as rows of decimal digits, most significant first."""
    powers = 10 ** np.arange(width - 1, -1, -1, dtype=np.int64)
    return (numbers[:, None] // powers) % 10


def join_digits(digits: Digits) -> Texts:
    """Rows of digits as texts."""
    width = digits.shape[1]
    flat = (digits.astype(np.uint8) + 48).tobytes().decode("ascii")
    return texts([flat[start : start + width] for start in range(0, len(flat), width)])


def _with_check(body: Digits, check: Ints) -> Texts:
    return join_digits(np.column_stack([body, check]))


def civil(days: Ints) -> tuple[Ints, Ints, Ints]:
    """Year, month and day of days since 1970."""
    dates = days.astype("datetime64[D]")
    months = dates.astype("datetime64[M]")
    month_number = months.astype(np.int64)
    return 1970 + month_number // 12, month_number % 12 + 1, (dates - months).astype(np.int64) + 1


def pesels(birth: Ints, serial: Ints, *, is_female: Flags) -> Texts:
    """PESELs of these dates of birth; ``serial`` below 5000 tells people of one day and sex apart."""
    year, month, day = civil(birth)
    month = month + np.select([year < 1900, year >= 2000], [80, 20], 0)
    last = (serial % 5) * 2 + (~is_female).astype(np.int64)
    number = ((year % 100) * 10000 + month * 100 + day) * 10000 + (serial // 5) * 10 + last
    body = digits_of(number, width=10)
    check = (10 - (body @ np.array([1, 3, 7, 9, 1, 3, 7, 9, 1, 3])) % 10) % 10
    return _with_check(body, check)


def serials(draw: Draw, birth: Ints, *, is_female: Flags) -> Ints:
    """Serial numbers that differ between people of one day and sex."""
    group = birth * 2 + is_female
    order = np.argsort(group, kind="stable")
    ordered = group[order]
    starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
    rank = np.arange(len(group)) - np.repeat(starts, np.diff(np.r_[starts, len(group)]))
    first = np.repeat(draw.integers(0, 5000, len(starts)), np.diff(np.r_[starts, len(group)]))
    result = np.empty(len(group), dtype=np.int64)
    # 1777 and 5000 share no factor, so no number comes back within a group.
    result[order] = (first + rank * 1777) % 5000
    return result


def nips(draw: Draw, count: int) -> Texts:
    """Different NIPs; a body whose check would be 10 is never issued."""
    weights = np.array([6, 5, 7, 2, 3, 4, 5, 6, 7])
    offices = np.asarray(_TAX_OFFICES, dtype=np.int64)
    serial = distinct_numbers(draw, count * 2, low=0, high=len(offices) * 1_000_000)
    body = digits_of(offices[serial % len(offices)] * 1_000_000 + serial // len(offices), width=9)
    check = (body @ weights) % 11
    issued = check < 10
    return _with_check(body[issued][:count], check[issued][:count])


def regons(draw: Draw, count: int) -> Texts:
    """Different nine-digit REGONs; the first two digits are an old voivodeship code."""
    serial = distinct_numbers(draw, count, low=0, high=49_000_000)
    body = digits_of((serial % 49 * 2 + 1) * 1_000_000 + serial // 49, width=8)
    check = (body @ np.array([8, 9, 2, 3, 4, 5, 6, 7])) % 11 % 10
    return _with_check(body, check)


def local_unit_regons(regon: Texts, unit: Ints) -> Texts:
    """Fourteen-digit REGONs of local units of the firms with these nine-digit ones."""
    parents = np.array([int(text) for text in regon], dtype=np.int64)
    body = np.column_stack([digits_of(parents, width=9), digits_of(unit, width=4)])
    check = (body @ np.array([2, 4, 8, 5, 0, 9, 7, 3, 6, 1, 2, 4, 8])) % 11 % 10
    return _with_check(body, check)


def _letters(draw: Draw, count: int, *, width: int) -> Digits:
    return draw.integers(0, 26, (count, width))


def _letter_texts(letters: Digits) -> Texts:
    width = letters.shape[1]
    flat = (letters.astype(np.uint8) + 65).tobytes().decode("ascii")
    return texts([flat[start : start + width] for start in range(0, len(flat), width)])


def booklets(draw: Draw, count: int) -> Texts:
    """Numbers of old identity booklets: two letters, seven digits, no check digit."""
    return np.asarray(_letter_texts(_letters(draw, count, width=2)) + join_digits(draw.integers(0, 10, (count, 7))))


def identity_cards(draw: Draw, count: int) -> Texts:
    """Numbers of plastic identity cards: three letters, a check digit, five digits."""
    letters = _letters(draw, count, width=3)
    tail = draw.integers(0, 10, (count, 5))
    rest = (letters + 10) @ np.array([7, 3, 1]) + tail @ np.array([7, 3, 1, 7, 3])
    # The check digit has weight 9, which is -1 modulo 10.
    return np.asarray(_letter_texts(letters) + join_digits(np.column_stack([rest % 10, tail])))
