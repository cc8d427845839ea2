"""Mailboxes in mbox files."""

from __future__ import annotations

import base64
import itertools
import json
import quopri
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.errors import BadData, BlekitError, BudgetExceeded
from config.kinds import Budgets
from connectors.html_text import text_of_html
from connectors.mailbox import COLUMNS, MailboxFormat, read_mailbox, split_address
from connectors.mime import MAX_DEPTH, MAX_HEADERS, MAX_PARTS, base64_bytes, header_text, split_headers
from connectors.model import Ledger, RawFile

FROM_LINE = b"From jan@example.pl Mon Oct 28 10:00:00 2002\n"
PAGES = ("iso8859_2", "cp1250", "utf-8")


def mail(body: bytes = b"Dzie\xf1 dobry\n", *, headers: str = "", subject: str = "Faktura") -> bytes:
    head = f"From: Jan <jan@example.pl>\nTo: bok@example.pl\nSubject: {subject}\nMessage-ID: <1@a>\n{headers}\n"
    return FROM_LINE + head.encode("iso8859_2") + body + b"\n"


def multipart(*parts: str, kind: str = "mixed", end: str = "--b--\n") -> bytes:
    body = "".join(f"--b\n{part}\n" for part in parts) + end
    return mail(body.encode("iso8859_2"), headers=f'Content-Type: multipart/{kind}; boundary="b"\n')


def read(folder: Path, content: bytes, *, budgets: Budgets | None = None, **options: Any) -> RawFile:
    path = folder / "bok.mbox"
    path.write_bytes(content)
    ledger = Ledger("bok.mbox", len(content), budgets or Budgets())
    return RawFile.of(read_mailbox(path, form=MailboxFormat(PAGES), ledger=ledger, **options), ledgers=[ledger])


def one(folder: Path, content: bytes) -> dict[str, Any]:
    result = read(folder, content)
    assert result.quarantine.num_rows == 0
    (row,) = result.records.to_pylist()
    return dict(row)


def check_spans(result: RawFile) -> None:
    account = result.accounts[0]
    assert account.is_balanced
    spans = [(row["_offset"], row["_length"]) for row in result.records.to_pylist()]
    spans += [(row["offset"], row["length"]) for row in result.quarantine.to_pylist()]
    spans.sort()
    assert sum(length for _, length in spans) == account.records + account.quarantined
    assert all(offset + length <= following for (offset, length), (following, _) in itertools.pairwise(spans))


def test_a_plain_message(tmp_path: Path) -> None:
    row = one(tmp_path, mail(headers="Date: Mon, 28 Oct 2002 10:00:00 +0100\nIn-Reply-To: <0@a>\n"))
    assert {name: row[name] for name in COLUMNS} == {
        "FROM": "Jan <jan@example.pl>",
        "FROM_NAME": "Jan",
        "FROM_ADDRESS": "jan@example.pl",
        "TO": "bok@example.pl",
        "SUBJECT": "Faktura",
        "DATE": "Mon, 28 Oct 2002 10:00:00 +0100",
        "MESSAGE_ID": "<1@a>",
        "IN_REPLY_TO": "<0@a>",
        "CONTENT_TYPE": None,
        "CHARSET": None,
        "BODY": "Dzień dobry\n",
        "HAS_HTML_ONLY": "F",
        "ATTACHMENTS": None,
    }


@pytest.mark.parametrize(
    "line",
    [
        pytest.param(b"From jan@example.pl Tue Oct 29 09:00:01 2002\n", id="with its blank line"),
        pytest.param(b"From MAILER-DAEMON Tue Oct  9 9:00 CET 2002\n", id="another dialect"),
        pytest.param(b"From - 29.10.2002\n", id="no date but a header behind it"),
    ],
)
def test_from_lines_begin_messages(tmp_path: Path, line: bytes) -> None:
    content = mail() + line + b"Subject: drugi\n\ntekst\n"
    assert read(tmp_path, content).records.column("SUBJECT").to_pylist() == ["Faktura", "drugi"]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param(b">From rana\n", "From rana\n", id="escaped"),
        pytest.param(b">>From rana\n", ">From rana\n", id="escaped twice"),
        pytest.param(b"x\n\nFrom rana nie dzwoni\n", "x\n\nFrom rana nie dzwoni\n", id="nobody escaped it"),
        pytest.param(b"From Mon to Fri\n", "From Mon to Fri\n", id="a weekday is no date"),
        pytest.param(b"x\n\n\n", "x\n\n\n", id="blank lines of the text"),
    ],
)
def test_from_in_a_text(tmp_path: Path, body: bytes, expected: str) -> None:
    assert one(tmp_path, mail(body))["BODY"] == expected


def test_the_from_line_of_a_relay(tmp_path: Path) -> None:
    content = FROM_LINE + b">From jan@a Mon Oct 28 2002\nSubject: a\n\nb\n\n"
    assert one(tmp_path, content)["SUBJECT"] == "a"


@pytest.mark.parametrize("declared", ["iso-8859-2", "windows-1250", "UTF-8", "us-ascii", "x-unknown", "punycode", ""])
@pytest.mark.parametrize("real", ["iso8859_2", "cp1250", "utf-8"])
def test_labels_lie(tmp_path: Path, declared: str, real: str) -> None:
    text = "Święcicka z Wąchocka, źle naliczona należność\n"
    header = f"Content-Type: text/plain; charset={declared}\n" if declared else ""
    row = one(tmp_path, mail(text.encode(real), headers=header))
    assert (row["BODY"], row["_code_page"], row["CHARSET"]) == (text, real, declared or None)


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        pytest.param("quoted-printable", quopri.encodestring("zażółć gęślą\n".encode("iso8859_2")), id="QP"),
        pytest.param("BASE64", base64.encodebytes("zażółć gęślą\n".encode("iso8859_2")), id="base64"),
        pytest.param("base64", base64.b64encode("zażółć gęślą\n".encode("iso8859_2")).rstrip(b"=") + b"!\n", id="cut"),
        pytest.param("8bit", "zażółć gęślą\n".encode("iso8859_2"), id="8bit"),
        pytest.param("nonsense", "zażółć gęślą\n".encode("iso8859_2"), id="unknown"),
    ],
)
def test_transfer_encodings(tmp_path: Path, encoding: str, body: bytes) -> None:
    assert one(tmp_path, mail(body, headers=f"Content-Transfer-Encoding: {encoding}\n"))["BODY"] == "zażółć gęślą\n"


@pytest.mark.parametrize(
    ("stored", "expected"),
    [
        pytest.param(b"=?iso-8859-2?Q?B=B3=EAkit_x?= a", "Błękit x a", id="Q"),
        pytest.param(b"=?UTF-8?B?xYHDs2TFug==?=", "Łódź", id="B"),
        pytest.param(b"=?utf-8?q?=C5?= =?utf-8?q?=81=C3=B3d=C5=BA?=", "Łódź", id="a letter over two words"),
        pytest.param(b"a =?utf-8?q?b?=\t =?iso-8859-2?q?=B3?= c", "a bł c", id="words of two charsets"),
        pytest.param(b"=?iso-8859-2?Q?=8Cwi=EAcicka?=", "Święcicka", id="a wrong label"),
        pytest.param(b"B\xb3\xeakit z W\xb1chocka", "Błękit z Wąchocka", id="letters nobody declared"),
        pytest.param("Łódź".encode(), "Łódź", id="UTF-8 nobody declared"),
        pytest.param(b"=?utf-8?x?a?=", "=?utf-8?x?a?=", id="no encoded word"),
        pytest.param(b"", "", id="nothing"),
    ],
)
def test_headers_as_text(stored: bytes, expected: str) -> None:
    assert header_text(stored, pages=PAGES) == (expected, 0)


def test_bytes_without_characters_are_bad_cells(tmp_path: Path) -> None:
    content = mail(b"\x00", subject="=?utf-8?q?a=00?=")
    result = read(tmp_path, content)
    assert [(row["column"], row["reason"]) for row in result.issues.to_pylist()] == [
        ("BODY", "nul_in_text"),
        ("SUBJECT", "nul_in_text"),
    ]


@pytest.mark.parametrize(
    ("sender", "name", "address"),
    [
        pytest.param('"Nowak, Jan" <jan@a.pl>', "Nowak, Jan", "jan@a.pl", id="quoted"),
        pytest.param("jan@a.pl (Jan Nowak)", "Jan Nowak", "jan@a.pl", id="comment"),
        pytest.param("jan@a.pl", None, "jan@a.pl", id="address only"),
        pytest.param("misiu73", "misiu73", None, id="nickname only"),
        pytest.param("<>", None, None, id="a bounce"),
        pytest.param("", None, None, id="nothing"),
    ],
)
def test_senders(sender: str, name: str | None, address: str | None) -> None:
    assert split_address(sender) == (name, address)


TEXT = "Content-Type: text/plain; charset=iso-8859-2\n\nżądam"
HTML = "Content-Type: text/html; charset=iso-8859-2\n\n<p>żądam</p><p>zwrotu</p>"
SCAN = 'Content-Type: image/tiff; name="skan.tif"\nContent-Transfer-Encoding: base64\n\nAAEC'


@pytest.mark.parametrize(
    ("parts", "body", "is_html"),
    [
        pytest.param((TEXT, HTML), "żądam", "F", id="text before HTML"),
        pytest.param((HTML,), "żądam\nzwrotu", "T", id="HTML only"),
        pytest.param((TEXT, TEXT), "żądam\nżądam", "F", id="two texts"),
        pytest.param((SCAN,), None, None, id="no text"),
        pytest.param(("", TEXT), "\nżądam", "F", id="an empty part"),
        pytest.param((f"Content-Type: message/rfc822\n\nSubject: x\n{TEXT}",), "żądam", "F", id="a forwarded message"),
        pytest.param(
            (f'Content-Type: multipart/related; boundary="c"\n\n--c\n{TEXT}\n--c--',), "żądam", "F", id="nested"
        ),
        pytest.param((f"Content-Type: multipart/mixed\n\n{TEXT}",), None, None, id="a multipart without boundary"),
    ],
)
def test_bodies_of_multiparts(tmp_path: Path, parts: tuple[str, ...], body: str | None, is_html: str | None) -> None:
    row = one(tmp_path, multipart(*parts) + mail()[:0])
    assert (row["BODY"], row["HAS_HTML_ONLY"]) == (body, is_html)


@pytest.mark.parametrize(
    ("header", "name"),
    [
        pytest.param('Content-Disposition: attachment; filename="skan 1.tif"', "skan 1.tif", id="quoted"),
        pytest.param("Content-Disposition: attachment; filename=skan.tif", "skan.tif", id="bare"),
        pytest.param("Content-Disposition: attachment; filename*=utf-8''skan%C4%85.tif", "skaną.tif", id="RFC 2231"),
        pytest.param('Content-Disposition: attachment; filename*1=b.tif; filename*0="a"', "ab.tif", id="in pieces"),
        pytest.param('Content-Disposition: attachment; filename="=?utf-8?q?=C4=85.tif?="', "ą.tif", id="encoded word"),
        pytest.param("Content-Disposition: attachment", None, id="without name"),
    ],
)
def test_attachments(tmp_path: Path, header: str, name: str | None) -> None:
    row = one(tmp_path, multipart(TEXT, f"Content-Type: image/tiff\n{header}\n\nabc"))
    assert json.loads(row["ATTACHMENTS"]) == [{"name": name, "type": "image/tiff", "bytes": 3}]


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        pytest.param("<b>a</b><br>b<BR/>c", "a\nb\nc", id="line breaks"),
        pytest.param("<style>p{}</style><SCRIPT>x()</SCRIPT>a<!-- <b> -->b", "ab", id="what nobody sees"),
        pytest.param("<head><title>x</title></head>a", "a", id="head"),
        pytest.param("&oacute;&#322;&nbsp;&amp;lt;", "ół &lt;", id="entities"),
        pytest.param("2 < 3 > 1", "2 < 3 > 1", id="signs that are no tags"),
        pytest.param("<td>a</td><td>b</td>", "a b", id="cells"),
        pytest.param("a<!-- b", "a<!-- b", id="a comment that does not end"),
        pytest.param("İ<script>x</script>a", "İa", id="a letter that grows when small"),
        pytest.param("a<script>b</script", "a", id="cut in the end tag"),
    ],
)
def test_html_as_text(markup: str, text: str) -> None:
    assert text_of_html(markup) == text


def nested(depth: int) -> bytes:
    return mail(b"x\n", headers="Content-Type: message/rfc822\n\n" * depth)


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        pytest.param(FROM_LINE + b"\nno header\n\n", "no_mail_header", id="no header"),
        pytest.param(nested(MAX_DEPTH), "mail_too_deep", id="depth"),
        pytest.param(multipart(*[TEXT] * (MAX_PARTS + 1)), "too_many_parts", id="parts"),
        pytest.param(multipart(*[""] * (MAX_PARTS + 2)), "too_many_parts", id="empty parts"),
        pytest.param(mail(headers="X: 1\n" * MAX_HEADERS), "mail_header_too_long", id="headers"),
        pytest.param(mail(b"x" * 70_000 + b"\n"), "record_too_long", id="a huge attachment"),
    ],
)
def test_bad_messages_are_quarantined_alone(tmp_path: Path, bad: bytes, reason: str) -> None:
    result = read(tmp_path, mail() + bad + mail(), budgets=Budgets(max_record_bytes=60_000))
    assert result.quarantine.column("reason").to_pylist() == [reason]
    assert result.quarantine.column("length").to_pylist() == [len(bad)]
    assert result.records.num_rows == 2
    check_spans(result)


def test_a_long_message_is_not_held(tmp_path: Path) -> None:
    content = mail() + mail(b"x" * 99 + b"\n" * 90_000) + mail()
    result = read(tmp_path, content, budgets=Budgets(max_record_bytes=5_000), window_bytes=4_096)
    assert result.quarantine.column("reason").to_pylist() == ["record_too_long"]
    assert result.records.num_rows == 2
    check_spans(result)


def test_a_long_message_at_the_end(tmp_path: Path) -> None:
    content = mail() + mail(b"x" * 30_000)
    result = read(tmp_path, content, budgets=Budgets(max_record_bytes=5_000), window_bytes=4_096)
    assert result.quarantine.column("length").to_pylist() == [len(content) - len(mail())]
    check_spans(result)


def test_what_stands_before_the_first_message(tmp_path: Path) -> None:
    result = read(tmp_path, b"\n\n" + mail())
    assert result.accounts[0].filler == 2 and result.records.num_rows == 1
    result = read(tmp_path, b"smieci\n\n" + mail())
    assert result.quarantine.column("reason").to_pylist() == ["no_from_line"]
    check_spans(result)


@pytest.mark.parametrize("size", [3, 20_000])
def test_no_mailbox_at_all(tmp_path: Path, size: int) -> None:
    with pytest.raises(BadData, match="byte 0"):
        read(tmp_path, b"x" * size, window_bytes=4_096)


def test_an_empty_mailbox_has_columns(tmp_path: Path) -> None:
    records = read(tmp_path, b"").records
    assert records.num_rows == 0 and records.schema.names[: len(COLUMNS)] == list(COLUMNS)


def test_a_header_line_that_is_none_begins_the_text() -> None:
    part = split_headers(b"A: 1\n  2\nnie\n")
    assert (part.headers, part.body, part.is_headed) == ({b"a": [b"1  2"]}, b"nie\n", False)


def test_a_text_over_the_budget_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BudgetExceeded, match="column BODY"):
        read(tmp_path, mail(b"x" * 70_000))


MAILBOX = mail() + multipart(TEXT, HTML, SCAN) + mail(subject="=?utf-8?q?=C5=81?=")


def test_every_cut_keeps_the_messages_before_it(tmp_path: Path) -> None:
    whole = [row["_offset"] + row["_length"] for row in read(tmp_path, MAILBOX).records.to_pylist()]
    for length in range(len(MAILBOX)):
        try:
            result = read(tmp_path, MAILBOX[:length])
        except BadData:
            assert 0 < length < len("From ")
            continue
        check_spans(result)
        assert result.records.num_rows >= sum(end <= length for end in whole)


@pytest.mark.parametrize("size", [1, 2])
def test_chunks_and_windows_hold_the_same_rows(tmp_path: Path, size: int) -> None:
    content = MAILBOX * 30
    whole, parts = read(tmp_path, content), read(tmp_path, content, chunk_records=size, window_bytes=1)
    assert parts.records.equals(whole.records) and parts.records.num_rows == 90


@settings(deadline=None)
@given(data=st.binary(max_size=60))
def test_base64_takes_anything(data: bytes) -> None:
    assert base64_bytes(base64.b64encode(data)) == data
    base64_bytes(data)


LINES = st.sampled_from(
    [
        FROM_LINE,
        b"From x\n",
        b"Subject: a\n",
        b"\n",
        b"--b\n",
        b"--b--\n",
        b" x\n",
        b"\xb1\n",
        b"\x00\n",
        b"a=3D=\n",
        b"\r\n",
        b"Content-Type: multipart/mixed; boundary=b\n",
        b"Content-Type: text/html; charset=x\n",
        b"Subject: =?utf-8?q?=\n",
        b"Content-Transfer-Encoding: base64\n",
        b"Content-Type: message/rfc822\n",
        b">From a\n",
        b"Content-Type: ;=;\n",
    ]
)


@settings(deadline=None, max_examples=400)
@given(content=st.one_of(st.binary(max_size=200), st.lists(LINES, max_size=20).map(b"".join), st.binary(max_size=60)))
@pytest.mark.parametrize("front", [b"", FROM_LINE])
def test_any_bytes_are_read_or_refused(tmp_path_factory: pytest.TempPathFactory, front: bytes, content: bytes) -> None:
    try:
        check_spans(read(tmp_path_factory.getbasetemp(), front + content))
    except BlekitError as exc:
        assert isinstance(exc, BadData)
