"""Payments of invoices: transfers through Elixir or on the statements of a bank, and postal orders."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from config.sources import all_sources
from estate.draw import Draw, Flags, Ints, chance, weighted
from estate.life.clock import day_number, wall_day, weekday
from estate.life.events import ACCOUNT, NEW_ACCOUNT, NOTHING, PHONE, Events, concatenate, in_order, take
from estate.life.invoices import Invoices
from estate.life.masters import by_point, master
from estate.life.setting import Setting, blank, is_central, minutes_on
from estate.people import NONE

_NRB_ONLY = day_number(dt.date(2004, 7, 1))
_NRB_FROM = day_number(dt.date(2002, 5, 6))
BY_ACCOUNT, BY_PHONE, BY_INVOICE, NAME_ONLY, NO_TITLE = range(5)

ELIXIR, MT940, POSTAL = range(3)
WAYS = ("elixir", "mt940", "postal")
FULL, PARTIAL, OVER, DOUBLE, RETURNED, UNKNOWN, REVERSAL = range(7)
KINDS = ("full", "partial", "over", "double", "returned", "unknown", "reversal")
"""``returned`` is taken back later by a ``reversal``; ``unknown`` belongs to no invoice at all."""
_WAY_OF_KIND = {"a6e": ELIXIR, "a6m": MT940, "a6p": POSTAL}
TITLES = ("account", "phone", "invoice", "name only", "nothing")


@dataclass(frozen=True)
class Payments(Events):
    """Payments; source is ``ztNN-payments`` before the cutover, ``zt99-payments`` after it.

    ``party`` is the subscriber whose account was meant; NONE for payments that belong to nobody.
    """

    invoice: Ints
    """Row of the invoice, NONE where it is unknown."""
    payer: Ints
    """Row of the book of who paid: the party itself, a relative, a stranger's row; NONE where it is unknown."""
    way: Ints
    kind: Ints
    reverses: Ints
    """Row of the payment that is taken back; NONE for all but reversals."""
    amount_grosze: Ints
    """Always positive, of reversals too."""
    title: Ints
    """One of TITLES: what the free text of the transfer holds."""
    old_form: Flags
    """The account is written as before NRB."""
    branch: Ints
    """Number of the paying bank unit or post office, for those who have to name one."""


def make_payments(setting: Setting, invoices: Invoices) -> Payments:
    """What was paid for the invoices, and money that belongs to none of them."""
    draw = setting.draw("payments")
    rule, size = setting.demand.payments, len(invoices)
    shares = np.array([rule.none, rule.partial, rule.over, rule.double, rule.returned])
    fate = weighted(draw, np.append(1 - shares.sum(), shares), size)
    paid = np.flatnonzero(fate != 1)
    kind = np.array([FULL, NONE, PARTIAL, OVER, DOUBLE, RETURNED])[fate[paid]]
    late = chance(draw, len(paid), rule.late)
    due = invoices.due_day[paid]
    lag = np.where(late, 1 + draw.exponential(18, len(paid)), -draw.integers(0, 12, len(paid)))
    amount = invoices.amount_grosze[paid]
    part = draw.uniform(0.2, 0.9, len(paid))
    amount = np.where(kind == PARTIAL, (amount * part).astype(np.int64), amount)
    amount = np.where(kind == OVER, amount + draw.integers(1, 40, len(paid)) * 100, amount)
    first = _payments(setting, draw, invoices, paid, kind, due + lag.astype(np.int64), amount)
    rest = np.flatnonzero((kind == PARTIAL) | (kind == DOUBLE))
    whole = invoices.amount_grosze[paid[rest]]
    left = np.where(kind[rest] == PARTIAL, whole - amount[rest], whole)
    later = due[rest] + draw.integers(5, 40, len(rest))
    second = _payments(setting, draw, invoices, paid[rest], kind[rest], later, left)
    found = _lived(setting, concatenate(first, second, _unknown(draw, rule.unknown, first)))
    return in_order(concatenate(found, _lived(setting, _reversals(setting, draw, found))), own="reverses")


def _lived(setting: Setting, payments: Payments) -> Payments:
    """Without those after the life ended."""
    return take(payments, np.flatnonzero(wall_day(payments.minute) <= setting.first_and_last[1]))


def _reversals(setting: Setting, draw: Draw, payments: Payments) -> Payments:
    """The bank takes payments back some days later, in the system that is master then."""
    returned = np.flatnonzero(payments.kind == RETURNED)
    some, book = take(payments, returned), setting.book
    day = _on_weekdays(wall_day(some.minute) + draw.integers(2, 9, len(some)))
    central = is_central(book, some.party, day)
    moved = central & ~is_central(book, some.party, wall_day(some.minute))
    return replace(
        some,
        minute=minutes_on(draw, day, draw.integers(8 * 60, 18 * 60, len(some))),
        source=master("payments", book.point[some.party], is_central=central),
        kind=blank(len(some), REVERSAL),
        reverses=returned,
        way=np.where(moved, ELIXIR, some.way),
        named_by=np.where(moved, NEW_ACCOUNT, some.named_by),
        old_form=some.old_form & (day < _NRB_ONLY),
    )


def _on_weekdays(day: Ints) -> Ints:
    return day + np.where(weekday(day) > 4, 7 - weekday(day), 0)


def _unknown(draw: Draw, share: float, like: Payments) -> Payments:
    """Payments of strangers: like others, but for nobody."""
    some = take(like, np.flatnonzero(chance(draw, len(like), share)))
    none = blank(len(some), NONE)
    return replace(
        some,
        party=none,
        payer=none,
        invoice=none,
        named_by=blank(len(some), NOTHING),
        kind=blank(len(some), UNKNOWN),
        title=np.where(chance(draw, len(some), 0.5), NAME_ONLY, NO_TITLE),
        amount_grosze=draw.integers(500, 30000, len(some)),
    )


def _payments(
    setting: Setting, draw: Draw, invoices: Invoices, rows: Ints, kind: Ints, day: Ints, amount: Ints
) -> Payments:
    rule, size, book = setting.demand.payments, len(rows), setting.book
    party = invoices.party[rows]
    day = np.maximum(day, wall_day(invoices.minute[rows]) + 1)
    day = _on_weekdays(day)
    central = is_central(book, party, day)
    other = setting.active[draw.integers(0, len(setting.active), size)]
    by_other = chance(draw, size, rule.by_other)
    title = weighted(
        draw, np.array([_rest(setting), rule.by_phone, rule.by_invoice, rule.name_only, rule.no_title]), size
    )
    # The centre has files of the clearing house only: what is paid at a post office comes in them, too.
    way = np.where(
        central, np.where(chance(draw, size, rule.postal), POSTAL, ELIXIR), ways_of_points()[book.point[party]]
    )
    number = np.where(central, NEW_ACCOUNT, ACCOUNT)
    return Payments(
        party=party,
        minute=minutes_on(draw, day, draw.integers(8 * 60, 18 * 60, size)),
        source=master("payments", book.point[party], is_central=central),
        number=blank(size),
        # The account it is paid to holds the number, whatever the title says; the orders of a point have only a title.
        named_by=np.where(
            central | (way != POSTAL),
            number,
            np.select([title == BY_ACCOUNT, title == BY_PHONE], [number, PHONE], NOTHING),
        ),
        invoice=rows,
        payer=np.where(by_other, other, party),
        way=way,
        kind=kind,
        reverses=blank(size, NONE),
        amount_grosze=amount,
        title=title,
        old_form=_old_form(draw, day),
        branch=draw.integers(1, 1000, size),
    )


def _rest(setting: Setting) -> float:
    rule = setting.demand.payments
    return 1 - rule.by_phone - rule.by_invoice - rule.name_only - rule.no_title


@cache
def ways_of_points() -> Ints:
    """How each point learns of payments: the kind of its system decides, and a system holds nothing else."""
    sources = all_sources()
    return np.array([_WAY_OF_KIND[sources[at].kind_name] for at in by_point("payments").tolist()], dtype=np.int64)


def _old_form(draw: Draw, day: Ints) -> Flags:
    """Accounts of the old shape fade out from May 2002 to the last day they were allowed."""
    share = np.interp(day, [_NRB_FROM, _NRB_ONLY], [1.0, 0.05])
    return (day < _NRB_ONLY) & (draw.random(len(day)) < share)
