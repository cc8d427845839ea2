"""Answers to the question how satisfied a customer was, asked after a contact."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from estate.draw import Ints, chance, is_known
from estate.life.clock import DAY, day_number, wall_day
from estate.life.contacts import ANSWERED, Contacts, ended
from estate.life.events import EMAIL, NEW_ACCOUNT, PHONE, Events, in_order
from estate.life.masters import by_region, central
from estate.life.setting import Setting, blank, last_minute
from estate.people import NONE


@dataclass(frozen=True)
class Surveys(Events):
    """Answers; source is ``zt99-ankiety``."""

    contact: Ints
    """Row of the contact asked about."""
    score: Ints
    """1 to 5."""
    asked_minute: Ints
    mode: Ints
    """0 by telephone, 1 by e-mail."""


def make_surveys(setting: Setting, contacts: Contacts) -> Surveys:
    """Scores of those who were asked and answered: what they lived through, and how people differ."""
    draw = setting.draw("surveys")
    rule = setting.demand.surveys
    asked = (contacts.outcome == ANSWERED) & (contacts.party != NONE) & np.isin(contacts.source, by_region("cti")[1:])
    asked &= wall_day(contacts.minute) >= day_number(rule.first_day)
    asked &= chance(draw, len(contacts), rule.asked * rule.answers)
    rows = np.flatnonzero(asked)
    rows = rows[ended(contacts, rows) + 4 * DAY < last_minute(setting)]
    size, feel = len(rows), rule.satisfied
    mood = feel.mean + feel.per_log_minute * np.log1p(contacts.wait_s[rows] / 60)
    mood = mood + feel.unsolved * ~contacts.is_solved[rows] + feel.spread * draw.standard_normal(size)
    has_address = is_known(setting.book.email[contacts.party[rows]])
    by_mail = has_address & chance(draw, size, 0.4)
    asked_at = ended(contacts, rows) + draw.integers(60, 2 * DAY, size)
    return in_order(
        Surveys(
            party=contacts.party[rows],
            minute=asked_at + np.where(by_mail, draw.integers(10, 2 * DAY, size), 3),
            source=blank(size, central("ankiety")),
            number=blank(size),
            named_by=np.where(by_mail, EMAIL, np.where(chance(draw, size, 0.7), NEW_ACCOUNT, PHONE)),
            contact=rows,
            score=np.clip(np.round(mood), 1, 5).astype(np.int64),
            asked_minute=asked_at,
            mode=by_mail.astype(np.int64),
        )
    )
