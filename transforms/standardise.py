"""One raw extract as standard records.

Read :data:`STEPS` from top to bottom: that is what happens to a row. Before it, rows that are no customers are
excluded and rows without what their kind requires are rejected; after it, the record gets its key, its unit and the raw
row it came from.
"""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pyarrow as pa

from config.lookups import Lookups
from config.schemas import PARTY_RECORD
from config.sources import SourceSystem
from transforms.addresses import split_addresses
from transforms.contract import check_contract, raw_columns
from transforms.cutoffs import note_cut_texts
from transforms.dates import parse_dates
from transforms.documents import clean_documents
from transforms.draft import EXCLUDED, REJECT, Context, Draft, Standardised, Step, as_table, joined_codes, note_table
from transforms.firms import classify_parties, clean_firms
from transforms.identifiers import clean_identifiers
from transforms.money import sum_money
from transforms.names import split_names
from transforms.parties import reconcile_people, share_between_parties
from transforms.phones import clean_phones
from transforms.rawrows import blank_to_missing, raw_json, raw_keys
from transforms.remarks import read_remarks
from transforms.triage import reason_to_exclude, reason_to_reject

STEPS: tuple[Step, ...] = (
    classify_parties,
    read_remarks,
    split_names,
    clean_firms,
    clean_identifiers,
    clean_documents,
    parse_dates,
    clean_phones,
    split_addresses,
    sum_money,
    note_cut_texts,
    reconcile_people,
    share_between_parties,
)


def standardise(
    raw: pa.Table,
    *,
    source: SourceSystem,
    batch_id: str,
    business_date: dt.date,
    pilot_keys: frozenset[str],
    lookups: Lookups,
) -> Standardised:
    """Raw rows of one delivery as party records, rejects and exclusions; every row is in exactly one of them.

    Args:
        raw: raw text columns and place (``config.schemas.RAW_PLACE``), as connectors deliver them, in any order.
        source: system it comes from; its kind says what the columns mean.
        batch_id: delivery it comes from.
        business_date: day the delivery speaks of; nobody is born and nothing is opened after it.
        pilot_keys: raw keys of this source that the pilot roster names.
        lookups: from :func:`config.lookups.load_lookups`.

    Returns:
        Records sorted by record_id, then place; a record_id comes twice if the source delivered a key twice.

    Raises:
        SourceContractBroken: the columns are not those of the source's kind.
    """
    kind = source.kind
    drift = check_contract(raw.schema, kind, source_id=source.source_id)
    context = Context(source=source, kind=kind, business_date=business_date, lookups=lookups)
    place = raw.select([column for column in raw.column_names if column.startswith("_")]).to_pandas()
    stored = raw.select([name for name in raw_columns(raw.schema) if name not in drift.discarded])
    text = blank_to_missing(stored)
    excluded = reason_to_exclude(text, place, context)
    rejected = reason_to_reject(text, context).where(excluded.isna())
    kept = excluded.isna() & rejected["reason"].isna()
    draft = Draft(
        raw=text[kept].reset_index(drop=True),
        values={
            "_row": pd.Series(range(int(kept.sum())), dtype="Int64"),
            "_record_no": place.loc[kept, "_record_no"].reset_index(drop=True),
            "raw_key": raw_keys(text[kept], kind).reset_index(drop=True),
            "raw": raw_json(stored.filter(pa.array(kept))),
            "part": pd.Series(1, index=range(int(kept.sum())), dtype="Int64"),
        },
    )
    for step in STEPS:
        draft = step(draft, context)
    return Standardised(
        records=_records(draft, source=source, batch_id=batch_id, business_date=business_date, pilot_keys=pilot_keys),
        rejects=_rejects(place, rejected),
        excluded=as_table(
            place[["_record_no"]].assign(reason=excluded)[excluded.notna()].sort_values("_record_no"), EXCLUDED
        ),
        notes=note_table(draft.notes, draft.value("_record_no")),
    )


def _rejects(place: pd.DataFrame, rejected: pd.DataFrame) -> pa.Table:
    rows = place[["_record_no", "_offset", "_length"]].join(rejected)[rejected["reason"].notna()]
    return as_table(rows.sort_values("_record_no"), REJECT)


def _records(
    draft: Draft, *, source: SourceSystem, batch_id: str, business_date: dt.date, pilot_keys: frozenset[str]
) -> pa.Table:
    """The finished draft in the columns of PARTY_RECORD."""
    raw_key, part = draft.value("raw_key"), draft.value("part")
    is_pilot = raw_key.isin(pilot_keys) | (source.unit == "pilot")
    finished = draft.with_values(
        {
            "record_id": source.source_id + ":" + raw_key + part.eq(2).map({True: "#2", False: ""}).astype("string"),
            "source_id": _constant(draft, source.source_id),
            "point_code": _constant(draft, source.point_code),
            "unit": _constant(draft, source.unit).mask(is_pilot, "pilot"),
            "batch_id": _constant(draft, batch_id),
            "business_date": pd.Series(business_date, index=draft.index, dtype=object),
            "sequence": draft.value("_record_no").astype("Int64"),
            "issues": joined_codes(draft.issues, index=draft.index),
        }
    )
    frame = pd.DataFrame({name: finished.value(name) for name in PARTY_RECORD.names}, index=draft.index)
    frame = frame.sort_values(["record_id", "sequence", "part"], kind="stable")
    return PARTY_RECORD.check(as_table(frame, PARTY_RECORD.arrow))


def _constant(draft: Draft, value: str) -> pd.Series:
    return pd.Series(value, index=draft.index, dtype="string")
