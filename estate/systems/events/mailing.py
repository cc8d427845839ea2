"""The messages of a mailbox before they are bytes: what customers wrote, and what was answered.

A customer's message names nobody: there is a nickname, an address the company knows or does not, now and then the
number of the account in the text. Everything about a message is luck of its number, so that it is the same whenever
told.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from estate.draw import Ints, Texts
from estate.life import Book
from estate.life.events import ACCOUNT, EMAIL, NEW_ACCOUNT, TOPICS
from estate.life.messages import Messages
from estate.people import NONE
from estate.rates import WebRates
from estate.systems.events.luck import luck
from estate.systems.events.mail import Mail, moment
from estate.systems.events.naming import new_accounts, old_accounts
from estate.systems.events.stamps import seconds_of
from estate.systems.events.wording import pick, sentence, wording
from estate.writing import ascii_letters

OURS = "bok@telekomunikacja.pl"
Luck = dict[str, float]
"""Scope to luck of one message."""

_PAGES = (("iso8859_2", "iso-8859-2"),) * 5 + (("cp1250", "windows-1250"),) * 3 + (("utf-8", "utf-8"),) * 2
_WRONG_LABELS = ("iso-8859-2", "iso-8859-1", "us-ascii")
_TRANSFERS = ("8bit", "quoted-printable", "base64")
_SPAM_MARK = "*****SPAM***** "
_SCOPES = ("page", "label", "twice", "html", "relay", "clock", "vague", "mark", "word", "nick", "host", "raw", "way")
_RAW_SHARE, _PICTURE_SHARE, _NAMED_SHARE = 0.2, 0.05, 0.6
_FOOTER = "\n\nZ poważaniem\nBłękitna Linia TP, tel. 9393\n"
_ANSWER = "Szanowni Państwo,\n\ndziękujemy za wiadomość. Sprawę przekazano do właściwej komórki, o wyniku powiadomimy."


def lucks(messages: Messages, rows: Ints) -> list[Luck]:
    """All the luck of each message."""
    columns = [luck(messages.number[rows], "mail", scope).tolist() for scope in _SCOPES]
    return [dict(zip(_SCOPES, values, strict=True)) for values in zip(*columns, strict=True)]


def accounts_written(book: Book, party: Ints, named: Ints) -> Texts:
    """The account number that stands in each text, null where none does."""
    old, new = named == ACCOUNT, named == NEW_ACCOUNT
    written = np.full(len(party), None, dtype=object)
    written[old], written[new] = old_accounts(book, party[old]), new_accounts(book, party[new])
    return written


def message_id(messages: Messages, row: int) -> str:
    """Number the customer's mail server gave a message."""
    return f"<{int(messages.number[row]):07d}.{int(messages.minute[row]):x}@smtp.example.pl>"


def answer_id(messages: Messages, row: int) -> str:
    """Number of the answer to a message."""
    return f"<odp.{int(messages.number[row]):07d}@telekomunikacja.pl>"


def question(
    messages: Messages, row: int, *, book: Book, account: str | None, mine: Luck, opening: Luck, rates: WebRates
) -> Mail:
    """What a customer wrote, or spam.

    Args:
        messages: of the life.
        row: the message.
        book: who is known by which address.
        account: number that stands in the text.
        mine: luck of the message.
        opening: luck of the first message of its thread, whose subject and sender it has.
        rates: how careless people are.
    """
    thread, number = int(messages.thread[row]), int(messages.number[row])
    page, label = _PAGES[int(mine["page"] * len(_PAGES))]
    if mine["label"] < rates.wrong_label:
        page, label = "cp1250", _WRONG_LABELS[number % 3]
    name, address = _sender(messages, row, book=book, opening=opening)
    return Mail(
        number=message_id(messages, row),
        follows=None if thread == NONE else answer_id(messages, thread),
        sender=address,
        name=name,
        recipient=OURS,
        subject=_subject(messages, row, opening, rates),
        body=_body(messages, row, account=account, mine=mine),
        stamp=moment(int(messages.minute[row]), int(seconds_of(messages.number[row]))),
        page=page,
        label=label,
        transfer=_TRANSFERS[int(mine["way"] * 3)],
        is_html=mine["html"] < rates.html_only,
        is_raw=mine["raw"] < _RAW_SHARE,
        has_picture=mine["raw"] > 1 - _PICTURE_SHARE,
    )


def answer(messages: Messages, row: int, asked: Mail) -> Mail:
    """What an advisor answered: with the question below it, as all mailers do."""
    minute = int(messages.minute[row] + messages.reply_minutes[row])
    quoted = "\n".join("> " + line for line in asked.body.split("\n"))
    return replace(
        asked,
        number=answer_id(messages, row),
        follows=asked.number,
        sender=OURS,
        name="Błękitna Linia TP",
        recipient=asked.sender,
        subject="Odp: " + asked.subject.removeprefix("Re: "),
        body=f"{_ANSWER}{_FOOTER}\n{_wrote(messages, row, asked.sender)}\n{quoted}\n",
        stamp=moment(minute, int(messages.advisor[row]) % 60),
        page="iso8859_2",
        label="iso-8859-2",
        transfer="quoted-printable",
        is_html=False,
        is_raw=False,
        has_picture=False,
    )


def encoded_twice(mail: Mail) -> Mail | None:
    """The message as a gateway spoils it that takes UTF-8 for CP1250; none where that cannot be written."""
    try:
        subject, body = (text.encode("utf-8").decode("cp1250") for text in (mail.subject, mail.body))
    except UnicodeDecodeError:
        return None
    return replace(mail, subject=subject, body=body, page="utf-8", label="utf-8")


def is_mislabelled(mail: Mail) -> bool:
    """Whether its label would read another text."""
    page = {"windows-1250": "cp1250", "us-ascii": "ascii"}.get(mail.label, mail.label)
    stored = (mail.subject + mail.body).encode(mail.page)
    return stored.decode(page, "replace") != mail.subject + mail.body


def _subject(messages: Messages, row: int, opening: Luck, rates: WebRates) -> str:
    words = wording()
    if messages.is_spam[row]:
        mark = "" if opening["mark"] < rates.spam_unmarked else _SPAM_MARK
        return mark + pick(words.spam.subjects, opening["word"])
    known = words.subjects[TOPICS[messages.topic[row]]]
    subject = pick(words.vague if opening["vague"] < rates.vague_subject else known, opening["word"])
    return subject if messages.thread[row] == NONE else f"Re: {subject}"


def _sender(messages: Messages, row: int, *, book: Book, opening: Luck) -> tuple[str | None, str]:
    """Name and address; a stranger's address is one that no system has."""
    words, party = wording(), int(messages.party[row])
    if messages.is_spam[row]:
        return None, f"promo{int(opening['nick'] * 9999)}@{pick(words.spam_hosts, opening['host'])}"
    if messages.named_by[row] == EMAIL:
        name = book.name[party] if opening["nick"] < _NAMED_SHARE else None
        return name and name.replace('"', "").replace("<", ""), str(book.email[party])
    nickname = pick(words.nicknames, opening["nick"])
    local = f"{ascii_letters(nickname)}_{int(opening['raw'] * 1e6)}"
    return nickname, f"{local}@{pick(words.nick_hosts, opening['host'])}"


def _body(messages: Messages, row: int, *, account: str | None, mine: Luck) -> str:
    if messages.is_spam[row]:
        return pick(wording().spam.sentences, mine["word"]) + "\n"
    lines = ["Dzień dobry,", "", sentence(int(messages.topic[row]))]
    if account is not None:
        lines.append(f"{'Nr klienta' if len(account) == 12 else 'numer abonenta'}: {account}")
    thread = int(messages.thread[row])
    if thread != NONE:
        lines += ["", _wrote(messages, thread, OURS), *("> " + line for line in (_ANSWER + _FOOTER).split("\n"))]
    return "\n".join([*lines, ""])


def _wrote(messages: Messages, row: int, address: str) -> str:
    day = moment(int(messages.minute[row]), 0)
    return f"Dnia {day:%Y-%m-%d %H:%M} {address} napisał(a):"
