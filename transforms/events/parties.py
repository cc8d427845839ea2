"""Whose event it is: from the reference an event carries to a party record.

A number is somebody's only for a time: a line is handed to the next tenant, an account number is given out again. So of
the records that ever had it, the one opened last before the event counts; where all were opened later, the earliest.
People of one household share a line; then the event goes to the one whose name stands beside the number, else to the
one who named himself by his account on that line not long before or after (who calls again calls about the same
matter), else to the one who had it last, and says ``phone_shared``.

A survey is about a call, and a machine hands one over: what one of the two does not tell, or tells of a shared line,
the other may.

Some references stand in no party record at all, but in another event that names the account beside them: the bank
account on an invoice, the number of the invoice itself, the barcode of a letter, the login in a PIN register, the
mobile somebody called from. What such an event introduces counts for every event.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
import pyarrow as pa

from config.table_schema import DATE, TEXT, Column, TableSchema, required
from transforms.events.party_names import folded_name, is_called

PARTY_KEY = TableSchema(
    "party_key",
    ("reference", "scope", "value", "record_id"),
    (
        Column("reference", TEXT, "party_account, party_phone or party_email"),
        Column("scope", TEXT, "collection point an account number is unique in; empty elsewhere"),
        Column("value", TEXT, "cleaned as the reference of an event is; personal"),
        Column("record_id", TEXT, "party record; personal"),
        required("unit", TEXT, "unit of that record"),
        Column("since", DATE, "since when the account exists; none where nobody knows"),
    ),
    "what a party may be named by",
)
DIRECT = ("party_account", "party_phone", "party_email")
INTRODUCED = ("party_payment_account", "party_login", "party_phone", "party_invoice", "party_letter")
NUMBERED = {"party_invoice": "invoice", "party_letter": "letter"}
"""References that are the number of another event, with its type."""
NOT_LONG = pd.Timedelta(days=30)
"""On lines of several customers of the simulation, who named himself within three days was the caller of an event in 91
of 100 cases, within 7 days in 86, within 30 in 74; the one who had the line last in 60 of 100. Beyond that neither
tells more than the other."""
FOLLOWERS = ("survey", "ivr_event")
"""Types of events that are about a contact, whose number they tell."""
NATIONAL_POINT = "ZT99"
_LONG_AGO = pd.Timestamp(1900, 1, 1)
_KEY = ["scope", "value"]


def keys_of_parties(records: pa.Table, accounts: pa.ChunkedArray | pa.Array) -> pa.Table:
    """What the parties of a release may be named by, as :data:`PARTY_KEY`.

    Args:
        records: PARTY_RECORD; of a row of two parties the first stands for both.
        accounts: account number of each, digits without leading zeros, null where there is none.
    """
    parties = pd.DataFrame(
        {
            **{name: _text(records[name]) for name in ("record_id", "unit", "point_code", "phone", "phone_2", "email")},
            "party_account": _text(accounts),
            "since": records["opened_on"].to_pandas(),
            "part": records["part"].to_pandas(),
        }
    )
    parties = parties[parties["part"] == 1]
    frames = [
        parties.assign(reference=reference, value=parties[column], scope=scope)
        for reference, column, scope in (
            ("party_account", "party_account", parties["point_code"]),
            # A central system names an account of a point it does not tell.
            ("party_account", "party_account", ""),
            ("party_phone", "phone", ""),
            ("party_phone", "phone_2", ""),
            ("party_email", "email", ""),
        )
    ]
    keys = pd.concat(frames, ignore_index=True)
    keys = keys[keys["value"].notna()].drop_duplicates(list(PARTY_KEY.key)).sort_values(list(PARTY_KEY.key))
    return PARTY_KEY.check(
        pa.Table.from_pandas(keys[list(PARTY_KEY.names)], schema=PARTY_KEY.arrow, preserve_index=False)
    )


def find_parties(
    events: pa.Table, keys: pa.Table, *, unit_of_source: dict[str, str], names: pd.DataFrame | None = None
) -> pa.Table:
    """The party of each event.

    Args:
        events: EVENT_RECORD.
        keys: :data:`PARTY_KEY` of every party, of whatever unit.
        unit_of_source: unit of the events of a system whose party nobody knows.
        names: ``record_id`` and ``name`` (as :func:`transforms.events.party_names.names_of` gives them) of those who
            share a reference with an event that tells a name; several rows per record.

    Returns:
        ``record_id``, ``unit`` and ``resolved_by``, a row per event in the order given. ``resolved_by`` is the
        reference without ``party_``, with ``_shared`` where several records have it and ``_named`` where the name
        chose one of them, ``related`` where the event of the same call told, ``anonymous`` where the event names
        nobody, ``unresolved`` where nobody is known by what it names.
    """
    wanted = [*DIRECT, *INTRODUCED, "party_point", "party_name", "point_code", "source_id", "event_id", "event_type"]
    wanted += ["number", "related_number"]
    rows = pd.DataFrame({name: _text(events[name]) for name in wanted})
    rows["occurred_on"] = pd.to_datetime(events["occurred_on"].to_pandas()).astype("datetime64[ns]")
    found = pd.DataFrame({"record_id": pd.NA, "unit": pd.NA, "resolved_by": pd.NA}, index=rows.index, dtype="string")
    known = keys.to_pandas(types_mapper=lambda kind: pd.StringDtype() if kind == pa.string() else None)
    known["since"] = pd.to_datetime(known["since"]).astype("datetime64[ns]").fillna(_LONG_AGO)
    for reference in DIRECT:
        keys_of_it = known[known["reference"] == reference]
        for scopes in _scopes(rows, reference=reference):
            _resolve(rows, found, keys_of_it, reference=reference, scopes=scopes)
    if names is not None and len(names):
        for reference in ("party_phone", "party_email"):
            _prefer_named(rows, found, known[known["reference"] == reference], names, reference=reference)
    _ask_related(rows, found)
    _prefer_callers(rows, found)
    for reference in INTRODUCED:
        if not (found["record_id"].isna() & rows[reference].notna()).any():
            continue
        introduced = _introductions(rows, found, reference=reference)
        for scopes in _scopes(rows, reference=reference):
            _resolve(rows, found, introduced, reference=reference, scopes=scopes)
    names_nobody = rows[[*DIRECT, *INTRODUCED]].isna().all(axis="columns")
    found["resolved_by"] = found["resolved_by"].fillna(
        names_nobody.map({True: "anonymous", False: "unresolved"}).astype("string")
    )
    found["unit"] = found["unit"].fillna(rows["source_id"].map(unit_of_source).astype("string"))
    return pa.Table.from_pandas(found, preserve_index=False)


def _introductions(rows: pd.DataFrame, found: pd.DataFrame, *, reference: str) -> pd.DataFrame:
    """Values of a reference that events of known parties carry, as keys."""
    values = rows[reference]
    if reference in NUMBERED:
        values = rows["number"].where(rows["event_type"].eq(NUMBERED[reference]))
    is_known = found["record_id"].notna() & values.notna()
    return pd.DataFrame(
        {
            "scope": pd.Series("", index=rows.index, dtype="string")[is_known],
            "value": values[is_known],
            "record_id": found.loc[is_known, "record_id"],
            "unit": found.loc[is_known, "unit"],
            "since": rows.loc[is_known, "occurred_on"],
        }
    ).drop_duplicates()


def _prefer_named(
    rows: pd.DataFrame, found: pd.DataFrame, keys: pd.DataFrame, names: pd.DataFrame, *, reference: str
) -> None:
    """Give the events of a shared reference to the one of its holders whose name they tell."""
    shared, name = f"{reference.removeprefix('party_')}_shared", f"{reference.removeprefix('party_')}_named"
    asked = rows.loc[
        found["resolved_by"].eq(shared) & rows["party_name"].notna(), [reference, "party_name", "occurred_on"]
    ]
    held = keys[["value", "record_id", "unit", "since"]].rename(columns={"value": reference})
    both = asked.rename_axis("_row").reset_index().merge(held, on=reference, how="inner").merge(names, on="record_id")
    typed = both["party_name"].map(folded_name)
    is_theirs = [is_called(one, other) for one, other in zip(typed, both["name"], strict=True)]
    both = both[np.array(is_theirs, dtype=np.bool_)]
    # Opened last before the event, else first after it; the least record_id of those.
    both = both.assign(_is_after=both["since"] > both["occurred_on"], _days=(both["occurred_on"] - both["since"]).abs())
    best = both.sort_values(["_row", "_is_after", "_days", "record_id"], kind="stable").drop_duplicates("_row")
    for column in ("record_id", "unit"):
        found.loc[best["_row"], column] = best[column].to_numpy()
    found.loc[best["_row"], "resolved_by"] = name


def _ask_related(rows: pd.DataFrame, found: pd.DataFrame) -> None:
    """Let an event and the contact it is about tell each other whose they are, where one of them is sure."""
    sure = found["resolved_by"].isin(["account", "login", "phone_named", "email_named"])
    unsure = found["record_id"].isna() | found["resolved_by"].isin(["phone_shared", "email_shared"])
    contacts = rows.loc[rows["event_type"].eq("contact") & rows["number"].notna(), ["number"]]
    followers = rows.loc[
        rows["event_type"].isin(FOLLOWERS) & rows["related_number"].notna(), ["related_number", "event_id"]
    ]
    contacts = contacts.rename_axis("_contact").reset_index().drop_duplicates("number", keep=False)
    pairs = (
        followers.rename_axis("_follower")
        .reset_index()
        .merge(contacts, left_on="related_number", right_on="number", how="inner", validate="m:1")
    )
    pairs = pairs.sort_values("event_id", kind="stable")
    for giver, taker in (("_contact", "_follower"), ("_follower", "_contact")):
        told = pairs[sure[pairs[giver]].to_numpy() & unsure[pairs[taker]].to_numpy()].drop_duplicates(taker)
        for column in ("record_id", "unit"):
            found.loc[told[taker], column] = found.loc[told[giver], column].to_numpy()
        found.loc[told[taker], "resolved_by"] = "related"


def _prefer_callers(rows: pd.DataFrame, found: pd.DataFrame) -> None:
    """Give the events of a shared line to whoever named himself on it by his account, nearest in time."""
    wanted = ["party_phone", "occurred_on"]
    is_named = found["resolved_by"].isin(["account", "phone_named", "related"])
    named = rows.loc[is_named & rows["party_phone"].notna(), wanted]
    shared = rows.loc[found["resolved_by"].eq("phone_shared"), wanted]
    if named.empty or shared.empty:
        return
    # Of two who named themselves on one day the last counts: the least record_id, whatever the order of arrival.
    callers = named.join(found[["record_id", "unit"]]).sort_values(
        ["occurred_on", "record_id"], ascending=[True, False], kind="stable"
    )
    asked = shared.assign(_row=shared.index).sort_values(["occurred_on", "_row"], kind="stable")
    answers = pd.merge_asof(
        asked, callers, on="occurred_on", by="party_phone", direction="nearest", tolerance=NOT_LONG
    ).dropna(subset="record_id")
    for column in ("record_id", "unit"):
        found.loc[answers["_row"], column] = answers[column].to_numpy()


def _resolve(rows: pd.DataFrame, found: pd.DataFrame, keys: pd.DataFrame, *, reference: str, scopes: pd.Series) -> None:
    """Fill in the events this reference finds a party for."""
    is_open = found["record_id"].isna() & rows[reference].notna()
    if not is_open.any() or keys.empty:
        return
    asked = pd.DataFrame(
        {
            "scope": scopes[is_open],
            "value": rows.loc[is_open, reference],
            "occurred_on": rows.loc[is_open, "occurred_on"],
        }
    )
    answers = _holders(asked, keys)
    holders = keys.groupby(_KEY)["record_id"].nunique().rename("holders").reset_index()
    shared = answers.merge(holders, on=_KEY, how="left", validate="m:1")["holders"].gt(1).to_numpy()
    name = reference.removeprefix("party_")
    is_found = answers["record_id"].notna().to_numpy()
    at = answers["_row"].to_numpy()[is_found]
    found.loc[at, "record_id"] = answers["record_id"].to_numpy()[is_found]
    found.loc[at, "unit"] = answers["unit"].to_numpy()[is_found]
    found.loc[at, "resolved_by"] = [f"{name}_shared" if is_shared else name for is_shared in shared[is_found]]


def _scopes(rows: pd.DataFrame, *, reference: str) -> Iterator[pd.Series]:
    """Where the value of a reference is unique: account numbers inside their point, everything else everywhere.

    A firm with a central account gives its number at any point too; it is asked for where the point does not know it.
    """
    everywhere = pd.Series("", index=rows.index, dtype="string")
    if reference != "party_account":
        yield everywhere
        return
    yield rows["party_point"].fillna(rows["point_code"].mask(rows["point_code"] == NATIONAL_POINT, ""))
    yield rows["party_point"].fillna(NATIONAL_POINT)


def _holders(asked: pd.DataFrame, keys: pd.DataFrame) -> pd.DataFrame:
    """Per question the record that had the value then: opened last before, else first after; ties by record_id."""
    questions = asked.assign(_row=asked.index).sort_values(["occurred_on", "_row"], kind="stable")
    # merge_asof takes the last of equal dates going back and the first going forward: both times the least record_id.
    last_least = keys.sort_values(["since", "record_id"], ascending=[True, False], kind="stable")
    first_least = keys.sort_values(["since", "record_id"], kind="stable")
    answers = list(_as_of(questions, ((last_least, "backward"), (first_least, "forward"))))
    before, after = (answer.set_index("_row")[["record_id", "unit"]] for answer in answers)
    chosen = before.where(before["record_id"].notna(), after)
    return questions.set_index("_row")[_KEY].join(chosen).reset_index()


def _as_of(questions: pd.DataFrame, tries: tuple[tuple[pd.DataFrame, str], ...]) -> Iterator[pd.DataFrame]:
    for keys, direction in tries:
        right = keys[[*_KEY, "since", "record_id", "unit"]]
        yield pd.merge_asof(
            questions,
            right,
            left_on="occurred_on",
            right_on="since",
            by=_KEY,
            direction=direction,  # type: ignore[arg-type]
        )


def _text(column: pa.ChunkedArray | pa.Array) -> pd.Series:
    series: pd.Series = column.to_pandas().astype("string")
    return series
