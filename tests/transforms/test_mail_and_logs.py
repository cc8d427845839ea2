"""What mail, web forms and logs need beside codes and clocks."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.events import TOPICS
from config.kinds import AnswerRules, EventRules, RepeatRules
from transforms.events.correspondence import read_answers
from transforms.events.letters import own_words, read_letter
from transforms.events.repeats import find_repeats
from transforms.events.twice_encoded import decode_once_more, undo_double_encoding
from transforms.events.when import read_stamps


def column(*texts: str | None) -> pd.Series:
    return pd.Series(list(texts), dtype="string")


@pytest.mark.parametrize(
    ("body", "named"),
    [
        pytest.param("Nr klienta: 631191524817", ("ZT63", "119152481", None), id="new number"),
        pytest.param("numer abonenta: 0012345", (None, "12345", None), id="old number"),
        pytest.param("nr klienta 63 1191 5248 17\ntel. 61 852-52-52", ("ZT63", "119152481", "618525252"), id="both"),
        pytest.param("kom. 600-100-200", (None, None, "600100200"), id="mobile"),
        pytest.param("dwa dni, 15 zł, rok 2004", (None, None, None), id="numbers of something else"),
        pytest.param("> Nr klienta: 631191524817", (None, None, None), id="quoted by a mailer"),
        pytest.param("Tak.\nDnia 2004-06-01 bok@tp.pl napisał(a):\ntel. 618525252", (None, None, None), id="history"),
        pytest.param("Tak.\n-----Original Message-----\ntel. 618525252", (None, None, None), id="Outlook's history"),
        pytest.param("tel. 9393", (None, None, None), id="the company's own line"),
    ],
)
def test_how_a_letter_names_its_writer(body, named, lookups):
    assert read_letter(body, area_code="22", lookups=lookups) == named


@given(st.text(max_size=300))
def test_own_words_are_part_of_the_letter(body):
    assert len(own_words(body)) <= len(body) and own_words(own_words(body)) == own_words(body)


@pytest.mark.parametrize(
    ("subject", "topic", "exclude"),
    [
        pytest.param("REKLAMACJA faktury", "complaint", None, id="a complaint about an invoice"),
        pytest.param("Rezygnacja z neostrady", "resignation", None, id="giving up the internet"),
        pytest.param("platnosc za telefon", "payment", None, id="without diacritics"),
        pytest.param("Re: telefon NIE DZIAŁA", "fault", None, id="a reply in capitals"),
        pytest.param("*****SPAM***** Faktura gratis", None, "spam", id="marked by the filter"),
        pytest.param("Zarabiaj w domu", None, "spam", id="spam the filter missed"),
    ],
)
def test_subjects_tell_the_topic(subject, topic, exclude, lookups):
    word = lookups.subject_word(subject)
    assert (word.topic, word.exclude) == (topic, exclude)


def test_every_word_of_the_list_means_one_thing(lookups):
    assert all((word.topic in TOPICS) != bool(word.exclude) for word in lookups.subject_words)
    assert lookups.subject_word("Witam") is None


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        pytest.param("pĹ‚atnoĹ›Ä‡", "płatność", id="encoded twice"),
        pytest.param("płatność", None, id="encoded once"),
        pytest.param("Łódź", None, id="capital letters of Polish"),
        pytest.param("abc", None, id="ASCII"),
        pytest.param("snowman ☃", None, id="no letter of CP1250"),
    ],
)
def test_double_encoding_is_undone_where_it_is_one(typed, meant):
    assert decode_once_more(typed) == meant
    frame, (issue,) = undo_double_encoding(pd.DataFrame({"a": column(typed)}), columns=("a",))
    assert frame["a"].tolist() == [meant or typed]
    assert issue.notna().tolist() == [meant is not None]


@given(st.text(alphabet="aąbcćdeęłnńoóśzźżĄĆŁŻ ", min_size=1, max_size=30))
def test_polish_text_is_never_taken_for_double_encoding(text):
    assert decode_once_more(text) is None


def test_repeats_are_all_but_the_first_of_a_storm():
    text = pd.DataFrame({"USER": column("a", "a", "b", "a", "a", None), "PATH": column(*["/l"] * 6)})
    at = pd.Series(pd.to_datetime([0, 4, 5, 8, 60, 61], unit="s", utc=True))
    rules = RepeatRules(columns=("USER", "PATH"), seconds=5)
    assert find_repeats(text, at, rules).fillna("").tolist() == ["", "repeat", "", "repeat", "", ""]
    assert find_repeats(text, at, None).isna().all()


@pytest.mark.parametrize(
    ("typed", "instant", "is_mended"),
    [
        pytest.param("[22/Oct/2003:14:12:05 +0200]", "2003-10-22T12:12:05", False, id="summer"),
        pytest.param("[22/Oct/2003:14:12:05 +0100]", "2003-10-22T12:12:05", True, id="the zone of winter in summer"),
        pytest.param("[22/Dec/2003:14:12:05 +0200]", "2003-12-22T13:12:05", True, id="the zone of summer in winter"),
        pytest.param("[22/Oct/2003:12:12:05 +0000]", "2003-10-22T12:12:05", False, id="a machine on universal time"),
        pytest.param("[26/Oct/2003:02:30:00 +0100]", "2003-10-26T01:30:00", False, id="the second hour of October"),
        pytest.param("[30/Mar/2003:03:30:00 +0100]", "2003-03-30T02:30:00", False, id="minutes after the change"),
    ],
)
def test_a_forgotten_zone_is_mended_by_the_wall(typed, instant, is_mended):
    read = read_stamps(column(typed), layout="APACHE", business_date=dt.date(2003, 12, 31))
    assert read["at"].tolist() == [pd.Timestamp(instant, tz="UTC")] and read["is_mended"].tolist() == [is_mended]


def test_an_answer_closes_the_message_it_names():
    text = pd.DataFrame(
        {
            "ID": column("<1>", "<o1>", "<2>", "<1>", "<3>"),
            "RE": column(None, "<1>", "<o1>", None, "<of last year>"),
            "FROM": column("a@b.pl", "bok@tp.pl", "a@b.pl", "a@b.pl", "c@d.pl"),
        }
    )
    at = pd.Series(pd.to_datetime([0, 100, 200, 300, 400], unit="s", utc=True))
    rules = AnswerRules(number="ID", follows="RE", sender="FROM", ours=("bok@tp.pl",))
    told = read_answers(text, at, rules, is_ours=text["FROM"].eq("bok@tp.pl"))
    assert told["outcome"].tolist() == ["answered", "open", "open", "answered", "open"]
    assert told["closed_at"].dropna().tolist() == [at[1], at[1]]
    assert told["related_number"].astype(object).where(told["related_number"].notna(), None).tolist() == [
        None, "<1>", "<1>", None, "<of last year>",
    ]  # fmt: skip


def test_rules_name_their_raw_columns():
    rules = EventRules(type="message", other_clock="C", double_encoded=("D",), exclude={"E": {"1": "x"}})
    assert rules.raw_columns == ("E", "C", "D")
