"""Mailboxes in mbox files: messages one after another, each behind a line ``From somebody Mon Oct 28 10:00:00 2002``.

A line of a message that begins with ``From `` has ``>`` before it; writers forget that, so a From line counts only with
a weekday, a time and a year, or between a blank line and a header. Charset labels lie, texts are HTML only, letters
stand in headers undeclared: CHARSET is what was declared, ``_code_page`` what the text is read in.

Messages differ in size by a factor of ten thousand. One larger than ``budgets.max_record_bytes`` goes to quarantine
without being held in memory, and so does one that cannot be read or that the end of the file cuts; the others are kept.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from config.errors import BadData
from connectors.charsets import candidates, choose_charsets, strict_text
from connectors.html_text import text_of_html
from connectors.mime import BadMessage, Message, Part, file_name, header_text, read_message
from connectors.model import Ledger, RawChunk, Span
from connectors.text_records import TextRecord, storable_record, text_chunk
from connectors.window import WINDOW_BYTES, View, Window

_HEADERS = {
    "FROM": b"from",
    "TO": b"to",
    "SUBJECT": b"subject",
    "DATE": b"date",
    "MESSAGE_ID": b"message-id",
    "IN_REPLY_TO": b"in-reply-to",
}
COLUMNS = (
    *("FROM", "FROM_NAME", "FROM_ADDRESS", "TO", "SUBJECT", "DATE", "MESSAGE_ID", "IN_REPLY_TO"),
    *("CONTENT_TYPE", "CHARSET", "BODY", "HAS_HTML_ONLY", "ATTACHMENTS"),
)
_FROM = b"From "
_WEEKDAYS = frozenset((b"Mon", b"Tue", b"Wed", b"Thu", b"Fri", b"Sat", b"Sun"))
_TIME = re.compile(rb"\d{1,2}:\d\d(?::\d\d)?")
_YEAR = re.compile(rb"(?:19|20)\d\d")
_HEADER_LINE = re.compile(rb">?[A-Za-z][A-Za-z0-9-]{0,60}:")
_FROM_LINE_BYTES = 500
_ESCAPED = re.compile(rb"^>(>*From )", re.MULTILINE)
_BLANK_LINE = re.compile(rb"\n\r?\n")
_ADDRESS = re.compile(r"<([^<>]*)>")
_BARE_ADDRESS = re.compile(r"[^\s<>()\",;:]+@[^\s<>()\",;:]+")


@dataclass(frozen=True)
class MailboxFormat:
    """What undeclared letters may be written in."""

    pages: tuple[str, ...]
    required: tuple[str, ...] = ()


@dataclass
class _State:
    """What goes from one view to the next."""

    is_at_start: bool = True
    """Whether the next view begins where a message begins, not in the middle of something."""
    skipped_from: int | None = None
    """First byte of a message that is too long to be held."""
    has_from: bool = False
    has_other: bool = False
    """Whether anything but blank lines stands before the first From line."""


@dataclass
class _Found:
    consumed: int = 0
    messages: list[tuple[int, int, bool]] = field(default_factory=list)
    """First byte, one past the last, whether the file ends there."""
    spans: list[Span] = field(default_factory=list)


def read_mailbox(
    path: Path,
    *,
    form: MailboxFormat,
    ledger: Ledger,
    chunk_records: int = 50_000,
    window_bytes: int = WINDOW_BYTES,
) -> Iterator[RawChunk]:
    """Chunks of a mailbox in file order; at least one, because a mailbox nobody wrote to is an empty file.

    Raises:
        BadData: there is no From line at all.
    """
    state = _State()
    has_any = False
    with Window(path, ledger=ledger, window_bytes=max(window_bytes, 8 * _FROM_LINE_BYTES)) as window:
        while not window.is_done:
            view = window.view()
            found = _scan(view, state=state, ledger=ledger)
            window.consume(found.consumed)
            for first in range(0, len(found.messages) or len(found.spans[:1]), chunk_records):
                records, spans = _read(
                    found.messages[first : first + chunk_records], view=view, form=form, ledger=ledger
                )
                spans += found.spans if first == 0 else []
                has_any = True
                yield text_chunk(records, names=COLUMNS, spans=spans, required=form.required, ledger=ledger)
    if state.has_other and not state.has_from:
        raise BadData(f"{ledger.file}: byte 0: a line 'From …' was expected", hint="Is this a mailbox in mbox format?")
    if not has_any:
        yield text_chunk([], names=COLUMNS, spans=[], required=form.required, ledger=ledger)


def _scan(view: View, *, state: _State, ledger: Ledger) -> _Found:
    """The complete messages of a view; the last one is complete only where the file ends."""
    data, found = view.data.tobytes(), _Found()
    starts = list(_starts(data, is_at_start=state.is_at_start, is_last=view.is_last))
    state.has_from |= bool(starts)
    _take_front(data, view=view, end=starts[0] if starts else None, state=state, found=found, ledger=ledger)
    limit = ledger.budgets.max_record_bytes
    for start, following in zip(starts, [*starts[1:], None], strict=False):
        end = len(data) if following is None else following
        if following is None and not view.is_last:
            if end - start > limit:
                state.skipped_from, state.is_at_start = view.offset + start, False
                found.consumed = max(start + 1, _settled(data))
            break
        if end - start > limit:
            found.spans.append(_too_long(view.offset + start, end - start, limit=limit))
        else:
            found.messages.append((start, end, view.is_last and end == len(data)))
        found.consumed = end
    return found


def _take_front(data: bytes, *, view: View, end: int | None, state: _State, found: _Found, ledger: Ledger) -> None:
    """What stands before the first From line of a view: the rest of a long message, or what is no message."""
    is_open = end is None and not view.is_last
    if end is None:
        end = len(data) if view.is_last else _settled(data)
    found.consumed = end
    state.is_at_start = not is_open or not end
    if state.skipped_from is not None:
        if not is_open:
            length = view.offset + end - state.skipped_from
            found.spans.append(_too_long(state.skipped_from, length, limit=ledger.budgets.max_record_bytes))
            state.skipped_from = None
        state.is_at_start = not is_open
    elif end and not data[:end].strip():
        ledger.book("filler", end)
    elif end:
        state.has_other = True
        found.spans.append(Span(view.offset, end, "no_from_line", "a line 'From …' was expected before this"))


def _too_long(offset: int, length: int, *, limit: int) -> Span:
    return Span(offset, length, "record_too_long", f"at most {limit} bytes are allowed")


def _settled(data: bytes) -> int:
    """How many bytes of a view cannot begin a From line that only the next view would show."""
    return max(0, len(data) - 2 * _FROM_LINE_BYTES)


def _starts(data: bytes, *, is_at_start: bool, is_last: bool) -> Iterator[int]:
    """Where From lines begin."""
    if is_at_start and data.startswith(_FROM):
        yield 0
    at = data.find(b"\n" + _FROM)
    while at >= 0:
        if _is_from_line(data, at + 1, is_last=is_last):
            yield at + 1
        at = data.find(b"\n" + _FROM, at + 1)


def _is_from_line(data: bytes, at: int, *, is_last: bool) -> bool:
    line_end = data.find(b"\n", at, at + _FROM_LINE_BYTES)
    if line_end < 0 or (not is_last and line_end + 80 > len(data)):
        return False
    words = data[at:line_end].split()
    if _WEEKDAYS & set(words) and any(map(_TIME.fullmatch, words)) and any(map(_YEAR.fullmatch, words[-2:])):
        return True
    has_blank = data[max(0, at - 2) : at].replace(b"\r", b"") == b"\n\n" or data[max(0, at - 4) : at] == b"\r\n\r\n"
    return has_blank and _HEADER_LINE.match(data, line_end + 1) is not None


def _read(
    messages: list[tuple[int, int, bool]], *, view: View, form: MailboxFormat, ledger: Ledger
) -> tuple[list[TextRecord], list[Span]]:
    records: list[TextRecord] = []
    spans: list[Span] = []
    for start, end, is_at_end in messages:
        data, offset = view.data[start:end].tobytes(), view.offset + start
        try:
            message = read_message(_unescaped(data))
            if is_at_end and not (message.top.is_headed and message.is_closed):
                raise BadMessage("truncated_record", "the file ends inside this message")
        except BadMessage as exc:
            reason, detail = exc.args
            spans.append(Span(offset, end - start, reason, detail))
            continue
        if is_at_end and not data.endswith(b"\n"):
            ledger.warn(f"{ledger.file}: no line feed behind the last message")
        records.append(_record(message, offset=offset, length=end - start, pages=form.pages))
    return records, spans


def _unescaped(data: bytes) -> bytes:
    """A message without its From line, the escapes of others and the blank line behind it."""
    data = data[_line_end(data) :]
    while data[:6] == b">From ":  # relays leave the From line of the relay before them
        data = data[_line_end(data) :]
    header_end = _BLANK_LINE.search(data)
    if header_end and header_end.end() < len(data):
        if data.endswith(b"\r\n\r\n"):
            data = data[:-2]
        elif data.endswith(b"\n\n"):
            data = data[:-1]
    return _ESCAPED.sub(rb"\1", data)


def _line_end(data: bytes) -> int:
    return data.find(b"\n") + 1 or len(data)


def _record(message: Message, *, offset: int, length: int, pages: Sequence[str]) -> TextRecord:
    top, reasons = message.top, dict[str, int]()
    body = _body(message, pages=candidates(None, pages=pages))
    values: dict[str, str | None] = {
        "CONTENT_TYPE": top.media_type or None,
        "CHARSET": body.declared,
        "BODY": body.text,
        "HAS_HTML_ONLY": body.is_html,
        "ATTACHMENTS": _attachments(message, pages=(body.page, *pages)),
    }
    reasons["BODY"] = body.reason
    for name, header in _HEADERS.items():
        stored = top.first(header)
        if stored is not None:
            values[name], reasons[name] = header_text(stored, pages=(body.page, *pages))
    values["FROM_NAME"], values["FROM_ADDRESS"] = split_address(values.get("FROM") or "")
    return storable_record(offset, length, page=body.page, values=values, reasons=reasons)


@dataclass(frozen=True)
class _Body:
    text: str | None
    reason: int
    page: str
    declared: str | None
    is_html: str | None


def _body(message: Message, *, pages: tuple[str, ...]) -> _Body:
    """The plain texts of a message, or where it has none its HTML texts without tags."""
    inline = [leaf.part for leaf in message.leaves if not leaf.is_attachment]
    plain = [part for part in inline if part.media_type.lower() != "text/html"]
    if not inline:
        return _Body(None, 0, pages[0], None, None)
    texts: list[str] = []
    first_page, declared = "", _label(plain[0] if plain else inline[0])
    for part in plain or inline:
        data = part.decoded
        page = choose_charsets([data], pages=candidates(_label(part), pages=pages))[0]
        first_page = first_page or page
        text, reason = strict_text(data, page=page)
        if text is None:
            return _Body(None, reason, page, declared, "TF"[bool(plain)])
        texts.append(text if plain else text_of_html(text))
    return _Body("\n".join(texts), 0, first_page, declared, "TF"[bool(plain)])


def _label(part: Part) -> str | None:
    label = part.parameter(b"content-type", "charset")
    return label.decode("ascii", "backslashreplace") if label else None


def _attachments(message: Message, *, pages: Sequence[str]) -> str | None:
    """Name, type and size of what is attached, as JSON; missing where nothing is."""
    attached = []
    for leaf in message.leaves:
        if leaf.is_attachment:
            stored = file_name(leaf.part)
            name = header_text(stored, pages=pages)[0] if stored is not None else None
            attached.append({"name": name, "type": leaf.part.media_type, "bytes": len(leaf.part.decoded)})
    return json.dumps(attached, ensure_ascii=False) if attached else None


def split_address(sender: str) -> tuple[str | None, str | None]:
    """The name and the address of a sender; missing where there is none."""
    found = _ADDRESS.search(sender)
    if found:
        return sender[: found.start()].strip().strip('"').strip() or None, found[1].strip() or None
    bare = _BARE_ADDRESS.search(sender)
    if bare is None:
        return sender.strip().strip('"').strip() or None, None
    comment = sender[bare.end() :].strip()
    name = comment[1:-1].strip() if comment[:1] == "(" and comment[-1:] == ")" else ""
    return name or None, bare[0]
