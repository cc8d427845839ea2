"""One raw extract of an event system as standard events; every row is an event, a reject or excluded by name."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping

import pandas as pd
import pyarrow as pa

from config.events import EVENT_RECORD
from config.kinds import EventRules
from config.lookups import Lookups
from config.sources import SourceSystem
from transforms.contract import check_contract, raw_columns
from transforms.cutoffs import cut_texts
from transforms.draft import EXCLUDED, REJECT, Context, Standardised, as_table, flag, joined_codes, note_table
from transforms.events.correspondence import read_mail
from transforms.events.letters import add_letters
from transforms.events.measures import layout_notes, read_amount, read_codes, read_measures
from transforms.events.references import party_references
from transforms.events.repeats import find_repeats
from transforms.events.twice_encoded import undo_double_encoding
from transforms.events.when import CALENDAR, has_time, is_second_hour, read_stamps
from transforms.rawrows import blank_to_missing, keys_of

_CLOCKS_AGREE = pd.Timedelta(minutes=2)


def standardise_events(
    raw: pa.Table, *, source: SourceSystem, batch_id: str, business_date: dt.date, lookups: Lookups
) -> Standardised:
    """Raw rows of one delivery as events, rejects and exclusions; every row is in exactly one of them.

    Args:
        raw: raw text columns and place (``config.schemas.RAW_PLACE``), in file order.
        source: system it comes from; its kind has :class:`~config.kinds.EventRules`.
        batch_id: delivery it comes from.
        business_date: day the delivery speaks of; nothing in it happened more than a day later.
        lookups: from :func:`config.lookups.load_lookups`.

    Returns:
        Records of ``EVENT_RECORD``, sorted by event_id, then place; an event_id comes twice if the source delivered a
        key twice.

    Raises:
        SourceContractBroken: the columns are not those of the source's kind.
    """
    check_contract(raw.schema, source.kind, source_id=source.source_id)
    context = Context(source=source, kind=source.kind, business_date=business_date, lookups=lookups)
    place = raw.select([name for name in raw.column_names if name.startswith("_")]).to_pandas()
    text, mended = undo_double_encoding(
        blank_to_missing(raw.select(list(raw_columns(raw.schema)))), columns=_rules(context).double_encoded
    )
    codes, unknown = read_codes(text, context)
    amount, unreadable = read_amount(text, context)
    stamps = _occurred(text, context)
    keys = keys_of(raw, kind=source.kind, business_date=business_date)
    measures, issues = read_measures(text, context)
    mail, by_mail, mail_issues = read_mail(text, stamps["at"], context)
    excluded = _reason_to_exclude(text, place, context).fillna(by_mail)
    excluded = excluded.fillna(find_repeats(text, stamps["at"], _rules(context).repeats))
    rejected = _reason_to_reject(
        text, context, keys=keys, unknown=unknown, unreadable=unreadable, when=stamps["reason"]
    ).where(excluded.isna())
    is_kept = excluded.isna() & rejected["reason"].isna()
    _open_the_open(measures, issues, outcome=codes["outcome"])
    told = {**codes, **measures}
    parties = party_references(text, context)
    notes = (
        *layout_notes(text, context, amount=amount, phone=parties["party_phone"], on=stamps["on"]),
        *cut_texts(text, context),
        flag(is_second_hour(stamps["at"]), "clock_set_back"),
    )
    columns = {
        **told,
        **{name: told[name].fillna(value) if name in told else value for name, value in mail.items()},
        "amount_grosze": amount,
        **add_letters(parties, text, context),
        "event_id": source.source_id + ":" + keys,
        "raw_key": keys,
        "source_id": source.source_id,
        "point_code": source.point_code,
        "batch_id": batch_id,
        "business_date": business_date,
        "sequence": place["_record_no"],
        "occurred_on": stamps["on"].dt.date,
        "occurred_at": stamps["at"],
        "issues": joined_codes(
            [*issues, *mended, *mail_issues, *_clock_issues(text, stamps, context)], index=text.index
        ),
    }
    return Standardised(
        records=_events(columns, is_kept=is_kept),
        rejects=as_table(
            place[["_record_no", "_offset", "_length"]].join(rejected)[rejected["reason"].notna()], REJECT
        ),
        excluded=as_table(place[["_record_no"]].assign(reason=excluded)[excluded.notna()], EXCLUDED),
        notes=note_table([note.where(is_kept) for note in notes], place["_record_no"]),
    )


def _rules(context: Context) -> EventRules:
    assert context.kind.event is not None, "a kind of events has rules"
    return context.kind.event


def _clock_issues(text: pd.DataFrame, stamps: pd.DataFrame, context: Context) -> Iterator[pd.Series]:
    """Reason codes of rows whose clock was wrong although the instant is known."""
    if "is_mended" in stamps:
        yield flag(stamps["is_mended"], "clock_offset")
    if column := _rules(context).other_clock:
        layout = context.kind.date_formats[column]
        other = read_stamps(text[column], layout=layout, business_date=context.business_date)
        yield flag((other["at"] - stamps["at"]).abs() > _CLOCKS_AGREE, "clock_skew")


def _occurred(text: pd.DataFrame, context: Context) -> pd.DataFrame:
    """When each row happened: of a stamp, or of a day and a time in columns of their own.

    Of several columns the first counts that says a day: a value date may be 30 February, the day of its statement not.
    """
    kind = context.kind
    dates, times = kind.columns_with("occurred_date"), kind.columns_with("occurred_time")
    stamps = kind.columns_with("occurred_stamp")
    until, calendar = context.business_date, text.get(CALENDAR)
    if stamps or not times:
        told, *others = (
            read_stamps(text[column], layout=kind.date_formats[column], business_date=until, calendar=calendar)
            for column in (*stamps, *dates)
        )
        for other in others:
            told = told.where(told["reason"].isna() | other["reason"].notna(), other)
        return told
    layout = f"{kind.date_formats[dates[0]]} {kind.date_formats[times[0]]}"
    both = text[dates[0]] + " " + text[times[0]]
    read = read_stamps(both, layout=layout, business_date=until, calendar=calendar)
    day = read_stamps(text[dates[0]], layout=kind.date_formats[dates[0]], business_date=until, calendar=calendar)
    assert has_time(layout), "a column of role occurred_time tells the time"
    # The day is known where the clock is not.
    return pd.DataFrame({"on": read["on"].fillna(day["on"]), "at": read["at"], "reason": day["reason"]})


def _open_the_open(measures: dict[str, pd.Series], issues: list[pd.Series], *, outcome: pd.Series) -> None:
    """Take the day of closing from what is open still: Oracle closed it in the year 9999, and RR shows 99/12/31."""
    for measure in ("closed_on", "closed_at"):
        if measure in measures:
            is_both = outcome.eq("open").fillna(False) & measures[measure].notna()
            measures[measure] = measures[measure].mask(is_both)
            issues.append(flag(is_both, f"{measure}_of_open"))


def _reason_to_exclude(text: pd.DataFrame, place: pd.DataFrame, context: Context) -> pd.Series:
    reasons = pd.Series(pd.NA, index=text.index, dtype="string")
    for column, by_value in _rules(context).exclude.items():
        reasons = reasons.fillna(text[column].map(by_value).astype("string"))
    return reasons.mask(place["_is_deleted"].astype(bool), "deleted")


def _reason_to_reject(
    text: pd.DataFrame,
    context: Context,
    *,
    keys: pd.Series,
    unknown: pd.Series,
    unreadable: pd.Series,
    when: pd.Series,
) -> pd.DataFrame:
    """``reason`` (missing for a row that stays) and ``detail`` (which column; never its value)."""
    lacking = pd.Series("", index=text.index, dtype="string")
    for column in context.kind.required:
        lacking = lacking.mask(text[column].isna(), lacking + column + ",")
    lacking = lacking.str.rstrip(",").mask(lacking.eq("")).fillna(pd.Series("key", index=keys.index).where(keys.isna()))
    is_required = unreadable.isin(list(context.kind.required))
    occurred = ",".join(
        column for role in ("occurred_stamp", "occurred_date") for column in context.kind.columns_with(role)
    )
    rejected = pd.DataFrame({"reason": pd.NA, "detail": pd.NA}, index=text.index, dtype="string")
    for reason, detail in (
        *(
            (f"occurred_{why}", pd.Series(occurred, index=text.index, dtype="string").where(when.eq(why)))
            for why in ("missing", "implausible", "sentinel", "invalid")
        ),
        ("unknown_category", unknown),
        ("unreadable_amount", unreadable.where(is_required)),
        ("required_missing", lacking),
    ):
        rejected = rejected.mask(detail.notna(), pd.DataFrame({"reason": reason, "detail": detail}))
    return rejected


def _events(columns: Mapping[str, object], *, is_kept: pd.Series) -> pa.Table:
    index = is_kept.index
    frame = pd.DataFrame({name: _column(columns, name, index=index) for name in EVENT_RECORD.names}, index=index)
    return EVENT_RECORD.check(as_table(frame[is_kept].sort_values(["event_id", "sequence"]), EVENT_RECORD.arrow))


def _column(columns: Mapping[str, object], name: str, *, index: pd.Index) -> object:
    return columns.get(name, pd.Series(pd.NA, index=index, dtype="string"))
