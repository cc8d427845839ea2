"""``blekit sources new``: the YAML of a kind for a file nobody told us anything about, with the reason for each line.

Names of columns speak first, values confirm or veto: a column called NIP whose values carry no check digits of a NIP is
none. What neither names nor values tell is ignored by name, so that nothing is swept up and a person sees it.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from config.errors import ConfigurationError, UsageError
from config.kinds import Kind, planned_kinds, shipped_kinds
from config.link_models import load_column_names
from config.lookups import Lookups, load_lookups, strip_diacritics
from config.source_columns import load_source_columns
from config.sources import SOURCE_ID
from dedupe.anytable.proposing import propose, words_of_name
from pipeline.column_evidence import Column, column_of, is_birth, veto
from pipeline.kind_yaml import Proposed, render
from pipeline.linking_files import write_text
from pipeline.sniffing import Sniffed, sniff

SAMPLE_ROWS = 20_000
_LINK_ROLES = {
    "record_id": "account_number",
    "given_name": "given_name",
    "family_name": "family_name",
    "full_name": "full_name",
    "organisation_name": "org_name",
    "birth_date": "birth_date",
    "phone": "phone",
    "email": "email",
    "address": "street_line",
    "street": "street",
    "house": "house",
    "flat": "flat",
    "postal_code": "postal_code",
    "place": "city",
}
"""Role of a linked table to role of a customer system."""
_SINGLE = ("account_number", "party_flag", "balance")
_PERSON_WORDS = frozenset({"f", "o", "ind", "os", "osoba", "fizyczna", "person", "p", "individual", "private", "k"})
_NAMES = ("party_name", "full_name", "given_name", "family_name", "org_name")
_NUMBERS = ("pesel", "nip", "regon")


def kind_name_of(file: Path, name: str | None) -> str:
    """The name of the kind a file will have: the one that is stated, or the file's own.

    Raises:
        UsageError: no kind may be called so.
    """
    kind_name = name or re.sub(r"[^a-z0-9]+", "-", strip_diacritics(file.stem).lower()).strip("-")
    if not SOURCE_ID.fullmatch(kind_name) or kind_name in {*shipped_kinds(), *planned_kinds()}:
        raise UsageError(
            f"no kind of yours may be called {kind_name!r}",
            hint="State --name: small letters, digits and hyphens, and no kind of the product",
        )
    return kind_name


def propose_kind(file: Path, *, name: str, out: Path) -> dict[str, Any]:
    """Look at a file and write the YAML of its kind, to be read and corrected.

    Raises:
        BadData: the file is empty.
        ConfigurationError: nothing that is registered reads such a file, or nobody is named in it.
    """
    sniffed = sniff(file)
    table = sample_of(file, trial_kind(file, sniffed, name=name))
    proposed = _propose(table, sniffed)
    text = render(proposed, file=file, name=name, rows=table.num_rows)
    write_text(text, out)
    return {
        "file": str(out),
        "format": sniffed.format,
        "code_page": sniffed.code_page,
        "key": list(proposed.key),
        "columns": proposed.roles,
        "ignored": proposed.ignored,
    }


def trial_kind(file: Path, sniffed: Sniffed, *, name: str) -> Kind:
    """A kind that reads the file and knows nothing of its columns."""
    return Kind(
        kind=name,
        title=name,
        format=sniffed.format,
        code_page=sniffed.code_page,
        code_page_candidates=sniffed.candidates,
        files={"main": file.name} | ({"memo": sniffed.memo} if sniffed.memo else {}),
        key=(),
        columns={},
        options=sniffed.options,
    )


def sample_of(file: Path, kind: Kind) -> pa.Table:
    """The first records of a file as text.

    Raises:
        BadData: the file is not what the kind says.
    """
    from connectors.delivery import read_file

    tables, rows = [], 0
    for chunk in read_file(file.parent, kind=kind, main=file.name).chunks():
        tables.append(chunk.records)
        rows += chunk.records.num_rows
        if rows >= SAMPLE_ROWS:
            break
    return pa.concat_tables(tables).slice(0, SAMPLE_ROWS)


def _propose(table: pa.Table, sniffed: Sniffed) -> Proposed:
    from transforms.contract import raw_columns

    lookups = load_lookups()
    columns = [column_of(name, table[name].to_pylist(), lookups) for name in raw_columns(table.schema)]
    if not table.num_rows:
        raise ConfigurationError("the file has no records to look at", hint="Take a delivery with some")
    proposed = Proposed(sniffed)
    rest = [column for column in columns if not _settle_by_name(column, proposed)]
    # A column of given names beside the customer's own name is of somebody else: who looks after him, who typed it.
    is_named = bool(set(proposed.roles.values()) & set(_NAMES))
    rest = [column for column in rest if not _settle_by_values(column, proposed, is_named=is_named)]
    _settle_by_link_names(rest, proposed)
    _settle_parts(columns, proposed)
    _settle_singles(columns, proposed)
    _settle_dates(columns, proposed)
    _settle_flags(columns, table, proposed, lookups)
    _settle_order(columns, proposed, lookups)
    _settle_key(columns, table, proposed)
    if not set(proposed.roles.values()) & {"party_name", "full_name", "family_name", "org_name"}:
        raise ConfigurationError(
            "no column tells who its customers are",
            hint=f"Write the kind by hand. Columns: {', '.join(column.name for column in columns)}",
        )
    return proposed


def _settle_by_name(column: Column, proposed: Proposed) -> bool:
    if not column.values:
        proposed.ignored[column.name] = "it is empty"
        return True
    words = words_of_name(column.name)
    whole, closed = " ".join(words), "".join(words)
    vetoes = []
    for role, phrases in load_source_columns().items():
        if whole in phrases or closed in {phrase.replace(" ", "") for phrase in phrases}:
            forbidden = veto(column, role)
            if forbidden is None:
                proposed.roles[column.name] = role
                proposed.why[column.name] = f"named {whole!r}{_evidence(column, role)}"
                return True
            vetoes.append(f"its name could mean {role}, but {forbidden}")
    if vetoes:
        proposed.ignored[column.name] = vetoes[0]
    return False


def _evidence(column: Column, role: str) -> str:
    told = {
        **{number: f"; {100 * column.share(number):.0f} % carry the check digits" for number in _NUMBERS},
        "birth_date": f"; dates ({column.profile.date_order})",
        "opened_date": f"; dates ({column.profile.date_order})",
        "account_number": f"; {100 * column.profile.distinct:.0f} % distinct",
    }
    return told.get(role, "")


def _settle_by_values(column: Column, proposed: Proposed, *, is_named: bool) -> bool:
    """What the values alone prove."""
    share, looks = column.share, column.profile
    percent = {name: f"{100 * share(name):.0f} % of the values" for name in (*_NUMBERS, "email", "polish_postal")}
    proofs = (
        *((number, share(number) >= 0.8, f"{percent[number]} carry the check digits") for number in _NUMBERS),
        ("email", share("email") >= 0.8, f"{percent['email']} have an @"),
        ("postal_code", share("polish_postal") >= 0.9, f"{percent['polish_postal']} are postal codes"),
        ("birth_date", is_birth(column), "dates, nearly all of them long ago"),
        ("party_name", share("person") >= 0.2 and share("polish_firm") >= 0.05, "names of people and of firms"),
        ("full_name", share("person") >= 0.6, "a given and a family name in most values"),
        ("org_name", share("polish_firm") >= 0.6, "words that only firms have in their names"),
        ("given_name", share("given") >= 0.8 and looks.share("two_words") < 0.3, "given names"),
        ("family_name", share("family") >= 0.6 and looks.share("two_words") < 0.3, "family names"),
    )
    for role, holds, why in proofs:
        if holds and not (role in _NAMES and is_named) and not (role in _NUMBERS and looks.distinct < 0.1):
            proposed.roles[column.name], proposed.why[column.name] = role, why
            proposed.ignored.pop(column.name, None)
            return True
    return False


def _settle_by_link_names(rest: Sequence[Column], proposed: Proposed) -> None:
    """Names in other languages, as `blekit link` knows them."""
    if not rest:
        return
    linked = propose([column.profile for column in rest], names=load_column_names())
    role_of = {column: role for role, columns in linked.roles.items() for column in columns}
    for column in rest:
        role = _LINK_ROLES.get(role_of.get(column.name, ""))
        if role is None or veto(column, role) is not None:
            proposed.ignored.setdefault(column.name, _reason(linked.ignored.get(column.name)))
        else:
            proposed.roles[column.name], proposed.why[column.name] = role, linked.reasons[column.name]
            proposed.ignored.pop(column.name, None)


def _reason(linked: str | None) -> str:
    # What a linked table would take as free text has no role in a customer system.
    return "neither its name nor its values say what it is" if linked is None or "free_text" in linked else linked


def _settle_parts(columns: Sequence[Column], proposed: Proposed) -> None:
    """A name that says the same as others, an address in one line or in parts."""
    roles = proposed.roles
    present = set(roles.values())
    for column in columns:
        role = roles.get(column.name)
        if role == "street" and not present & {"house", "house_flat"}:
            _turn(proposed, column.name, "street_line", "no column has the house number")
        if role in ("house", "house_flat"):
            has_both = column.share("house_flat") >= 0.1
            if role == "house" and has_both and "flat" not in present:
                _turn(proposed, column.name, "house_flat", "with flats behind a slash")
            elif role == "house_flat" and "flat" in present:
                _turn(proposed, column.name, "house", "the flat stands in its own column")
        if role in ("full_name", "party_name") and {"given_name", "family_name"} <= present:
            if column.share("polish_firm") >= 0.5:
                _turn(proposed, column.name, "org_name", "firms, beside a family name")
            else:
                _leave(proposed, column.name, "given and family name say the same in two columns")
        elif role == "full_name" and column.share("polish_firm") >= 0.05 and "org_name" not in present:
            _turn(proposed, column.name, "party_name", "people and firms")
        elif role == "org_name" and not present & {"full_name", "family_name", "party_name"}:
            _turn(proposed, column.name, "party_name", "the only name there is")


def _turn(proposed: Proposed, column: str, role: str, why: str) -> None:
    proposed.roles[column] = role
    proposed.why[column] = f"{proposed.why[column]}; {why}"


def _leave(proposed: Proposed, column: str, why: str) -> None:
    del proposed.roles[column]
    proposed.ignored[column] = why


def _settle_singles(columns: Sequence[Column], proposed: Proposed) -> None:
    for role in _SINGLE:
        own = [column.name for column in columns if proposed.roles.get(column.name) == role]
        for name in own[1:]:
            _leave(proposed, name, f"{own[0]} is the {role} already")


def _settle_dates(columns: Sequence[Column], proposed: Proposed) -> None:
    for column in columns:
        if proposed.roles.get(column.name) not in ("birth_date", "opened_date"):
            continue
        order, sample = column.profile.date_order, column.values[:200]
        digits = {len(value) for value in sample if value.isdigit()}
        if order == "ymd":
            form = "YYMMDD" if 6 in digits else "YYYYMMDD" if 8 in digits else "YYYY-MM-DD"
            if not digits and not any(re.match(r"\d{4}", value) for value in sample):
                form = "RR/MM/DD"
        elif order == "mdy":
            form = "MM/DD/YYYY"
        else:
            form = "DD/MM/YYYY" if any("/" in value for value in sample) else "DD.MM.YYYY"
        proposed.date_formats[column.name] = form


def _settle_flags(columns: Sequence[Column], table: pa.Table, proposed: Proposed, lookups: Lookups) -> None:
    """What the values of a party flag mean: the rows they stand in tell."""
    from transforms.firms import looks_like_firm

    for column in columns:
        if proposed.roles.get(column.name) != "party_flag":
            continue
        names = [name for name, role in proposed.roles.items() if role in ("party_name", "full_name", "org_name")]
        firm_rows: dict[str, list[bool]] = {}
        others = [table[name].to_pylist() for name in names]
        for flag, *texts in zip(table[column.name].to_pylist(), *others, strict=True):
            if flag and flag.strip():
                is_firm = any(text and looks_like_firm(text, lookups=lookups) for text in texts)
                firm_rows.setdefault(flag.strip(), []).append(is_firm)
        share = {flag: sum(rows) / len(rows) for flag, rows in firm_rows.items()}
        known = {flag: flag.lower() in _PERSON_WORDS for flag in share}
        if len(share) != 2 or (max(share.values()) - min(share.values()) < 0.3 and sum(known.values()) != 1):
            _leave(proposed, column.name, "its values do not tell people from firms")
            continue
        by_rows = max(share.values()) - min(share.values()) >= 0.3
        firm = max(share, key=lambda flag: (share[flag] if by_rows else not known[flag], flag))
        proposed.flag_values = {flag: "firm" if flag == firm else "person" for flag in sorted(share)}


def _settle_order(columns: Sequence[Column], proposed: Proposed, lookups: Lookups) -> None:
    for column in columns:
        role = proposed.roles.get(column.name)
        if role in ("party_name", "full_name"):
            words = [value.split() for value in column.values[:2_000] if len(value.split()) == 2]
            first = sum(lookups.given_name_rank(pair[0]) is not None for pair in words)
            last = sum(lookups.given_name_rank(pair[1].strip(",.")) is not None for pair in words)
            proposed.name_order = "given_first" if first > last else "family_first"
        if role in ("balance", "service_fee") and column.share("decimal_comma") > 0:
            proposed.decimal_comma = True


def _settle_key(columns: Sequence[Column], table: pa.Table, proposed: Proposed) -> None:
    """The columns that tell every record from every other, numbers of the system first."""
    ranks = {"account_number": 0, "opened_date": 1, "pesel": 3, "nip": 3, "regon": 3}
    usable = sorted(
        (column for column in columns if column.values and column.profile.distinct > 0),
        key=lambda column: ranks.get(proposed.roles.get(column.name, ""), 2),
    )
    stored = {column.name: [value or "" for value in table[column.name].to_pylist()] for column in usable}
    for column in usable:
        if column.profile.is_key:
            proposed.key, proposed.why_key = (column.name,), "every row has a value of its own"
            return
    for one, other in itertools.combinations(usable[:6], 2):
        if len(set(zip(stored[one.name], stored[other.name], strict=True))) == table.num_rows:
            proposed.key, proposed.why_key = (one.name, other.name), "no column is unique, these two together are"
            return
    proposed.key = tuple(column.name for column in usable)
    proposed.why_key = "NOTHING IS UNIQUE: a row with a changed value is another record. Name a better key if you can"
