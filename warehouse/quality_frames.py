"""What the quality gate looks at: one frame per layer of a unit, and one row of sums between the layers."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from config.events import FACTS
from config.units import UNIT_NAMES

_MILLION = 1_000_000
_PARTY = ("record_id", "party_kind", "point_code", "pesel", "nip", "regon", "phone", "postal_code", "city")


def layer_frames(tables: Mapping[str, pa.Table], *, unit: str) -> dict[str, pd.DataFrame]:
    """Layer name to its frame, for one unit."""
    own = {name: _of_unit(table, unit=unit) for name, table in tables.items() if "unit" in table.column_names}
    return {
        "records": _records(own["party_record"]),
        "links": _frame(own["crosswalk"], "record_id", "customer_id", "decided_by"),
        "customers": _frame(own["golden_customer"], "customer_id", "party_kind", "records"),
        "accounts": _frame(own["fact_account"], "record_id", "monthly_fee_grosze"),
        "events": _events(own),
        "money": _money(own),
        "sums": pd.DataFrame([_sums(tables, own)], dtype="Int64"),
    }


def _of_unit(table: pa.Table, *, unit: str) -> pa.Table:
    return table.filter(pc.equal(table["unit"], unit))


def _frame(table: pa.Table, *columns: str) -> pd.DataFrame:
    types = {pa.string(): pd.StringDtype(), pa.int64(): pd.Int64Dtype()}
    frame: pd.DataFrame = table.select(columns).to_pandas(types_mapper=types.get)
    return frame


def _records(table: pa.Table) -> pd.DataFrame:
    name = pc.coalesce(table["family_name"], table["org_name"])
    return _frame(table.append_column("name", name), *_PARTY, "name")


def _events(own: Mapping[str, pa.Table]) -> pd.DataFrame:
    """Every event of the unit, of whatever type."""
    facts = [own[fact.name].select(["event_id", "resolved_by", "occurred_on"]) for fact in FACTS]
    together = pa.concat_tables(facts, promote_options="permissive")
    year = pc.year(together["occurred_on"])
    return _frame(together.append_column("year", year), "event_id", "resolved_by", "year")


def _money(own: Mapping[str, pa.Table]) -> pd.DataFrame:
    """Amounts of invoices and payments."""
    return pd.concat([_frame(own[name], "amount_grosze") for name in ("fact_invoice", "fact_payment")])


def _sums(tables: Mapping[str, pa.Table], own: Mapping[str, pa.Table]) -> dict[str, int]:
    records, links, customers = own["party_record"], own["crosswalk"], own["golden_customer"]
    quarantined = own["quarantine"].num_rows
    facts = [own[fact.name].select(["record_id", "resolved_by"]) for fact in FACTS]
    events = pa.concat_tables(facts, promote_options="permissive")
    unresolved = int(pc.sum(pc.equal(events["resolved_by"], "unresolved")).as_py() or 0)
    return {
        "quarantined_ppm": quarantined * _MILLION // max(quarantined + records.num_rows + events.num_rows, 1),
        "unresolved_ppm": unresolved * _MILLION // max(events.num_rows, 1),
        "events_of_unknown_record": _missing(events["record_id"], tables["crosswalk"]["record_id"]),
        "records_without_link": _missing(records["record_id"], links["record_id"]),
        "links_without_record": _missing(links["record_id"], records["record_id"]),
        "anchors_without_link": _missing(customers["anchor_record_id"], links["record_id"]),
        "customers_beyond_records": max(customers.num_rows - records.num_rows, 0),
        "account_balance_difference": abs(_balance(records) - _balance(own["fact_account"])),
        # Customers reach over units: their balances are compared with all accounts, or a merge would look like a loss.
        "customer_balance_difference": abs(_balance(tables["golden_customer"]) - _balance(tables["fact_account"])),
        "records_of_unknown_unit": _missing(tables["party_record"]["unit"], pa.array(UNIT_NAMES)),
    }


def _missing(wanted: pa.ChunkedArray, known: pa.ChunkedArray | pa.Array) -> int:
    """How many values of one column another lacks; nulls are another expectation's business."""
    wanted = wanted.drop_null()
    values = known.combine_chunks() if isinstance(known, pa.ChunkedArray) else known
    return len(wanted) - int(pc.sum(pc.is_in(wanted, value_set=values)).as_py() or 0)


def _balance(table: pa.Table) -> int:
    return int(pc.sum(table["balance_grosze"]).as_py() or 0)
