"""From bytes to standard events: what mail, forms, portal, register and surveys tell is what happened."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
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


CASES = (
    pytest.param("zt99-formularze", "messages", 300, id="a8f"),
    pytest.param("zt99-portal", "logins", 2000, id="a12l"),
    pytest.param("zt99-pin", "pins", 250, id="a12p"),
    pytest.param("zt99-ankiety", "surveys", 250, id="a12s"),
)
QUARANTINED = {"zt99-formularze": ("F15",), "zt99-portal": ("F15",), "zt99-pin": ("F05",), "zt99-ankiety": ("F05",)}
ISSUES = {"zt99-ankiety": {"text_double_encoded": "F14"}, "zt99-portal": {"clock_offset": "F23"}}


@pytest.fixture(scope="module")
def every(read_back):
    return {system.values[0]: read_back(system.values[0]) for system in CASES}


def rows_by_record(each) -> dict[int, int]:
    """Record number after reading to the row of the life; what a reader quarantined has no number."""
    places = {offset: at for at, offset in enumerate(each.told.written.offset.tolist())}
    return {
        number: places[offset]
        for number, offset in zip(each.raw["_record_no"].tolist(), each.raw["_offset"].tolist(), strict=True)
    }


@pytest.mark.parametrize(("source_id", "table", "least"), CASES)
def test_each_event_is_told_once_with_its_instant(every, source_id, table, least):
    count = 0
    for each in every[source_id]:
        events, at = each.events, rows_by_record(each)
        rows = each.told.written.row[[at[number] for number in events["sequence"]]]
        minutes = getattr(each.told.telling.life, table).minute[rows]
        second_time = pd.Series([at[number] in each.told.defective("F23") for number in events["sequence"]])
        told = events["occurred_at"].dt.floor("min")
        right = pd.Series(told == pd.Series(instants(minutes), dtype=told.dtype))
        assert (right | second_time).all() and rows.min(initial=0) >= 0
        count += len(events)
    assert count >= least


@pytest.mark.parametrize(("source_id", "table", "least"), CASES)
def test_what_must_be_quarantined_is_and_nothing_else(every, source_id, table, least):
    spoilt = 0
    for each in every[source_id]:
        wanted = set().union(*(each.told.defective(code) for code in QUARANTINED[source_id]))
        at = rows_by_record(each)
        unread = set(range(len(each.told.written.keys))) - set(at.values())
        assert unread | {at[number] for number in each.rejected} == wanted
        assert each.quarantined == len(unread)
        spoilt += len(wanted)
    assert spoilt > 3


@pytest.mark.parametrize(("source_id", "table", "least"), CASES)
def test_keys_are_those_the_truth_tells(every, source_id, table, least):
    for each in every[source_id]:
        at = rows_by_record(each)
        keys = [each.told.written.keys[at[number]] for number in each.events["sequence"]]
        assert each.events["raw_key"].tolist() == keys


@pytest.mark.parametrize("source_id", sorted(ISSUES))
def test_mended_defects_are_named(every, source_id):
    for each in every[source_id]:
        at = rows_by_record(each)
        for issue, code in ISSUES[source_id].items():
            flagged = each.events[each.events["issues"].fillna("").str.contains(issue)]
            kept = {at[number] for number in each.events["sequence"]}
            assert {at[number] for number in flagged["sequence"]} == each.told.defective(code) & kept


def test_forms_tell_topic_state_and_what_they_follow(every):
    for each in every["zt99-formularze"]:
        messages, at = each.told.telling.life.messages, rows_by_record(each)
        rows = each.told.written.row[[at[number] for number in each.events["sequence"]]]
        assert each.events["topic"].tolist() == [TOPICS[topic] for topic in messages.topic[rows]]
        known = messages.minute[rows] + messages.reply_minutes[rows] < each.told.telling.period.until
        assert (each.events["outcome"] == "answered").tolist() == known.tolist()
        assert each.events["closed_at"].notna().tolist() == known.tolist()
        assert (each.events["related_number"].notna()).tolist() == (messages.thread[rows] != NONE).tolist()
        assert set(each.excluded.values()) <= {"test_row"}


def test_logins_are_peoples_and_asked_once(every):
    repeats = 0
    for each in every["zt99-portal"]:
        logins, at = each.told.telling.life.logins, rows_by_record(each)
        rows = each.told.written.row[[at[number] for number in each.events["sequence"]]]
        assert (each.events["outcome"] == "success").tolist() == logins.is_ok[rows].tolist()
        damaged = each.told.defective("F15")
        events = set(np.flatnonzero(each.told.written.row != NONE).tolist()) - damaged
        person = {a for a in events if not (logins.is_bot | logins.is_retry)[each.told.written.row[a]]}
        told = {at[number] for number in each.events["sequence"]}
        # Where the first request cannot be read, the repeated one is the event.
        stand_ins = told - person
        lost = {(logins.login[row], logins.minute[row]) for row in each.told.written.row[sorted(damaged)].tolist()}
        assert person <= told
        assert {(logins.login[r], logins.minute[r]) for r in each.told.written.row[sorted(stand_ins)].tolist()} <= lost
        repeats += sum(reason == "repeat" for reason in each.excluded.values())
    assert repeats > 100


def test_the_register_names_account_and_login_and_no_pin(every):
    introduced = 0
    for each in every["zt99-pin"]:
        life, at = each.told.telling.life, rows_by_record(each)
        rows = each.told.written.row[[at[number] for number in each.events["sequence"]]]
        named = each.events["party_login"].notna()
        login = life.access.login[life.pins.party[rows]]
        owner = (login != NONE) & (life.access.login_row[np.maximum(login, 0)] == life.pins.party[rows])
        assert named.tolist() == owner.tolist()
        words = {"issued": 0, "failed": 1, "locked": 2, "unlocked": 3}
        assert each.events["outcome"].map(words).tolist() == life.pins.action[rows].tolist()
        assert set(each.raw["pin"]) <= {"****"}
        skewed = each.events["issues"].fillna("").str.contains("clock_skew")
        assert {at[number] for number in each.events["sequence"][skewed]} <= each.told.defective("F23")
        introduced += int(named.sum())
    assert introduced > 100


def test_surveys_tell_score_call_and_topic(every):
    for each in every["zt99-ankiety"]:
        life, at = each.told.telling.life, rows_by_record(each)
        rows = each.told.written.row[[at[number] for number in each.events["sequence"]]]
        contacts = life.surveys.contact[rows]
        assert each.events["score"].tolist() == life.surveys.score[rows].tolist()
        assert each.events["topic"].tolist() == [TOPICS[topic] for topic in life.contacts.topic[contacts]]
        serial = each.events["related_number"].str[5:].astype("int64")
        assert serial.tolist() == life.contacts.number[contacts].tolist()
