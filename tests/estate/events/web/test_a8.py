"""The mailbox, read with the standard library."""

from __future__ import annotations

import mailbox
from email.header import decode_header, make_header
from email.utils import parsedate_to_datetime

import numpy as np
import pytest

from estate.life.events import EMAIL
from estate.life.messages import Messages
from estate.people import NONE

SOURCE = "zt99-poczta"


@pytest.fixture(scope="module")
def told(deliveries):
    return deliveries(SOURCE)


@pytest.fixture(scope="module")
def boxes(told, tmp_path_factory):
    home = tmp_path_factory.mktemp("mbox")
    found = []
    for number, each in enumerate(told):
        (home / str(number)).write_bytes(each.content)
        found.append(list(mailbox.mbox(home / str(number))))
    return found


def test_every_record_is_a_message(told, boxes):
    for each, box in zip(told, boxes, strict=True):
        assert [message["Message-ID"] for message in box] == each.written.keys.tolist()


def test_every_message_of_the_life_is_told(told):
    messages: Messages = told[0].telling.life.messages
    own = set(np.flatnonzero(messages.source == messages.source[told[-1].telling.rows["messages"][0]]).tolist())
    assert {row for each in told for row in each.written.row.tolist() if row != NONE} == own


def test_dates_are_those_of_the_life_but_where_a_clock_is_dead(told, boxes):
    for each, box in zip(told, boxes, strict=True):
        dead = each.defective("F05")
        for at, (message, row) in enumerate(zip(box, each.written.row.tolist(), strict=True)):
            written = parsedate_to_datetime(message["Date"]).timestamp() // 60
            if at in dead:
                assert written < 6_000_000
            elif row != NONE:
                assert written == each.telling.life.messages.minute[row]


def test_an_answer_names_the_message_it_answers_and_its_minute(told, boxes):
    messages: Messages = told[0].telling.life.messages
    answers = 0
    for each, box in zip(told, boxes, strict=True):
        rows = dict(zip(each.written.keys.tolist(), each.written.row.tolist(), strict=True))
        for message in box:
            if rows[message["Message-ID"]] == NONE:
                row = rows[message["In-Reply-To"]]
                minute = parsedate_to_datetime(message["Date"]).timestamp() // 60
                assert minute == messages.minute[row] + messages.reply_minutes[row] < each.telling.period.until
                answers += 1
    assert answers > 300


def test_who_is_named_by_address_writes_from_it(told, boxes):
    life = told[0].telling.life
    for each, box in zip(told, boxes, strict=True):
        for message, row in zip(box, each.written.row.tolist(), strict=True):
            if row != NONE and life.messages.named_by[row] == EMAIL:
                assert life.book.email[life.messages.party[row]] in str(message["From"])


def test_a_message_told_again_has_the_same_bytes(told):
    seen: dict[str, bytes] = {}
    again = 0
    for each in told:
        twice = each.defective("F13")
        for at, (key, record) in enumerate(zip(each.written.keys.tolist(), each.records(), strict=True)):
            if at not in twice:
                again += key in seen
                assert seen.setdefault(key, record) == record
    assert again > 0


def test_labels_lie_only_where_the_truth_says_so(told, boxes):
    lies = 0
    for each, box in zip(told, boxes, strict=True):
        for at, message in enumerate(box):
            part = message.get_payload(0) if message.is_multipart() else message
            stored = part.get_payload(decode=True)
            try:
                text = stored.decode(part.get_content_charset())
            except UnicodeDecodeError:
                text = ""
            reads_well = any(word in text for word in ("Dzień dobry", "Państwo", "przekonaj się"))
            assert reads_well or at in each.defective("F03") | each.defective("F14")
            lies += not reads_well
    assert lies > 20


def test_spam_is_marked_mostly(told, boxes):
    spam = [
        str(make_header(decode_header(message["Subject"])))
        for each, box in zip(told, boxes, strict=True)
        for message, row in zip(box, each.written.row.tolist(), strict=True)
        if row != NONE and each.telling.life.messages.is_spam[row]
    ]
    assert 0.4 < sum(subject.startswith("*****SPAM*****") for subject in spam) / len(spam) < 0.95


def test_a_quarter_without_mail_is_an_empty_file(empty_delivery):
    assert empty_delivery(SOURCE).content == b""
