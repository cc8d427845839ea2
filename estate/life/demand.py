"""What customers want and how the company is manned: one YAML, frozen and strict.

Only demand and manning stand here; what the story boasts of (waits, solved calls, decisions, satisfaction) comes out
of the simulation.
"""

from __future__ import annotations

import datetime as dt
from functools import cache
from pathlib import Path
from typing import Annotated

import numpy as np
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from config.strict import read_strict
from estate.draw import Floats, Ints
from estate.life.clock import day_number
from estate.life.events import TOPICS

CATEGORIES = (
    *("invoice amount", "calls not made", "internet fee", "fault not repaired"),
    *("late activation", "payment", "other"),
)
"""Of complaints."""

_FILE = Path(__file__).parent.with_name("demand.yml")

Share = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0)]
Count = Annotated[int, Field(gt=0)]
Knots = tuple[tuple[dt.date, float], ...]


def _rising(knots: Knots) -> Knots:
    days = [day for day, _ in knots]
    if not days or sorted(set(days)) != days:
        raise ValueError("days of a curve must rise")
    return knots


def _all_topics(shares: dict[str, float]) -> dict[str, float]:
    if tuple(shares) != TOPICS:
        raise ValueError(f"topics must be {', '.join(TOPICS)}")
    return shares


def _all_categories(shares: dict[str, float]) -> dict[str, float]:
    if tuple(shares) != CATEGORIES:
        raise ValueError(f"categories must be {', '.join(CATEGORIES)}")
    return shares


def _day_long(weights: tuple[float, ...]) -> tuple[float, ...]:
    if len(weights) != 24 or sum(weights) <= 0:
        raise ValueError("a day has 24 hours")
    return weights


Curve = Annotated[Knots, AfterValidator(_rising)]
ByTopic = Annotated[dict[str, Annotated[float, Field(ge=0)]], AfterValidator(_all_topics)]
ByCategory = Annotated[dict[str, Share], AfterValidator(_all_categories)]
Hours = Annotated[tuple[Annotated[float, Field(ge=0)], ...], AfterValidator(_day_long)]


def at(curve: Knots, days: Ints) -> Floats:
    """A curve on these days; before its first knot and after its last one it is level."""
    return np.interp(days, [day_number(day) for day, _ in curve], [value for _, value in curve])


def weights(shares: dict[str, float]) -> Floats:
    """Shares in the order of their names, as an array."""
    return np.array(list(shares.values()), dtype=np.float64)


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Change(_Frozen):
    """One quantity before the cutover of a customer's unit, and after it."""

    before: Positive
    after: Positive


class Shown(_Frozen):
    """What the exchange shows of a caller."""

    withheld: Share
    other: Share


class DayHours(_Frozen):
    """Weights of hours on the wall."""

    weekday: Hours
    weekend: Hours
    hotline: Hours


class Platform(_Frozen):
    """9393 and 9330 with their machine."""

    calls_per_million: Curve
    ivr_per_million: Curve
    ivr_topics: dict[str, Share]
    handed_over: Share
    with_pin: Curve
    handling_s: Positive
    planned_handling_s: Positive
    notes_share: Share
    safety: float
    least_agents: Count
    manned: Curve
    misdialled: Share


class Hotlines(_Frozen):
    """The 140 lines of old."""

    first_day: dt.date
    calls_per_million: Positive
    handling_s: Positive
    planned_handling_s: Positive
    notes_share: Share
    safety: float
    least_agents: Count
    manned: Positive
    peak: Positive
    peak_days: Count


class Patience(_Frozen):
    """How long callers wait: some leave soon, the others have time; both exponential."""

    hasty_share: Share
    hasty_s: Positive
    patient_s: Positive


class Solving(_Frozen):
    """What one talk can do about a case, and who comes back."""

    able: ByTopic
    rights_from: dt.date
    without_rights: Share
    on_hotline: Share
    busy: Share
    returns: Share
    return_days: Positive
    noted_all_the_same: Share
    by_other_record: Share


class OfficeVisits(_Frozen):
    """Visits per million: one number before the cutover, a curve after it."""

    before: Positive
    after: Curve


class Offices(_Frozen):
    """Customer offices."""

    first_day: dt.date
    visits_per_million: OfficeVisits
    per_point: Change
    served_s: Positive
    clerks: Change
    patience: Patience
    opens: Count
    open_hours: Count
    travel_km: Change
    topics: ByTopic


class MessageDemand(_Frozen):
    """E-mail and web forms; the curve is of the nation."""

    per_month: Curve
    form_share: Share
    spam_share: Share
    follow_up: Share
    reply_minutes: Positive
    topics: ByTopic


class OrderDemand(_Frozen):
    """Orders and what becomes of them."""

    first_day: dt.date
    cancelled: Share
    further_work: Share
    work_days: Change
    portal_per_million: Curve
    needs_share: Share
    enquiries_share: Share
    neostrada: Curve


class ComplaintDemand(_Frozen):
    """What people complain of, how often they are right, and how the company decides."""

    share: ByCategory
    justified: ByCategory
    partly_justified: Share
    advisor_limit_grosze: Count
    kindness: Share
    amount_grosze: Positive
    office_days: Change
    reopened: Share


class FaultDemand(_Frozen):
    """Repairs."""

    repair_hours: Change
    reopened: Share


class Billing(_Frozen):
    """Which months have invoices, and on which days."""

    months_before: int
    months_after: int
    last_months: tuple[str, ...]
    day_before: tuple[int, ...]
    cycles: Count
    rent_grosze: Positive
    usage_grosze: Positive
    due_days: Count
    firm_factor: Positive


class PaymentDemand(_Frozen):
    """How invoices are paid; shares of invoices."""

    late: Share
    partial: Share
    none: Share
    over: Share
    double: Share
    returned: Share
    unknown: Share
    by_other: Share
    postal: Share
    name_only: Share
    no_title: Share
    by_phone: Share
    by_invoice: Share


class LetterDemand(_Frozen):
    """Letters to the one post box."""

    per_million: Curve
    batch: Count
    pages: tuple[Share, ...]
    no_barcode: Share
    routing_minutes: Curve
    topics: ByTopic


class PinDemand(_Frozen):
    """PINs; the curve counts all issued so far."""

    issued_per_million: Curve
    wrong_a_month: Share
    locked: Share


class PortalDemand(_Frozen):
    """The portal."""

    share: Share
    joint: Share
    all_records: Share
    logins_per_million: Curve
    bots: Share
    retries: Share
    wrong: Share


class Satisfaction(_Frozen):
    """How a customer feels on a scale to 5 after a contact, and how much people differ."""

    mean: float
    per_log_minute: float
    unsolved: float
    spread: Positive


class SurveyDemand(_Frozen):
    """Who is asked, who answers."""

    first_day: dt.date
    asked: Share
    answers: Share
    satisfied: Satisfaction


class UsageDemand(_Frozen):
    """The sample of call records."""

    per_million: Positive
    days: tuple[dt.date, ...]
    seconds_from: dt.date


class Demand(_Frozen):
    """All inputs of the life."""

    last_day: dt.date
    stranger: Share
    shown: Shown
    topics: ByTopic
    hours: DayHours
    weekdays: tuple[Positive, ...]
    platform: Platform
    hotlines: Hotlines
    patience: Patience
    phantom: Share
    retry: Share
    solving: Solving
    offices: Offices
    messages: MessageDemand
    orders: OrderDemand
    complaints: ComplaintDemand
    faults: FaultDemand
    billing: Billing
    payments: PaymentDemand
    letters: LetterDemand
    pins: PinDemand
    portal: PortalDemand
    surveys: SurveyDemand
    usage: UsageDemand


def read_demand(path: Path) -> Demand:
    """The demand of a YAML file.

    Raises:
        ConfigurationError: a key is misspelt, missing or out of range; the message names file and key.
    """
    return read_strict(path, Demand)


@cache
def load_demand() -> Demand:
    """The demand the estate is built with."""
    return read_demand(_FILE)
