"""What the talking machine told people: the invoice, the payment, the offer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from estate.draw import Draw, Flags, Ints, chance, weighted
from estate.life.access import has_pin
from estate.life.arrivals import pick, platform_flows
from estate.life.clock import wall_day
from estate.life.contacts import Contacts
from estate.life.demand import at, weights
from estate.life.events import INVOICE, NEW_ACCOUNT, NOTHING, OFFER, PAYMENT, PHONE, Events, concatenate, in_order
from estate.life.masters import by_region, regions_of_points
from estate.life.setting import Setting, minutes_on, shown
from estate.people import NONE

_TOPICS = {"invoice": INVOICE, "payment": PAYMENT, "offer": OFFER}


@dataclass(frozen=True)
class IvrEvents(Events):
    """Informations by machine; source is one of the five ``ztNN-ivr``."""

    second: Ints
    ani: Ints
    """Nine digits, 0 where withheld."""
    topic: Ints
    """INVOICE, PAYMENT or OFFER where contained; any topic where handed over."""
    duration_s: Ints
    with_pin: Flags
    """The caller keyed in a PIN."""
    contact: Ints
    """Row of the contact it was handed over to, NONE where the machine's answer was enough."""


def make_ivr(setting: Setting, contacts: Contacts) -> IvrEvents:
    """What the machine answered by itself, and the calls it handed over."""
    draw = setting.draw("ivr")
    own = _contained(setting, draw)
    handed = _handed_over(setting, draw, contacts)
    return in_order(concatenate(own, handed))


def _contained(setting: Setting, draw: Draw) -> IvrEvents:
    rule = setting.demand.platform
    flows = platform_flows(setting.callers, setting.desks, setting.demand, rule.ivr_per_million, scale=setting.scale)
    strangers = setting.demand.stranger
    picked = [pick(draw, setting.callers, flow, flow.expected, strangers=strangers) for flow in flows]
    row, place, day, hour = (np.concatenate(column) for column in zip(*picked, strict=True))
    size = len(row)
    codes = np.array([_TOPICS[name] for name in rule.ivr_topics])
    topic = codes[weighted(draw, weights(rule.ivr_topics), size)]
    ani, named = shown(setting, draw, row, place)
    with_pin = has_pin(setting.access, row, day) & chance(draw, size, at(rule.with_pin, day))
    return IvrEvents(
        party=row,
        minute=minutes_on(draw, day, hour * 60 + draw.integers(0, 60, size)),
        source=by_region("ivr")[regions_of_points()[place]],
        number=np.zeros(size, dtype=np.int64),
        named_by=np.where(with_pin, NEW_ACCOUNT, named),
        second=draw.integers(0, 60, size),
        ani=ani,
        topic=topic,
        duration_s=np.round(25 + draw.exponential(40, size)).astype(np.int64),
        with_pin=with_pin,
        contact=np.full(size, NONE),
    )


def _handed_over(setting: Setting, draw: Draw, contacts: Contacts) -> IvrEvents:
    rows = np.flatnonzero(contacts.from_ivr)
    size = len(rows)
    party = contacts.party[rows]
    to_ivr = np.full(int(contacts.source.max(initial=0)) + 1, NONE)
    to_ivr[by_region("cti")[1:]] = by_region("ivr")[1:]
    rate = at(setting.demand.platform.with_pin, wall_day(contacts.minute[rows]))
    with_pin = has_pin(setting.access, party, wall_day(contacts.minute[rows])) & chance(draw, size, rate)
    # What an advisor keyed in later the machine did not know.
    ani, mobile = contacts.ani[rows], setting.mobile[setting.book.entity[party]]
    is_own = (party != NONE) & (ani > 0) & ((ani == setting.book.phone[party]) | (ani == mobile))
    return IvrEvents(
        party=party,
        # The machine comes first; its leg ends where the queue's begins.
        minute=contacts.minute[rows] - 1,
        source=to_ivr[contacts.source[rows]],
        number=np.zeros(size, dtype=np.int64),
        named_by=np.where(with_pin, NEW_ACCOUNT, np.where(is_own, PHONE, NOTHING)),
        second=contacts.second[rows],
        ani=ani,
        topic=contacts.topic[rows],
        duration_s=np.full(size, 60),
        with_pin=with_pin,
        contact=rows,
    )
