"""Letters to the one post box, scanned in batches and routed to advisors."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from estate.draw import Ints, chance, weighted
from estate.life.clock import day_number, weekday
from estate.life.demand import at, weights
from estate.life.events import ACCOUNT, NEW_ACCOUNT, NOTHING, PHONE, Events, in_order
from estate.life.masters import central
from estate.life.setting import Setting, blank, days_along, live_rows_at, office_minutes, served_millions

_ADVISORS = 40


@dataclass(frozen=True)
class Letters(Events):
    """Letters; source is ``zt99-skany``; ``minute`` is of the scan."""

    batch: Ints
    position: Ints
    """In its batch, from 1."""
    pages: Ints
    barcode: Ints
    """Twelve digits, the last one a check digit; 0 where the sheet has none."""
    topic: Ints
    signed_day: Ints
    """Written on the letter, days since 1970."""
    routed_minute: Ints
    """When an advisor had it on the screen."""
    advisor: Ints


def make_letters(setting: Setting) -> Letters:
    """Letters as the scanning room registers them, on weekdays."""
    draw = setting.draw("letters")
    rule = setting.demand.letters
    first, last = day_number(rule.per_million[0][0]), setting.first_and_last[1]
    factor = served_millions(setting, np.arange(first, last + 1)) * setting.scale
    day = days_along(draw, rule.per_million, first, last, factor=factor)
    day = np.minimum(day + np.where(weekday(day) > 4, 7 - weekday(day), 0), last)
    size = len(day)
    luck = draw.random(size)
    minute = office_minutes(draw, day)
    routing = at(rule.routing_minutes, day) * draw.lognormal(0, 0.6, size)
    letters = Letters(
        party=live_rows_at(setting, draw, day),
        minute=minute,
        source=blank(size, central("skany")),
        number=blank(size),
        named_by=np.select([luck < 0.5, luck < 0.65, luck < 0.85], [NEW_ACCOUNT, ACCOUNT, PHONE], NOTHING),
        batch=blank(size),
        position=blank(size),
        pages=1 + weighted(draw, np.array(rule.pages), size),
        barcode=np.where(chance(draw, size, rule.no_barcode), 0, 1),
        topic=weighted(draw, weights(rule.topics), size),
        signed_day=day - 1 - draw.geometric(0.3, size),
        routed_minute=minute + 1 + np.round(routing).astype(np.int64),
        advisor=1 + draw.integers(0, _ADVISORS, size),
    )
    letters = in_order(letters)
    place = np.arange(size)
    return replace(
        letters,
        batch=1 + place // rule.batch,
        position=1 + place % rule.batch,
        barcode=np.where(letters.barcode > 0, barcodes(letters.number), 0),
    )


def barcodes(number: Ints) -> Ints:
    """Twelve digits: 59, the number, a check digit as on a parcel of goods."""
    body = 59_000_000_000 + number
    digits = body[:, None] // 10 ** np.arange(11, dtype=np.int64) % 10
    check = (10 - digits @ np.where(np.arange(11) % 2 == 0, 3, 1) % 10) % 10
    return np.asarray(body * 10 + check)
