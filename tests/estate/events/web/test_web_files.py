"""Forms, log, register and surveys, read by readers that know nothing of ours."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

from estate.life.events import ACCOUNT, EMAIL, NEW_ACCOUNT, PHONE
from estate.people import NONE
from estate.systems.events.luck import luck

XML = {"zt99-formularze": "cp1250", "zt99-pin": "utf-8", "zt99-ankiety": "utf-8"}
COMBINED = re.compile(r'(\S+) - (\S+) \[([^]]+)\] "(\S+) (\S+) HTTP/1\.\d" (\d{3}) (\d+) "([^"]*)" "([^"]*)"\n')


def parsed(each, page: str) -> list[ElementTree.Element | None]:
    """Each record as an element, none where it is not well-formed."""
    found = []
    for record in each.records():
        text = record.decode(page).replace("pin:", "")
        try:
            found.append(ElementTree.fromstring(text))
        except ElementTree.ParseError:
            found.append(None)
    return found


@pytest.mark.parametrize("source_id", sorted(XML))
def test_records_stand_where_the_truth_says(deliveries, source_id):
    for each in deliveries(source_id):
        elements = parsed(each, XML[source_id])
        assert {at for at, element in enumerate(elements) if element is None} == each.defective("F15")
        numbers = [element.get("nr") for element in elements if element is not None]
        kept = [key for at, key in enumerate(each.written.keys) if at not in each.defective("F15")]
        assert numbers == kept


@pytest.mark.parametrize("source_id", sorted(XML))
def test_a_file_without_damage_is_one_document(deliveries, empty_delivery, source_id):
    whole = [each for each in deliveries(source_id) if not each.defective("F15")] + [empty_delivery(source_id)]
    for each in whole:
        text = each.content.decode(XML[source_id]).partition("?>")[2]
        assert len(list(ElementTree.fromstring(text).iter())) >= len(each.written.keys) + 1


def test_a_form_names_its_customer_as_the_life_says(deliveries):
    for each in deliveries("zt99-formularze"):
        life = each.telling.life
        for element, row in zip(parsed(each, "cp1250"), each.written.row.tolist(), strict=True):
            if element is None or row == NONE:
                continue
            number, branch = element.findtext("klient/numer"), element.findtext("klient/oddzial")
            named, party = life.messages.named_by[row], life.messages.party[row]
            digits = "".join(letter for letter in str(life.book.account[party]) if letter.isdigit())
            if named == NEW_ACCOUNT:
                assert (len(number), number[2:11], branch) == (12, digits.zfill(9)[-9:], None)
            elif named == ACCOUNT:
                assert (number, branch[:2]) == (life.book.account[party], "ZT")
            else:
                assert number is None


def test_a_survey_names_its_customer_as_the_life_says(deliveries):
    for each in deliveries("zt99-ankiety"):
        life = each.telling.life
        for element, row in zip(parsed(each, "utf-8"), each.written.row.tolist(), strict=True):
            named, party = life.surveys.named_by[row], life.surveys.party[row]
            told = {tag: element.findtext(tag) for tag in ("konto", "telefon", "email")}
            only = {NEW_ACCOUNT: "konto", PHONE: "telefon", EMAIL: "email"}[int(named)]
            assert [tag for tag, text in told.items() if text] == [only]
            if named == PHONE:
                assert re.sub(r"\D", "", told["telefon"]).endswith(str(life.book.phone[party]))


def test_every_line_of_the_log_is_combined_but_damaged_ones(deliveries):
    for each in deliveries("zt99-portal"):
        lines = [record.decode("ascii") for record in each.records()]
        assert {at for at, line in enumerate(lines) if not COMBINED.fullmatch(line)} == each.defective("F15")


def test_a_storm_repeats_one_line_second_after_second(deliveries):
    for each in deliveries("zt99-portal"):
        lines = [COMBINED.fullmatch(record.decode("ascii")) for record in each.records()]
        events = {(m[1], m[2], m[5], m[6]) for m, row in zip(lines, each.written.row, strict=True) if m and row != NONE}
        repeats = [m for m, row in zip(lines, each.written.row, strict=True) if m and row == NONE and m[4] == "POST"]
        assert all((m[1], m[2], m[5], m[6]) in events for m in repeats if not each.defective("F15"))


def test_no_pin_stands_anywhere(deliveries):
    for each in deliveries("zt99-pin"):
        assert set(re.findall(rb"<pin:pin>(.*?)</pin:pin>", each.content)) <= {b"****"}


def test_the_log_of_a_quarter_without_visitors_is_empty(empty_delivery):
    assert empty_delivery("zt99-portal").content == b""


def test_luck_is_the_same_for_the_same_event_and_fair():
    numbers = np.arange(20_000)
    first = luck(numbers, "mail", "page")
    assert (first[5:9] == luck(numbers[5:9], "mail", "page")).all()
    assert abs(first.mean() - 0.5) < 0.01 and abs(np.corrcoef(first, luck(numbers, "mail", "html"))[0, 1]) < 0.03
