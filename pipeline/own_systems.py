"""Systems of an installation's own: tried, registered and delivered, without a line of code.

``blekit sources add`` keeps the YAML and the row of the registry in ``<home>/sources`` (:mod:`config.own`) and puts the
file into the deliveries like any system would, manifest last. Nothing is written before the file was read to its end
and its records were standardised: what cannot be taken is refused here, not in the cutover.
"""

from __future__ import annotations

import csv
import datetime as dt
import fcntl
import hashlib
import io
import json
import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from config.errors import BadData, ConfigurationError, DatabaseUnavailable, LockBusy, StorageFailed, UsageError
from config.kinds import Kind, load_kind, planned_kinds, shipped_kinds
from config.kinds.checking import check_customer_kind
from config.own import own_files
from config.sources import OWN_ROLE, SOURCE_COLUMNS, SOURCE_ID, SourceSystem, all_sources, source_with_id
from config.units import UNITS, CollectionPoint, collection_points, point_with_code, unit_named
from pipeline.drift import breaks, check_columns
from pipeline.files import new_folder
from pipeline.landing import MANIFEST, deliveries_of
from pipeline.linking_files import write_text
from pipeline.proposing_kinds import sample_of

if TYPE_CHECKING:
    from pipeline.installation import Installation

_PILOT = UNITS[0]


@dataclass(frozen=True)
class Trial(SourceSystem):
    """A system that is not registered: it carries its kind with it."""

    own_kind: Kind | None = None
    kind_text: str = ""
    """The YAML, comments and all."""

    @property
    def kind(self) -> Kind:
        """The kind it is tried with."""
        assert self.own_kind is not None
        return self.own_kind


def read_own_kind(path: Path) -> Kind:
    """A stranger's kind, checked.

    Raises:
        ConfigurationError: it is no YAML of a kind, does not say enough, or has the name of a kind of the product.
    """
    kind = load_kind(path)
    if kind.kind in shipped_kinds() or kind.kind in planned_kinds():
        raise ConfigurationError(f"{path}: kind: {kind.kind!r} is a kind of the product", hint="Choose another name")
    if not SOURCE_ID.fullmatch(kind.kind):
        raise ConfigurationError(
            f"{path}: kind: {kind.kind!r}", hint="Small letters, digits and hyphens, 2 to 40 of them"
        )
    if kind.is_event:
        raise ConfigurationError(
            f"{path}: event: systems of events cannot be registered beside the product yet",
            hint="Add the kind to config/kinds and the system to config/sources.csv",
        )
    check_customer_kind(kind, file=str(path))
    return kind


def try_file(file: Path, *, source: SourceSystem, business_date: dt.date) -> dict[str, Any]:
    """What would become of a file: records, and why others would not be taken. Nothing is kept.

    Raises:
        BadData: the file is not what the kind says; nothing of it would be taken.
    """
    from config.lookups import load_lookups
    from connectors.delivery import read_file
    from transforms import standardise

    reader = read_file(file.parent, kind=source.kind, main=file.name)
    chunks = list(reader.chunks())
    result = standardise(
        pa.concat_tables([chunk.records for chunk in chunks]),
        source=source,
        batch_id=f"{source.source_id}:trial",
        business_date=business_date,
        pilot_keys=frozenset(),
        lookups=load_lookups(),
    )
    first = result.records.filter(pc.equal(result.records["part"], 1))
    issues = Counter(code for text in first["issues"].to_pylist() if text for code in text.split(","))
    spans = Counter(reason for chunk in chunks for reason in chunk.quarantine["reason"].to_pylist())
    cells = Counter(
        f"{column}: {reason}"
        for chunk in chunks
        for column, reason in zip(*(chunk.issues[name].to_pylist() for name in ("column", "reason")), strict=True)
    )
    keys = first["record_id"].to_pylist()
    return {
        "delivered": reader.delivered + reader.quarantined,
        "records": first.num_rows,
        "repeated_keys": len(keys) - len(set(keys)),
        "persons": pc.sum(pc.equal(first["party_kind"], "person")).as_py() or 0,
        "firms": pc.sum(pc.equal(first["party_kind"], "firm")).as_py() or 0,
        "quarantined": dict(sorted((spans + Counter(result.rejects["reason"].to_pylist())).items())),
        "excluded": dict(sorted(Counter(result.excluded["reason"].to_pylist()).items())),
        "issues": dict(sorted(issues.items())),
        "bad_cells": dict(sorted(cells.items())),
    }


def check_file(file: Path, kind_file: Path, *, business_date: dt.date) -> dict[str, Any]:
    """Columns a file and a kind do not share, and, unless one of them stops it, what would become of its rows.

    Raises:
        ConfigurationError: the kind is wrong.
        BadData: the file is not what the kind says.
    """
    from transforms.contract import raw_columns

    kind = read_own_kind(kind_file)
    source = _trial(kind.kind, kind=kind, place=collection_points()[0], title=kind.title)
    columns = check_columns(list(raw_columns(sample_of(file, kind).schema)), kind, edit=str(kind_file))
    if any(breaks(row) for row in columns):
        return {"columns": columns}
    return {"columns": columns, **try_file(file, source=source, business_date=business_date)}


def _trial(source_id: str, *, kind: Kind, place: CollectionPoint, title: str, text: str = "") -> Trial:
    return Trial(
        source_id=source_id,
        title=" ".join(title.split()),
        point_code=place.code,
        unit=place.unit,
        role=OWN_ROLE,
        kind_name=kind.kind,
        code_page=kind.code_page,
        is_served=True,
        is_own=True,
        own_kind=kind,
        kind_text=text,
    )


def add_delivery(
    installation: Installation,
    file: Path,
    *,
    source_id: str,
    kind_file: Path | None,
    unit: str | None,
    point: str | None,
    business_date: dt.date,
    title: str | None = None,
) -> dict[str, Any]:
    """Register a system with its first file, or deliver another file of a registered one.

    Raises:
        UsageError: id, unit, point or date are not such as the registry takes.
        ConfigurationError: the kind is wrong.
        BadData: the file is not what the kind says.
    """
    if not file.is_file():
        raise UsageError(f"{file}: no such file")
    with _locked(own_files().folder):
        known = next((source for source in all_sources() if source.source_id == source_id), None)
        made = None if known else _new_source(source_id, kind_file=kind_file, unit=unit, point=point, title=title)
        source = made or _known_source(known, kind_file=kind_file, unit=unit, point=point)
        _check_date(source, business_date, is_first=not deliveries_of(installation.deliveries_dir, source_id))
        trial = try_file(file, source=source, business_date=business_date)
        if not trial["records"]:
            raise BadData(f"{file}: none of {trial['delivered']} rows becomes a customer", hint=_why_none(trial))
        if made is not None:
            _register(made)
        folder = _deliver(installation, file, source=source, business_date=business_date)
    told = {"source_id": source_id, "unit": source.unit, "point": source.point_code, "kind": source.kind_name}
    return {**told, "registered": known is None, "delivery": str(folder) if folder else None, **trial}


def _why_none(trial: dict[str, Any]) -> str:
    reasons = trial["quarantined"] | trial["excluded"]
    told = ", ".join(f"{reason} {count}" for reason, count in reasons.items()) or "no rows"
    return f"Correct the kind's YAML: {told}"


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """One registration at a time: the rows are read, checked and written again as one file."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
    except PermissionError as exc:
        raise StorageFailed(f"cannot write in {folder}: {exc.strerror}") from exc


def _new_source(
    source_id: str, *, kind_file: Path | None, unit: str | None, point: str | None, title: str | None
) -> Trial:
    if not SOURCE_ID.fullmatch(source_id):
        raise UsageError(f"no id of a system: {source_id!r}", hint="Small letters, digits and hyphens, 2 to 40 of them")
    if kind_file is None:
        raise UsageError(
            f"no source {source_id!r} is registered, and --kind is missing",
            hint="`blekit sources new FILE --out kind.yml` proposes one",
        )
    if unit is None and point is None:
        raise UsageError("--unit is missing", hint="The unit its customers belong to, such as poznan")
    kind = read_own_kind(kind_file)
    kept = own_files().kind_path(kind.kind)
    if kept.exists() and load_kind(kept) != kind:
        raise UsageError(f"kind {kind.kind!r} is kept already and says something else", hint=f"Edit {kept}")
    if unit is not None:
        unit_named(unit)
    place = point_with_code(point) if point else next(each for each in collection_points() if each.unit == unit)
    if unit not in (None, place.unit):
        raise UsageError(f"{place.code} belongs to {place.unit}, not to {unit}", hint="Leave --unit or --point out")
    text = kind_file.read_text(encoding="utf-8")
    return _trial(source_id, kind=kind, place=place, title=title or kind.title, text=text)


def _known_source(
    known: SourceSystem | None, *, kind_file: Path | None, unit: str | None, point: str | None
) -> SourceSystem:
    assert known is not None, "a system that is not known is a new one"
    if not known.is_own:
        raise UsageError(f"{known.source_id} is a system of the product: choose another id")
    if kind_file is not None and load_kind(kind_file) != known.kind:
        raise UsageError(
            f"{known.source_id} is registered with another kind",
            hint=f"Edit {own_files().kind_path(known.kind_name)}, and leave --kind out",
        )
    if unit not in (None, known.unit) or point not in (None, known.point_code):
        raise UsageError(f"{known.source_id} is registered at {known.point_code} in {known.unit}; that stays")
    return known


def _check_date(source: SourceSystem, business_date: dt.date, *, is_first: bool) -> None:
    cutover = unit_named(source.unit).cutover_date
    if is_first and business_date > cutover:
        raise UsageError(
            f"{source.unit} is cut over with what was delivered up to {cutover}, not on {business_date}",
            hint=f"Give the first delivery a --business-date up to {cutover}",
        )
    if source.unit != _PILOT.name and business_date <= _PILOT.cutover_date:
        raise UsageError(
            f"up to {_PILOT.cutover_date} only customers of the pilot are delivered",
            hint=f"Give it a --business-date after {_PILOT.cutover_date}, up to {cutover}",
        )


def _register(source: Trial) -> None:
    own = own_files()
    rows = list(csv.reader(own.sources.read_text(encoding="utf-8").splitlines())) if own.sources else [SOURCE_COLUMNS]
    written = io.StringIO()
    row = (source.source_id, source.title, source.point_code, source.unit, OWN_ROLE, source.kind_name, source.code_page)
    csv.writer(written, lineterminator="\n").writerows([*rows, row])
    # The kind first: a row without its kind would stop every command.
    kept = own.kind_path(source.kind_name)
    if not kept.exists():
        write_text(source.kind_text, kept)
    write_text(written.getvalue(), own.folder / "sources.csv")


def _deliver(installation: Installation, file: Path, *, source: SourceSystem, business_date: dt.date) -> Path | None:
    """The folder of the delivery; nothing if the newest one holds the same bytes."""
    names = {
        source.kind.files[part]: file if part == "main" else file.parent / source.kind.files[part]
        for part in source.kind.files
    }
    entries = [_entry(name, path) for name, path in sorted(names.items())]
    earlier = deliveries_of(installation.deliveries_dir, source.source_id)
    if earlier and json.loads((earlier[-1] / MANIFEST).read_text(encoding="utf-8"))["files"] == entries:
        return None
    sequence = 1 + max((int(folder.name[11:]) for folder in earlier if folder.name[11:].isdigit()), default=0)
    target = installation.deliveries_dir / source.source_id / f"{business_date}-{sequence}"
    manifest = {
        "source_id": source.source_id,
        "business_date": business_date.isoformat(),
        "sequence": sequence,
        "files": entries,
        "control": {},
    }
    with new_folder(target) as temporary:
        for name, path in names.items():
            shutil.copyfile(path, temporary / name)
        (temporary / MANIFEST).write_text(json.dumps(manifest, indent=1), encoding="utf-8")
    return target


def _entry(name: str, path: Path) -> dict[str, Any]:
    with path.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()
    return {"name": name, "bytes": path.stat().st_size, "sha256": digest}


def tell_warehouse(installation: Installation) -> str | None:
    """Let the warehouse know a new system; what is left to do when it could not be told."""
    try:
        with installation.open_warehouse() as warehouse:
            warehouse.upgrade()
    except (ConfigurationError, DatabaseUnavailable, LockBusy) as exc:
        return f"the warehouse was not told ({exc.code}): run `blekit db upgrade` before the next cutover"
    return None


def next_step(installation: Installation, unit: str) -> str:
    """What takes the delivery into the golden records."""
    try:
        with installation.open_warehouse() as warehouse:
            state = warehouse.unit_states()[unit].state
    except (ConfigurationError, DatabaseUnavailable):
        return f"`blekit cutover rehearse {unit}`"
    if state == "live":
        return f"{unit} is live: `blekit cutover rollback {unit}`, then `blekit cutover run {unit}`"
    return f"`blekit cutover run {unit}`"


def customers_of(installation: Installation, source_id: str) -> list[dict[str, Any]]:
    """The customers the live records of a system became, with the systems that know them too.

    Raises:
        UsageError: no such system is registered.
    """
    source_with_id(source_id)
    with installation.open_warehouse() as warehouse:
        if warehouse.current() is None:
            return []
        names = ["record_id", "given_name", "family_name", "org_name", "city"]
        own = warehouse.read("party_record", columns=names, where={"source_id": source_id}).to_pylist()
        crosswalk = warehouse.read("crosswalk", columns=["record_id", "customer_id"])
    customer = dict(zip(crosswalk["record_id"].to_pylist(), crosswalk["customer_id"].to_pylist(), strict=True))
    systems: dict[str, set[str]] = {}
    for record_id, customer_id in customer.items():
        systems.setdefault(customer_id, set()).add(record_id.partition(":")[0])
    rows = [
        {
            "customer_id": customer[row["record_id"]],
            "name": " ".join(filter(None, (row["org_name"], row["given_name"], row["family_name"]))),
            "city": row["city"],
            "systems": sorted(systems[customer[row["record_id"]]]),
        }
        for row in own
    ]
    return sorted(rows, key=lambda row: (row["name"], row["customer_id"]))
