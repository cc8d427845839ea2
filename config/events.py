"""Events: what happened between a customer and the company, one schema from reader to fact table.

An event of any kind of system becomes a row of :data:`EVENT_RECORD`: when, which party as its system names it, and the
measures that its type has. Once the party is found, each type is a fact table of its own at the grain of the event;
:data:`EVENT_TYPES` says which measures it holds. A fact keeps the ``record_id`` of the party record, so a merge of
customers rewrites no fact, and ``resolved_by`` says how the party was found. An event whose party nobody knows is kept.
"""

from __future__ import annotations

from dataclasses import dataclass

from config.table_schema import DATE, FLAG, INSTANT, LONG, TEXT, Column, TableSchema, required

MEASURES = (
    Column("number", TEXT, "number of the event in its system: invoice, order, case, barcode; personal"),
    Column("related_number", TEXT, "number of the event it follows from; personal"),
    Column("line", TEXT, "line that was dialled, digits"),
    Column("channel", TEXT, "phone, ivr, office, email, form, letter, portal, elixir, mt940, postal"),
    Column("topic", TEXT, "what it is about"),
    Column("product", TEXT, "what is ordered, given up or asked for"),
    Column("outcome", TEXT, "how it ended, or stands"),
    Column("decided_by", TEXT, "advisor or back_office"),
    Column("is_solved", FLAG, "whether whoever served the customer noted the case as closed; none where nobody served"),
    Column("amount_grosze", LONG, "amount in grosze; what reduces a debt is positive on a payment"),
    Column("disputed_grosze", LONG, "amount in dispute, in grosze; amount_grosze is what was granted"),
    Column("wait_s", LONG, "seconds in the queue; none if it never queued"),
    Column("talk_s", LONG, "seconds served"),
    Column("units", LONG, "units charged as the exchange counts them: impulses, later seconds; no record says which"),
    Column("office_number", LONG, "office of its point, or of the nation where its system is central"),
    Column("score", LONG, "mark from 1 to 5"),
    Column("pages", LONG, "pages scanned"),
    Column("travel_km", LONG, "kilometres to the office"),
    Column("period_from", DATE, "first day of the period it is about"),
    Column("due_on", DATE, "day it is due"),
    Column("closed_on", DATE, "day it was decided, done or answered"),
    Column("closed_at", INSTANT, "instant it was done, repaired, answered or handed on"),
)
"""Every measure an event may have; one name means the same quantity in every fact."""

PARTY_REFERENCES = (
    Column("party_account", TEXT, "account number the event names, digits without leading zeros; personal"),
    Column("party_point", TEXT, "collection point that account belongs to, where a central system tells"),
    Column("party_phone", TEXT, "9 national digits; area code of the point implied where missing; personal"),
    Column("party_email", TEXT, "lower case; personal"),
    Column("party_login", TEXT, "login of the portal; personal"),
    Column("party_payment_account", TEXT, "26 digits of the account the customer pays to; personal"),
    Column("party_invoice", TEXT, "number of the invoice that is paid; personal"),
    Column("party_letter", TEXT, "barcode of the letter it came by; personal"),
    Column("party_name", TEXT, "name beside them, without address; finds nobody, chooses among several; personal"),
)
"""How an event may name its party; :mod:`transforms.events.parties` tries them in this order."""

_MEASURE = {column.name: column for column in MEASURES}

EVENT_RECORD = TableSchema(
    "event_record",
    ("event_id",),
    (
        Column("event_id", TEXT, "<source_id>:<raw key>; personal"),
        required("event_type", TEXT, "a name of EVENT_TYPES"),
        required("source_id", TEXT, "legacy system that was master when it happened"),
        required("point_code", TEXT, "collection point of that system"),
        required("raw_key", TEXT, "key as stored"),
        required("batch_id", TEXT, "delivery it comes from"),
        required("business_date", DATE, "business date of that delivery"),
        required("sequence", LONG, "position in that delivery"),
        required("occurred_on", DATE, "local day it happened"),
        Column("occurred_at", INSTANT, "instant it happened, where its system tells the time"),
        *PARTY_REFERENCES,
        *MEASURES,
        Column("issues", TEXT, "reason codes of values left out, sorted, comma between"),
    ),
    "one standard row per event",
)


@dataclass(frozen=True)
class EventType:
    """One type of event and the fact table it becomes."""

    name: str
    measures: tuple[str, ...]
    meaning: str
    outcomes: tuple[str, ...] = ()
    """What ``outcome`` may say; empty where the type has none."""

    @property
    def fact(self) -> TableSchema:
        """Schema of its fact table."""
        return TableSchema(
            f"fact_{self.name}",
            ("event_id",),
            (*_FACT_COLUMNS, *(_MEASURE[name] for name in self.measures), _ISSUES),
            self.meaning,
        )


_FACT_COLUMNS = (
    Column("event_id", TEXT, "<source_id>:<raw key>; personal"),
    required("source_id", TEXT, "legacy system that was master when it happened"),
    required("point_code", TEXT, "collection point of that system"),
    required("unit", TEXT, "unit of its party, else of its system"),
    Column("record_id", TEXT, "party record it belongs to; none where nobody knows; personal"),
    required("resolved_by", TEXT, "reference that found the party, else unresolved or anonymous"),
    required("occurred_on", DATE, "local day it happened"),
    Column("occurred_at", INSTANT, "instant it happened, where its system tells the time"),
)
_ISSUES = EVENT_RECORD.columns[-1]

_DONE = ("open", "done", "cancelled")
EVENT_TYPES = (
    EventType(
        "contact",
        ("number", "line", "channel", "topic", "wait_s", "talk_s", "outcome", "is_solved"),
        "a call or call leg that reached, or waited for, an advisor",
        ("answered", "abandoned", "phantom", "transferred"),
    ),
    EventType(
        "ivr_event",
        ("number", "related_number", "line", "topic", "talk_s", "outcome"),
        "an information the automatic voice system gave",
        ("contained", "transferred", "abandoned"),
    ),
    EventType(
        "office_visit",
        ("number", "office_number", "topic", "wait_s", "talk_s", "travel_km", "outcome", "is_solved"),
        "a visit to a customer office",
        ("served", "left"),
    ),
    EventType(
        "message",
        ("number", "related_number", "channel", "topic", "outcome", "closed_at"),
        "an e-mail or web form",
        ("answered", "open", "spam"),
    ),
    EventType("order", ("number", "product", "channel", "outcome", "closed_on"), "a service ordered", _DONE),
    EventType(
        "work_order", ("number", "related_number", "product", "outcome", "closed_on"), "work in the network", _DONE
    ),
    EventType(
        "resignation", ("number", "product", "topic", "channel", "outcome", "closed_on"), "a service given up", _DONE
    ),
    EventType("need", ("number", "product", "channel"), "something a customer would like to have"),
    EventType("enquiry", ("number", "product", "topic", "channel", "outcome", "closed_on"), "a question asked", _DONE),
    EventType(
        "complaint",
        (
            *("number", "related_number", "topic", "channel", "outcome", "decided_by"),
            *("disputed_grosze", "amount_grosze", "due_on", "closed_on"),
        ),
        "a complaint and its decision",
        ("open", "accepted", "partly_accepted", "rejected", "withdrawn"),
    ),
    EventType("fault", ("number", "related_number", "topic", "outcome", "closed_at"), "a fault reported", _DONE),
    EventType("invoice", ("number", "period_from", "due_on", "amount_grosze"), "an invoice"),
    EventType(
        "payment",
        ("number", "related_number", "channel", "amount_grosze", "outcome"),
        "a payment, or one taken back",
        ("booked", "reversed"),
    ),
    EventType("letter", ("number", "topic", "pages", "closed_at"), "a letter scanned and handed to an advisor"),
    EventType("login", ("channel", "outcome"), "a login to the portal", ("success", "failure")),
    EventType(
        "pin_event",
        ("channel", "outcome"),
        "a PIN issued, changed, mistyped, locked or unlocked",
        ("issued", "changed", "failed", "locked", "unlocked"),
    ),
    EventType("survey", ("number", "related_number", "topic", "score"), "an answer to a survey of satisfaction"),
    EventType("usage", ("number", "line", "talk_s", "units", "amount_grosze"), "a call charged"),
)
"""Every type of event, in the order of the story."""

RESOLVED_BY = (
    *("account", "account_shared", "phone", "phone_shared", "phone_named", "email", "email_shared", "email_named"),
    *("payment_account", "payment_account_shared", "login", "login_shared"),
    *("invoice", "invoice_shared", "letter", "letter_shared", "related", "unresolved", "anonymous"),
)
"""How the party of an event was found: by which reference, shared by several records, with a name that chose one of
them, by the event of the same call; or why it was not."""

CHANNELS = ("phone", "ivr", "office", "email", "form", "letter", "portal", "elixir", "mt940", "postal")
TOPICS = (
    *("invoice", "payment", "offer", "fault", "complaint", "order", "resignation", "pin", "internet", "number"),
    *("billing_error", "delay", "quality", "no_tone", "noise", "price", "move", "competitor", "service", "change"),
    *("mobile", "death", "other"),
    *("cable", "exchange", "socket", "modem", "storm", "theft", "none_found"),
)
PRODUCTS = ("line", "isdn", "sdi", "neostrada", "tariff", "transfer", "voicemail", "clip", "einvoice", "other")
DECIDERS = ("advisor", "back_office")
YES_OR_NO = ("yes", "no")

FACTS = tuple(each.fact for each in EVENT_TYPES)
"""Schemas of the fact tables."""


def codes_of(measure: str) -> tuple[str, ...] | None:
    """What a coded measure may say, of any type; None for a measure that is no code."""
    outcomes = tuple(dict.fromkeys(outcome for each in EVENT_TYPES for outcome in each.outcomes))
    coded = {
        "channel": CHANNELS,
        "topic": TOPICS,
        "product": PRODUCTS,
        "decided_by": DECIDERS,
        "is_solved": YES_OR_NO,
        "outcome": outcomes,
        "event_type": tuple(each.name for each in EVENT_TYPES),
    }
    return coded.get(measure)
