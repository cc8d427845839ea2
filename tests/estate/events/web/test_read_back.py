"""From bytes to standard events: what mail, forms, portal, register and surveys tell is what happened."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd
import pyarrow as pa
import pytest

from config.lookups import load_lookups
from connectors import read_delivery, read_manifest
from estate.life.events import TOPICS
from estate.life.messages import Messages
from estate.people import NONE
from transforms import Standardised, standardise_events


@dataclass(frozen=True)
class ReadBack:
    """What became of one delivery."""

    told: object
    raw: pd.DataFrame
    quarantined: int
    made: Standardised

    @property
    def events(self) -> pd.DataFrame:
        return self.made.records.to_pandas()

    @property
    def excluded(self) -> dict[int, str]:
        return {row["_record_no"]: row["reason"] for row in self.made.excluded.to_pylist()}

    @property
    def rejected(self) -> dict[int, str]:
        return {row["_record_no"]: row["reason"] for row in self.made.rejects.to_pylist()}


@pytest.fixture(scope="module")
def read_back(deliveries, tmp_path_factory) -> Callable[[str], list[ReadBack]]:
    """Every delivery of a system, written, read and standardised; balanced, or it does not come back."""

    def read_one(told, folder) -> ReadBack:
        source, (name, content) = told.telling.source, told.written.files[0]
        folder.mkdir(parents=True)
        (folder / name).write_bytes(content)
        entry = {"name": name, "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        manifest = {
            "source_id": source.source_id, "business_date": str(told.telling.period.date), "sequence": 1,
            "files": [entry], "control": {"records": len(told.written.keys), **told.written.control},
        }  # fmt: skip
        (folder / "manifest.json").write_text(json.dumps(manifest))
        reader = read_delivery(folder, manifest=read_manifest(folder), kind=source.kind)
        chunks = list(reader.chunks())
        assert all(account.is_balanced for account in reader.accounts)
        raw = pa.concat_tables(chunk.records for chunk in chunks)
        made = standardise_events(
            raw, source=source, batch_id="b", business_date=told.telling.period.date, lookups=load_lookups()
        )
        assert raw.num_rows == made.records.num_rows + made.rejects.num_rows + made.excluded.num_rows
        return ReadBack(told, raw.to_pandas(), reader.quarantined, made)

    def read_all(source_id: str) -> list[ReadBack]:
        home = tmp_path_factory.mktemp(source_id)
        return [read_one(told, home / str(at)) for at, told in enumerate(deliveries(source_id))]

    return read_all


def instants(minutes) -> list[pd.Timestamp]:
    return [pd.Timestamp(int(minute) * 60, unit="s", tz="UTC") for minute in minutes]


@pytest.fixture(scope="module")
def mail(read_back):
    return read_back("zt99-poczta")


def test_every_message_is_an_event_but_spam_and_dead_clocks(mail):
    for each in mail:
        messages: Messages = each.told.telling.life.messages
        rows, dead = each.told.written.row, each.told.defective("F05")
        wanted = {at for at, row in enumerate(rows.tolist()) if row != NONE and not messages.is_spam[row]}
        assert set(each.events["sequence"]) == wanted - dead
        assert set(each.rejected) == dead and set(each.rejected.values()) <= {"occurred_implausible"}
        reasons = {at: "answer" if row == NONE else "spam" for at, row in enumerate(rows.tolist())}
        assert each.excluded == {at: reasons[at] for at in range(len(rows)) if at not in wanted}


def test_mail_tells_instant_topic_answer_and_thread(mail):
    told_topics = 0
    for each in mail:
        messages: Messages = each.told.telling.life.messages
        events, rows = each.events, each.told.written.row[each.events["sequence"]]
        keys = {
            row: key for key, row in zip(each.told.written.keys.tolist(), each.told.written.row.tolist(), strict=True)
        }
        assert events["occurred_at"].dt.floor("min").tolist() == instants(messages.minute[rows])
        replied = messages.minute[rows] + messages.reply_minutes[rows]
        known = replied < each.told.telling.period.until
        assert (events["outcome"] == "answered").tolist() == known.tolist()
        closed = events["closed_at"].dt.floor("min")
        assert closed[known].tolist() == instants(replied[known]) and closed[~known].isna().all()
        follows = [None if thread == NONE else keys[thread] for thread in messages.thread[rows].tolist()]
        assert events["related_number"].astype(object).where(events["related_number"].notna(), None).tolist() == follows
        topics = events["topic"].fillna("")
        meant = [TOPICS[topic] for topic in messages.topic[rows].tolist()]
        assert all(topic in ("", word) for topic, word in zip(topics, meant, strict=True))
        assert (topics == "").tolist() == events["issues"].fillna("").str.contains("topic_unreadable").tolist()
        told_topics += int((topics != "").sum())
    assert told_topics > 300


def test_twice_encoded_mail_is_mended_and_said_so(mail):
    mended = 0
    for each in mail:
        flagged = each.events["issues"].fillna("").str.contains("text_double_encoded")
        wanted = each.told.defective("F14") & set(each.events["sequence"])
        assert set(each.events["sequence"][flagged]) == wanted
        mended += len(wanted)
    assert mended > 10


def test_no_fact_holds_a_word_of_a_letter(mail):
    held = mail[-1].events.drop(columns=["party_email"]).astype(str).to_csv()
    assert "Dzień" not in held and "Szanowni" not in held
