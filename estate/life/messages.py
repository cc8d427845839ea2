"""E-mails and web forms of www.tp.pl, answered by advisors."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from estate.draw import Draw, Flags, Ints, chance, is_known, weighted
from estate.life.clock import day_number, wall_day
from estate.life.demand import weights
from estate.life.events import ACCOUNT, EMAIL, NEW_ACCOUNT, NOTHING, Events, concatenate, in_order, take
from estate.life.masters import central
from estate.life.setting import Setting, blank, days_along, live_rows_at, minutes_on
from estate.people import NONE

_DAYS_OF_A_MONTH = 365.25 / 12
_ADVISORS = 60


@dataclass(frozen=True)
class Messages(Events):
    """Messages; source is ``zt99-poczta`` for e-mail, ``zt99-formularze`` for forms."""

    topic: Ints
    thread: Ints
    """Row of the message it follows up, NONE for a first one."""
    reply_minutes: Ints
    """Until an advisor answered, NONE for spam."""
    advisor: Ints
    is_spam: Flags


def make_messages(setting: Setting) -> Messages:
    """Questions of customers, their second messages in a thread, and spam."""
    draw = setting.draw("messages")
    rule = setting.demand.messages
    first, last = setting.first_and_last
    # Second messages count as messages too.
    factor = setting.scale / _DAYS_OF_A_MONTH / (1 + rule.follow_up)
    begins = day_number(rule.per_month[0][0])
    day = days_along(draw, rule.per_month, max(first, begins), last, factor=factor)
    opening = _messages(setting, draw, day)
    follows = np.flatnonzero(chance(draw, len(opening), rule.follow_up))
    again = take(opening, follows)
    lag = again.reply_minutes + draw.integers(30, 3000, len(again))
    again = replace(again, minute=again.minute + lag, thread=follows)
    spam = _messages(setting, draw, day[chance(draw, len(day), rule.spam_share)], is_spam=True)
    found = concatenate(opening, again, spam)
    # Only second messages can come after the last day, and nothing points at them.
    return in_order(_without(found, wall_day(found.minute) > last), own="thread")


def _without(messages: Messages, late: Flags) -> Messages:
    place = np.cumsum(~late) - 1
    kept = take(messages, np.flatnonzero(~late))
    return replace(kept, thread=np.where(kept.thread == NONE, NONE, place[kept.thread]))


def _messages(setting: Setting, draw: Draw, day: Ints, *, is_spam: bool = False) -> Messages:
    rule, size = setting.demand.messages, len(day)
    is_form = chance(draw, size, 0.0 if is_spam else rule.form_share)
    with_address = setting.active[is_known(setting.book.email[setting.active])]
    # Who writes mail is likely to have told the company the address; most customers never did.
    from_known = ~is_form & chance(draw, size, 0.7)
    row = np.where(from_known, live_rows_at(setting, draw, day, among=with_address), live_rows_at(setting, draw, day))
    has_address = (row != NONE) & is_known(setting.book.email[row])
    luck = draw.random(size)
    by_number = np.where(luck < 0.3, NEW_ACCOUNT, np.where(luck < 0.45, ACCOUNT, NOTHING))
    on_form = np.where(luck < 0.7, NEW_ACCOUNT, np.where(luck < 0.9, ACCOUNT, NOTHING))
    named = np.where(is_form, on_form, np.where(has_address & (luck < 0.8), EMAIL, by_number))
    reply = np.round(rule.reply_minutes * draw.lognormal(0, 0.8, size)).astype(np.int64) + 5
    return Messages(
        party=blank(size, NONE) if is_spam else row,
        minute=minutes_on(draw, day, draw.integers(0, 24 * 60, size)),
        source=np.where(is_form, central("formularze"), central("poczta")),
        number=blank(size),
        named_by=blank(size, NOTHING) if is_spam else named,
        topic=weighted(draw, weights(rule.topics), size),
        thread=blank(size, NONE),
        reply_minutes=blank(size, NONE) if is_spam else reply,
        advisor=blank(size) if is_spam else 1 + draw.integers(0, _ADVISORS, size),
        is_spam=np.full(size, is_spam),
    )
