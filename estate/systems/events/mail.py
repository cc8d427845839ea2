"""E-mail messages as bytes: headers, charsets and their labels, transfer encodings, the From line of an mbox.

Mailers of the time wrote letters beyond ASCII into headers as they were, or as encoded words; bodies in ISO-8859-2, in
CP1250 under whatever label, or in UTF-8; some as HTML only.
"""

from __future__ import annotations

import binascii
import datetime as dt
import quopri
from dataclasses import dataclass
from email.utils import format_datetime
from zoneinfo import ZoneInfo

POLAND = ZoneInfo("Europe/Warsaw")
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_WORD_CHARS = 22
"""Letters of an encoded word; in UTF-8 and base64 they stay below the 75 characters a word may have."""
_PICTURE = bytes.fromhex("47494638396101000100800000ffffff00000021f90401000000002c00000000010001000002024401003b")
"""A GIF of one dot."""


@dataclass(frozen=True)
class Mail:
    """One message before it is bytes."""

    number: str
    """Message-ID."""
    follows: str | None
    """Message-ID it replies to."""
    sender: str
    """Address."""
    name: str | None
    """Name shown beside the address."""
    recipient: str
    subject: str
    body: str
    stamp: dt.datetime
    """What its Date says."""
    page: str = "iso8859_2"
    """What the text is really in."""
    label: str = "iso-8859-2"
    """What it says it is in."""
    transfer: str = "8bit"
    """``8bit``, ``quoted-printable`` or ``base64``."""
    is_html: bool = False
    is_raw: bool = False
    """Whether letters stand in headers without being encoded."""
    has_picture: bool = False
    relays: tuple[str, ...] = ()
    """Hosts it came through, last one first."""


def moment(minute: int, second: int) -> dt.datetime:
    """An absolute minute on the wall in Poland."""
    return dt.datetime.fromtimestamp(minute * 60 + second, tz=POLAND)


def mbox_entry(mail: Mail, *, arrived: dt.datetime) -> bytes:
    """The message behind its From line, with the blank line that ends it."""
    day = f"{_DAYS[arrived.weekday()]} {_MONTHS[arrived.month - 1]} {arrived.day:2d}"
    line = f"From {mail.sender} {day} {arrived:%H:%M:%S} {arrived.year}\n".encode("ascii")
    header, body = _header(mail), _body(mail)
    escaped = b"\n".join(b">" + each if each.lstrip(b">").startswith(b"From ") else each for each in body.split(b"\n"))
    return line + header + b"\n" + escaped.rstrip(b"\n") + b"\n\n"


def _header(mail: Mail) -> bytes:
    sender = b"<" + mail.sender.encode("ascii") + b">"
    name = _text(mail.name, mail) + b" " if mail.name else b""
    lines = [b"Received: from " + host.encode("ascii") + b" by mx.tpsa.pl with SMTP" for host in mail.relays]
    lines += [b"From: " + name + sender, b"To: " + mail.recipient.encode("ascii")]
    lines += [b"Subject: " + _text(mail.subject, mail), b"Date: " + format_datetime(mail.stamp).encode("ascii")]
    lines.append(b"Message-ID: " + mail.number.encode("ascii"))
    if mail.follows:
        lines.append(b"In-Reply-To: " + mail.follows.encode("ascii"))
    return b"".join(line + b"\n" for line in [*lines, b"MIME-Version: 1.0", *_content(mail)])


def _content(mail: Mail) -> list[bytes]:
    if mail.has_picture:
        return [f'Content-Type: multipart/mixed; boundary="{_boundary(mail)}"'.encode("ascii")]
    return _text_headers(mail)


def _text_headers(mail: Mail) -> list[bytes]:
    kind = "html" if mail.is_html else "plain"
    return [
        f'Content-Type: text/{kind}; charset="{mail.label}"'.encode("ascii"),
        f"Content-Transfer-Encoding: {mail.transfer}".encode("ascii"),
    ]


def _boundary(mail: Mail) -> str:
    return "----=_" + "".join(letter for letter in mail.number if letter.isalnum())


def _body(mail: Mail) -> bytes:
    text = _transferred(_html(mail.body) if mail.is_html else mail.body, mail)
    if not mail.has_picture:
        return text
    mark = b"--" + _boundary(mail).encode("ascii")
    picture = b'Content-Type: image/gif; name="skan.gif"\nContent-Transfer-Encoding: base64\n\n'
    parts = [mark, b"\n".join([*_text_headers(mail), b"", text]), mark, picture + binascii.b2a_base64(_PICTURE)]
    return b"\n".join([*parts, mark + b"--", b""])


def _html(text: str) -> str:
    lines = text.replace("&", "&amp;").replace("<", "&lt;").replace("\n", "<br>\n")
    return f"<html><body>\n<p>{lines}</p>\n</body></html>\n"


def _transferred(text: str, mail: Mail) -> bytes:
    stored = text.encode(mail.page)
    if mail.transfer == "base64":
        return binascii.b2a_base64(stored) if len(stored) < 57 else _base64_lines(stored)
    return quopri.encodestring(stored) if mail.transfer == "quoted-printable" else stored


def _base64_lines(stored: bytes) -> bytes:
    return b"".join(binascii.b2a_base64(stored[at : at + 57]) for at in range(0, len(stored), 57))


def _text(text: str, mail: Mail) -> bytes:
    """A text in a header."""
    if text.isascii():
        return text.encode("ascii")
    if mail.is_raw:
        return text.encode(mail.page)
    pieces = [text[at : at + _WORD_CHARS].encode(mail.page) for at in range(0, len(text), _WORD_CHARS)]
    words = (binascii.b2a_base64(piece, newline=False) for piece in pieces)
    return b"\n ".join(b"=?" + mail.label.encode("ascii") + b"?B?" + word + b"?=" for word in words)
