"""One e-mail message as it was written: headers, texts, attachments.

The standard library's parser recurses into what a message claims to contain and takes quadratic time on some headers;
here every step is linear, depth and number of parts have budgets, and charsets are looked at instead of believed
(:mod:`connectors.charsets`). What mailers of the time do wrong is read as far as it can be: base64 with stray
characters, a boundary that never closes, letters beyond ASCII in headers.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from urllib.parse import unquote_to_bytes

from connectors.charsets import candidates, choose_charsets, strict_text

MAX_DEPTH = 16
MAX_PARTS = 200
MAX_HEADERS = 1_000
MAX_HEADER_BYTES = 64 * 1024
_HEADER = re.compile(rb"([!-9;-~]+)[ \t]*:[ \t]*")
_WORD = re.compile(rb"=\?([A-Za-z0-9._-]{1,40})(?:\*[A-Za-z-]{1,20})?\?([bBqQ])\?([^?\r\n]*)\?=")
_PARAMETER = re.compile(rb";[ \t\r\n]*([^\s=;\"]{1,80})[ \t]*=[ \t]*(?:\"((?:[^\"\\]++|\\.)*+)\"|([^;\s]*))")
_PARAMETER_BYTES = 2_048
_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]+")
_FOLD = re.compile(rb"\r?\n(?=[ \t])")


class BadMessage(Exception):
    """A message cannot be read; the first argument is a reason code, the second says what was expected."""


@dataclass
class Part:
    """Headers of a message or of a part of one, and where its body lies."""

    headers: dict[bytes, list[bytes]]
    """Names in small letters, values without folding, as stored."""
    body: bytes
    is_headed: bool
    """Whether a blank line ends the headers."""

    def first(self, name: bytes) -> bytes | None:
        """The first header of a name."""
        return self.headers.get(name, [None])[0]

    @property
    def media_type(self) -> str:
        """The type without its parameters, as written; an empty text where there is none."""
        return _ascii((self.first(b"content-type") or b"").partition(b";")[0].strip())

    def parameter(self, header: bytes, name: str) -> bytes | None:
        """A parameter of a header, RFC 2231 joined."""
        return _parameters(self.first(header) or b"").get(name)

    @property
    def decoded(self) -> bytes:
        """The body without its transfer encoding."""
        encoding = (self.first(b"content-transfer-encoding") or b"").strip().lower()
        if encoding == b"base64":
            return base64_bytes(self.body)
        if encoding == b"quoted-printable":
            return binascii.a2b_qp(self.body)
        return self.body


@dataclass
class Leaf:
    """A part that holds no others."""

    part: Part
    is_attachment: bool


@dataclass
class Message:
    """A message and its leaves in order."""

    top: Part
    leaves: list[Leaf] = field(default_factory=list)
    is_closed: bool = True
    """Whether every multipart in it ends with its closing boundary."""


def read_message(data: bytes) -> Message:
    """The parts of a message.

    Raises:
        BadMessage: it has no header, or more than a message may have.
    """
    top = split_headers(data)
    if not top.headers:
        raise BadMessage("no_mail_header", "a header line was expected behind the From line")
    message = Message(top)
    _walk(top, depth=0, message=message)
    return message


def split_headers(data: bytes) -> Part:
    """Headers and body; the first line that is neither header nor continuation begins the body."""
    headers: dict[bytes, list[bytes]] = {}
    at, count = 0, 0
    while at < len(data):
        end = _line_end(data, at)
        line = data[at:end].rstrip(b"\r\n")
        if not line:
            return Part(headers, data[end:], True)
        found = _HEADER.match(line)
        if found is None:
            return Part(headers, data[at:], False)
        while data[end : end + 1] in (b" ", b"\t"):
            end = _line_end(data, end)
        if count == MAX_HEADERS or end - at > MAX_HEADER_BYTES:
            raise BadMessage("mail_header_too_long", f"at most {MAX_HEADERS} headers of {MAX_HEADER_BYTES} bytes")
        count += 1
        value = _FOLD.sub(b"", data[at:end].rstrip(b"\r\n")[found.end() :])
        headers.setdefault(found[1].lower(), []).append(value.strip())
        at = end
    return Part(headers, b"", False)


def _line_end(data: bytes, at: int) -> int:
    end = data.find(b"\n", at)
    return len(data) if end < 0 else end + 1


def _walk(part: Part, *, depth: int, message: Message) -> None:
    if depth == MAX_DEPTH:
        raise BadMessage("mail_too_deep", f"at most {MAX_DEPTH} parts inside each other")
    kind = part.media_type.lower()
    boundary = part.parameter(b"content-type", "boundary")
    if kind.startswith("multipart/") and boundary:
        bodies, is_closed = _split(part.body, boundary=boundary)
        message.is_closed &= is_closed
        for body in bodies:
            _walk(split_headers(body), depth=depth + 1, message=message)
    elif kind == "message/rfc822":
        _walk(split_headers(part.decoded), depth=depth + 1, message=message)
    else:
        if len(message.leaves) == MAX_PARTS:
            raise BadMessage("too_many_parts", f"at most {MAX_PARTS} parts")
        message.leaves.append(Leaf(part, _is_attachment(part, kind=kind)))


def _is_attachment(part: Part, *, kind: str) -> bool:
    disposition = (part.first(b"content-disposition") or b"").partition(b";")[0].strip().lower()
    is_text = kind in ("", "text/plain", "text/html")
    return disposition == b"attachment" or not is_text or file_name(part) is not None


def file_name(part: Part) -> bytes | None:
    """The name of an attachment, with encoded words still in it."""
    name = part.parameter(b"content-disposition", "filename")
    return name if name is not None else part.parameter(b"content-type", "name")


def _split(body: bytes, *, boundary: bytes) -> tuple[list[bytes], bool]:
    """The bodies between boundary lines, and whether the closing one is there."""
    marks = re.compile(rb"(?:\A|\r?\n)--" + re.escape(boundary) + rb"(--)?[ \t]*(?=\r?\n|\Z)")
    bodies: list[bytes] = []
    start: int | None = None
    for mark in marks.finditer(body):
        if start is not None:
            bodies.append(body[start : mark.start()])
        if mark[1]:
            return bodies, True
        if len(bodies) > MAX_PARTS:
            raise BadMessage("too_many_parts", f"at most {MAX_PARTS} parts")
        start = _line_end(body, mark.end())
    if start is not None:
        bodies.append(body[start:])
    return bodies, False


def base64_bytes(data: bytes) -> bytes:
    """What base64 says, stray characters and a cut end left out."""
    letters = _NOT_BASE64.sub(b"", data)
    letters = letters[: len(letters) - (len(letters) % 4 == 1)]
    return binascii.a2b_base64(letters + b"=" * (-len(letters) % 4))


def _parameters(value: bytes) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    pieces: dict[str, dict[int, bytes]] = {}
    for match in _PARAMETER.finditer(value[:_PARAMETER_BYTES]):
        name = _ascii(match[1]).lower()
        text = re.sub(rb"\\(.)", rb"\1", match[2]) if match[2] is not None else match[3]
        base, _, number = name.rstrip("*").partition("*")
        if name.endswith("*"):
            text = unquote_to_bytes(text if number not in ("", "0") else text.rpartition(b"'")[2])
        if number.isdecimal() and len(number) < 4:
            pieces.setdefault(base, {})[int(number)] = text
        elif base not in found:
            found[base] = text
    for base, parts in pieces.items():
        found[base] = b"".join(parts[number] for number in sorted(parts))
    return found


def _ascii(data: bytes) -> str:
    return data.decode("ascii", "backslashreplace")


def header_text(value: bytes, *, pages: Sequence[str]) -> tuple[str | None, int]:
    """A header as text, encoded words decoded; nothing and the number of a cell reason where it has no characters."""
    texts: list[str] = []
    for data, label in _stretches(value):
        known = candidates(label, pages=pages)
        text, reason = strict_text(data, page=choose_charsets([data], pages=known)[0])
        if text is None:
            return None, reason
        texts.append(text)
    return "".join(texts), 0


def _stretches(value: bytes) -> Iterator[tuple[bytes, str | None]]:
    """Bytes with the charset they claim; neighbouring words of one charset together, which may share a letter."""
    at = 0
    held, label = b"", None
    for word in _WORD.finditer(value):
        between, name = value[at : word.start()], _ascii(word[1]).lower()
        if between.strip(b" \t") or not at or name != label:
            if held:
                yield held, label
            if between.strip(b" \t") or (between and not at):
                yield between, None
            held = b""
        held, label, at = held + _word_bytes(word), name, word.end()
    if held:
        yield held, label
    if value[at:]:
        yield value[at:], None


def _word_bytes(word: re.Match[bytes]) -> bytes:
    if word[2] in b"bB":
        return base64_bytes(word[3])
    return binascii.a2b_qp(word[3], header=True)
