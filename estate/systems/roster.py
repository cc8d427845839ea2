"""The list of customers taking part in the pilot: a spool of system and raw key."""

from __future__ import annotations

FILE = "PILOT.LST"


def roster_file(rows: list[tuple[str, str]]) -> bytes:
    """The roster as a spool of one page per 50 rows."""
    lines = []
    for at, (source_id, key) in enumerate(rows):
        if at % 50 == 0:
            lines += ["", "ZRODLO;KLUCZ", "------;-----"]
        lines.append(f"{source_id};{key}")
    if not rows:
        lines += ["", "ZRODLO;KLUCZ", "------;-----"]
    return "\r\n".join([*lines, "", f"{len(rows)} rows selected.", ""]).encode("ascii")
