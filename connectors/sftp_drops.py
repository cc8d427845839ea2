"""What lies in a drop directory, sorted into deliveries that are complete and files that are left for the next time.

Senders do not lock: a file may be half there, its sidecar may come an hour later, the delivery of Monday on Thursday
and the one of Tuesday twice. So nothing is concluded from the order of arrival: date and number stand in the name or
the manifest, and completeness is what the sender's sidecar or manifest says.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from config.errors import BadData
from config.kinds import Kind
from config.services import DropService

PART = ".part"
_SIDECAR_LINES = 20


@dataclass(frozen=True)
class RemoteFile:
    """One file of the drop, as the server lists it."""

    path: str
    name: str
    size: int
    mtime: int


@dataclass(frozen=True)
class Left:
    """Something that was not taken, and why: ``still_arriving``, ``grew``, or the code of an error."""

    name: str
    code: str
    reason: str


@dataclass(frozen=True)
class Candidate:
    """Files that together may be one delivery."""

    key: str
    """Its name in the drop, the same each time."""
    business_date: dt.date
    sequence: int
    """The sender's number; 1 where he gives none."""
    files: Mapping[str, RemoteFile]
    """Local name to file."""
    sidecars: Mapping[str, RemoteFile]

    @property
    def fingerprint(self) -> str:
        """Changes when the sender touches one of the files."""
        return fingerprint([*self.files.values(), *self.sidecars.values()])


def fingerprint(files: Iterable[RemoteFile]) -> str:
    """Names, sizes and times of files in one digest."""
    lines = sorted(f"{file.name} {file.size} {file.mtime}" for file in files)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def is_safe(name: str) -> bool:
    """Whether a name of the server may become a name of ours: no path, nothing hidden, nothing invisible."""
    return bool(re.fullmatch(r"[^./\\\x00-\x1f][^/\\\x00-\x1f]*", name))


def loose_files(found: Sequence[RemoteFile], *, kind: Kind, service: DropService) -> tuple[list[Candidate], list[Left]]:
    """Deliveries of a flat drop, oldest first, and what belongs to none yet."""
    by_name = {file.name: file for file in found}
    ending = f".{service.sidecar}"
    left = [Left(name, "still_arriving", "the sender still writes it") for name in by_name if name.endswith(PART)]
    groups: dict[tuple[dt.date, int], dict[str, RemoteFile]] = {}
    for file in found:
        if file.name.endswith((PART, ending)):
            continue
        match = _match(file.name, service=service)
        if match is None:
            left.append(Left(file.name, "unknown_name", "no name of this kind: correct service.names or the drop"))
        else:
            part, when, sequence = match
            groups.setdefault((when, sequence), {})[part] = file
    candidates = []
    for (when, sequence), parts in sorted(groups.items()):
        missing = [part for part in service.names if part not in parts]
        alone = [file.name for file in parts.values() if file.name + ending not in by_name]
        if missing or alone:
            waits = f"no {', '.join(missing)} part yet" if missing else f"no {alone[0]}{ending} yet"
            left += [Left(file.name, "still_arriving", waits) for file in parts.values()]
            continue
        files = {kind.files[part]: file for part, file in parts.items()}
        sidecars = {kind.files[part]: by_name[file.name + ending] for part, file in parts.items()}
        names = "+".join(sorted(file.name for file in parts.values()))
        candidates.append(Candidate(names, when, sequence, files, sidecars))
    return candidates, left


def _match(name: str, *, service: DropService) -> tuple[str, dt.date, int] | None:
    for part, pattern in service.names.items():
        if match := re.fullmatch(pattern, name):
            try:
                when = dt.datetime.strptime(match["date"], "%Y%m%d").date()
            except ValueError:
                return None
            number = match.groupdict().get("sequence")
            return part, when, int(number) if number else 1
    return None


@dataclass(frozen=True)
class Claim:
    """What a sidecar says of its file; None where it says nothing."""

    size: int | None = None
    records: int | None = None
    digest: tuple[str, str] | None = None
    """Name of the hash function and hexadecimal digits."""


def read_sidecar(content: bytes, *, service: DropService, name: str) -> Claim:
    """What a sidecar says.

    Raises:
        BadData: it is not what a sidecar is.
    """
    try:
        lines = content.decode("ascii").split("\n")[:_SIDECAR_LINES]
        return _md5(lines) if service.sidecar == "md5" else _ctl(lines)
    except (UnicodeDecodeError, ValueError, IndexError) as exc:
        raise BadData(f"{name}: not a .{service.sidecar} file", hint="Ask the sender for it again") from exc


def _md5(lines: Sequence[str]) -> Claim:
    return Claim(digest=("md5", _hex(lines[0].split()[0], digits=32)))


def _ctl(lines: Sequence[str]) -> Claim:
    pairs = (line.partition("=") for line in lines if line.strip())
    told = {name.strip().upper(): value.strip() for name, _, value in pairs}
    return Claim(
        size=_count(told["BYTES"]) if "BYTES" in told else None,
        records=_count(told["RECORDS"]) if "RECORDS" in told else None,
        digest=("sha256", _hex(told["SHA256"], digits=64)) if "SHA256" in told else None,
    )


def _count(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,18}", text):
        raise ValueError("not a count")
    return int(text)


def _hex(text: str, *, digits: int) -> str:
    if not re.fullmatch(f"[0-9a-fA-F]{{{digits}}}", text):
        raise ValueError("not a digest")
    return text.lower()
