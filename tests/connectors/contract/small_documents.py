"""Small documents: an XML file of surveys, and a mailbox."""

from __future__ import annotations

import re

from connectors.mailbox import COLUMNS as MAIL_COLUMNS
from connectors.mailbox import MailboxFormat, read_mailbox
from connectors.xml_records import XmlFormat, read_xml_records
from tests.connectors.contract.case import ReaderCase, plain
from tests.connectors.contract.mutations import Token, structured
from tests.connectors.contract.small_kinds import small_kind

XML_COLUMNS = ("@id", "dane/nazwisko", "dane/imie", "ocena")
XML_OPTIONS = {"record": "ankiety/ankieta", "columns": " ".join(XML_COLUMNS), "others": "stopka"}
XML = (
    "<?xml version='1.0'?>\n<ankiety>\n"
    '<ankieta id="1"><dane><nazwisko>Świątek</nazwisko><imie/></dane><ocena>5</ocena></ankieta>\n'
    "<!-- <ankieta> -->\n"
    "<ankieta id='2'><dane><nazwisko>Żuk &amp; &#76;</nazwisko></dane></ankieta>\n"
    '<ankieta id="3"><dane><imie><![CDATA[<Ola>]]></imie></dane></ankieta>\n'
    "<stopka/></ankiety>\n"
)

MAILS = (
    "From jan@example.pl Mon Oct 28 10:00:00 2002\n"
    "From: Świątek <jan@example.pl>\nTo: bok@example.pl\nSubject: =?iso-8859-2?Q?Za=BF=F3=B3=E6?=\n"
    "Date: Mon, 28 Oct 2002 10:00:00 +0100\nMessage-ID: <1@a>\n\nDzień dobry\n>From dnia\n\n"
    "From ewa@example.pl Mon Oct 28 11:00:00 2002\n"
    'From: ewa@example.pl (Ewa)\nContent-Type: multipart/mixed; boundary="b"\n\n'
    "--b\nContent-Type: text/html; charset=iso-8859-2\n\n<p>Żółć</p>\n"
    '--b\nContent-Type: text/plain; name="a.txt"\nContent-Disposition: attachment; filename="a.txt"\n'
    "Content-Transfer-Encoding: base64\n\nQUJD\n--b--\n\n"
    "From ola@example.pl Mon Oct 28 12:00:00 2002\r\n"
    "From: ola@example.pl\r\nContent-Transfer-Encoding: quoted-printable\r\nSubject: x\r\n  y\r\n\r\nA=B1=\r\nb\r\n"
)
_MARKUP = re.compile(rb"<!--.*?-->|<!\[CDATA\[|\]\]>|<\?.*?\?>|</?|/?>|[=\"'&;\s]|[^<>=\"'&;\s/\]]+|.", re.DOTALL)
_MAIL_WORD = re.compile(rb"^From [^\n]*\n|[A-Za-z-]+:|\r?\n|[^\s:]+|.", re.DOTALL | re.MULTILINE)


def _xml_form(page: str) -> XmlFormat:
    return XmlFormat(XML_OPTIONS["record"], (page,), columns=XML_COLUMNS, others=XML_OPTIONS["others"])


def _split_xml(content: bytes) -> list[Token]:
    """Marks, names and texts; what stands above the records is seldom spoilt."""
    first = content.index(b"<ankieta ")
    tokens = [Token(content[:first], 3)]
    for found in _MARKUP.finditer(content, first):
        is_mark = not found[0].strip(b"<>/=\"'&;\n ")
        tokens.append(Token(found[0], 5 if is_mark else 20))
    return tokens


def _split_mail(content: bytes) -> list[Token]:
    """Lines between messages, names of headers, line ends and words."""
    return [
        Token(found[0], 3 if found[0].startswith(b"From ") or not found[0].strip() else 20)
        for found in _MAIL_WORD.finditer(content)
    ]


DOCUMENT_CASES = (
    ReaderCase(
        name="xml_records",
        files=lambda: {"main": XML.encode("iso8859_2")},
        read=plain(read_xml_records, _xml_form),
        columns=XML_COLUMNS,
        records=3,
        mutate=structured(_split_xml),
        page="iso8859_2",
        wrong_page="ascii",
        kind=small_kind("xml_records", columns=XML_COLUMNS, page="iso8859_2", options=XML_OPTIONS),
        drifted=lambda: {"main": XML.replace("ocena", "stopien").encode("iso8859_2")},
        huge=lambda: {"main": XML.replace("<Ola>", "x" * 70_000).encode("iso8859_2")},
    ),
    ReaderCase(
        name="mbox",
        files=lambda: {"main": MAILS.encode("iso8859_2")},
        read=plain(read_mailbox, lambda page: MailboxFormat((page, "utf-8")[: 1 + (page != "ascii")])),
        columns=MAIL_COLUMNS,
        records=3,
        mutate=structured(_split_mail),
        page="iso8859_2",
        wrong_page="ascii",
        kind=small_kind("mbox", columns=MAIL_COLUMNS, page="iso8859_2"),
        huge=lambda: {"main": MAILS.replace("dobry", "x" * 70_000).encode("iso8859_2")},
        takes_empty=True,
        long_record="record_too_long",
    ),
)
