"""How many of the defects put into an estate were found, and how many findings were about nothing.

The truth lists what is broken where, in the estate's words: F01 to F25. The product knows nothing of them; it has
findings (:mod:`pipeline.findings`) with codes of its own. :data:`CODES` is the dictionary between the two, and the only
place where they meet. A defect is found when a finding of one of its codes touches its bytes; a finding that touches no
such defect is a false alarm. A defect of a whole file is not found by a finding about one of its records. Findings are
judged only where the estate puts that defect into that kind of system: elsewhere the truth does not say whether clerks
happened to make the same mess by themselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from blekit.scoring.held import place_held
from blekit.scoring.rates import ratio
from blekit.scoring.truth import read_table
from config.sources import source_with_id

CODES: Mapping[str, tuple[str, ...]] = {
    "F01": ("end_mark_missing", "filler_after_end", "data_after_end"),
    "F02": ("deleted", "unknown_delete_flag"),
    "F03": ("other_code_page", "undecodable_byte"),
    "F04": ("two_digit_year",),
    "F05": (
        *("birth_date_sentinel", "birth_date_invalid", "opened_on_sentinel", "opened_on_invalid"),
        *(
            "occurred_sentinel",
            "occurred_invalid",
            "closed_on_unreadable",
            "closed_at_unreadable",
            "closed_on_of_open",
            "bad_date",
            "occurred_implausible",
        ),
    ),
    "F06": ("bad_packed_nibble", "bad_packed_sign", "blanks_in_number", "low_values_in_number"),
    "F07": ("bad_zoned_digit",),
    "F08": ("redefines_undecided",),
    "F09": ("occurs_count", "record_length"),
    "F10": ("ControlTotalsDiffer", "statement_balance", "page_count_differs"),
    "F11": (
        *("TransferTruncated", "truncated_record", "tiff_missing", "tiff_truncated", "memo_missing"),
        *("still_arriving", "grew"),
    ),
    "F12": ("key_repeated", "sent_again"),
    "F13": ("key_repeated", "number_of_two_accounts", "tiff_shared"),
    "F14": ("text_double_encoded",),
    "F15": ("field_count", "record_length", "bad_quotes", "not_well_formed", "bad_log_line"),
    "F16": ("text_cut_off",),
    "F17": ("amount_layout", "unreadable_amount", "balance_unreadable"),
    "F18": ("phone_layout",),
    "F19": ("name_swapped",),
    "F20": ("two_parties",),
    "F21": ("firm_in_person_fields", "flag_contradicts_name"),
    "F22": ("test_row", "test_call"),
    "F23": ("clock_set_back", "clock_offset", "clock_skew", "wait_s_unreadable", "talk_s_unreadable"),
    "F24": ("account_unknown", "party_unknown"),
    "F25": ("unit_changed",),
    "line_without_party": ("line_without_party",),
}
"""The estate's code of a defect to the codes of findings that notice it."""

HELD = ("version", "known_on")
"""What the truth tells of records of services only."""
FILE = ["source_id", "delivery", "file"]
PLACE = [*FILE, "code"]
WITHHELD_AS = ("delivery", "span", "reject", "excluded")
"""What of a finding takes the whole record out: nobody looks for further defects in it."""
Longs = NDArray[np.int64]
Flags = NDArray[np.bool_]


def read_defects(folder: Path) -> pd.DataFrame:
    """The truth about defects: ``source_id, delivery, file, code, offset, length, record_key, version, known_on``.

    The last two are of what a service holds; an estate that was built before they were told has none of it to ask for.

    Raises:
        UsageError: the folder holds no truth.
    """
    found = read_table(folder, "defects.parquet")
    return found.reindex(columns=[*found.columns, *(name for name in HELD if name not in found)])


def score_defects(
    findings: pa.Table, truth: pd.DataFrame, *, deliveries: Iterable[tuple[str, str]], folder: Path
) -> dict[str, Any]:
    """Counts and rates, overall (every defect counts alike) and by code.

    ``withheld`` are the defects that were missed in records that were not loaded for another reason: a telephone in a
    deleted row is nobody's any more. They count as missed all the same.

    Args:
        findings: as :func:`pipeline.findings.all_findings` gives them.
        truth: as :func:`read_defects` gives it.
        deliveries: source and folder name of those the findings are of; defects of others are not asked for, but what
            a service held when it was asked is.
        folder: of deliveries, where records of services are looked for.
    """
    injected = _asked_for(truth, deliveries=list(deliveries), folder=folder)
    told = _in_words_of_the_estate(findings, injected)
    injected = injected.assign(level=np.where(injected["record_key"].notna(), "record", "file"))
    is_found = _touched(injected, _at_both_levels(told), by=[*PLACE, "level"])
    is_true = _touched(told, injected, by=[*PLACE, "level"])
    is_true |= (told["noticed_as"] == "span").to_numpy() & _touched(told, injected)
    is_meant = _is_meant(told, is_true)
    told, is_true = told[is_meant], is_true[is_meant]
    whole = findings.filter(pc.is_in(findings["noticed_as"], pa.array(WITHHELD_AS))).to_pandas()
    is_withheld = ~is_found & (injected["level"] == "record").to_numpy() & _touched(injected, whole, by=FILE)
    # A record that was fetched twice is one defect: noticed in either, it was noticed.
    once = injected.assign(is_found=is_found, is_withheld=is_withheld).groupby("defect", sort=False)
    codes, is_found = once["code"].first(), once["is_found"].any().to_numpy()
    is_withheld = once["is_withheld"].any().to_numpy() & ~is_found
    by_code = {}
    for code in sorted(set(codes)):
        mine, alike = (codes == code).to_numpy(), (told["code"] == code).to_numpy()
        by_code[code] = _rates(is_found[mine], is_true[alike], is_withheld[mine])
    return {"overall": _rates(is_found, is_true, is_withheld), "by_code": by_code}


def _asked_for(truth: pd.DataFrame, *, deliveries: Sequence[tuple[str, str]], folder: Path) -> pd.DataFrame:
    """Defects of the deliveries, and of what services held by then, with their places; ``defect`` numbers them."""
    asked = pd.MultiIndex.from_tuples(deliveries, names=["source_id", "delivery"])
    is_held = truth["known_on"].notna()
    delivered = truth[~is_held & pd.MultiIndex.from_frame(truth[["source_id", "delivery"]]).isin(asked)]
    delivered = delivered.drop_duplicates([*PLACE, "offset"]).assign(defect=lambda rows: rows.index)
    held = place_held(truth[is_held], deliveries=deliveries, folder=folder) if is_held.any() else truth[:0]
    parts = [part.drop(columns=list(HELD)) for part in (delivered, held) if len(part)]
    return pd.concat(parts, ignore_index=True) if parts else delivered


def _at_both_levels(told: pd.DataFrame) -> pd.DataFrame:
    """With quarantined spans as findings about the file too: they may be a record, or what stands behind the last."""
    spans = told[told["noticed_as"] == "span"]
    return pd.concat([told, spans.assign(level="file")], ignore_index=True)


def _is_meant(told: pd.DataFrame, is_true: Flags) -> Flags:
    """Leave out what a finding may mean where it is true of something else: a key comes again by F13, not by F12."""
    meanings = pd.Series(is_true, index=told.index).groupby([told[name] for name in (*FILE, "offset", "level", "word")])
    return np.asarray(is_true | ~meanings.transform("any").to_numpy(dtype=np.bool_), dtype=np.bool_)


def _rates(is_found: Flags, is_true: Flags, is_withheld: Flags) -> dict[str, Any]:
    found, alarms = int(is_found.sum()), int((~is_true).sum())
    return {
        "injected": len(is_found),
        "detected": found,
        "recall": ratio(found, len(is_found)),
        "findings": len(is_true),
        "false_alarms": alarms,
        "precision": ratio(len(is_true) - alarms, len(is_true)),
        "withheld": int(is_withheld.sum()),
    }


def _in_words_of_the_estate(findings: pa.Table, injected: pd.DataFrame) -> pd.DataFrame:
    """Findings under the estate's codes, once per place, where the estate puts that defect into that kind."""
    words = pd.DataFrame(
        [(code, word) for code, its_words in CODES.items() for word in its_words], columns=["estate", "code"]
    )
    frame: pd.DataFrame = findings.to_pandas().merge(words, on="code", how="inner")
    is_of_file = frame["noticed_as"].isin(["file", "delivery"])
    frame = frame.assign(word=frame["code"], code=frame["estate"], level=np.where(is_of_file, "file", "record"))
    frame = frame.drop_duplicates([*PLACE, "offset", "level"], ignore_index=True)
    kinds = {source_id: source_with_id(source_id).kind_name for source_id in frame["source_id"].unique()}
    of_injected = {source_id: source_with_id(source_id).kind_name for source_id in injected["source_id"].unique()}
    judged = set(zip(injected["source_id"].map(of_injected), injected["code"], strict=True))
    # Of a delivery of many files the truth speaks of the first: what is said of the others is about the same records.
    judged_files = set(zip(injected["source_id"].map(of_injected), injected["file"], strict=True))
    is_judged = np.fromiter(
        (
            (kind, code) in judged and (kind, file) in judged_files
            for kind, code, file in zip(frame["source_id"].map(kinds), frame["code"], frame["file"], strict=True)
        ),
        dtype=np.bool_,
        count=len(frame),
    )
    return frame[is_judged].reset_index(drop=True)


def _touched(places: pd.DataFrame, others: pd.DataFrame, *, by: Sequence[str] = PLACE) -> Flags:
    """Per place whether one of the others is alike in the columns ``by`` and has a byte in common with it.

    A place without length (something is missing there) is taken for one byte.
    """
    touched = np.zeros(len(places), dtype=np.bool_)
    by_place = dict(iter(others.groupby(list(by))))
    for place, rows in places.groupby(list(by)):
        if place in by_place:
            touched[rows.index] = _overlaps(*_spans(rows), *_spans(by_place[place]))
    return touched


def _spans(rows: pd.DataFrame) -> tuple[Longs, Longs]:
    start = rows["offset"].to_numpy(dtype=np.int64)
    return start, start + np.maximum(rows["length"].to_numpy(dtype=np.int64), 1)


def _overlaps(starts: Longs, ends: Longs, other_starts: Longs, other_ends: Longs) -> Flags:
    order = np.argsort(other_starts, kind="stable")
    # The farthest end among all that begin before this place ends: if it lies behind its start, one of them overlaps.
    farthest = np.maximum.accumulate(other_ends[order])
    before = np.searchsorted(other_starts[order], ends, side="left")
    return np.asarray((before > 0) & (farthest[np.maximum(before - 1, 0)] > starts), dtype=np.bool_)
