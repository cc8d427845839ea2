"""XML as the web systems of the company wrote it: one record element after another, a line each."""

from __future__ import annotations

from collections.abc import Sequence

_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


def escaped(texts: Sequence[str | None]) -> list[str | None]:
    """Texts with the signs of XML written out."""
    return [text and text.translate(_ESCAPES) for text in texts]


def elements(name: str, texts: Sequence[str | None]) -> list[str]:
    """An element for each text, nothing where there is none."""
    start, end = f"<{name}>", f"</{name}>"
    return ["" if text is None else f"{start}{text}{end}" for text in texts]


def records(name: str, numbers: Sequence[str], *parts: Sequence[str]) -> list[str]:
    """Record elements with their number as an attribute, and parts inside."""
    return [
        f'<{name} nr="{number}">{"".join(inside)}</{name}>' for number, *inside in zip(numbers, *parts, strict=True)
    ]


def framed(head: str, stored: Sequence[bytes], foot: str) -> tuple[bytes, int]:
    """The file, and where its first record begins; records have a line feed behind them that is theirs not."""
    start = head.encode("ascii")
    return b"".join([start, *(part for record in stored for part in (record, b"\n")), foot.encode("ascii")]), len(start)
