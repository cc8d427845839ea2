"""Findings: everything odd that was noticed about a batch, wherever it was noticed.

Readers quarantine spans and report cells and file ends; rules reject rows, exclude them, leave values out and put
others right; landing rejects whole deliveries. Each says so in a table of its own. Here they become one list of
(delivery, place in the file, code), without a value and without a person, so that it can be counted, shown and scored.
Some things are seen only when rows are looked at together: a key that comes again, an account number that belongs to
two accounts, an event of an account that no system ever delivered; or events of several systems
(:mod:`pipeline.seen_together`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from config.kinds import Kind
from config.sources import source_with_id
from pipeline.fetched import oddities_of_drops
from pipeline.landing import Rejection, delivery_of
from pipeline.seen_together import Seen, seen_together
from pipeline.standardising import EXCLUDED, REJECTED, StandardBatch

if TYPE_CHECKING:
    from pipeline.installation import Installation
    from warehouse import Warehouse
    from warehouse.records import Batch

FINDINGS = pa.schema(
    [
        pa.field("source_id", pa.string(), nullable=False),
        pa.field("delivery", pa.string(), nullable=False),
        pa.field("file", pa.string(), nullable=False),
        pa.field("offset", pa.int64(), nullable=False),
        pa.field("length", pa.int64(), nullable=False),
        pa.field("noticed_as", pa.string(), nullable=False),
        pa.field("code", pa.string(), nullable=False),
    ]
)
"""One row per oddity: ``delivery`` is ``<business date>-<sequence>``, the name of its folder; ``noticed_as`` is one of
delivery, file, span, cell, reject, excluded, issue, note, rows. A record with two oddities has two rows."""

_PLACE = ["file", "offset", "length"]


Accounts = dict[str, frozenset[str]]
"""Account numbers that were ever delivered, cleaned, by collection point; those of every point under an empty text."""


def findings_of(batch: StandardBatch, *, accounts: Accounts | None = None, seen: Seen | None = None) -> pa.Table:
    """What was noticed about an accepted batch, by place, then code (:data:`FINDINGS`).

    Args:
        batch: of parties or events.
        accounts: as :func:`delivered_accounts` gives them; without them nobody asks whether an event's account exists.
        seen: what :func:`pipeline.seen_together.seen_together` saw of all batches.
    """
    seen = seen or Seen()
    landed, kind = batch.landed, source_with_id(batch.landed.source_id).kind
    records = _records(batch, kind=kind)
    by_record = [
        ("cell", _of_cells(batch)),
        ("reject", _of_fate(batch, REJECTED)),
        ("excluded", _of_fate(batch, EXCLUDED)),
        ("issue", _of_issues(batch)),
        ("note", _of_notes(batch)),
        ("rows", _of_rows(records, kind=kind)),
        ("rows", _of_orphans(batch, accounts=accounts) if accounts and batch.is_event else pd.DataFrame()),
        ("rows", seen.rows.get(batch.batch_id, pd.DataFrame())),
    ]
    places = records[["record_no", *_PLACE]]
    frames = [
        found.merge(places, on="record_no", how="inner", validate="m:1").assign(noticed_as=name)
        for name, found in by_record
        if len(found)
    ]
    spans = landed.spans().to_pandas().rename(columns={"reason": "code"})
    frames.append(spans[[*_PLACE, "code"]].assign(noticed_as="span"))
    files = pd.DataFrame(list(landed.findings), columns=["file", "code", "offset", "length"])
    frames.append(files.assign(noticed_as="file"))
    frames.append(_of_file(batch, records, seen.files.get(batch.batch_id)))
    return _table(frames, delivery=delivery_of(landed))


def finding_of_rejection(rejected: Rejection | Batch) -> pa.Table:
    """The one thing that is known of a delivery that was not accepted: why."""
    if isinstance(rejected, Rejection):
        code, size = rejected.code, rejected.size
    else:
        code, size = rejected.reason.partition(":")[0], rejected.bytes
    main = source_with_id(rejected.source_id).kind.files["main"]
    frame = pd.DataFrame({"file": [main], "offset": [0], "length": [size], "code": [code], "noticed_as": ["delivery"]})
    return _table([frame], delivery=delivery_of(rejected))


def findings_of_drops(oddities: Mapping[str, Iterable[Mapping[str, str]]]) -> pa.Table:
    """What was seen in drops and became no delivery of its own; ``delivery`` is its name in the drop.

    Args:
        oddities: as :func:`pipeline.fetched.oddities_of_drops` gives them.
    """
    rows = [
        (source_id, each["name"], source_with_id(source_id).kind.files["main"], 0, 0, "delivery", each["code"])
        for source_id, odd in oddities.items()
        for each in odd
    ]
    return pa.Table.from_pylist([dict(zip(FINDINGS.names, row, strict=True)) for row in rows], schema=FINDINGS)


def all_findings(batches: Iterable[StandardBatch], rejected: Iterable[Rejection | Batch]) -> pa.Table:
    """Findings of accepted batches and of rejected ones."""
    batches = list(batches)
    accounts = delivered_accounts(batches)
    seen = seen_together(batches, known_accounts=accounts.get("", frozenset()))
    tables = [findings_of(batch, accounts=accounts, seen=seen) for batch in batches]
    tables += [finding_of_rejection(each) for each in rejected]
    return pa.concat_tables([FINDINGS.empty_table(), *tables])


def delivered_accounts(batches: Iterable[StandardBatch]) -> Accounts:
    """The account number of every row of parties, loaded or not; of a quarantined one every number in it.

    Who is in quarantine is not unknown: his events wait for him.
    """
    from transforms.events.references import clean_accounts

    found: dict[str, set[str]] = {}
    for batch in batches:
        source = source_with_id(batch.landed.source_id)
        columns = source.kind.columns_with("account_number")
        if not batch.is_event and columns:
            raw = pq.read_table(batch.landed.folder / "raw.parquet", columns=[columns[0]])
            numbers = clean_accounts(raw[columns[0]].to_pandas().astype("string")).dropna()
            for point in (source.point_code, ""):
                found.setdefault(point, set()).update(numbers, _quarantined_numbers(batch))
    return {point: frozenset(numbers) for point, numbers in found.items()}


def _quarantined_numbers(batch: StandardBatch) -> set[str]:
    """Every run of digits in the quarantined spans of the main file, without leading zeros."""
    spans = batch.landed.spans()
    spans = spans.filter(pc.equal(spans["file"], batch.landed.main_file))
    if not spans.num_rows:
        return set()
    content = (batch.landed.folder.parent / "original" / batch.landed.main_file).read_bytes()
    page = source_with_id(batch.landed.source_id).kind.code_page
    # Digits are the same in every code page of ASCII or of EBCDIC.
    page = "cp037" if page in ("cp870", "cp037") else "latin-1"
    texts = (
        content[offset : offset + length].decode(page)
        for offset, length in zip(spans["offset"].to_pylist(), spans["length"].to_pylist(), strict=True)
    )
    return {number.lstrip("0") for text in texts for number in re.findall(r"[0-9]+", text)}


def installed_findings(installation: Installation, warehouse: Warehouse) -> tuple[pa.Table, list[tuple[str, str]]]:
    """What was noticed about every delivery an installation took or rejected; and the deliveries."""
    from pipeline.extraction import standard_batches

    known = warehouse.batches()
    batches = standard_batches(installation, [batch for batch in known if batch.state == "accepted"])
    rejected = [batch for batch in known if batch.state == "rejected"]
    told = [*(delivery_of(batch.landed) for batch in batches), *(delivery_of(each) for each in rejected)]
    findings = [all_findings(batches, rejected), findings_of_drops(oddities_of_drops(installation))]
    return pa.concat_tables(findings), told


def _table(frames: Sequence[pd.DataFrame], *, delivery: tuple[str, str]) -> pa.Table:
    together = pd.concat([frame for frame in frames if len(frame)] or [frames[0]], ignore_index=True)
    together = together.assign(source_id=delivery[0], delivery=delivery[1])[FINDINGS.names].drop_duplicates()
    together = together.sort_values(["file", "offset", "noticed_as", "code"], kind="stable")
    return pa.Table.from_pandas(together, schema=FINDINGS, preserve_index=False)


def _records(batch: StandardBatch, *, kind: Kind) -> pd.DataFrame:
    """Place, raw key, code page and account number (where its kind has one) of every raw record, in file order."""
    accounts = kind.columns_with("account_number")[:1]
    raw = pq.read_table(batch.landed.folder / "raw.parquet", columns=["_record_no", "_code_page", *accounts])
    stored = pd.DataFrame(
        {
            "record_no": raw["_record_no"].to_pandas(),
            "code_page": raw["_code_page"].to_pandas().astype("string"),
            "account": pc.utf8_trim_whitespace(raw[accounts[0]]).to_pandas().astype("string") if accounts else pd.NA,
        }
    )
    fates = batch.fates().select(["record_no", "raw_key", "offset", "length"]).to_pandas()
    records: pd.DataFrame = fates.merge(stored, on="record_no", how="inner", validate="1:1").sort_values("record_no")
    records["file"] = batch.landed.main_file
    return records


def _coded(record_no: pd.Series, codes: pd.Series | str) -> pd.DataFrame:
    return pd.DataFrame({"record_no": record_no, "code": codes})


def _of_file(batch: StandardBatch, records: pd.DataFrame, found: pd.DataFrame | None) -> pd.DataFrame:
    """What is true of the main file from some record on, or of all of it; to its end."""
    if found is None:
        return pd.DataFrame()
    size = (batch.landed.folder.parent / "original" / batch.landed.main_file).stat().st_size
    offsets = found["record_no"].map(records.set_index("record_no")["offset"]).fillna(0).astype("int64")
    placed = found.assign(offset=offsets, length=size - offsets, file=batch.landed.main_file, noticed_as="file")
    return placed.drop(columns="record_no")


def _of_cells(batch: StandardBatch) -> pd.DataFrame:
    issues = batch.landed.issues().to_pandas()
    return _coded(issues["record_no"], issues["reason"])


def _of_fate(batch: StandardBatch, fate: str) -> pd.DataFrame:
    fates = batch.fates()
    chosen = fates.filter(pc.equal(fates["fate"], fate)).select(["record_no", "reason"]).to_pandas()
    return _coded(chosen["record_no"], chosen["reason"])


def _of_issues(batch: StandardBatch) -> pd.DataFrame:
    """Reason codes of values that were left out; those of a second party stand with the row it came in."""
    issues = pq.read_table(batch.folder / "records.parquet", columns=["sequence", "issues"])
    told = issues.filter(pc.is_valid(issues["issues"])).to_pandas()
    apart = told.assign(code=told["issues"].str.split(",")).explode("code")
    return _coded(apart["sequence"].astype("int64"), apart["code"])


def _of_notes(batch: StandardBatch) -> pd.DataFrame:
    notes = batch.notes().to_pandas()
    return _coded(notes["_record_no"], notes["code"])


def _of_orphans(batch: StandardBatch, *, accounts: Accounts) -> pd.DataFrame:
    """Events of an account that no system of the point they name, or of any if they name none, ever delivered.

    In the title of a payment a number may be anything; there nobody is told to be missing.
    """
    if source_with_id(batch.landed.source_id).kind.columns_with("party_title"):
        return pd.DataFrame()
    wanted = ["sequence", "party_account", "party_point"]
    events = pq.read_table(batch.folder / "records.parquet", columns=wanted).to_pandas()
    events = events[events["party_account"].notna()]
    points = events["party_point"].fillna("")
    is_orphan = [
        point in accounts and account not in accounts[point]
        for point, account in zip(points, events["party_account"], strict=True)
    ]
    return _coded(events["sequence"][is_orphan].astype("int64"), "account_unknown")


def _of_rows(records: pd.DataFrame, *, kind: Kind) -> pd.DataFrame:
    """What is seen of rows side by side: another code page, a key that comes again, a number two accounts have."""
    is_stray = records["code_page"].ne(kind.code_page) & records["code_page"].isin(list(kind.code_page_candidates))
    has_key = records["raw_key"].notna()
    is_again = has_key & records.duplicated("raw_key", keep="first")
    keys_of_number = records[has_key].groupby("account")["raw_key"].transform("nunique")
    is_shared = keys_of_number.gt(1).reindex(records.index, fill_value=False)
    return pd.concat(
        [
            _coded(records.loc[mask, "record_no"], code)
            for mask, code in (
                (is_stray, "other_code_page"),
                (is_again, "key_repeated"),
                (is_shared, "number_of_two_accounts"),
            )
        ],
        ignore_index=True,
    )
